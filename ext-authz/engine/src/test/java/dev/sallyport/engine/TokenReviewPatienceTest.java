package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenReviewPatienceTest {
  private static final CaseFile FILE =
      CaseFile.parse(
          """
          about: a policy that takes a service-account token, else a key
          objects:
          - kind: ApiPolicy
            metadata: {name: api}
            spec:
              hosts: [api.example.com]
              authentication:
                methods:
                - {name: workloads, serviceAccount: {audiences: [payments]}}
                - {name: keys, apiKey: {header: X-API-Key}}
              operations: [{name: x, match: [{methods: [GET], path: /x}]}]
          - {kind: NonHumanIdentity, metadata: {name: acme}, spec: {type: Partner, owner: {team: t}, credentials: [{name: k, apiKey: {sha256: c48a01f49fd0f2cc404bc3cbbc80e91457a3d41bb429a695243de4c61794155c}}]}}
          reviews:
          - {token: exporter, serviceAccount: payments/exporter, audiences: [payments]}
          tests:
          - {name: both, request: {url: 'https://api.example.com/x', headers: {authorization: Bearer <exporter>, x-api-key: demo-key}}, expect: {}}
          """);

  private static Pipeline.Answer decide(TokenReviewer reviewer, Patience patience) {
    Compilation compilation =
        Compiler.compile(new Changes(FILE.objects(), List.of()), Compilation.EMPTY);
    Pipeline pipeline =
        new Pipeline(
            Verifiers.of(KeySource.NONE, reviewer),
            new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
            new SlowQuotaStore(() -> Worlds.NOW));
    return pipeline.decide(FILE.tests().getFirst().inbound(), compilation.snapshot(), patience);
  }

  private static Reason reason(Pipeline.Answer answer) {
    return ((Pipeline.Answer.Decided) answer).decision().reason();
  }

  @Test
  void reviewThatWouldWaitEndsTheRoundThoughALaterKeyIsGood() {
    assertThat(decide((_, _, _) -> new TokenReviewer.Answer.WouldWait(), Patience.NONE))
        .isInstanceOf(Pipeline.Answer.Waits.class);
  }

  @Test
  void reviewerIsAskedWithThePatienceOfTheDecision() {
    Patience patience = Patience.until(Worlds.NOW.plusSeconds(1));
    assertThat(
            decide(
                (token, audiences, asked) -> {
                  assertThat(asked).isEqualTo(patience);
                  assertThat(audiences).containsExactly("payments");
                  assertThat(token.name()).isEqualTo("exporter");
                  return new TokenReviewer.Answer.Unavailable();
                },
                patience))
        .extracting(TokenReviewPatienceTest::reason)
        .isEqualTo(Reason.ALLOWED);
  }

  @Test
  void reviewerThatThrowsIsNoAllowAndNoRefusal() {
    assertThat(
            decide(
                (_, _, _) -> {
                  throw new IllegalStateException("a bug");
                },
                Patience.NONE))
        .extracting(TokenReviewPatienceTest::reason)
        .isEqualTo(Reason.INTERNAL_ERROR);
  }

  @Test
  void withoutAnApiServerAnotherMethodStillDoes() {
    assertThat(decide(TokenReviewer.NONE, Patience.NONE))
        .extracting(TokenReviewPatienceTest::reason)
        .isEqualTo(Reason.ALLOWED);
  }
}
