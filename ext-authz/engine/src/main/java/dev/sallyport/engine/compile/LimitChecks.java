package dev.sallyport.engine.compile;

import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.quota.Limit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The checks of one list of rate limits. What cannot be counted exactly is refused here. */
final class LimitChecks {
  private static final long MAX_COUNT = 1_000_000_000;
  private static final long MAX_PER_SECOND = 1_000_000;
  private static final Duration MIN_WINDOW = Duration.ofSeconds(1);
  private static final Duration MAX_WINDOW = Duration.ofDays(31);

  private final ObjectKey object;
  private final List<Diagnostic> diagnostics = new ArrayList<>();

  LimitChecks(ObjectKey object) {
    this.object = object;
  }

  LimitCompilation compile(List<RateLimitSpec> specs, String field, String idPrefix) {
    List<Limit> limits = new ArrayList<>(specs.size());
    Set<String> names = new HashSet<>();
    for (int i = 0; i < specs.size(); i++) {
      RateLimitSpec spec = specs.get(i);
      String path = field + '[' + i + ']';
      checkName(spec.name(), names, path + ".name");
      checkDimensions(spec.per(), path + ".per");
      Long requests = requests(spec.requests(), path + ".requests");
      Duration window = window(spec.window(), path + ".window");
      Long burst = spec.burst() == null ? requests : burst(spec.burst(), path + ".burst");
      if (requests != null && window != null) {
        checkRate(requests, window, path + ".requests");
      }
      if (diagnostics.isEmpty() && requests != null && window != null && burst != null) {
        boolean shadow = spec.enforcement() == Enforcement.Shadow;
        limits.add(
            new Limit(
                idPrefix + spec.name(),
                spec.name(),
                Set.copyOf(spec.per()),
                requests,
                window,
                burst,
                shadow));
      }
    }
    return diagnostics.isEmpty()
        ? new LimitCompilation.Compiled(limits)
        : new LimitCompilation.Refused(diagnostics);
  }

  private void checkName(String name, Set<String> names, String path) {
    if (name.isEmpty()) {
      refuse(path, "a limit needs a name, such as `per-identity`");
      return;
    }
    if (name.length() > 63 || !name.chars().allMatch(LimitChecks::isNameCharacter)) {
      refuse(path, "`" + name + "` is no name, write 1 to 63 of a-z, 0-9 and `-`");
      return;
    }
    if (!names.add(name)) {
      refuse(path, "`" + name + "` is the name of an earlier limit of this list, choose another");
    }
  }

  private static boolean isNameCharacter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  }

  private void checkDimensions(List<RateLimitSpec.Dimension> per, String path) {
    if (per.isEmpty()) {
      refuse(
          path,
          "say what is counted: `identity`, `credential`, `sourceAddress`, `operation`, or several");
    }
    Set<RateLimitSpec.Dimension> seen = EnumSet.noneOf(RateLimitSpec.Dimension.class);
    for (int i = 0; i < per.size(); i++) {
      if (!seen.add(per.get(i))) {
        refuse(path + '[' + i + ']', "is named twice, remove one");
      }
    }
  }

  private @Nullable Long requests(@Nullable Long requests, String path) {
    if (requests == null) {
      refuse(path, "is missing, say how many requests a window allows");
      return null;
    }
    return count(requests, path);
  }

  private @Nullable Long burst(long burst, String path) {
    return count(burst, path);
  }

  private @Nullable Long count(long count, String path) {
    if (count < 1 || count > MAX_COUNT) {
      refuse(path, "`" + count + "` is out of range, write 1 to 1000000000");
      return null;
    }
    return count;
  }

  private @Nullable Duration window(@Nullable String text, String path) {
    if (text == null) {
      refuse(path, "is missing, write a duration such as `1m`");
      return null;
    }
    Duration window = DurationText.parse(text);
    if (window == null) {
      refuse(path, "`" + text + "` is no duration, write one such as `30s`, `1m`, `1h` or `1d`");
      return null;
    }
    if (window.compareTo(MIN_WINDOW) < 0 || window.compareTo(MAX_WINDOW) > 0) {
      refuse(path, "`" + text + "` is out of range, write `1s` to `31d`");
      return null;
    }
    return window;
  }

  private void checkRate(long requests, Duration window, String path) {
    // Exact: neither product comes near the end of a long.
    if (requests * 1000 > window.toMillis() * MAX_PER_SECOND) {
      refuse(
          path, "`" + requests + "` is more than 1000000 a second, lower it or widen the window");
    }
  }

  private void refuse(String path, String message) {
    diagnostics.add(new Diagnostic(Diagnostic.Severity.ERROR, object, path, "Invalid", message));
  }
}
