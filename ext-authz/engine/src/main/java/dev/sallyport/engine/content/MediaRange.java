package dev.sallyport.engine.content;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Media types that an operation takes: {@code type/subtype}, {@code type/*}, {@code *}{@code /*},
 * or {@code application/*+json} for every type with that suffix (RFC 6839). Parameters are not
 * compared.
 *
 * @param type lower case; {@code *} for any
 * @param subtype lower case; {@code *} for any
 * @param suffix lower case with its plus sign; empty where there is none
 */
public record MediaRange(String type, String subtype, String suffix) {
  private static final Pattern RANGE =
      Pattern.compile("([a-z0-9!#$&^_.-]{1,127})/(\\*|[a-z0-9!#$&^_.+-]{1,127})(\\+[a-z0-9.-]+)?");

  /** Reads a range; null where it is none. */
  public static @Nullable MediaRange parse(String text) {
    if (text.equals("*/*")) {
      return new MediaRange("*", "*", "");
    }
    var matcher = RANGE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return null;
    }
    String suffix = matcher.group(3);
    return new MediaRange(matcher.group(1), matcher.group(2), suffix == null ? "" : suffix);
  }

  /**
   * Whether a {@code Content-Type} value is in the range.
   *
   * @param mediaType {@code type/subtype} in lower case, without parameters
   */
  public boolean takes(String mediaType) {
    int slash = mediaType.indexOf('/');
    if (!type.equals("*") && !mediaType.substring(0, slash).equals(type)) {
      return false;
    }
    String sub = mediaType.substring(slash + 1);
    return subtype.equals("*") ? sub.endsWith(suffix) : sub.equals(subtype + suffix);
  }

  /** Whether it counts before another that takes the same type. */
  public boolean isNarrowerThan(MediaRange other) {
    return width() < other.width();
  }

  private int width() {
    if (!subtype.equals("*")) {
      return 0;
    }
    if (!suffix.isEmpty()) {
      return 1;
    }
    return type.equals("*") ? 3 : 2;
  }
}
