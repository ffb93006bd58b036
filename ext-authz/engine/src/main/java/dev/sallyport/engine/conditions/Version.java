package dev.sallyport.engine.conditions;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A version as Semantic Versioning 2.0.0 writes it; what stands behind {@code +} tells no two apart
 * (section 10) and is left out.
 *
 * @param preRelease its identifiers; empty for a release
 */
record Version(long major, long minor, long patch, List<String> preRelease)
    implements Comparable<Version> {
  private static final int LONGEST = 256;
  private static final String NUMBER = "(0|[1-9][0-9]{0,17})";
  private static final String IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
  private static final Pattern FORM =
      Pattern.compile(
          NUMBER
              + "\\."
              + NUMBER
              + "\\."
              + NUMBER
              + "(?:-("
              + IDENTIFIER
              + "(?:\\."
              + IDENTIFIER
              + ")*+))?"
              + "(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*+)?");

  /** Reads a version; null where it is none. */
  static @Nullable Version parse(String text) {
    if (text.length() > LONGEST) {
      return null;
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    String preRelease = matcher.group(4);
    return new Version(
        Long.parseLong(matcher.group(1)),
        Long.parseLong(matcher.group(2)),
        Long.parseLong(matcher.group(3)),
        preRelease == null ? List.of() : List.of(preRelease.split("\\.")));
  }

  /** Section 11. */
  @Override
  public int compareTo(Version other) {
    int order = Long.compare(major, other.major);
    order = order != 0 ? order : Long.compare(minor, other.minor);
    order = order != 0 ? order : Long.compare(patch, other.patch);
    return order != 0 ? order : comparePreRelease(other);
  }

  private int comparePreRelease(Version other) {
    if (preRelease.isEmpty() || other.preRelease.isEmpty()) {
      return Boolean.compare(preRelease.isEmpty(), other.preRelease.isEmpty());
    }
    int common = Math.min(preRelease.size(), other.preRelease.size());
    for (int i = 0; i < common; i++) {
      int order = compare(preRelease.get(i), other.preRelease.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(preRelease.size(), other.preRelease.size());
  }

  /** Numbers go before names, and by their value, however long. */
  private static int compare(String one, String other) {
    boolean number = isNumber(one);
    if (number != isNumber(other)) {
      return number ? -1 : 1;
    }
    return number && one.length() != other.length()
        ? Integer.compare(one.length(), other.length())
        : Integer.signum(one.compareTo(other));
  }

  private static boolean isNumber(String identifier) {
    return identifier.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
