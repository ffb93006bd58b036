package dev.sallyport.server.objects;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the record of a spec out of nodes, strictly: no unknown field, no value of another type
 * turned into the one that is wanted. Every problem is told, not only the first.
 */
public final class SpecReader {
  /** More digits than any number of a schema needs; the time to read one grows with its square. */
  private static final int MOST_DIGITS = 100;

  private final Problems problems;
  private final Shared shared;

  SpecReader(Problems problems, Shared shared) {
    this.problems = problems;
    this.shared = shared;
  }

  /**
   * Reads a record that is no spec by the rules of specs.
   *
   * @param type public, of what a spec may hold
   * @param field the node's place in its document
   * @param problems hears what is wrong
   * @return null where a problem was told
   */
  public static <T extends Record> @Nullable T read(
      Node node, Class<T> type, FieldPath field, Problems problems) {
    Object read = new SpecReader(problems, new Shared()).read(node, FieldType.of(type), field);
    return type.isInstance(read) ? type.cast(read) : null;
  }

  /** The record; null where a problem was told, which may be so for a part that is no null too. */
  @Nullable Object read(Node node, FieldType type, FieldPath field) {
    return switch (type) {
      case FieldType.Text _ -> text(node, field);
      case FieldType.Whole _ -> whole(node, field);
      case FieldType.Flag _ -> flag(node, field);
      case FieldType.Choice(var words) -> choice(node, words, field);
      case FieldType.ListOf(var item) -> list(node, item, field);
      case FieldType.MapOf(var value) -> map(node, value, field);
      case FieldType.Free _ -> free(node, field);
      case FieldType.Fields fields -> fields(node, fields, field);
    };
  }

  private @Nullable Object fields(Node node, FieldType.Fields type, FieldPath field) {
    if (!(node instanceof Node.Mapping mapping)) {
      wrongType(node, field, "a mapping");
      return null;
    }
    @Nullable Object[] values = new @Nullable Object[type.fields().size()];
    int problemsBefore = problems.errors();
    for (Node.Entry entry : mapping.entries()) {
      String name = entry.key().text();
      FieldType.Field known = type.fields().get(name);
      if (known == null) {
        problems.error(
            entry.key(),
            field,
            "unknown field "
                + Wording.quote(name)
                + Wording.forUnknown(name, type.fields().keySet()));
        continue;
      }
      // A field without a value is a field that was left out, as for the API server.
      if (!entry.value().isNull()) {
        values[known.index()] = read(entry.value(), known.type(), field.child(name));
      }
    }
    if (problems.errors() > problemsBefore) {
      return null;
    }
    return build(mapping, type, values, field);
  }

  private @Nullable Object build(
      Node.Mapping mapping, FieldType.Fields type, @Nullable Object[] values, FieldPath field) {
    try {
      Object built = type.constructor().invokeExact(values);
      for (Map.Entry<String, FieldType.Field> entry : type.fields().entrySet()) {
        FieldType.Field known = entry.getValue();
        if (!known.nullable()
            && values[known.index()] == null
            && known.accessor().invoke(built) == null) {
          problems.error(mapping, field, "`" + entry.getKey() + "` is missing; it is required");
          return null;
        }
      }
      return type.shareable() ? shared.one(built) : built;
    } catch (Error e) {
      throw e;
    } catch (Throwable _) {
      problems.error(mapping, field, "these values do not go together");
      return null;
    }
  }

  private @Nullable String text(Node node, FieldPath field) {
    if (!(node instanceof Node.Scalar scalar) || scalar.isNull()) {
      wrongType(node, field, "a string");
      return null;
    }
    if (scalar.kind() != ScalarKind.TEXT) {
      problems.error(
          node,
          field,
          "must be a string, and "
              + Wording.quote(scalar.text())
              + " is "
              + node.noun()
              + "; put it in quotes");
      return null;
    }
    warnOfKubectl(scalar, field);
    return shared.one(scalar.text());
  }

  private void warnOfKubectl(Node.Scalar scalar, FieldPath field) {
    if (!scalar.plain()) {
      return;
    }
    String text = scalar.text();
    boolean isBoolean = ScalarKind.isBooleanForKubectl(text);
    if (isBoolean || ScalarKind.isNumberForKubectl(text)) {
      problems.warning(
          scalar,
          field,
          Wording.quote(text)
              + " is a string here and a "
              + (isBoolean ? "boolean" : "number")
              + " for kubectl; put it in quotes");
    }
  }

  private @Nullable Long whole(Node node, FieldPath field) {
    if (!(node instanceof Node.Scalar scalar)) {
      wrongType(node, field, "an integer");
      return null;
    }
    String text = scalar.text();
    switch (scalar.kind()) {
      case INTEGER -> {
        try {
          return Long.parseLong(text);
        } catch (NumberFormatException _) {
          problems.error(node, field, Wording.quote(text) + " is too large");
          return null;
        }
      }
      case AMBIGUOUS_INTEGER ->
          problems.error(
              node,
              field,
              "must be an integer in decimal digits without a leading zero, not "
                  + Wording.quote(text));
      case FLOAT, NOT_FINITE ->
          problems.error(
              node, field, "must be an integer in decimal digits, not " + Wording.quote(text));
      case TEXT -> {
        if (!scalar.plain() && ScalarKind.of(text) == ScalarKind.INTEGER) {
          problems.error(
              node,
              field,
              "must be an integer, and "
                  + Wording.quote(text)
                  + " in quotes is a string; remove the quotes");
          return null;
        }
        problems.error(node, field, "must be an integer, not " + Wording.quote(text));
      }
      case NULL, BOOLEAN -> wrongType(node, field, "an integer");
    }
    return null;
  }

