package dev.sallyport.server.kubernetes;

import dev.sallyport.server.kubernetes.ApiFailure.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to the log what keeps objects from being read: one line when it begins, one when it is
 * over, however many kinds it is about and however long it lasts. What passes within a moment is
 * not worth a line. Any thread may call it.
 */
final class Troubles {
  private static final Logger LOG = LoggerFactory.getLogger(Troubles.class);

  private static final Duration MOMENT = Duration.ofSeconds(3);

  private final String address;
  private final InstantSource clock;
  private final Map<Reflector, Trouble> troubles = new HashMap<>();
  private @Nullable Instant awaySince;
  private boolean toldAway;
  private Map<Kind, Set<String>> told = new HashMap<>();

  private record Trouble(Kind kind, String line, Instant since) {}

  Troubles(String address, InstantSource clock) {
    this.address = address;
    this.clock = clock;
  }

  synchronized void begins(Reflector who, ApiFailure failure) {
    Trouble before = troubles.get(who);
    Instant since =
        before == null || before.kind() != failure.kind() ? clock.instant() : before.since();
    troubles.put(who, new Trouble(failure.kind(), failure.line(), since));
  }

  synchronized void ends(Reflector who) {
    troubles.remove(who);
  }

  /** Says what is new; called now and then. */
  synchronized void tell() {
    tellOfAbsence();
    Map<Kind, Map<String, String>> lasting = lasting();
    for (Kind kind : List.of(Kind.MISSING, Kind.FORBIDDEN, Kind.REFUSED, Kind.STALE)) {
      Map<String, String> now = lasting.getOrDefault(kind, Map.of());
      Set<String> before = told.getOrDefault(kind, Set.of());
      List<String> fresh = now.keySet().stream().filter(what -> !before.contains(what)).toList();
      if (!fresh.isEmpty()) {
        write(kind, fresh, now);
      }
      List<String> over = before.stream().filter(what -> !now.containsKey(what)).sorted().toList();
      if (!over.isEmpty() && awaySince == null) {
        LOG.info("{} can be read now", String.join(", ", over));
      }
      // While nobody answers, nobody knows whether the rest is over.
      Set<String> still = new HashSet<>(now.keySet());
      if (awaySince != null) {
        still.addAll(before);
      }
      told.put(kind, still);
    }
  }

  private void tellOfAbsence() {
    Instant now = clock.instant();
    Trouble oldest = null;
    for (Trouble trouble : troubles.values()) {
      if (trouble.kind() == Kind.UNREACHABLE
          && (oldest == null || trouble.since().isBefore(oldest.since()))) {
        oldest = trouble;
      }
    }
    if (oldest == null) {
      if (toldAway && awaySince != null) {
        LOG.info(
            "the API server {} answers again after {} s; changes are caught up with",
            address,
            Duration.between(awaySince, now).toSeconds());
      }
      awaySince = null;
      toldAway = false;
      return;
    }
    if (awaySince == null) {
      awaySince = oldest.since();
    }
    if (!toldAway && !now.isBefore(awaySince.plus(MOMENT))) {
      toldAway = true;
      LOG.warn(
          "the API server {} can't be reached: {}; what is in force stays, and it is tried again",
          address,
          oldest.line());
    }
  }

  /** What lasts longer than a moment, by its kind and what can't be read, with the reason. */
  private Map<Kind, Map<String, String>> lasting() {
    Instant before = clock.instant().minus(MOMENT);
    Map<Kind, Map<String, String>> lasting = new HashMap<>();
    troubles.forEach((who, trouble) -> {
      boolean isAbsent =
          trouble.kind() == Kind.MISSING && who.kind().need() == WatchedKind.Need.OPTIONAL;
      if (!isAbsent && !trouble.since().isAfter(before)) {
        String namespace = who.namespace();
        lasting
            .computeIfAbsent(trouble.kind(), _ -> new TreeMap<>())
            .put(
                who.kind().qualifiedPlural()
                    + (namespace == null || trouble.kind() == Kind.MISSING
                        ? ""
                        : " in " + namespace),
                trouble.line());
      }
    });
    return lasting;
  }

  private static void write(Kind kind, List<String> fresh, Map<String, String> lines) {
    String names = String.join(", ", fresh);
    if (kind == Kind.MISSING) {
      LOG.error("the API server does not know {}; {}", names, InstallHint.OF_DEFINITIONS);
      return;
    }
    List<String> reasons = new ArrayList<>(new TreeSet<>(fresh.stream().map(lines::get).toList()));
    LOG.error(
        "{} can't be read, and {} tried again: {}",
        names,
        fresh.size() == 1 ? "is" : "are",
        String.join("; ", reasons.subList(0, Math.min(3, reasons.size()))));
  }
}
