package dev.sallyport.server.kubernetes;

import dev.sallyport.crd.Condition;
import dev.sallyport.server.kubernetes.DerivedStatus.Verdict;
import dev.sallyport.server.kubernetes.StatusDocument.Fingerprint;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of the status that the API server holds of one object. There is one for each
 * object of a cluster, so it is small.
 *
 * @param uid of the object: another one may come to have its name
 * @param version its {@code resourceVersion} as a number; 0 where that is none
 * @param answered when the API server gave it as the answer to a write; null where an event showed
 *     it
 */
record StoredStatus(
    String uid,
    long version,
    @Nullable Instant answered,
    Fingerprint fingerprint,
    List<Transition> transitions) {
  /** How long an event may be on its way. */
  private static final Duration DELAY = Duration.ofMinutes(1);

  private static final Fingerprint NONE = StatusDocument.fingerprint(Map.of());

  StoredStatus {
    transitions = List.copyOf(transitions);
  }

  /** Since when a condition has the status that it has. */
  record Transition(String type, Condition.Status status, Instant since) {}

  /** Reads a status as the API server gives it. */
  static StoredStatus read(String uid, String resourceVersion, @Nullable Map<String, ?> status) {
    return status == null || status.isEmpty()
        ? new StoredStatus(uid, number(resourceVersion), null, NONE, List.of())
        : new StoredStatus(
            uid,
            number(resourceVersion),
            null,
            StatusDocument.fingerprint(status),
            transitions(status));
  }

  /** The same, as the answer to a write. */
  StoredStatus answered(Instant at) {
    return new StoredStatus(uid, version, at, fingerprint, transitions);
  }

  /**
   * What to remember when an event shows another one: an event that was on its way while this was
   * written tells of the past. After a while the version counts no more, for it goes back when the
   * API server's store is restored.
   */
  StoredStatus orSeen(StoredStatus seen, Instant now) {
    boolean late =
        seen.uid.equals(uid)
            && seen.version < version
            && answered != null
            && answered.plus(DELAY).isAfter(now);
    return late ? this : seen;
  }

  private static long number(String resourceVersion) {
    try {
      return Long.parseUnsignedLong(resourceVersion);
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private static List<Transition> transitions(Map<String, ?> status) {
    List<Transition> transitions = new ArrayList<>(StatusDocument.CONDITIONS.size());
    StatusDocument.conditions(status)
        .forEach(condition -> {
          Condition.Status held = StatusDocument.status(condition);
          Instant since = time(condition.get("lastTransitionTime"));
          String type =
              StatusDocument.CONDITIONS.get(
                  StatusDocument.CONDITIONS.indexOf(String.valueOf(condition.get("type"))));
          if (held != null && since != null) {
            // Most conditions of an object changed together.
            Instant shared =
                !transitions.isEmpty() && transitions.getLast().since().equals(since)
                    ? transitions.getLast().since()
                    : since;
            transitions.add(new Transition(type, held, shared));
          }
        });
    return transitions;
  }

  private static @Nullable Instant time(@Nullable Object text) {
    try {
      return OffsetDateTime.parse(String.valueOf(text)).toInstant();
    } catch (DateTimeParseException _) {
      return null;
    }
  }

  /** The stored status of a condition; null where there is none. */
  Condition.@Nullable Status status(String type) {
    return transitions.stream()
        .filter(transition -> transition.type().equals(type))
        .map(Transition::status)
        .findFirst()
        .orElse(null);
  }

  /** Since when a condition will have had its status, if it is written now. */
  Instant since(Verdict verdict, Instant now) {
    Condition.Status status = verdict.holds() ? Condition.Status.True : Condition.Status.False;
    return transitions.stream()
        .filter(stored -> stored.type().equals(verdict.type()) && stored.status() == status)
        .map(Transition::since)
        .findFirst()
        .orElse(now.truncatedTo(ChronoUnit.SECONDS));
  }
}
