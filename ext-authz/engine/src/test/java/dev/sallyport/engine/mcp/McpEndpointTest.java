package dev.sallyport.engine.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.Sent;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.mcp.McpEndpoint.Exchange;
import dev.sallyport.engine.mcp.McpEndpoint.Exchange.Called;
import dev.sallyport.engine.mcp.McpEndpoint.Exchange.Refused;
import dev.sallyport.engine.receive.Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The message alone says what is called, whatever becomes of it on its way and beside it. */
class McpEndpointTest {
  private static final String VERSION = "io.modelcontextprotocol/protocolVersion";

  /** As most servers read JSON: of two members of one name they take the last. */
  private static final JsonMapper LENIENT =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final List<String> TOOLS = List.of("create", "createAll", "track");

  /** A fuzz that reaches no tool shows nothing. */
  private static final List<String> REACHED = new ArrayList<>();

  private static McpEndpoint<String> endpoint(long maxBytes, boolean unlisted) {
    return new McpEndpoint<>(
        new McpEndpoint.Rules(
            "/mcp",
            List.of("mcp"),
            EnumSet.allOf(Revision.class),
            new MethodList(MethodList.DEFAULT),
            Set.of(),
            maxBytes,
            unlisted),
        Map.of(
            "create",
            new McpEndpoint.Tool<>(
                "create", List.of(new ArgumentHeader("mcp-param-to", List.of("to")))),
            "createAll",
            new McpEndpoint.Tool<>("createAll", List.of()),
            "track",
            new McpEndpoint.Tool<>("track", List.of())),
        Set.of("to"),
        name -> name);
  }

  private static Exchange<String> read(
      McpEndpoint<String> endpoint, byte[] body, Map<String, String> headers) {
    List<Map.Entry<String, String>> lines = new ArrayList<>(headers.entrySet());
    lines.add(Map.entry("content-type", "application/json"));
    lines.add(Map.entry("x-envoy-auth-partial-body", "false"));
    return endpoint.read(Sent.request("POST", "/mcp", Headers.listed(lines), body));
  }

  private static String call(String tool, String arguments, String meta) {
    return "{\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"method\":\"tools/call\",\"params\":{\"name\":\""
        + tool
        + "\",\"arguments\":"
        + arguments
        + ",\"_meta\":"
        + meta
        + "}}";
  }

  /** What most servers would run, or null where they would run no tool. */
  private static @Nullable JsonNode run(byte[] body) {
    try {
      JsonNode message = LENIENT.readTree(body);
      return message.path("method").asString("").equals("tools/call") ? message : null;
    } catch (RuntimeException _) {
      return null;
    }
  }

  private static void assertThatServersRunThis(Called<String> called, byte[] body) {
    JsonNode message = run(body);
    assertThat(message).isNotNull();
    JsonNode params = message.path("params");
    assertThat(params.path("name").stringValue()).isEqualTo(called.tool());
    assertThat(params.get("arguments")).isEqualTo(called.arguments());
    assertThat(called.operation()).isEqualTo(called.name());
  }

  // ---- mutated messages

  private record Cut(int from, int length, String insert) {
    byte[] apply(byte[] bytes) {
      int start = Math.floorMod(from, bytes.length + 1);
      int end = Math.min(bytes.length, start + length);
      byte[] inserted = insert.getBytes(StandardCharsets.UTF_8);
      byte[] result = new byte[start + inserted.length + bytes.length - end];
      System.arraycopy(bytes, 0, result, 0, start);
      System.arraycopy(inserted, 0, result, start, inserted.length);
      System.arraycopy(bytes, end, result, start + inserted.length, bytes.length - end);
      return result;
    }
  }

