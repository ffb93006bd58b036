package dev.sallyport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.Pipeline.Answer.Decided;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.receive.Inbound;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * The pipeline decides as the slow, obvious reference does, on random objects and requests. A
 * failure names its seed; {@code @Property(seed = "…")} repeats it.
 */
class PipelineReferenceTest {
  private static final Set<Reason> SEEN = EnumSet.noneOf(Reason.class);
  private static int registeredByProof;
  private static int unregisteredByProof;
  private static int unregistered;

  @Provide
  Arbitrary<Worlds.World> worlds() {
    return Worlds.worlds();
  }

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void thePipelineDecidesAsTheReference(@ForAll("worlds") Worlds.World world) {
    Compilation compilation =
        Compiler.compile(new Changes(world.objects(), List.of()), Compilation.EMPTY);
    AtomicReference<Instant> clock = new AtomicReference<>(Worlds.NOW);
    Pipeline pipeline =
        new Pipeline(
            Worlds.verifiers(),
            new SourceLocator(0, "x-region", RegionRanges.of(Map.of()), RegionSource.NONE),
            new SlowQuotaStore(clock::get));
    ReferenceDecider reference = new ReferenceDecider(world.objects());
    for (Worlds.Ask ask : inOrder(world.requests())) {
      Inbound request = ask.inbound();
      clock.set(request.at());
      ReferenceDecider.Answer expected = reference.decide(request);
      Decided decided =
          (Decided)
              pipeline.decide(
                  request, compilation.snapshot(), Patience.until(request.at().plusSeconds(1)));
      assertThat(answer(decided.decision())).as(() -> "of " + ask).isEqualTo(expected);
      if (expected.allowed() && expected.shadowReason() == null) {
        registeredByProof += expected.boundToSender() && !expected.unregistered() ? 1 : 0;
        unregisteredByProof += expected.boundToSender() && expected.unregistered() ? 1 : 0;
        unregistered += expected.unregistered() ? 1 : 0;
      }
      SEEN.add(expected.shadowReason() == null ? expected.reason() : expected.shadowReason());
    }
  }

  @AfterContainer
  static void everyReasonWasSeen() {
    assertThat(registeredByProof).as("registered, with a proof").isPositive();
    assertThat(unregisteredByProof).as("unregistered, with a proof").isPositive();
    assertThat(unregistered).as("unregistered").isPositive();
    assertThat(SEEN)
        .contains(
            Reason.ALLOWED,
            Reason.REQUEST_MALFORMED,
            Reason.POLICY_MISSING,
            Reason.POLICY_NOT_READY,
            Reason.OPERATION_UNDECLARED,
            Reason.CREDENTIAL_MISSING,
            Reason.CREDENTIAL_INVALID,
            Reason.CREDENTIAL_EXPIRED,
            Reason.CREDENTIAL_AMBIGUOUS,
            Reason.CREDENTIAL_REVOKED,
            Reason.DEPENDENCY_UNAVAILABLE,
            Reason.IDENTITY_UNREGISTERED,
            Reason.IDENTITY_EXPIRED,
            Reason.IDENTITY_SUSPENDED,
            Reason.ENVIRONMENT_MISMATCH,
            Reason.REGION_UNAPPROVED,
            Reason.NETWORK_UNAPPROVED,
            Reason.SENDER_CONSTRAINT_FAILED,
            Reason.SCOPE_INSUFFICIENT,
            Reason.CONTENT_TYPE_UNSUPPORTED,
            Reason.BODY_TOO_LARGE,
            Reason.BODY_TRUNCATED,
            Reason.RATE_LIMITED);
  }

  private static List<Worlds.Ask> inOrder(List<Worlds.Ask> requests) {
    return requests.stream().sorted(Comparator.comparing(Worlds.Ask::at)).toList();
  }

  private static ReferenceDecider.Answer answer(Decision decision) {
    Verdict.Changes changes = decision.verdict().changes();
    var facts = decision.facts();
    return new ReferenceDecider.Answer(
        decision.allowed(),
        decision.reason(),
        decision.shadowReason(),
        facts.policy(),
        facts.operation(),
        facts.identity() == null ? null : facts.identity().key(),
        facts.credential() != null && facts.credential().unregistered(),
        facts.credential() != null && !facts.credential().constraint().isEmpty(),
        new TreeSet<>(facts.scopesHeld()),
        new TreeSet<>(changes.removeHeaders()),
        new TreeSet<>(changes.removeQuery()),
        changes.cookie());
  }
}
