package dev.sallyport.server.kubernetes;

import dev.sallyport.crd.ApiPolicyStatus;
import dev.sallyport.crd.Condition;
import dev.sallyport.crd.DetectionPolicyStatus;
import dev.sallyport.crd.NonHumanIdentityStatus;
import dev.sallyport.crd.NonHumanIdentityStatus.Phase;
import dev.sallyport.crd.TokenIssuerStatus;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the status of one object should say now.
 *
 * @param generation {@code metadata.generation} of what was looked at
 * @param verdicts the conditions, each type once
 * @param until the first instant at which time alone makes it say something else; null where that
 *     never happens
 */
record DerivedStatus(
    ObjectKey key,
    long generation,
    List<Verdict> verdicts,
    Particulars particulars,
    @Nullable Instant until) {
  DerivedStatus {
    verdicts = List.copyOf(verdicts);
  }

  /**
   * A condition, but for the time at which it became so.
   *
   * @param holds whether its status is {@code True}
   */
  record Verdict(String type, boolean holds, String reason, String message) {}

  /** What a kind's status says beside its conditions. */
  sealed interface Particulars {
    /** Of an {@code ApiPolicy}. */
    record OfPolicy(ApiPolicyStatus.Hosts hosts) implements Particulars {}

    /**
     * Of a {@code NonHumanIdentity}.
     *
     * @param phase null where nothing of it is in force
     * @param scopes null where nothing of it is in force
     */
    record OfIdentity(
        @Nullable Phase phase,
        List<NonHumanIdentityStatus.Credential> credentials,
        NonHumanIdentityStatus.@Nullable Scopes scopes)
        implements Particulars {}

    /**
     * Of a {@code TokenIssuer}.
     *
     * @param keys null where it has no remote key set, or it was not fetched yet
     */
    record OfIssuer(TokenIssuerStatus.@Nullable Keys keys) implements Particulars {}

    /** Of a {@code DetectionPolicy}. */
    record OfDetection() implements Particulars {}
  }

  /** The verdict of one type. */
  Verdict verdict(String type) {
    return verdicts.stream()
        .filter(verdict -> verdict.type().equals(type))
        .findFirst()
        .orElseThrow();
  }

  /**
   * The status of the object's kind.
   *
   * @param since when each condition got the status that it has
   */
  Record toStatus(Function<Verdict, Instant> since) {
    List<Condition> conditions =
        verdicts.stream()
            .map(verdict ->
                new Condition(
                    verdict.type(),
                    verdict.holds() ? Condition.Status.True : Condition.Status.False,
                    verdict.reason(),
                    verdict.message(),
                    generation,
                    since.apply(verdict).toString()))
            .toList();
    return switch (particulars) {
      case Particulars.OfPolicy(var hosts) -> new ApiPolicyStatus(generation, hosts, conditions);
      case Particulars.OfIdentity(var phase, var credentials, var scopes) ->
          new NonHumanIdentityStatus(
              generation, phase, null, credentials, scopes, List.of(), conditions);
      case Particulars.OfIssuer(var keys) -> new TokenIssuerStatus(generation, keys, conditions);
      case Particulars.OfDetection() -> new DetectionPolicyStatus(generation, conditions);
    };
  }
}
