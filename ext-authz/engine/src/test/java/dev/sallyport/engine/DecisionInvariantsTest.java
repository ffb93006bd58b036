package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Stage;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.quota.QuotaStore;
import dev.sallyport.engine.quota.QuotaStore.Taken;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds of every decision, whatever it is. */
class DecisionInvariantsTest {
  /** Values that only a caller's headers and parameters hold. */
  private static final List<String> SENT =
      List.of(
          "k1", "k2", "k3", "https://o.test", "text/plain", "application/json", "Bearer k", "eyJ");

  /** Never empty, so that what is decided before it shows. */
  private static final QuotaStore FULL =
      charges ->
          charges.stream().map(_ -> new Taken(false, 1, Duration.ZERO, Duration.ZERO)).toList();

  @Provide
  Arbitrary<Worlds.World> worlds() {
    return Worlds.worlds();
  }

  private static Pipeline pipeline(QuotaStore quotas) {
    return new Pipeline(
        Worlds.verifiers(),
        new SourceLocator(0, "x-region", RegionRanges.of(Map.of()), RegionSource.NONE),
        quotas);
  }

  private static Decision decide(
      Pipeline pipeline, Worlds.Ask ask, Compilation compilation, Patience patience) {
    return switch (pipeline.decide(ask.inbound(), compilation.snapshot(), patience)) {
      case Pipeline.Answer.Decided(var decision) -> decision;
      // As the server does it: what would have to wait is asked for again by who may.
      case Pipeline.Answer.Waits() -> {
        assertThat(patience).isEqualTo(Patience.NONE);
        yield decide(pipeline, ask, compilation, Patience.until(ask.at().plusSeconds(1)));
      }
    };
  }

  private static Compilation compile(Worlds.World world) {
    return Compiler.compile(new Changes(world.objects(), List.of()), Compilation.EMPTY);
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void nothingThatWasSentIsInADenialOrTheFacts(@ForAll("worlds") Worlds.World world) {
    Compilation compilation = compile(world);
    Pipeline pipeline = pipeline(new SlowQuotaStore(() -> Worlds.NOW));
    for (Worlds.Ask ask : world.requests()) {
      Decision decision = decide(pipeline, ask, compilation, Patience.NONE);
      Denial denial = decision.denial();
      assertThat(String.valueOf(denial)).doesNotContain(SENT);
      assertThat(decision.facts().toString()).doesNotContain(SENT);
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void fieldsAreVisibleAscii(@ForAll("worlds") Worlds.World world) {
    Compilation compilation = compile(world);
    Pipeline pipeline = pipeline(new SlowQuotaStore(() -> Worlds.NOW));
    for (Worlds.Ask ask : world.requests()) {
      Decision decision = decide(pipeline, ask, compilation, Patience.NONE);
      List<HttpField> fields = decision.verdict().responseFields();
      assertThat(fields)
          .allSatisfy(field -> {
            assertThat(field.name()).matches("[a-z-]+");
            assertThat(field.value()).matches("[ -~]+").isEqualTo(field.value().strip());
          });
      boolean challenged = fields.stream().anyMatch(it -> it.name().equals("www-authenticate"));
      if (!decision.allowed() && decision.reason().httpStatus() == 401) {
        assertThat(challenged).as("RFC 9110 section 15.5.2").isTrue();
      }
      if (decision.reason() == Reason.RATE_LIMITED) {
        assertThat(fields).extracting(HttpField::name).contains("retry-after");
      }
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void askedTwiceTheAnswerIsTheSame(@ForAll("worlds") Worlds.World world) {
    Compilation compilation = compile(world);
    Pipeline pipeline = pipeline(FULL);
    for (Worlds.Ask ask : world.requests()) {
      Decision first = decide(pipeline, ask, compilation, Patience.NONE);
      Decision second = decide(pipeline, ask, compilation, Patience.until(ask.at().plusSeconds(1)));
      assertThat(second).isEqualTo(first);
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void whatIsKnownFollowsTheStage(@ForAll("worlds") Worlds.World world) {
    Compilation compilation = compile(world);
    Pipeline pipeline = pipeline(new SlowQuotaStore(() -> Worlds.NOW));
    for (Worlds.Ask ask : world.requests()) {
      Decision decision = decide(pipeline, ask, compilation, Patience.NONE);
      Denial denial = decision.denial();
      var facts = decision.facts();
      assertThat(facts.source()).isNotNull();
      assertThat(decision.allowed() && facts.policy() == null).isFalse();
      if (decision.shadowReason() != null && !facts.shadow()) {
        assertThat(decision.shadowReason()).isEqualTo(Reason.RATE_LIMITED);
        assertThat(facts.limits()).anyMatch(limit -> limit.exceeded() && limit.shadow());
      }
      if (denial == null || denial.reason().stage().compareTo(Stage.IDENTITY) > 0) {
        assertThat(facts.policy()).isNotNull();
        assertThat(facts.scopesHeld().isEmpty() || facts.identity() != null).isTrue();
      }
      if (denial != null && denial.reason().stage().compareTo(Stage.AUTHENTICATE) <= 0) {
        assertThat(facts.identity()).isNull();
        assertThat(facts.limits()).isEmpty();
      }
    }
  }
}
