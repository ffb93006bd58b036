package dev.sallyport.server.files;

import dev.sallyport.server.objects.Fingerprint;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a file that is one YAML document.
 *
 * <p>A line {@code ---} or {@code ...} ends a document wherever it stands, within quotes and blocks
 * too (YAML 1.2.2 section 9.1.2), so a file is cut without reading it as YAML. An error then spoils
 * one document, and after an edit only the documents that differ are read again.
 *
 * @param from first byte
 * @param to behind the last byte
 * @param line lines before it in its file
 */
record FilePart(int from, int to, int line) {
  /** The parts of a file in order; one of white space and comments may be among them. */
  static List<FilePart> of(byte[] bytes) {
    List<FilePart> parts = new ArrayList<>(1);
    int start = hasByteOrderMark(bytes) ? 3 : 0;
    int startLine = 0;
    int line = 0;
    // A marker begins a new part, unless only comments and directives stand before it.
    boolean hasContent = false;
    int at = start;
    while (at < bytes.length) {
      if (isMarker(bytes, at, '-')) {
        if (hasContent) {
          parts.add(new FilePart(start, at, startLine));
          start = at;
          startLine = line;
        }
        hasContent = true;
      }
      boolean ends = isMarker(bytes, at, '.');
      hasContent |= !ends && isContent(bytes, at);
      at = nextLine(bytes, at);
      line++;
      if (ends) {
        parts.add(new FilePart(start, at, startLine));
        start = at;
        startLine = line;
        hasContent = false;
      }
    }
    if (start < bytes.length) {
      parts.add(new FilePart(start, bytes.length, startLine));
    }
    return parts;
  }

  /** A file that is one document, whatever stands in it. */
  static FilePart whole(byte[] bytes) {
    return new FilePart(hasByteOrderMark(bytes) ? 3 : 0, bytes.length, 0);
  }

  /** The text; null where the bytes are not UTF-8. */
  @Nullable String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, from, to - from))
          .toString();
    } catch (CharacterCodingException _) {
      return null;
    }
  }

  Fingerprint fingerprint(byte[] bytes) {
    return Fingerprint.of(bytes, from, to);
  }

  private static boolean hasByteOrderMark(byte[] bytes) {
    return bytes.length >= 3
        && bytes[0] == (byte) 0xef
        && bytes[1] == (byte) 0xbb
        && bytes[2] == (byte) 0xbf;
  }

  private static boolean isMarker(byte[] bytes, int at, char mark) {
    return bytes.length - at >= 3
        && bytes[at] == mark
        && bytes[at + 1] == mark
        && bytes[at + 2] == mark
        && (bytes.length - at == 3 || isSpace(bytes[at + 3]));
  }

  private static boolean isContent(byte[] bytes, int at) {
    int first = at;
    while (first < bytes.length && (bytes[first] == ' ' || bytes[first] == '\t')) {
      first++;
    }
    return first < bytes.length
        && bytes[first] != '#'
        && !isBreak(bytes[first])
        && !(first == at && bytes[first] == '%');
  }

  private static int nextLine(byte[] bytes, int at) {
    int end = at;
    while (end < bytes.length && !isBreak(bytes[end])) {
      end++;
    }
    if (end + 1 < bytes.length && bytes[end] == '\r' && bytes[end + 1] == '\n') {
      end++;
    }
    return Math.min(end + 1, bytes.length);
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\t' || isBreak(c);
  }

  private static boolean isBreak(byte c) {
    return c == '\n' || c == '\r';
  }
}