  @Provide
  Arbitrary<List<Cut>> cuts() {
    Arbitrary<String> inserted =
        Arbitraries.oneOf(
            Arbitraries.of(
                "",
                " ",
                "\"",
                "{",
                "}",
                "[",
                "]",
                ",",
                "null",
                "track",
                "All",
                "\\u0041",
                "\\u006eame",
                "\"name\":\"track\",",
                "\"Name\":\"track\",",
                "\"method\":\"ping\",",
                "\"arguments\":{\"to\":\"b\"},",
                "\"params\":{\"name\":\"track\"},",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"),
            Arbitraries.strings().ofMinLength(1).ofMaxLength(2));
    return Combinators.combine(
            Arbitraries.integers().between(0, 160), Arbitraries.integers().between(0, 8), inserted)
        .as(Cut::new)
        .list()
        .ofMaxSize(3);
  }

  @Property(tries = 20_000)
  void noMutationReachesAToolWithWhatAServerWouldReadAnotherWay(
      @ForAll("tools") String tool, @ForAll("cuts") List<Cut> cuts, @ForAll boolean unlisted) {
    byte[] body =
        call(tool, "{\"to\":\"a\",\"n\":1.50}", "{\"x\":1}").getBytes(StandardCharsets.UTF_8);
    for (Cut cut : cuts) {
      body = cut.apply(body);
    }
    switch (read(endpoint(65_536, unlisted), body, Map.of())) {
      case Called<String> called when called.tool() != null -> {
        REACHED.add(called.name());
        assertThatServersRunThis(called, body);
      }
      case Called<String> called -> assertThat(run(body)).as("%s", called).isNull();
      case Refused<String>(var denial, var rpc) -> {
        assertThat(denial.reason()).isNotEqualTo(Reason.INTERNAL_ERROR);
        assertThat(denial.reason().httpStatus()).isNotEqualTo(404);
        assertThat(rpc).isNotNull();
      }
    }
  }

  @Provide
  Arbitrary<String> tools() {
    return Arbitraries.of(TOOLS);
  }

  // ---- headers beside a message

  @Property(tries = 5_000)
  void headersAloneDecideNothing(
      @ForAll("tools") String tool,
      @ForAll("headers") Map<String, String> headers,
      @ForAll boolean newest) {
    byte[] body =
        call(tool, "{\"to\":\"a\"}", newest ? "{\"" + VERSION + "\":\"2026-07-28\"}" : "{}")
            .getBytes(StandardCharsets.UTF_8);
    switch (read(endpoint(65_536, true), body, headers)) {
      case Called<String> called -> {
        REACHED.add(called.name());
        assertThat(called.tool()).isEqualTo(tool);
        assertThatServersRunThis(called, body);
        assertThat(headers.getOrDefault("mcp-method", "tools/call")).isEqualTo("tools/call");
        assertThat(plain(headers.getOrDefault("mcp-name", tool))).isEqualTo(tool);
        if (newest) {
          assertThat(headers).containsKeys("mcp-method", "mcp-name");
          assertThat(headers).containsEntry("mcp-protocol-version", "2026-07-28");
        }
      }
      case Refused<String>(var denial, _) ->
          assertThat(denial.reason()).isEqualTo(Reason.REQUEST_MALFORMED);
    }
  }

  private static String plain(String value) {
    return value.startsWith("=?base64?")
        ? new String(
            Base64.getDecoder().decode(value.substring(9, value.length() - 2)),
            StandardCharsets.UTF_8)
        : value;
  }

  @Provide
  Arbitrary<Map<String, String>> headers() {
    Arbitrary<String> names =
        Arbitraries.of("mcp-method", "mcp-name", "mcp-protocol-version", "mcp-param-to");
    Arbitrary<String> values =
        Arbitraries.of(
            "tools/call",
            "ping",
            "create",
            "track",
            "Track",
            "=?base64?dHJhY2s=?=",
            "a",
            "2025-06-18",
            "2026-07-28");
    return Arbitraries.oneOf(
        Arbitraries.maps(names, values).ofMaxSize(4),
        Arbitraries.of(TOOLS)
            .map(tool ->
                Map.of(
                    "mcp-method",
                    "tools/call",
                    "mcp-name",
                    tool,
                    "mcp-protocol-version",
                    "2026-07-28",
                    "mcp-param-to",
                    "a")));
  }

  @AfterContainer
  static void toolsWereReached() {
    assertThat(REACHED).containsAll(TOOLS);
  }

  // ---- large ones

  @Example
  void anIdOfAMegabyteIsNotRepeated() {
    byte[] body =
        call("create", "{}", "{}")
            .replace("a-1", "x".repeat(1 << 20))
            .getBytes(StandardCharsets.UTF_8);
    assertThat(read(endpoint(65_536, false), body, Map.of()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.denial().reason()).isEqualTo(Reason.BODY_TOO_LARGE));
    assertThat(read(endpoint(4 << 20, false), body, Map.of()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.denial().reason().httpStatus()).isEqualTo(400);
              assertThat(refused.rpc()).isEqualTo(new Facts.Rpc(null, null, null, 0));
            });
  }

