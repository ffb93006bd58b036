package dev.sallyport.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.config.ConfigurationReader;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole server in one process, over the loopback. */
@Timeout(60)
class WiringTest {
  private static final String POLICY =
      """
      apiVersion: sallyport.dev/v1alpha1
      kind: ApiPolicy
      metadata: {name: payments, namespace: payments}
      spec:
        hosts: [payments.example.com]
        authentication:
          methods:
          - {name: keys, apiKey: {header: X-API-Key}}
        operations:
        - name: read-payment
          match: [{methods: [GET], path: "/v1/payments/{paymentId}"}]
          authentication: %s
      """;

  @TempDir Path folder;

  @Test
  void aPolicyIsEnforcedAndItsChangeIsToo() throws Exception {
    Path policy = Files.writeString(folder.resolve("payments.yaml"), POLICY.formatted("None"));
    try (Wiring wiring = Wiring.start(configuration(), Map.of("OTEL_SDK_DISABLED", "true"))) {
      ManagedChannel channel = channel(wiring);
      awaitServing(channel);

      assertThat(ask(wiring, "/readyz").statusCode()).isEqualTo(200);
      assertThat(ask(wiring, "/metrics").statusCode()).isEqualTo(200);
      assertThat(reason(check(channel))).isEqualTo("allowed");
      Files.writeString(policy, POLICY.formatted("Required"));
      while (reason(check(channel)).equals("allowed")) {
        Thread.onSpinWait();
      }
      CheckResponse denied = check(channel);
      assertThat(reason(denied)).isEqualTo("credential_missing");
      assertThat(denied.getStatus().getCode()).isEqualTo(16);
      assertThat(denied.getDeniedResponse().getStatus().getCodeValue()).isEqualTo(401);
      channel.shutdownNow();
    }
  }

  @Test
  void whatHostileRequestsGetIsADenial() throws Exception {
    Files.writeString(folder.resolve("payments.yaml"), POLICY.formatted("None"));
    try (Wiring wiring = Wiring.start(configuration(), Map.of("OTEL_SDK_DISABLED", "true"))) {
      ManagedChannel channel = channel(wiring);
      awaitServing(channel);
      CheckRequest.Builder many = request().toBuilder();
      for (int i = 0; i < 10_000; i++) {
        many.getAttributesBuilder().getRequestBuilder().getHttpBuilder().putHeaders("x-" + i, "y");
      }
      CheckRequest.Builder large = request().toBuilder();
      large
          .getAttributesBuilder()
          .getRequestBuilder()
          .getHttpBuilder()
          .putHeaders("x-large", "y".repeat(1 << 20));

      assertThat(
              Stream.of(CheckRequest.getDefaultInstance(), many.build(), large.build())
                  .map(request -> AuthorizationGrpc.newBlockingStub(channel).check(request)))
          .allSatisfy(response -> assertThat(response.getStatus().getCode()).isEqualTo(7));
      channel.shutdownNow();
    }
  }

  @Test
  void aServerThatCannotStartLeavesNothingBehind() throws Exception {
    Configuration configuration =
        ConfigurationReader.read(
            null,
            Map.of(
                "SALLYPORT_POLICIES_FILES", folder.toString(),
                "SALLYPORT_ADMIN_ADDRESS", "127.0.0.1:0",
                "SALLYPORT_GRPC_ADDRESS", "203.0.113.1:9001"));

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> Wiring.start(configuration, Map.of("OTEL_SDK_DISABLED", "true")))
        .withMessageContaining("`grpc.address`");
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("snapshot-loader", "sallyport-files", "key-sets");
  }

  @Test
  void aKeyForNoncesThatIsNotThereStopsTheStart() throws Exception {
    Configuration configuration =
        ConfigurationReader.read(
            null,
            Map.of(
                "SALLYPORT_POLICIES_FILES",
                folder.toString(),
                "SALLYPORT_ADMIN_ADDRESS",
                "127.0.0.1:0",
                "SALLYPORT_GRPC_ADDRESS",
                "127.0.0.1:0",
                "SALLYPORT_DPOP_NONCE_KEY_FILE",
                folder.resolve("absent").toString()));

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> Wiring.start(configuration, Map.of("OTEL_SDK_DISABLED", "true")))
        .withMessageContaining("`dpop.nonceKeyFile`")
        .withMessageContaining("can't be read");
  }

  @Test
  void aServerWithoutPoliciesDoesNotStart() throws Exception {
    Configuration none = ConfigurationReader.read(null, Map.of());
    Configuration absent = none.withPolicies(folder.resolve("absent"));

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> Wiring.start(none, Map.of()))
        .withMessageContaining("policies.files");
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> Wiring.start(absent, Map.of()))
        .withMessageContaining("is no folder");
  }

  private Configuration configuration() throws ConfigurationException {
    return ConfigurationReader.read(
        null,
        Map.of(
            "SALLYPORT_GRPC_ADDRESS", "127.0.0.1:0",
            "SALLYPORT_ADMIN_ADDRESS", "127.0.0.1:0",
            "SALLYPORT_POLICIES_FILES", folder.toString(),
            "SALLYPORT_DECISION_LOG_SINKS", "[]",
            "SALLYPORT_DRAIN", "0s"));
  }

  private static ManagedChannel channel(Wiring wiring) {
    return NettyChannelBuilder.forAddress("127.0.0.1", wiring.grpcPort()).usePlaintext().build();
  }

  private static void awaitServing(ManagedChannel channel) {
    Iterator<HealthCheckResponse> states =
        HealthGrpc.newBlockingStub(channel).watch(HealthCheckRequest.getDefaultInstance());
    while (states.next().getStatus() != ServingStatus.SERVING) {
      Thread.onSpinWait();
    }
  }

  private static HttpResponse<String> ask(Wiring wiring, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + wiring.adminPort() + path))
              .build(),
          BodyHandlers.ofString());
    }
  }

  private static CheckResponse check(ManagedChannel channel) {
    return AuthorizationGrpc.newBlockingStub(channel).check(request());
  }

  private static CheckRequest request() {
    CheckRequest.Builder request = CheckRequest.newBuilder();
    request
        .getAttributesBuilder()
        .getRequestBuilder()
        .getHttpBuilder()
        .setMethod("GET")
        .setPath("/v1/payments/7")
        .setHost("payments.example.com")
        .putHeaders(":method", "GET")
        .putHeaders(":path", "/v1/payments/7")
        .putHeaders(":authority", "payments.example.com");
    return request.build();
  }

  private static String reason(CheckResponse response) {
    return response.getDynamicMetadata().getFieldsOrThrow("reason").getStringValue();
  }
}
