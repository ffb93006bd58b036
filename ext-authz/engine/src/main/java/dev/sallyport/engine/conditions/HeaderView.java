package dev.sallyport.engine.conditions;

import dev.sallyport.engine.receive.Headers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code request.headers}: the one value of each name, whatever the case it is asked for in. Of one
 * thread.
 *
 * <p>CGI and its heirs read {@code _} and {@code -} as one, so a name that differs in them alone
 * does not look absent.
 */
@SuppressWarnings("Immutable") // It reads a request, which does not change.
final class HeaderView extends MapView {
  private final Headers headers;
  private final Spellings[] spellings = new Spellings[1];

  HeaderView(Headers headers) {
    this.headers = headers;
  }

  @Override
  public int elements(int most) {
    return headers.count();
  }

  @Override
  public int toOpen() {
    return headers.count();
  }

  @Override
  @Nullable Object valueOf(String key) {
    String name = key.toLowerCase(Locale.ROOT);
    if (spellings().hide(name.replace('_', '-'), name)) {
      throw new Faulty("a header may be read as the one that is asked for");
    }
    return only(headers.values(name));
  }

  private Spellings spellings() {
    Spellings known = spellings[0];
    if (known == null) {
      known = new Spellings();
      for (String name : headers.names()) {
        known.add(name.replace('_', '-'), name);
      }
      spellings[0] = known;
    }
    return known;
  }

  /**
   * The one value.
   *
   * @return null where there is none
   * @throws Faulty where there are two, of which the upstream may read either
   */
  static @Nullable String only(List<String> values) {
    if (values.isEmpty()) {
      return null;
    }
    if (values.size() > 1) {
      throw new Faulty("a header stands twice");
    }
    return values.getFirst();
  }

  @Override
  public int size() {
    return entrySet().size();
  }

  @Override
  public Set<Map.Entry<Object, Object>> entrySet() {
    Map<Object, Object> values = new LinkedHashMap<>();
    for (String name : headers.names()) {
      values.put(name, String.valueOf(only(headers.values(name))));
    }
    return values.entrySet();
  }
}
