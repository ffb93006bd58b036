package dev.sallyport.engine.compile;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations as users write them: {@code 500ms}, {@code 30s}, {@code 1h}, {@code 90d}. */
public final class DurationText {
  private static final Pattern FORM = Pattern.compile("(0|[1-9][0-9]{0,12})(ms|s|m|h|d)");

  /** A hundred years: no sum with a date of ours can overflow. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private DurationText() {}

  /**
   * Reads a whole number and one unit.
   *
   * @return null for anything else and for more than 36,500 days; zero is a duration
   */
  public static @Nullable Duration parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    // INVARIANT: 13 digits of days, in seconds, are still a long.
    long count = Long.parseLong(matcher.group(1));
    Duration duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(count);
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          case "h" -> Duration.ofHours(count);
          default -> Duration.ofDays(count);
        };
    return duration.compareTo(LONGEST) > 0 ? null : duration;
  }
}
