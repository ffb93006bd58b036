package dev.sallyport.engine.fields;

import dev.sallyport.engine.receive.Ascii;
import dev.sallyport.engine.receive.Query;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query in their order, as they came.
 *
 * @param parameters empty ones, between two {@code &}, among them
 */
record QueryParameters(List<Parameter> parameters) {
  private static final int MOST = 1_000;
  private static final String LEFT_AS_THEY_ARE = "-._~,/()*$:@!";

  /**
   * One parameter.
   *
   * @param raw as it came
   * @param name decoded
   */
  record Parameter(String raw, String name) {
    /** The decoded value, empty where there is none; null where an escape is bad. */
    @Nullable String value() {
      int equals = raw.indexOf('=');
      return equals < 0 ? "" : Query.decode(raw.substring(equals + 1));
    }
  }

  /**
   * Reads a query; null where there are more than 1,000 parameters, or where a name can't be
   * decoded, since servers differ in what it is then.
   */
  static @Nullable QueryParameters read(Query query) {
    List<Parameter> parameters = new ArrayList<>();
    if (!query.raw().isEmpty()) {
      String[] all = query.raw().split("&", MOST + 1);
      if (all.length > MOST) {
        return null;
      }
      for (String raw : all) {
        int equals = raw.indexOf('=');
        String name = Query.decode(equals < 0 ? raw : raw.substring(0, equals));
        if (name == null) {
          return null;
        }
        parameters.add(new Parameter(raw, name));
      }
    }
    return new QueryParameters(parameters);
  }

  /** Every value of a parameter, decoded; null where one can't be. */
  @Nullable List<String> values(String name) {
    List<String> values = new ArrayList<>(1);
    for (Parameter parameter : parameters) {
      if (parameter.name.equals(name)) {
        String value = parameter.value();
        if (value == null) {
          return null;
        }
        values.add(value);
      }
    }
    return values;
  }

  /**
   * The query with other values of some parameters, and every other parameter as it came. A
   * parameter stands where it stood first, or at the end.
   *
   * @param values by name, not encoded; none removes the parameter
   */
  String with(Map<String, List<String>> values) {
    List<String> query = new ArrayList<>(parameters.size() + values.size());
    Set<String> written = new HashSet<>();
    for (Parameter parameter : parameters) {
      List<String> others = values.get(parameter.name);
      if (others == null) {
        query.add(parameter.raw);
      } else if (written.add(parameter.name)) {
        String raw = parameter.raw;
        int equals = raw.indexOf('=');
        add(equals < 0 ? raw : raw.substring(0, equals), others, query);
      }
    }
    values.forEach((name, others) -> {
      if (!written.contains(name)) {
        add(encode(name), others, query);
      }
    });
    return String.join("&", query);
  }

  private static void add(String name, List<String> values, List<String> query) {
    for (String value : values) {
      query.add(name + '=' + encode(value));
    }
  }

  /** RFC 3986 section 3.4; what may stand there and has a meaning to nobody who splits stays. */
  static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      boolean stays = Ascii.isLetterOrDigit(c) || LEFT_AS_THEY_ARE.indexOf(c) >= 0;
      if (stays) {
        encoded.append(c);
      } else {
        encoded
            .append('%')
            .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
            .append(Character.toUpperCase(Character.forDigit(c & 0xf, 16)));
      }
    }
    return encoded.toString();
  }
}
