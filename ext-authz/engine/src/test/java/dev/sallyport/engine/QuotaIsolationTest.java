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

/** Which requests count against the same limit. */
class QuotaIsolationTest {
  private static final String TWO_NAMES_THAT_RUN_TOGETHER =
      """
      about: two policies, two operations and their limits, whose names run together
      objects:
      - kind: ApiPolicy
        metadata: {name: pay}
        spec:
          hosts: [pay.test]
          rateLimits: [{name: s-all, per: [sourceAddress], requests: 1, window: 1h}]
          operations: [{name: x, match: [{methods: [GET], path: /x}], authentication: None}]
      - kind: ApiPolicy
        metadata: {name: pays}
        spec:
          hosts: [pays.test]
          rateLimits: [{name: -all, per: [sourceAddress], requests: 1, window: 1h}]
          operations: [{name: x, match: [{methods: [GET], path: /x}], authentication: None}]
      - kind: ApiPolicy
        metadata: {name: both}
        spec:
          hosts: [both.test]
          operations:
          - name: x
            match: [{methods: [GET], path: /x}]
            authentication: None
            rateLimits: [{name: y-all, per: [sourceAddress], requests: 1, window: 1h}]
          - name: xy
            match: [{methods: [GET], path: /xy}]
            authentication: None
            rateLimits: [{name: -all, per: [sourceAddress], requests: 1, window: 1h}]
      tests:
      - {name: pay, request: {url: 'https://pay.test/x'}, expect: {}}
      - {name: pays, request: {url: 'https://pays.test/x'}, expect: {}}
      - {name: x, request: {url: 'https://both.test/x'}, expect: {}}
      - {name: xy, request: {url: 'https://both.test/xy'}, expect: {}}
      """;

  @Test
  void limitsWhoseNamesRunTogetherStayApart() {
    CaseFile file = CaseFile.parse(TWO_NAMES_THAT_RUN_TOGETHER);
    Compilation compilation =
        Compiler.compile(new Changes(file.objects(), List.of()), Compilation.EMPTY);
    assertThat(compilation.diagnostics()).isEmpty();
    Pipeline pipeline =
        new Pipeline(
            Verifiers.of(KeySource.NONE, TokenReviewer.NONE),
            new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
            new SlowQuotaStore(() -> Worlds.NOW));

    assertThat(file.tests())
        .extracting(test ->
            ((Pipeline.Answer.Decided)
                    pipeline.decide(test.inbound(), compilation.snapshot(), Patience.NONE))
                .decision()
                .reason())
        .containsOnly(Reason.ALLOWED);
  }
}
