package dev.sallyport.engine.operation;

import dev.sallyport.engine.receive.Query;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

    /**
     * Parameters with text around them, as {@code {name}.json}: it can't be told what of a segment
     * is whose, but which segments it may be.
     *
     * @param texts before, between and behind the parameters; at least two
     */
    record Mixed(List<String> texts) implements Segment {
      public Mixed {
        texts = List.copyOf(texts);
      }

      /** Whether a segment may be one of these: each parameter is at least one character. */
      boolean takes(String segment) {
        int at = texts.getFirst().length();
        int end = segment.length() - texts.getLast().length();
        if (!segment.startsWith(texts.getFirst()) || !segment.endsWith(texts.getLast())) {
          return false;
        }
        for (String text : texts.subList(1, texts.size() - 1)) {
          int found = segment.indexOf(text, at + 1);
          if (found < 0) {
            return false;
          }
          at = found + text.length();
        }
        return at < end;
      }
    }
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

  /**
   * The template of all that a path of a document may mean that {@link #parse} does not take: with
   * text around parameters, escapes, a query or a fragment behind it.
   *
   * @return null where it can't be told
   */
  public static @Nullable PathTemplate covering(String text) {
    String path = text.split("[?#]", 2)[0];
    String[] parts = path.split("/", -1);
    if (path.length() > LONGEST || parts.length - 1 > MOST_SEGMENTS || !parts[0].isEmpty()) {
      return null;
    }
    List<Segment> segments = new ArrayList<>(parts.length);
    for (int i = 1; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      String part = Query.decode(parts[i].replace("+", "%2B"));
      if (part == null || (part.isEmpty() && !last)) {
        return null;
      }
      if (part.equals("**")) {
        segments.add(new Segment.Rest());
        return new PathTemplate(text, segments);
      }
      segments.add(covering(part, segments.size()));
    }
    return segments.isEmpty() ? null : new PathTemplate(text, segments);
  }

  private static Segment covering(String part, int index) {
    String[] texts = part.split("\\{[^{}]*}|\\*+", -1);
    if (texts.length == 1) {
      return new Segment.Literal(part);
    }
    boolean whole = List.of(texts).stream().allMatch(String::isEmpty);
    return whole ? new Segment.Parameter("" + index) : new Segment.Mixed(List.of(texts));
  }

  /** The same template with a final slash left out. */
  public PathTemplate withoutTrailingSlash() {
    boolean trailing = segments.size() > 1 && segments.getLast().equals(new Segment.Literal(""));
    return trailing ? new PathTemplate(text, segments.subList(0, segments.size() - 1)) : this;
  }
}
