package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.e2e.EnvoyProcess.Buffering;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bodies through a real Envoy: judged where it sends them whole, denied where it does not. */
class BodyIT {
  private static final String HOST = "bodies.example.com";
  private static final String GOOD = "{\"amount\":12,\"note\":\"thanks\"}";

  @TempDir private static Path work;

  private static Boundary boundary;
  private static final Map<Buffering, EnvoyProcess> ENVOYS = new EnumMap<>(Buffering.class);

  @BeforeAll
  static void start() throws IOException {
    Path policies = Files.createDirectories(work.resolve("policies"));
    Files.writeString(
        policies.resolve("bodies.yaml"),
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: bodies, namespace: e2e}
        spec:
          hosts: [bodies.example.com]
          operations:
          - name: pay
            match: [{methods: [POST, GET], path: /pay}]
            authentication: None
            request:
              contentTypes: [application/json]
              contentEncodings: [gzip]
              maxBytes: 65536
              body:
                presence: Optional
                schema:
                  type: object
                  required: [amount]
                  properties:
                    amount: {type: integer, maximum: 100}
                    note: {type: string}
          - name: form
            match: [{methods: [POST], path: /form}]
            authentication: None
            request:
              contentTypes: [application/x-www-form-urlencoded, multipart/form-data]
              maxBytes: 65536
              body: {schema: {type: object, properties: {amount: {type: integer, maximum: 100}}}}
          - name: list
            match: [{methods: [GET], path: /list}]
            authentication: None
            request: {query: {schema: {type: object, properties: {limit: {type: integer, maximum: 100}}}}}
        """);
    boundary = Boundary.start(work, policies);
    ENVOYS.put(Buffering.BYTES, boundary.envoy());
    for (Buffering buffering : Buffering.values()) {
      if (buffering != Buffering.BYTES) {
        ENVOYS.put(
            buffering,
            EnvoyProcess.start(
                EnvoyProcess.Settings.of(
                        work.resolve(buffering.name()),
                        boundary.upstream(),
                        boundary.sallyport().address())
                    .buffering(buffering)));
      }
    }
  }

  @AfterAll
  static void end() {
    ENVOYS.values().forEach(EnvoyProcess::close);
    if (boundary != null) {
      boundary.close();
    }
  }

  private static RawRequest post(String path, String contentType) {
    return RawRequest.of("POST", HOST, path).with("Content-Type", contentType);
  }

  private static RawRequest pay(String body) {
    return post("/pay", "application/json").withBody(body);
  }

  private static RawRequest chunked(String body) {
    RawRequest request = post("/pay", "application/json").with("Transfer-Encoding", "chunked");
    StringBuilder chunks = new StringBuilder();
    for (int at = 0; at < body.length(); at += 700) {
      String chunk = body.substring(at, Math.min(body.length(), at + 700));
      chunks.append(Integer.toHexString(chunk.length())).append("\r\n").append(chunk);
      chunks.append("\r\n");
    }
    return new RawRequest(
        request.method(), request.target(), request.fields(), chunks + "0\r\n\r\n");
  }

  private static Reply send(Buffering buffering, RawRequest request) {
    return Objects.requireNonNull(ENVOYS.get(buffering)).send(request);
  }

  private static void passes(Reply reply) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(200);
    assertThat(reply.seen()).isPresent();
  }

  private static void isDenied(Reply reply, int status, String reason) {
    assertThat(reply.status()).as("%s", reply).isEqualTo(status);
    assertThat(reply.reason()).isEqualTo(reason);
    assertThat(reply.seen()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"BYTES", "TEXT", "BEGINNING"})
  void aBodyThatIsSentWholeIsJudged(Buffering buffering) {
    passes(send(buffering, pay(GOOD)));
    passes(send(buffering, chunked(GOOD)));
    isDenied(send(buffering, pay("{\"amount\":120}")), 400, "schema_violation");
    isDenied(send(buffering, chunked("{\"amount\":120}")), 400, "schema_violation");
    isDenied(send(buffering, pay("{\"amount\":1}{\"amount\":2}")), 400, "schema_violation");
  }

  @Test
  void aDenialSaysWhereAndNotWhat() {
    Reply reply = send(Buffering.BYTES, pay("{\"amount\":4711}"));
    assertThat(reply.json().at("/errors/0/pointer").asString()).isEqualTo("/amount");
    assertThat(reply.body()).contains("maximum").doesNotContain("4711");
  }

  @Test
  void theUpstreamGetsWhatWasJudged() {
    Upstream.Seen seen = send(Buffering.BYTES, pay(GOOD)).seen().orElseThrow();
    assertThat(seen.body()).isEqualTo(GOOD);
  }

  @Test
  void aTextIsJudgedOnlyIfNothingOfItCanHaveBeenReplaced() {
    String latin = "{\"amount\":1,\"note\":\"caf\u00e9\"}";
    String utf8 = new String(latin.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    isDenied(send(Buffering.TEXT, pay(latin)), 413, "body_truncated");
    Reply denied = send(Buffering.TEXT, pay(utf8));
    isDenied(denied, 413, "body_truncated");
    assertThat(denied.body()).contains("pack_as_bytes");
    isDenied(send(Buffering.TEXT, pay("{\"amount\":1,\"note\":\"hi!\"}")), 413, "body_truncated");

    passes(send(Buffering.BYTES, pay(utf8)));
    passes(send(Buffering.BYTES, pay("{\"amount\":1,\"note\":\"hi!\"}")));
    isDenied(send(Buffering.BYTES, pay(latin)), 400, "schema_violation");
  }

  @Test
  void aBodyThatIsCutOffIsNotJudged() {
    String large = "{\"amount\":1,\"note\":\"" + "x".repeat(2000) + "\"}";
    isDenied(send(Buffering.BEGINNING, pay(large)), 413, "body_truncated");
    isDenied(send(Buffering.BEGINNING, chunked(large)), 413, "body_truncated");
    passes(send(Buffering.BYTES, pay(large)));
    passes(send(Buffering.BYTES, chunked(large)));

    // One that would be good JSON where Envoy cuts it off.
    String hidden = "{\"amount\":1}" + " ".repeat(988) + "{\"amount\":1000}";
    isDenied(send(Buffering.BEGINNING, pay(hidden)), 413, "body_truncated");
    isDenied(send(Buffering.BEGINNING, chunked(hidden)), 413, "body_truncated");
  }

  @Test
  void aBodyThatEnvoyDoesNotSendIsNotJudged() {
    Reply denied = send(Buffering.NONE, pay(GOOD));
    isDenied(denied, 413, "body_truncated");
    assertThat(denied.body()).contains("with_request_body");
    isDenied(send(Buffering.NONE, chunked(GOOD)), 413, "body_truncated");
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() {
    String large = "{\"amount\":1,\"note\":\"" + "x".repeat(70_000) + "\"}";
    isDenied(send(Buffering.BYTES, pay(large)), 413, "body_too_large");
    isDenied(send(Buffering.BYTES, chunked(large)), 413, "body_too_large");
    isDenied(send(Buffering.NONE, pay(large)), 413, "body_too_large");
    // Beyond what Envoy buffers it refuses itself.
    assertThat(send(Buffering.BYTES, pay("x".repeat(140_000))).status()).isEqualTo(413);
  }

  @Test
  void gzipIsTakenOffToJudge() {
    RawRequest packed = post("/pay", "application/json").with("Content-Encoding", "gzip");
    passes(send(Buffering.BYTES, packed.withBody(gzip(GOOD))));
    isDenied(
        send(Buffering.BYTES, packed.withBody(gzip("{\"amount\":120}"))), 400, "schema_violation");
    isDenied(
        send(Buffering.BYTES, packed.withBody(gzip("\0".repeat(10_000_000)))),
        413,
        "body_too_large");
    isDenied(send(Buffering.TEXT, packed.withBody(gzip(GOOD))), 413, "body_truncated");
    isDenied(
        send(
            Buffering.BYTES,
            post("/pay", "application/json").with("Content-Encoding", "br").withBody(GOOD)),
        415,
        "content_type_unsupported");
  }

  private static String gzip(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aContentTypeStandsOnce() {
    isDenied(
        send(
            Buffering.BYTES,
            post("/pay", "application/json").with("Content-Type", "text/plain").withBody(GOOD)),
        415,
        "content_type_unsupported");
    isDenied(
        send(Buffering.BYTES, post("/pay", "text/plain").withBody(GOOD)),
        415,
        "content_type_unsupported");
    isDenied(
        send(Buffering.BYTES, post("/pay", "application/json; charset=utf-7").withBody(GOOD)),
        415,
        "content_type_unsupported");
  }

  @Test
  void aGetHasNoBody() {
    passes(send(Buffering.BYTES, RawRequest.get(HOST, "/pay")));
    isDenied(
        send(
            Buffering.BYTES,
            RawRequest.get(HOST, "/pay").with("Content-Type", "application/json").withBody(GOOD)),
        400,
        "request_malformed");
  }

  @Test
  void formsAreJudged() {
    String type = "application/x-www-form-urlencoded";
    passes(send(Buffering.BYTES, post("/form", type).withBody("amount=5")));
    isDenied(
        send(Buffering.BYTES, post("/form", type).withBody("amount=500")), 400, "schema_violation");
    isDenied(
        send(Buffering.BYTES, post("/form", type).withBody("amount=5&amount=500")),
        400,
        "schema_violation");
    RawRequest parts = post("/form", "multipart/form-data; boundary=b");
    String part = "--b\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n";
    passes(send(Buffering.BYTES, parts.withBody(part + "5\r\n--b--\r\n")));
    isDenied(
        send(Buffering.BYTES, parts.withBody(part + "500\r\n--b--\r\n")), 400, "schema_violation");
  }

  @Test
  void queriesAreJudged() {
    passes(send(Buffering.NONE, RawRequest.get(HOST, "/list?limit=5")));
    isDenied(
        send(Buffering.NONE, RawRequest.get(HOST, "/list?limit=500")), 400, "schema_violation");
    isDenied(
        send(Buffering.NONE, RawRequest.get(HOST, "/list?limit=5&limit=500")),
        400,
        "schema_violation");
  }
}
