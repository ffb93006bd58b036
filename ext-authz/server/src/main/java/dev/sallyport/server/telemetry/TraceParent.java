package dev.sallyport.server.telemetry;

import dev.sallyport.engine.receive.Headers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A valid {@code traceparent} (W3C Trace Context section 3.2): {@code 00-<trace id>-<parent
 * id>-<flags>}, lower case.
 *
 * @param traceId 32 hexadecimal digits, not all zero
 * @param spanId 16 hexadecimal digits, not all zero
 * @param sampled whether the caller records its trace
 */
record TraceParent(String traceId, String spanId, boolean sampled) {
  static final String HEADER = "traceparent";

  private static final int LENGTH = 55;

  /** The caller's; null where it sent none, more than one, or a bad one. */
  static @Nullable TraceParent of(Headers headers) {
    List<String> values = headers.values(HEADER);
    return values.size() == 1 ? parse(values.getFirst()) : null;
  }

  static @Nullable TraceParent parse(String header) {
    if (header.length() < LENGTH
        || header.charAt(2) != '-'
        || header.charAt(35) != '-'
        || header.charAt(52) != '-'
        || !hex(header, 0, 2)
        || !hex(header, 3, 35)
        || !hex(header, 36, 52)
        || !hex(header, 53, LENGTH)) {
      return null;
    }
    if (header.startsWith("ff")) {
      return null;
    }
    // A later version may add fields after a dash; the first four keep their meaning.
    if (header.length() > LENGTH && (header.startsWith("00") || header.charAt(LENGTH) != '-')) {
      return null;
    }
    if (zeros(header, 3, 35) || zeros(header, 36, 52)) {
      return null;
    }
    boolean sampled = (Character.digit(header.charAt(54), 16) & 1) == 1;
    return new TraceParent(header.substring(3, 35), header.substring(36, 52), sampled);
  }

  private static boolean hex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  private static boolean zeros(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) != '0') {
        return false;
      }
    }
    return true;
  }
}
