package dev.sallyport.engine.conditions;

import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelValue;
import java.util.AbstractMap;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A map as an expression sees it, whose values are made when they are asked for.
 *
 * <p>It is a value of CEL and a map of Java at once: the runtime walks through every plain map and
 * list whenever one is looked at, and only leaves alone what is a value already.
 */
@SuppressWarnings("Immutable") // It reads a request, which does not change.
abstract class MapView extends CelValue implements Map<Object, Object>, View {
  private static final MapType TYPE = MapType.create(SimpleType.DYN, SimpleType.DYN);

  /**
   * The value of a key.
   *
   * @return null where there is none
   * @throws Faulty where it can't be told
   */
  abstract @Nullable Object valueOf(String key);

  @Override
  public final @Nullable Object get(@Nullable Object key) {
    return key instanceof String name ? valueOf(name) : null;
  }

  @Override
  public final boolean containsKey(@Nullable Object key) {
    return get(key) != null;
  }

  @Override
  public final boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public final Object value() {
    return this;
  }

  @Override
  public final boolean isZeroValue() {
    return isEmpty();
  }

  @Override
  public final CelType celType() {
    return TYPE;
  }

  @Override
  public final boolean containsValue(@Nullable Object value) {
    return entries().containsValue(value);
  }

  @Override
  public final Set<Object> keySet() {
    return entries().keySet();
  }

  @Override
  public final Collection<Object> values() {
    return entries().values();
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other == this || entries().equals(other);
  }

  @Override
  public final int hashCode() {
    return entries().hashCode();
  }

  private Map<Object, Object> entries() {
    return new AbstractMap<>() {
      @Override
      public Set<Map.Entry<Object, Object>> entrySet() {
        return MapView.this.entrySet();
      }
    };
  }

  @Override
  public final @Nullable Object put(Object key, Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public final @Nullable Object remove(@Nullable Object key) {
    throw new UnsupportedOperationException();
  }

  @Override
  public final void putAll(Map<? extends Object, ? extends Object> entries) {
    throw new UnsupportedOperationException();
  }

  @Override
  public final void clear() {
    throw new UnsupportedOperationException();
  }

  /** Never prints what it holds. */
  @Override
  public final String toString() {
    return "map";
  }
}
