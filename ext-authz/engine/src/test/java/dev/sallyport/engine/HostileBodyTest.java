package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bodies that are too large for a case file: each has its reason, and costs memory in proportion.
 */
class HostileBodyTest {
  /** What values take beside the text they stand in, where there are as many as there may be. */
  private static final long VALUES = 12 << 20;

  private static final Compilation COMPILATION =
      Compiler.compile(
          new Changes(
              CaseObjects.parse(
                  """
                  - kind: ApiPolicy
                    metadata: {name: api}
                    spec:
                      hosts: [api.example.com]
                      operations:
                      - name: x
                        match: [{methods: [POST], path: /x}]
                        authentication: None
                        request:
                          contentTypes: [application/json, application/x-www-form-urlencoded, multipart/form-data]
                          contentEncodings: [gzip]
                          maxBytes: 1048576
                          body: {schema: {type: object, properties: {a: {type: integer, maximum: 9}}}}
                  """),
              List.of()),
          Compilation.EMPTY);

  private static final Pipeline PIPELINE =
      new Pipeline(
          Verifiers.of(KeySource.NONE, TokenReviewer.NONE),
          new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
          new SlowQuotaStore(() -> Worlds.NOW));

  /**
   * A body.
   *
   * @param extra bytes that it may cost beside four times its size
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Hostile(
      String name, String type, String encoding, byte[] body, Reason reason, long extra) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Hostile json(String name, String body, long extra) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return new Hostile(name, "application/json", "identity", bytes, Reason.SCHEMA_VIOLATION, extra);
  }

  static List<Hostile> bodies() throws IOException {
    List<Hostile> bodies = new ArrayList<>();
    bodies.add(json("64 KiB of [", "[".repeat(1 << 16), 0));
    bodies.add(json("arrays 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000), 0));
    bodies.add(json("objects 100,000 deep", "{\"a\":".repeat(100_000) + "1", 0));
    bodies.add(json("a number of a million digits", "{\"a\":" + "9".repeat(1_000_000) + "}", 0));
    bodies.add(json("a name of 1 MB", "{\"" + "n".repeat(1_000_000) + "\":1}", 0));
    bodies.add(json("a million numbers", "[" + "1,".repeat(500_000) + "1]", VALUES));
    bodies.add(json("200,000 empty objects", "[" + "{},".repeat(200_000) + "{}]", VALUES));
    bodies.add(json("an unknown name of 1000 characters", "{\"" + "n".repeat(1000) + "\":1}", 0));
    StringBuilder names = new StringBuilder("{\"a\":1");
    for (int i = 0; i < 40_000; i++) {
      names.append(",\"n").append(i).append("\":1");
    }
    bodies.add(json("40,000 unknown names", names + "}", VALUES));
    bodies.add(
        new Hostile(
            "10 kB of gzip that are 10 MB",
            "application/json",
            "gzip",
            gzip(10 << 20),
            Reason.BODY_TOO_LARGE,
            0));
    bodies.add(
        new Hostile(
            "1 MB of gzip that are 1 GiB",
            "application/json",
            "gzip",
            gzip(1 << 30),
            Reason.BODY_TOO_LARGE,
            0));
    byte[] fields = "a=1&".repeat(250_000).getBytes(StandardCharsets.UTF_8);
    bodies.add(
        new Hostile(
            "250,000 fields",
            "application/x-www-form-urlencoded",
            "identity",
            fields,
            Reason.SCHEMA_VIOLATION,
            0));
    byte[] parts =
        ("--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n" + "\r\n--".repeat(250_000))
            .getBytes(StandardCharsets.UTF_8);
    bodies.add(
        new Hostile(
            "almost boundaries and no last one",
            "multipart/form-data; boundary=b",
            "identity",
            parts,
            Reason.SCHEMA_VIOLATION,
            0));
    StringBuilder arrays = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      arrays
          .append("--b\r\nContent-Disposition: form-data; name=\"f")
          .append(i)
          .append("\"\r\nContent-Type: application/json\r\n\r\n[")
          .append("1,".repeat(400))
          .append("1]\r\n");
    }
    bodies.add(
        new Hostile(
            "200,000 numbers in 500 parts",
            "multipart/form-data; boundary=b",
            "identity",
            (arrays + "--b--").getBytes(StandardCharsets.UTF_8),
            Reason.SCHEMA_VIOLATION,
            VALUES / 2));
    return bodies;
  }

  private static byte[] gzip(long zeros) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] block = new byte[1 << 20];
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      for (long written = 0; written < zeros; written += block.length) {
        out.write(block);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aHostileBodyHasItsReasonAndItsPrice(Hostile hostile) {
    Inbound inbound =
        Sent.inbound(
            "POST",
            "/x",
            Headers.joined(
                Map.of(
                    "content-type",
                    hostile.type(),
                    "content-encoding",
                    hostile.encoding(),
                    "content-length",
                    String.valueOf(hostile.body().length))),
            hostile.body());
    decide(inbound);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Decision decision = decide(inbound);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(decision.reason()).isEqualTo(hostile.reason());
    assertThat(allocated)
        .isLessThanOrEqualTo(4L * hostile.body().length + (64 << 10) + hostile.extra());
  }

  private static Decision decide(Inbound inbound) {
    return ((Pipeline.Answer.Decided)
            PIPELINE.decide(inbound, COMPILATION.snapshot(), Patience.NONE))
        .decision();
  }
}
