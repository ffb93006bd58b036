package dev.sallyport.engine.content;

import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.receive.Query;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code application/x-www-form-urlencoded} (WHATWG URL section 5.1), and queries, which are
 * written so too. What readers disagree about is refused: a bad escape, a semicolon, which some
 * take for a separator, a character that should be escaped, a NUL.
 */
final class UrlEncodedForm {
  private UrlEncodedForm() {}

  /**
   * Reads a body.
   *
   * @param type what its fields stand for
   */
  static FormReading read(byte[] body, ValueType type) {
    for (byte b : body) {
      if (b <= 0x20 || b == 0x7f) {
        return new FormReading.Faulty("", "it holds a character that must be escaped");
      }
    }
    Fields fields = new Fields(type);
    FormReading.Faulty fault =
        each(
            new String(body, StandardCharsets.US_ASCII),
            (name, _, value) ->
                name.equalsIgnoreCase("_charset_")
                    ? new FormReading.Faulty(
                        Pointer.shown(name), "the charset is utf-8, and must not be said")
                    : fields.add(name, value));
    return fault == null ? new FormReading.Fields(fields.object()) : fault;
  }

  /** What is done with a field. */
  interface FieldReader {
    /**
     * Takes a field.
     *
     * @param name decoded
     * @param raw the value as it was written
     * @param value decoded
     * @return null, or why it can't be taken
     */
    FormReading.@Nullable Faulty take(String name, String raw, String value);
  }

  /** Reads each field in turn; null where all were taken. */
  static FormReading.@Nullable Faulty each(String text, FieldReader reader) {
    if (text.indexOf(';') >= 0) {
      return new FormReading.Faulty("", "a semicolon must be escaped");
    }
    int at = 0;
    int count = 0;
    while (at < text.length()) {
      if (text.charAt(at) == '&') {
        at++;
        continue;
      }
      int end = text.indexOf('&', at);
      end = end < 0 ? text.length() : end;
      if (++count > Fields.MOST) {
        return new FormReading.Faulty("", "it holds too many fields");
      }
      FormReading.Faulty fault = take(text, at, end, reader);
      if (fault != null) {
        return fault;
      }
      at = end + 1;
    }
    return null;
  }

  private static FormReading.@Nullable Faulty take(
      String text, int from, int end, FieldReader reader) {
    // Not beyond the field: one with many fields must not be read again and again.
    int equals = text.indexOf('=', from, end);
    String name = Query.decode(text.substring(from, equals < 0 ? end : equals));
    String raw = equals < 0 ? "" : text.substring(equals + 1, end);
    String value = Query.decode(raw);
    if (name == null || value == null) {
      return new FormReading.Faulty("", "it holds a percent escape that can't be read");
    }
    if (Fields.holdsNul(name) || Fields.holdsNul(value)) {
      return new FormReading.Faulty("", "it holds a NUL");
    }
    return reader.take(name, raw, value);
  }
}
