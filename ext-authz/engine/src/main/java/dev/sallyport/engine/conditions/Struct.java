package dev.sallyport.engine.conditions;

import dev.cel.common.exceptions.CelAttributeNotFoundException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.StructType;
import dev.cel.common.values.StructValue;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A variable with named fields, each of which is made when an expression asks for it. */
@SuppressWarnings("Immutable") // Its fields read a request, which does not change.
final class Struct extends StructValue<String, Struct> {
  private final StructType type;
  private final Fields fields;

  /** Gives the value of a field; null where it is absent. */
  @FunctionalInterface
  interface Fields {
    @Nullable Object field(String name);
  }

  Struct(StructType type, Fields fields) {
    this.type = type;
    this.fields = fields;
  }

  @Override
  public Object select(String field) {
    Object value = fields.field(field);
    if (value == null) {
      throw CelAttributeNotFoundException.forFieldResolution(field);
    }
    return value;
  }

  /** For {@code has}: an empty text is one that is not known. */
  @Override
  public Optional<Object> find(String field) {
    Object value = fields.field(field);
    return value == null || value.equals("") ? Optional.empty() : Optional.of(value);
  }

  @Override
  public Struct value() {
    return this;
  }

  @Override
  public boolean isZeroValue() {
    return false;
  }

  @Override
  public CelType celType() {
    return type;
  }

  /** Never prints what it holds. */
  @Override
  public String toString() {
    return type.name();
  }
}
