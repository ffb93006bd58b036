package dev.sallyport.engine;

import dev.sallyport.crd.ApiPolicySpec.Ambiguity;
import dev.sallyport.crd.ApiPolicySpec.Paths;
import dev.sallyport.crd.ApiPolicySpec.TrailingSlash;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a path byte by byte, as the contract says it and with no thought for speed: the second
 * opinion on {@code receive}, with which it shares no code.
 */
final class ReferencePath {
  /** Decoded bytes that no policy lets through: NUL and controls are found by their range. */
  private static final Set<Integer> NEVER_ESCAPED = Set.of((int) '.', (int) '\\', (int) '%');

  private ReferencePath() {}

  /** Whether the path can be read in two ways, or in none, whatever a policy lets through. */
  static boolean alwaysMalformed(String path) {
    return segments(
            path, new Paths(Ambiguity.Allow, Ambiguity.Allow, Ambiguity.Allow, TrailingSlash.Exact))
        == null;
  }

  /**
   * The decoded segments.
   *
   * @param path without the query
   * @return null where the path is ambiguous, as far as {@code paths} does not let it through
   */
  static @Nullable List<String> segments(String path, Paths paths) {
    if (!path.startsWith("/")) {
      return null;
    }
    List<String> segments = new ArrayList<>();
    ByteArrayOutputStream segment = new ByteArrayOutputStream();
    // What a reader makes of it that cuts at an escaped slash and drops what follows a semicolon.
    StringBuilder lenient = new StringBuilder();
    boolean parameters = false;
    for (int i = 1; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '/') {
        String text = text(segment);
        if (text == null) {
          return null;
        }
        segments.add(text);
        lenient.append('/');
        parameters = false;
        continue;
      }
      if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#') {
        return null;
      }
      int octet = c;
      if (c == '%') {
        octet = octet(path, i);
        i += 2;
        if (octet < 0x20 || octet == 0x7f || NEVER_ESCAPED.contains(octet)) {
          return null;
        }
        if (octet == '/') {
          if (paths.encodedSlashes() == Ambiguity.Deny) {
            return null;
          }
          lenient.append('/');
          parameters = false;
          segment.write('/');
          continue;
        }
      }
      if (octet == ';') {
        if (paths.semicolons() == Ambiguity.Deny) {
          return null;
        }
        parameters = true;
      }
      if (!parameters) {
        lenient.append((char) octet);
      }
      segment.write(octet);
    }
    String last = text(segment);
    if (last == null) {
      return null;
    }
    segments.add(last);
    List<String> parts = List.of(lenient.toString().split("/", -1));
    if (parts.contains(".") || parts.contains("..")) {
      return null;
    }
    // A final slash is no empty segment, unless something hides behind it.
    boolean empty =
        parts.subList(0, parts.size() - 1).contains("")
            || (parts.getLast().isEmpty() && parameters);
    return empty && paths.emptySegments() == Ambiguity.Deny ? null : segments;
  }

  /** The byte that an escape stands for; negative where it is no escape. */
  private static int octet(String path, int at) {
    if (at + 2 >= path.length()) {
      return -1;
    }
    int high = "0123456789abcdef".indexOf(lower(path.charAt(at + 1)));
    int low = "0123456789abcdef".indexOf(lower(path.charAt(at + 2)));
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  private static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }

  /** The segment as UTF-8; null where it is none. */
  private static @Nullable String text(ByteArrayOutputStream segment) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(segment.toByteArray()))
          .toString();
    } catch (CharacterCodingException _) {
      return null;
    } finally {
      segment.reset();
    }
  }
}
