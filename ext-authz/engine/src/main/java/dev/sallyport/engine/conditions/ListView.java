package dev.sallyport.engine.conditions;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelValue;
import java.util.AbstractList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.ListIterator;
import java.util.RandomAccess;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A list as an expression sees it; for why it is one of both, see {@link MapView}. */
@SuppressWarnings("Immutable") // It reads a request, which does not change.
final class ListView extends CelValue implements List<Object>, RandomAccess, View {
  private static final ListType TYPE = ListType.create(SimpleType.DYN);

  private final List<Object> elements;
  private final IntUnaryOperator weight;

  private static final class Elements extends AbstractList<Object> implements RandomAccess {
    private final int size;
    private final IntFunction<Object> element;

    Elements(int size, IntFunction<Object> element) {
      this.size = size;
      this.element = element;
    }

    @Override
    public Object get(int index) {
      return element.apply(index);
    }

    @Override
    public int size() {
      return size;
    }
  }

  private ListView(int size, IntFunction<Object> element, IntUnaryOperator weight) {
    this.elements = new Elements(size, element);
    this.weight = weight;
  }

  /** A list of texts. */
  static ListView of(List<String> texts) {
    return new ListView(texts.size(), texts::get, _ -> texts.size());
  }

  /** An array of JSON. */
  static ListView of(JsonNode array, JsonView.Progress lookups) {
    return new ListView(
        array.size(),
        i -> JsonView.of(array.get(i), lookups),
        most -> JsonView.elements(array, most));
  }

  @Override
  public int elements(int most) {
    return weight.applyAsInt(most);
  }

  @Override
  public int toOpen() {
    return 0;
  }

  @Override
  public Object value() {
    return this;
  }

  @Override
  public boolean isZeroValue() {
    return isEmpty();
  }

  @Override
  public CelType celType() {
    return TYPE;
  }

  @Override
  public int size() {
    return elements.size();
  }

  @Override
  public boolean isEmpty() {
    return elements.isEmpty();
  }

  @Override
  public Object get(int index) {
    return elements.get(index);
  }

  @Override
  public boolean contains(@Nullable Object value) {
    return elements.contains(value);
  }

  @Override
  public boolean containsAll(Collection<?> values) {
    return elements.containsAll(values);
  }

  @Override
  public int indexOf(@Nullable Object value) {
    return elements.indexOf(value);
  }

  @Override
  public int lastIndexOf(@Nullable Object value) {
    return elements.lastIndexOf(value);
  }

  @Override
  public Iterator<Object> iterator() {
    return elements.iterator();
  }

  @Override
  public ListIterator<Object> listIterator() {
    return elements.listIterator();
  }

  @Override
  public ListIterator<Object> listIterator(int index) {
    return elements.listIterator(index);
  }

  @Override
  public List<Object> subList(int from, int to) {
    return elements.subList(from, to);
  }

  @Override
  public Object[] toArray() {
    return elements.toArray();
  }

  @Override
  @SuppressWarnings("NullAway") // The JDK's own signature.
  public <T> T[] toArray(T[] array) {
    return elements.toArray(array);
  }

  @Override
  public boolean add(Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void add(int index, Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean addAll(Collection<? extends Object> values) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean addAll(int index, Collection<? extends Object> values) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Object set(int index, Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Object remove(int index) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean remove(@Nullable Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean removeAll(Collection<?> values) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean retainAll(Collection<?> values) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void clear() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other == this || elements.equals(other);
  }

  @Override
  public int hashCode() {
    return elements.hashCode();
  }

  /** Never prints what it holds. */
  @Override
  public String toString() {
    return "list";
  }
}
