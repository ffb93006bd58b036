package dev.sallyport.engine.receive;

import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Request headers by lower-case name.
 *
 * <p>Envoy sends them in one of two forms. In the joined form one entry a name holds all values,
 * joined by a comma without a space; in the listed form ({@code encode_raw_headers}) each line is
 * its own value. A value is never split here: what looks like two may be one.
 *
 * <p>A decision asks for a dozen names and reads two or three values, so the listed form is
 * searched line by line, and a value is made only for who asks; only a long list is indexed.
 */
public sealed interface Headers permits JoinedHeaders, ListedHeaders {
  Headers NONE = joined(Map.of());

  /**
   * The joined form.
   *
   * @param headers names in lower case, as Envoy sends them; not copied, must not change
   */
  static Headers joined(Map<String, String> headers) {
    long characters = 0;
    for (Map.Entry<String, String> header : headers.entrySet()) {
      characters += header.getKey().length() + header.getValue().length();
    }
    return new JoinedHeaders(headers, characters);
  }

  /** The listed form, in order. */
  static Headers listed(List<Map.Entry<String, String>> lines) {
    String[] names = new String[lines.size()];
    String[] values = new String[lines.size()];
    long valueCharacters = 0;
    for (int i = 0; i < names.length; i++) {
      names[i] = lines.get(i).getKey();
      values[i] = lines.get(i).getValue();
      valueCharacters += values[i].length();
    }
    return listed(names, i -> values[i], valueCharacters);
  }

  /**
   * The listed form, in order, with values that are made when they are asked for.
   *
   * @param names in lower case; not copied, must not change
   * @param values by their place
   * @param valueCharacters of all values, or more
   */
  static Headers listed(String[] names, IntFunction<String> values, long valueCharacters) {
    long characters = valueCharacters;
    for (String name : names) {
      characters += name.length();
    }
    return new ListedHeaders(names, values, characters);
  }

  /** Every value of a name, as separate as Envoy sent them; empty where there is none. */
  List<String> values(String name);

  /** The first value of a name; null where there is none. */
  @Nullable String first(String name);

  boolean has(String name);

  /** Every name that was sent; one that was sent twice may stand twice. */
  Iterable<String> names();

  /** Lines in the listed form, names in the joined one. */
  int count();

  /** Characters of all names and values, or more: bytes count where they were not decoded. */
  long characters();
}