  private @Nullable Boolean flag(Node node, FieldPath field) {
    if (node instanceof Node.Scalar scalar && scalar.kind() == ScalarKind.BOOLEAN) {
      return scalar.text().equalsIgnoreCase("true");
    }
    wrongType(node, field, "`true` or `false`");
    return null;
  }

  private @Nullable Object choice(Node node, Map<String, Object> words, FieldPath field) {
    if (!(node instanceof Node.Scalar scalar)) {
      wrongType(node, field, "one of " + Wording.list(words.keySet()));
      return null;
    }
    Object constant = words.get(scalar.text());
    if (constant == null) {
      problems.error(
          node,
          field,
          Wording.quote(scalar.text())
              + " is not allowed; use one of "
              + Wording.list(words.keySet()));
    }
    return constant;
  }

  private @Nullable Object list(Node node, FieldType item, FieldPath field) {
    if (!(node instanceof Node.Sequence sequence)) {
      wrongType(node, field, "a list");
      return null;
    }
    List<Object> values = new ArrayList<>(sequence.items().size());
    int index = 0;
    for (Node one : sequence.items()) {
      FieldPath place = field.item(index++);
      if (one.isNull()) {
        problems.error(one, place, "is empty; give it a value, or remove it");
        continue;
      }
      Object value = read(one, item, place);
      if (value != null) {
        values.add(value);
      }
    }
    List<Object> list = List.copyOf(values);
    boolean isLarge = item instanceof FieldType.Fields fields && !fields.shareable();
    return isLarge || list.size() > 4 ? list : shared.one(list);
  }

  private @Nullable Object map(Node node, FieldType value, FieldPath field) {
    if (!(node instanceof Node.Mapping mapping)) {
      wrongType(node, field, "a mapping");
      return null;
    }
    boolean free = value instanceof FieldType.Free;
    Map<String, @Nullable Object> values = LinkedHashMap.newLinkedHashMap(mapping.entries().size());
    for (Node.Entry entry : mapping.entries()) {
      FieldPath place = field.child(entry.key().text());
      warnOfKubectl(entry.key(), place);
      boolean empty = entry.value().isNull();
      if (empty && !free) {
        problems.error(entry.value(), place, "is empty; give it a value, or remove it");
        continue;
      }
      values.put(entry.key().text(), empty ? null : read(entry.value(), value, place));
    }
    return Collections.unmodifiableMap(values);
  }

  private @Nullable Object free(Node node, FieldPath field) {
    return switch (node) {
      case Node.Mapping _ -> map(node, new FieldType.Free(), field);
      case Node.Sequence(var items, _, _) -> {
        List<@Nullable Object> values = new ArrayList<>(items.size());
        for (Node item : items) {
          values.add(free(item, field.item(values.size())));
        }
        yield Collections.unmodifiableList(values);
      }
      case Node.Scalar scalar -> freeScalar(scalar, field);
      case Node.TooDeep _ -> {
        problems.error(node, field, "is " + node.noun());
        yield null;
      }
    };
  }

  private @Nullable Object freeScalar(Node.Scalar scalar, FieldPath field) {
    String text = scalar.text();
    return switch (scalar.kind()) {
      case NULL -> null;
      case BOOLEAN -> text.equalsIgnoreCase("true");
      case TEXT -> {
        warnOfKubectl(scalar, field);
        yield shared.one(text);
      }
      case INTEGER -> {
        if (text.length() > MOST_DIGITS) {
          problems.error(scalar, field, "a number has at most " + MOST_DIGITS + " digits");
          yield null;
        }
        String digits = text.startsWith("+") ? text.substring(1) : text;
        BigInteger number = new BigInteger(digits);
        if (number.bitLength() < Long.SIZE) {
          yield number.longValueExact();
        }
        yield number;
      }
      case FLOAT -> decimal(scalar, field);
      case AMBIGUOUS_INTEGER, NOT_FINITE -> {
        problems.error(
            scalar,
            field,
            Wording.quote(text)
                + " does not mean one thing everywhere; write it in decimal digits, or put it in"
                + " quotes");
        yield null;
      }
    };
  }

  private @Nullable BigDecimal decimal(Node.Scalar scalar, FieldPath field) {
    try {
      if (scalar.text().length() <= MOST_DIGITS) {
        BigDecimal number = new BigDecimal(scalar.text());
        if (Math.abs((long) number.scale()) <= 400) {
          return number;
        }
      }
    } catch (NumberFormatException _) {
      // An exponent beyond an int: told below.
    }
    problems.error(scalar, field, "the number is too large or too long");
    return null;
  }

  private void wrongType(Node node, FieldPath field, String wanted) {
    String given = node.noun();
    problems.error(
        node,
        field,
        given.equals("empty")
            ? "must be " + wanted + ", and is empty"
            : "must be " + wanted + ", not " + given);
  }
}
