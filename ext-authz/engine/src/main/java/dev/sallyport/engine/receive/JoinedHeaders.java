package dev.sallyport.engine.receive;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One entry a name, its values joined by commas. */
final class JoinedHeaders implements Headers {
  private final long characters;
  private final Map<String, String> headers;

  JoinedHeaders(Map<String, String> headers, long characters) {
    this.characters = characters;
    this.headers = headers;
  }

  @Override
  public List<String> values(String name) {
    String value = headers.get(name);
    return value == null ? List.of() : List.of(value);
  }

  @Override
  public @Nullable String first(String name) {
    return headers.get(name);
  }

  @Override
  public boolean has(String name) {
    return headers.containsKey(name);
  }

  @Override
  public Iterable<String> names() {
    return headers.keySet();
  }

  @Override
  public int count() {
    return headers.size();
  }

  @Override
  public long characters() {
    return characters;
  }
}
