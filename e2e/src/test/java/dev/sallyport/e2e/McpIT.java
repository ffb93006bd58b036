package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sallyport.e2e.LogisticsServer.Ran;
import dev.sallyport.e2e.LogisticsServer.Sessions;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.McpHttpClientTransportAuthorizationException;
import io.modelcontextprotocol.spec.McpSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * {@code examples/agent-tools} with its server behind the boundary, and the client of the official
 * SDK in front of it.
 */
class McpIT {
  private static final String KEY = "example-key-route-planner";

  /** The client can't say another host than the one it calls. */
  private static final String POLICY = "agent-tools/logistics";

  private record World(LogisticsServer server, Boundary boundary) implements AutoCloseable {
    static World start(Path work, Sessions sessions) {
      LogisticsServer server = LogisticsServer.start(work, sessions);
      try {
        return new World(
            server,
            Boundary.start(
                work,
                Checkout.examples().resolve("agent-tools/policies"),
                sallyport -> sallyport,
                envoy -> envoy.before(server.port()).withPolicyExtension(POLICY)));
      } catch (RuntimeException | Error e) {
        server.close();
        throw e;
      }
    }

    McpSyncClient client(@Nullable String key) {
      return McpClient.sync(
              HttpClientStreamableHttpTransport.builder(
                      "http://127.0.0.1:" + boundary.envoy().port())
                  .endpoint(LogisticsServer.PATH)
                  .addHttpRequestCustomizer((request, _, _, _, _) -> {
                    if (key != null) {
                      request.header("X-API-Key", key);
                    }
                  })
                  .build())
          .requestTimeout(Duration.ofSeconds(30))
          .initializationTimeout(Duration.ofSeconds(30))
          .build();
    }

    @Override
    public void close() {
      try (server) {
        boundary.close();
      }
    }
  }

  private static McpSchema.CallToolRequest call(String tool, Map<String, Object> arguments) {
    return McpSchema.CallToolRequest.builder(tool).arguments(arguments).build();
  }

  private static Stream<Throwable> causes(Throwable thrown) {
    return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause);
  }

  @ParameterizedTest
  @EnumSource
  void theClientWorksUnhinderedAndNothingElseRuns(Sessions sessions, @TempDir Path work) {
    try (World world = World.start(work, sessions);
        McpSyncClient client = world.client(KEY)) {
      assertThat(client.initialize().serverInfo().name()).isEqualTo("logistics");
      assertThat(client.listTools().tools())
          .extracting(McpSchema.Tool::name)
          .containsExactlyInAnyOrder(
              "track_shipment", "create_shipment", "cancel_shipment", "purge_archive");
      client.ping();
      McpSchema.CallToolResult result =
          client.callTool(call("track_shipment", Map.of("shipment", "S-4711")));
      assertThat(result.isError()).isNotEqualTo(true);
      assertThat(result.content()).hasSize(1);
      List<Ran> ran = List.of(new Ran("track_shipment", Map.of("shipment", "S-4711")));
      assertThat(world.server().ran()).isEqualTo(ran);

      // A tool that nobody declared, and one beyond the agent's scopes: 403, with the challenge.
      for (String tool : List.of("purge_archive", "cancel_shipment")) {
        Throwable denied =
            catchThrowable(() -> client.callTool(call(tool, Map.of("shipment", "S-4711"))));
        assertThat(causes(denied))
            .anySatisfy(cause ->
                assertThat(cause)
                    .isInstanceOfSatisfying(
                        McpHttpClientTransportAuthorizationException.class,
                        authorization ->
                            assertThat(authorization.getResponseInfo().statusCode())
                                .isEqualTo(403)));
      }
      // Parameters that nobody declared.
      Throwable denied =
          catchThrowable(() ->
              client.callTool(
                  call(
                      "create_shipment",
                      Map.of("country", "DE", "weightKg", 12.5, "skipCustoms", true))));
      assertThat(causes(denied).map(String::valueOf).toList().toString())
          .contains(
              switch (sessions) {
                case NONE -> "tool_arguments_invalid";
                // This client takes every 400 for a session that was lost, and opens another.
                case ASSIGNED -> "session with server terminated";
              });
      assertThat(world.server().ran()).isEqualTo(ran);

      // And goes on as if nothing had happened.
      McpSchema.CallToolResult created =
          client.callTool(call("create_shipment", Map.of("country", "DE", "weightKg", 12.5)));
      assertThat(created.isError()).isNotEqualTo(true);
      assertThat(world.server().ran()).hasSize(2);
    }
  }

  @Test
  void theClientIsToldThatItNeedsACredential(@TempDir Path work) {
    try (World world = World.start(work, Sessions.ASSIGNED);
        McpSyncClient client = world.client(null)) {
      Throwable denied = catchThrowable(client::initialize);
      assertThat(causes(denied))
          .anySatisfy(cause ->
              assertThat(cause)
                  .isInstanceOfSatisfying(
                      McpHttpClientTransportAuthorizationException.class,
                      authorization -> {
                        assertThat(authorization.getResponseInfo().statusCode()).isEqualTo(401);
                        assertThat(
                                authorization
                                    .getResponseInfo()
                                    .headers()
                                    .allValues("www-authenticate"))
                            .isNotEmpty();
                      }));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"})
  void anErrorHasTheIdOfItsRequest(String revision, @TempDir Path work) {
    try (World world = World.start(work, Sessions.NONE)) {
      for (String id : List.of("7", "\"a-7\"")) {
        Reply reply =
            world
                .boundary()
                .send(
                    RawRequest.of("POST", "logistics.example.com", LogisticsServer.PATH)
                        .with("X-API-Key", KEY)
                        .with("Content-Type", "application/json")
                        .with("MCP-Protocol-Version", revision)
                        .with("Mcp-Method", "tools/call")
                        .with("Mcp-Name", "track_shipment")
                        .withBody(
                            "{\"jsonrpc\":\"2.0\",\"id\":"
                                + id
                                + ",\"method\":\"tools/call\",\"params\":{\"name\":\"track_shipment\","
                                + "\"arguments\":{\"shipment\":\"S-1\"},\"_meta\":"
                                + meta(revision)
                                + "}}"));
        JsonNode error = reply.json();
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.first("content-type")).isEqualTo(Optional.of("application/json"));
        assertThat(error.path("id").toString()).isEqualTo(id);
        assertThat(error.at("/error/code").asInt()).isEqualTo(1400);
        assertThat(error.at("/error/data/reason").asString()).isEqualTo("tool_arguments_invalid");
        assertThat(error.at("/error/data/errors/0/pointer").asString()).isEqualTo("/shipment");
        assertThat(reply.body()).doesNotContain("S-1\"");
      }
      assertThat(world.server().ran()).isEmpty();
    }
  }

  private static String meta(String revision) {
    return revision.equals("2026-07-28")
        ? "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}"
        : "{}";
  }
}
