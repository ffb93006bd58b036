package dev.sallyport.engine.receive;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Request headers by lower-case name.
 *
 * <p>Envoy sends them in one of two forms. In the joined form one entry a name holds all values,
 * joined by a comma without a space; in the listed form ({@code encode_raw_headers}) each line is
 * its own value. A value is never split here: what looks like two may be one.
 */
public final class Headers {
  public static final Headers NONE = new Headers(Map.of(), null, 0, 0);

  private final Map<String, String> joined;
  private final @Nullable Map<String, List<String>> listed;
  private final int count;
  private final long characters;

  private Headers(
      Map<String, String> joined,
      @Nullable Map<String, List<String>> listed,
      int count,
      long characters) {
    this.joined = joined;
    this.listed = listed;
    this.count = count;
    this.characters = characters;
  }

  /**
   * The joined form.
   *
   * @param headers names in lower case, as Envoy sends them; not copied, must not change
   */
  public static Headers joined(Map<String, String> headers) {
    long characters = 0;
    for (Map.Entry<String, String> header : headers.entrySet()) {
      characters += header.getKey().length() + header.getValue().length();
    }
    return new Headers(headers, null, headers.size(), characters);
  }

  /** The listed form, in order. */
  public static Headers listed(List<Map.Entry<String, String>> lines) {
    Map<String, List<String>> listed = HashMap.newHashMap(lines.size());
    long characters = 0;
    for (Map.Entry<String, String> line : lines) {
      listed.computeIfAbsent(line.getKey(), _ -> new ArrayList<>(1)).add(line.getValue());
      characters += line.getKey().length() + line.getValue().length();
    }
    return new Headers(Map.of(), listed, lines.size(), characters);
  }

  /** Every value of a name, as separate as Envoy sent them; empty where there is none. */
  public List<String> values(String name) {
    if (listed != null) {
      return listed.getOrDefault(name, List.of());
    }
    String value = joined.get(name);
    return value == null ? List.of() : List.of(value);
  }

  /** The first value of a name; null where there is none. */
  public @Nullable String first(String name) {
    if (listed != null) {
      List<String> values = listed.get(name);
      return values == null ? null : values.getFirst();
    }
    return joined.get(name);
  }

  public boolean has(String name) {
    return listed != null ? listed.containsKey(name) : joined.containsKey(name);
  }

  /** Every name that was sent. */
  public Iterable<String> names() {
    return listed != null ? listed.keySet() : joined.keySet();
  }

  /** Lines in the listed form, names in the joined one. */
  public int count() {
    return count;
  }

  /** Characters of all names and values. */
  public long characters() {
    return characters;
  }
}
