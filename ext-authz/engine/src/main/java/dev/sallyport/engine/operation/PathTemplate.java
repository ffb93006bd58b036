package dev.sallyport.engine.operation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A path with parameters, as OpenAPI writes it: {@code /v1/payments/{paymentId}}. A parameter is
 * one whole segment that is not empty; a last {@code /**} takes one or more segments, whatever they
 * are.
 *
 * @param text as it was declared
 * @param segments in order
 */
public record PathTemplate(String text, List<Segment> segments) {
  private static final int LONGEST = 1024;
  private static final int MOST_SEGMENTS = 64;

  /** One segment. */
  public sealed interface Segment {
    /** Exactly this text, decoded. */
    record Literal(String text) implements Segment {}

    /** Any one segment that is not empty. */
    record Parameter(String name) implements Segment {}

    /** One or more segments; only the last. */
    record Rest() implements Segment {}
  }

  public PathTemplate {
    segments = List.copyOf(segments);
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException when it is none; the message says what to do
   */
  public static PathTemplate parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("must start with a slash");
    }
    if (text.length() > LONGEST) {
      throw new IllegalArgumentException("must be at most " + LONGEST + " characters");
    }
    String[] parts = text.substring(1).split("/", -1);
    if (parts.length > MOST_SEGMENTS) {
      throw new IllegalArgumentException("must have at most " + MOST_SEGMENTS + " segments");
    }
    List<Segment> segments = new ArrayList<>(parts.length);
    Set<String> names = new HashSet<>();
    for (int i = 0; i < parts.length; i++) {
      segments.add(segment(parts[i], i == parts.length - 1, names));
    }
    return new PathTemplate(text, segments);
  }

  private static Segment segment(String part, boolean last, Set<String> names) {
    if (part.equals("**")) {
      if (!last) {
        throw new IllegalArgumentException("may hold `**` only as its last segment");
      }
      return new Segment.Rest();
    }
    if (part.isEmpty() && !last) {
      throw new IllegalArgumentException("must not hold an empty segment");
    }
    if (part.startsWith("{") && part.endsWith("}") && part.length() > 2) {
      String name = part.substring(1, part.length() - 1);
      if (name.indexOf('{') >= 0 || name.indexOf('}') >= 0 || name.indexOf('*') >= 0) {
        throw new IllegalArgumentException("holds `" + part + "`, which is not one parameter");
      }
      if (!names.add(name)) {
        throw new IllegalArgumentException("has the parameter `" + name + "` twice");
      }
      return new Segment.Parameter(name);
    }
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if ("{}*?#%\\;".indexOf(c) >= 0) {
        throw new IllegalArgumentException(
            switch (c) {
              case '{', '}' -> "needs whole segments as parameters, unlike `" + part + "`";
              case '*' -> "must not hold `*` as a pattern; use `{name}` or a last `/**`";
              case '%' -> "must be written decoded, without `%`";
              default -> "must not hold `" + c + "`";
            });
      }
      if (c < 0x20 || c == 0x7f) {
        throw new IllegalArgumentException("must not hold a control character");
      }
    }
    if (part.equals(".") || part.equals("..")) {
      throw new IllegalArgumentException("must not hold a dot segment");
    }
    return new Segment.Literal(part);
  }

  /** The same template with a final slash left out. */
  public PathTemplate withoutTrailingSlash() {
    boolean trailing = segments.size() > 1 && segments.getLast().equals(new Segment.Literal(""));
    return trailing ? new PathTemplate(text, segments.subList(0, segments.size() - 1)) : this;
  }
}
