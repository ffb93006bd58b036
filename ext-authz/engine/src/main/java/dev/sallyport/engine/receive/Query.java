package dev.sallyport.engine.receive;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The query of a request as it came, decoded only where it is asked for (WHATWG URL section 5.1:
 * {@code &} separates, {@code +} is a space).
 *
 * @param raw without the question mark; empty where there is none
 */
public record Query(String raw) {
  private static final Pattern INDEX = Pattern.compile("\\G\\[[0-9]*](?:\\[|$)");

  /**
   * Every value of a parameter, decoded.
   *
   * @return null where the name or a value holds a bad escape, so that nobody matches a part of it
   */
  public @Nullable List<String> values(String name) {
    if (raw.isEmpty()) {
      return List.of();
    }
    List<String> values = List.of();
    int at = 0;
    while (at <= raw.length()) {
      int end = raw.indexOf('&', at);
      end = end < 0 ? raw.length() : end;
      // Not beyond the parameter: a query of nothing but separators must not be read again and
      // again.
      int equals = raw.indexOf('=', at, end);
      int nameEnd = equals < 0 ? end : equals;
      if (isNamed(name, at, nameEnd)) {
        String value = nameEnd == end ? "" : decode(raw.substring(nameEnd + 1, end));
        if (value == null) {
          return null;
        }
        if (values.isEmpty()) {
          values = new ArrayList<>(1);
        }
        values.add(value);
      }
      at = end + 1;
    }
    return values;
  }

  /**
   * Every parameter, decoded, in order.
   *
   * @return null where a name or a value holds a bad escape, so that nobody takes it for absent
   */
  public @Nullable List<Map.Entry<String, String>> parameters() {
    if (raw.isEmpty()) {
      return List.of();
    }
    List<Map.Entry<String, String>> parameters = new ArrayList<>();
    for (String parameter : raw.split("&", -1)) {
      if (parameter.isEmpty()) {
        continue;
      }
      int equals = parameter.indexOf('=');
      String name = decode(equals < 0 ? parameter : parameter.substring(0, equals));
      String value = equals < 0 ? "" : decode(parameter.substring(equals + 1));
      if (name == null || value == null) {
        return null;
      }
      parameters.add(Map.entry(name, value));
    }
    return parameters;
  }

  /** Every way in which the parameter's name is written there, escapes as they came. */
  public Set<String> spellings(String name) {
    Set<String> spellings = new LinkedHashSet<>();
    for (String parameter : raw.split("&", -1)) {
      int equals = parameter.indexOf('=');
      String spelling = equals < 0 ? parameter : parameter.substring(0, equals);
      if (name.equals(decode(spelling))) {
        spellings.add(spelling);
      }
    }
    return spellings;
  }

  /** Whether the parameter stands there under its literal name, without escapes. */
  public boolean spellsOut(String name) {
    return ('&' + raw).contains('&' + name + '=');
  }

  private boolean isNamed(String name, int from, int to) {
    if (to - from < name.length()) {
      return false;
    }
    if (to - from == name.length() && raw.startsWith(name, from)) {
      return true;
    }
    // An escaped spelling of the name is the same parameter to the upstream.
    return name.equals(decode(raw.substring(from, to)));
  }

  /**
   * The same for all names of parameters that some server takes for one: another case (ASP.NET),
   * brackets behind it ({@code fields[]}: PHP, Rails, Express), a dollar sign or none in front
   * (OData 4.01), spaces or a question mark in front (URLSearchParams), and {@code .} or a space
   * for {@code _} (PHP).
   */
  public static String folded(String name) {
    String bare = (name.startsWith("?") ? name.substring(1) : name).strip();
    int end = 0;
    while (end < bare.length() && bare.charAt(end) != '[' && bare.charAt(end) != 0) {
      end++;
    }
    bare = bare.substring(bare.startsWith("$") && end > 0 ? 1 : 0, end);
    return bare.toUpperCase(Locale.ROOT)
        .toLowerCase(Locale.ROOT)
        .replace('.', '_')
        .replace(' ', '_');
  }

  /**
   * The same for all names that some server takes for one, although they are members: {@code a[x]}
   * and {@code a[y]} are two, {@code a[]} and {@code a[0]} are more of {@code a}.
   */
  public static String foldedMember(String name) {
    int bracket = name.indexOf('[');
    return bracket > 0 && !INDEX.matcher(name).find(bracket)
        ? folded(name) + name.substring(bracket).toLowerCase(Locale.ROOT)
        : folded(name);
  }

  /**
   * The names of parameters that a server finds in one which splits at semicolons too, beside the
   * parameter's own.
   *
   * @param parameter as it stands between two {@code &}
   * @return as they came, not decoded
   */
  public static List<String> behindSemicolons(String parameter) {
    if (parameter.indexOf(';') < 0) {
      return List.of();
    }
    String[] parts = parameter.split(";", -1);
    List<String> names = new ArrayList<>(parts.length - 1);
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      names.add(equals < 0 ? parts[i] : parts[i].substring(0, equals));
    }
    return names;
  }

  /** The decoded text; null where an escape is bad or not UTF-8. */
  public static @Nullable String decode(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
      return text;
    }
    byte[] bytes = new byte[text.length()];
    int length = 0;
    int beyondAscii = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        int octet = RequestPath.octet(text, i);
        if (octet < 0) {
          return null;
        }
        bytes[length++] = (byte) octet;
        beyondAscii |= octet & 0x80;
        i += 2;
        continue;
      }
      bytes[length++] = c == '+' ? (byte) ' ' : (byte) c;
      beyondAscii |= c & 0x80;
    }
    if (beyondAscii == 0) {
      return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
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
}