  @Example
  void whatIsNestedDeeplyIsRefusedWithoutAnError() {
    byte[] body = new byte[60_000];
    Arrays.fill(body, (byte) '[');
    assertThat(read(endpoint(65_536, false), body, Map.of())).isInstanceOf(Refused.class);
    byte[] deep =
        call("create", "[".repeat(20_000) + "]".repeat(20_000), "{}")
            .getBytes(StandardCharsets.UTF_8);
    assertThat(read(endpoint(65_536, false), deep, Map.of())).isInstanceOf(Refused.class);
  }

  // ---- lists of methods

  @Example
  void aMethodThatACallerMakesUpIsNoOperationOfItsOwn() {
    MethodList list = new MethodList(List.of("resources/*", "custom/run", "tools/*"));
    assertThat(list.operation("resources/read")).isEqualTo("resources/read");
    assertThat(list.operation("resources/made-up")).isEqualTo("resources/*");
    assertThat(list.operation("custom/run")).isEqualTo("custom/run");
    assertThat(list.operation("custom/Run")).isNull();
    assertThat(list.operation("resources")).isNull();
    assertThat(list.operation("tools/call")).isNull();
    assertThat(list.operation("resources/" + "x".repeat(200))).isNull();
    assertThat(list.operations())
        .contains("resources/*", "resources/read", "custom/run", "tools/list", "tools/*")
        .doesNotContain("tools/call", "ping");
  }

  // ---- marks in schemas

  private static ArgumentHeader.Marks marks(String schema) {
    return ArgumentHeader.find(LENIENT.readTree(schema));
  }

  @Example
  void aMarkIsFoundWhereverPropertiesLead() {
    assertThat(
            marks(
                """
                {"properties": {
                  "region": {"type": "string", "x-mcp-header": "Region"},
                  "stop": {"properties": {"floor": {"type": "integer", "x-mcp-header": "floor"}}}}}
                """))
        .isEqualTo(
            new ArgumentHeader.Marks(
                List.of(
                    new ArgumentHeader("mcp-param-region", List.of("region")),
                    new ArgumentHeader("mcp-param-floor", List.of("stop", "floor"))),
                null));
  }

  @Example
  void aMarkThatClientsRefuseIsAFault() {
    for (String schema :
        List.of(
            "{'properties': {'a': {'type': 'string', 'x-mcp-header': ''}}}",
            "{'properties': {'a': {'type': 'string', 'x-mcp-header': 'a b'}}}",
            "{'properties': {'a': {'type': 'string', 'x-mcp-header': 7}}}",
            "{'properties': {'a': {'type': 'number', 'x-mcp-header': 'a'}}}",
            "{'properties': {'a': {'x-mcp-header': 'a'}}}",
            "{'properties': {'a': {'type': 'string', 'x-mcp-header': 'A'},"
                + " 'b': {'type': 'string', 'x-mcp-header': 'a'}}}",
            "{'x-mcp-header': 'a'}",
            "{'properties': {'a': {'items': {'type': 'string', 'x-mcp-header': 'a'}}}}",
            "{'allOf': [{'properties': {'a': {'type': 'string', 'x-mcp-header': 'a'}}}]}")) {
      assertThat(marks(schema.replace('\'', '"')).fault()).as(schema).isNotNull();
    }
  }
}
