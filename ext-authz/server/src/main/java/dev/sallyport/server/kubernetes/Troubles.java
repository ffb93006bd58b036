package dev.sallyport.server.kubernetes;

import dev.sallyport.server.kubernetes.ApiFailure.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
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
  private final Map<Followed, Trouble> troubles = new HashMap<>();
  private @Nullable Instant awaySince;
  private boolean toldAway;
  private final Map<Kind, Set<String>> told = new HashMap<>();

  private record Trouble(Kind kind, String line, Instant since) {}

  Troubles(String address, InstantSource clock) {
    this.address = address;
    this.clock = clock;
  }

  synchronized void begins(Followed who, ApiFailure failure) {
    Trouble before = troubles.get(who);
    Instant since =
        before == null || before.kind() != failure.kind() ? clock.instant() : before.since();
    troubles.put(who, new Trouble(failure.kind(), failure.line(), since));
  }

  synchronized void ends(Followed who) {
    troubles.remove(who);
  }

  /** Says what is new; called now and then. */
  synchronized void tell() {
    tellOfAbsence();
    Map<Kind, Map<String, String>> lasting = since(clock.instant().minus(MOMENT));
    Map<Kind, Map<String, String>> present = since(Instant.MAX);
    for (Kind kind : List.of(Kind.MISSING, Kind.FORBIDDEN, Kind.REFUSED, Kind.STALE)) {
      Set<String> before = told.getOrDefault(kind, Set.of());
      Map<String, String> now = lasting.getOrDefault(kind, Map.of());
      List<String> fresh = now.keySet().stream().filter(what -> !before.contains(what)).toList();
      if (!fresh.isEmpty()) {
        write(kind, fresh, now);
      }
      Set<String> still = new TreeSet<>(before);
      // While nobody answers, nobody knows whether the rest is over.
      if (awaySince == null && still.retainAll(present.getOrDefault(kind, Map.of()).keySet())) {
        List<String> over = before.stream().filter(what -> !still.contains(what)).toList();
        LOG.info("{} can be read now", String.join(", ", over));
      }
      still.addAll(now.keySet());
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

  /**
   * The reasons by the kind of trouble and what can't be read.
   *
   * @param latest when it began, at the latest
   */
  private Map<Kind, Map<String, String>> since(Instant latest) {
    Map<Kind, Map<String, String>> reasons = new HashMap<>();
    troubles.forEach((who, trouble) -> {
      boolean isAbsent =
          trouble.kind() == Kind.MISSING && who.kind().need() == WatchedKind.Need.OPTIONAL;
      if (!isAbsent && !trouble.since().isAfter(latest)) {
        reasons
            .computeIfAbsent(trouble.kind(), _ -> new TreeMap<>())
            .put(
                trouble.kind() == Kind.MISSING ? who.kind().qualifiedPlural() : who.toString(),
                trouble.line());
      }
    });
    return reasons;
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
