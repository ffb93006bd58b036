package dev.sallyport.server.objects;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a field of a spec takes, learnt once from the records that specs are. */
sealed interface FieldType {
  /** A string. */
  record Text() implements FieldType {}

  /** An integer that fits a long. */
  record Whole() implements FieldType {}

  /** True or false. */
  record Flag() implements FieldType {}

  /**
   * One of a few words.
   *
   * @param words in declared order
   */
  record Choice(Map<String, Object> words) implements FieldType {}

  /** A list. */
  record ListOf(FieldType item) implements FieldType {}

  /** A mapping from the user's own keys. */
  record MapOf(FieldType value) implements FieldType {}

  /** Anything that JSON can say. */
  record Free() implements FieldType {}

  /**
   * A mapping from known keys.
   *
   * @param fields in the order of the constructor, by the name that users write
   * @param constructor takes an {@code Object[]} with one value a field
   * @param shareable whether equal ones are common enough to be held once
   */
  record Fields(Map<String, Field> fields, MethodHandle constructor, boolean shareable)
      implements FieldType {}

  /**
   * One field.
   *
   * @param index its place in the constructor
   * @param accessor reads it from the finished record, its default applied
   * @param nullable whether it may stay without a value
   */
  record Field(int index, FieldType type, MethodHandle accessor, boolean nullable) {}

  /** The fields of a record. */
  static Fields of(Class<? extends Record> type) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      RecordComponent[] components = type.getRecordComponents();
      Map<String, Field> fields = new LinkedHashMap<>();
      Class<?>[] parameters = new Class<?>[components.length];
      boolean shareable = true;
      for (int i = 0; i < components.length; i++) {
        RecordComponent component = components[i];
        parameters[i] = component.getType();
        JsonProperty renamed = component.getAccessor().getAnnotation(JsonProperty.class);
        String name =
            renamed == null || renamed.value().isEmpty() ? component.getName() : renamed.value();
        FieldType fieldType = of(component.getGenericType());
        shareable &= !(fieldType instanceof ListOf(Fields _));
        MethodHandle accessor = lookup.unreflect(component.getAccessor());
        fields.put(
            name, new Field(i, fieldType, accessor, isNullable(component.getAnnotatedType())));
      }
      Constructor<?> constructor = type.getDeclaredConstructor(parameters);
      MethodHandle spread =
          lookup
              .unreflectConstructor(constructor)
              .asSpreader(Object[].class, components.length)
              .asType(java.lang.invoke.MethodType.methodType(Object.class, Object[].class));
      return new Fields(fields, spread, shareable);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a spec must be a public record", e);
    }
  }

  private static FieldType of(Type type) {
    if (type == String.class) {
      return new Text();
    }
    if (type == Long.class || type == long.class) {
      return new Whole();
    }
    if (type == Boolean.class || type == boolean.class) {
      return new Flag();
    }
    if (type == Object.class) {
      return new Free();
    }
    if (type instanceof Class<?> choice && choice.isEnum()) {
      return choice(choice);
    }
    if (type instanceof Class<?> fields && fields.isRecord()) {
      return of(fields.asSubclass(Record.class));
    }
    if (type instanceof ParameterizedType of) {
      List<Type> arguments = new ArrayList<>(List.of(of.getActualTypeArguments()));
      if (of.getRawType() == List.class) {
        return new ListOf(of(arguments.getFirst()));
      }
      if (of.getRawType() == Map.class && arguments.getFirst() == String.class) {
        return new MapOf(of(arguments.getLast()));
      }
    }
    throw new IllegalStateException("no field of a spec can be a " + type);
  }

  private static Choice choice(Class<?> type) {
    Map<String, Object> words = new LinkedHashMap<>();
    for (Object constant : type.getEnumConstants()) {
      String name = ((Enum<?>) constant).name();
      words.put(written(type, name), constant);
    }
    return new Choice(words);
  }

  private static String written(Class<?> type, String name) {
    try {
      JsonProperty renamed = type.getField(name).getAnnotation(JsonProperty.class);
      return renamed == null || renamed.value().isEmpty() ? name : renamed.value();
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException("every constant is a field", e);
    }
  }

  private static boolean isNullable(AnnotatedType type) {
    return type.isAnnotationPresent(Nullable.class);
  }
}
