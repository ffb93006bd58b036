package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.sallyport.engine.receive.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** How deep bodies may nest is the pipeline's to say, and what it may say is no danger. */
class JsonDepthTest {
  /** As deep as a configuration may say. */
  private static final int MOST = 128;

  private static final Compilation COMPILATION =
      Compiler.compile(
          new Changes(
              CaseObjects.parse(
                  """
                  - kind: ApiPolicy
                    metadata: {name: api}
                    spec:
                      hosts: [api.example.com]
                      authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
                      operations:
                      - name: known
                        match: [{methods: [POST], path: /known}]
                        authentication: None
                        request:
                          contentTypes: [application/json]
                          maxBytes: 65536
                          body:
                            schema:
                              $ref: '#/$defs/node'
                              $defs:
                                node: {type: object, properties: {a: {anyOf: [{type: integer}, {$ref: '#/$defs/node'}]}}}
                      - name: counted
                        match: [{methods: [POST], path: /counted}]
                        authentication: None
                        request:
                          contentTypes: [application/json]
                          maxBytes: 65536
                          body:
                            unknownProperties: Allow
                            schema:
                              $ref: '#/$defs/node'
                              $defs:
                                node:
                                  type: object
                                  properties: {a: {anyOf: [{type: integer}, {$ref: '#/$defs/node'}]}}
                                  unevaluatedProperties: false
                      mcp:
                        path: /mcp
                        tools:
                        - name: store
                          arguments: {unknownProperties: Allow, schema: {type: object}}
                  - kind: NonHumanIdentity
                    metadata: {name: planner}
                    spec:
                      type: Agent
                      owner: {team: t}
                      credentials:
                      - name: primary
                        apiKey: {sha256: c48a01f49fd0f2cc404bc3cbbc80e91457a3d41bb429a695243de4c61794155c}
                  """),
              List.of()),
          Compilation.EMPTY);

  @Test
  void aBodyThatNestsDeeperIsNotJudged() {
    assertThat(decide(3, "/known", nested(3, "1")).reason()).isEqualTo(Reason.ALLOWED);
    assertThat(decide(2, "/known", nested(3, "1")).reason()).isEqualTo(Reason.SCHEMA_VIOLATION);
  }

  @Test
  void soAreTheArgumentsOfATool() {
    String call =
        """
        {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"store","arguments":%s}}\
        """
            .formatted(nested(3, "1"));

    assertThat(decide(5, "/mcp", call).reason()).isEqualTo(Reason.ALLOWED);
    assertThat(decide(4, "/mcp", call).reason()).isEqualTo(Reason.SCHEMA_VIOLATION);
  }

  @Test
  void theDeepestThatAnybodyMayConfigureNeedsLittleStack() throws InterruptedException {
    for (String path : List.of("/known", "/counted")) {
      assertThat(onASmallStack(path, nested(MOST, "1")).reason()).isEqualTo(Reason.ALLOWED);
      assertThat(onASmallStack(path, nested(MOST, "true")).reason())
          .isEqualTo(Reason.SCHEMA_VIOLATION);
    }
  }

  private static String nested(int objects, String value) {
    return "{\"a\":".repeat(objects) + value + "}".repeat(objects);
  }

  private static Decision onASmallStack(String path, String body) throws InterruptedException {
    AtomicReference<Decision> decision = new AtomicReference<>();
    Thread thread = new Thread(null, () -> decision.set(decide(MOST, path, body)), path, 1 << 19);
    thread.start();
    thread.join();
    return decision.get();
  }

  private static Decision decide(int depth, String path, String body) {
    Pipeline pipeline =
        new Pipeline(
            Verifiers.of(KeySource.NONE, TokenReviewer.NONE),
            new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
            new SlowQuotaStore(() -> Worlds.NOW),
            Request.Bounds.DEFAULT.withJsonDepth(depth));
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Inbound inbound =
        Sent.inbound(
            "POST",
            path,
            Headers.joined(
                Map.of(
                    "content-type",
                    "application/json",
                    "x-api-key",
                    "demo-key",
                    "content-length",
                    String.valueOf(bytes.length))),
            bytes);
    return ((Pipeline.Answer.Decided)
            pipeline.decide(inbound, COMPILATION.snapshot(), Patience.NONE))
        .decision();
  }
}
