package dev.sallyport.engine.receive;

import dev.sallyport.engine.receive.Canonical.Malformed;
import dev.sallyport.engine.receive.Canonical.Read;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request, as the upstream gets it, cut at its slashes and decoded segment by
 * segment.
 *
 * <p>What is matched must be what the upstream resolves. A path is therefore refused, never
 * cleaned, when two parsers could read it in two ways: dot segments ({@code ..;x} is one to a
 * server that knows path parameters), an encoded dot, backslash, NUL or percent, a bad escape,
 * bytes outside ASCII. Three more forms a policy may let through; they are facts here ({@link
 * #semicolon()}, {@link #encodedSlash()}, {@link #emptySegment()}) and judged once the policy is
 * known.
 *
 * @param segments decoded; {@code /} is one empty segment, a final slash a last empty one
 * @param semicolon whether it holds {@code ;} or {@code %3B}
 * @param encodedSlash whether it holds {@code %2F}
 * @param emptySegment whether it holds {@code //}, or what is {@code //} to an upstream that drops
 *     what follows a semicolon or takes an escaped slash for a slash
 */
public record RequestPath(
    List<String> segments, boolean semicolon, boolean encodedSlash, boolean emptySegment) {

  /**
   * Reads the part of {@code :path} before the query.
   *
   * @param path without its query; starts with a slash
   */
  static Canonical<RequestPath> read(String path) {
    if (path.isEmpty() || path.charAt(0) != '/') {
      return new Malformed<>("the path does not start with a slash");
    }
    List<String> segments = new ArrayList<>(8);
    boolean semicolon = false;
    boolean encodedSlash = false;
    boolean emptySegment = false;
    boolean escaped = false;
    int start = 1;
    int length = path.length();
    for (int i = 1; i <= length; i++) {
      char c = i == length ? '/' : path.charAt(i);
      switch (c) {
        case '/' -> {
          String segment = path.substring(start, i);
          if (escaped) {
            String decoded = decode(segment);
            if (decoded == null) {
              return new Malformed<>("the path holds an escape that is not UTF-8");
            }
            segment = decoded;
            escaped = false;
          }
          // Not decided yet whether the policy lets these through; what they hide is refused now.
          Shape shape =
              semicolon || encodedSlash
                  ? shapeOfParts(segment, i == length)
                  : shape(segment, segment.length(), i == length);
          if (shape == Shape.DOTS) {
            return new Malformed<>("the path holds a dot segment");
          }
          emptySegment |= shape == Shape.EMPTY;
          segments.add(segment);
          start = i + 1;
        }
        case '%' -> {
          int octet = octet(path, i);
          String why = objection(octet);
          if (why != null) {
            return new Malformed<>(why);
          }
          semicolon |= octet == ';';
          encodedSlash |= octet == '/';
          escaped = true;
          i += 2;
        }
        case ';' -> semicolon = true;
        case '\\' -> {
          return new Malformed<>("the path holds a backslash");
        }
        case '#' -> {
          return new Malformed<>("the path holds a fragment");
        }
        default -> {
          if (c <= 0x20 || c >= 0x7f) {
            return new Malformed<>("the path holds a character outside visible ASCII");
          }
        }
      }
    }
    return new Read<>(
        new RequestPath(List.copyOf(segments), semicolon, encodedSlash, emptySegment));
  }

  /** What a segment's text is to whoever resolves the path. */
  private enum Shape {
    NAME,
    EMPTY,
    DOTS
  }

  private static Shape shape(String text, int length, boolean last) {
    return switch (length) {
      case 0 -> last ? Shape.NAME : Shape.EMPTY;
      case 1 -> text.startsWith(".") ? Shape.DOTS : Shape.NAME;
      case 2 -> text.startsWith("..") ? Shape.DOTS : Shape.NAME;
      default -> Shape.NAME;
    };
  }

  /**
   * The worst that a segment is to an upstream that cuts it at an escaped slash and drops what
   * follows a semicolon: to such a one {@code ..;x=1} is a dot segment, and {@code ;x=1} empty.
   */
  private static Shape shapeOfParts(String segment, boolean last) {
    Shape worst = Shape.NAME;
    String[] parts = segment.split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      int semicolon = parts[i].indexOf(';');
      Shape shape =
          semicolon < 0
              ? shape(parts[i], parts[i].length(), last && i == parts.length - 1)
              : shape(parts[i], semicolon, false);
      worst = shape.compareTo(worst) > 0 ? shape : worst;
    }
    return worst;
  }

  /** Why an escaped octet is refused; null where it is an ordinary escape. */
  private static @Nullable String objection(int octet) {
    return switch (octet) {
      case -1 -> "the path holds a bad percent escape";
      case '.' -> "the path holds an escaped dot";
      case '\\' -> "the path holds an escaped backslash";
      case '%' -> "the path holds an escaped percent";
      default -> octet < 0x20 || octet == 0x7f ? "the path holds an escaped control" : null;
    };
  }

  /** The octet of the escape at {@code at}, or -1 where there is none. */
  static int octet(String text, int at) {
    if (at + 2 >= text.length()) {
      return -1;
    }
    int high = hexDigit(text.charAt(at + 1));
    int low = hexDigit(text.charAt(at + 2));
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  // Character.digit would take digits of other scripts.
  private static int hexDigit(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
      return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }

  private static @Nullable String decode(String segment) {
    byte[] bytes = new byte[segment.length()];
    int length = 0;
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      if (c == '%') {
        bytes[length++] = (byte) octet(segment, i);
        i += 2;
        continue;
      }
      bytes[length++] = (byte) c;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, length))
          .toString();
    } catch (CharacterCodingException _) {
      return null;
    }
  }

  /** The segments with a final slash left out. */
  public List<String> withoutTrailingSlash() {
    int last = segments.size() - 1;
    return last > 0 && segments.get(last).isEmpty() ? segments.subList(0, last) : segments;
  }
}
