package dev.sallyport.server.objects;

import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/** Reads objects as an API server writes them, one after the other from a stream. */
public final class JsonReader {
  /**
   * INVARIANT: no bound of the parser's own, as one object that exceeds it would stop all that come
   * after it in the stream. Bounds are kept here, object by object.
   */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .disable(TokenStreamFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .build();

  private JsonReader() {}

  /** A parser of a stream that may hold any number of values. */
  public static JsonParser parser(InputStream in) {
    return FACTORY.createParser(ObjectReadContext.empty(), in);
  }

  /**
   * Reads the object that begins at the parser's token, and leaves the parser at its end.
   *
   * <p>{@code metadata.managedFields} are left out: nobody asks for them, and they may be larger
   * than the rest.
   */
  public static Node.Mapping object(JsonParser in, Shared shared) {
    List<Node.Entry> entries = new ArrayList<>(5);
    while (in.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = in.currentName();
      in.nextToken();
      Node value = name.equals("metadata") ? metadata(in, shared) : value(in, shared, 1);
      entries.add(entry(name, value, shared));
    }
    return new Node.Mapping(entries, 0, 0);
  }

  private static Node metadata(JsonParser in, Shared shared) {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      return value(in, shared, 1);
    }
    List<Node.Entry> entries = new ArrayList<>(8);
    while (in.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = in.currentName();
      in.nextToken();
      if (name.equals("managedFields")) {
        in.skipChildren();
        continue;
      }
      entries.add(entry(name, value(in, shared, 2), shared));
    }
    return new Node.Mapping(entries, 0, 0);
  }

  private static Node.Entry entry(String name, Node value, Shared shared) {
    return new Node.Entry(new Node.Scalar(shared.one(name), false, 0, 0), value);
  }

  private static Node value(JsonParser in, Shared shared, int depth) {
    return switch (in.currentToken()) {
      case START_OBJECT -> depth > Node.DEEPEST ? tooDeep(in) : mapping(in, shared, depth);
      case START_ARRAY -> depth > Node.DEEPEST ? tooDeep(in) : sequence(in, shared, depth);
      case VALUE_STRING -> new Node.Scalar(in.getString(), false, 0, 0);
      case VALUE_NULL -> new Node.Scalar("", true, 0, 0);
      default -> new Node.Scalar(in.getString(), true, 0, 0);
    };
  }

  private static Node tooDeep(JsonParser in) {
    in.skipChildren();
    return new Node.TooDeep(0, 0);
  }

  private static Node mapping(JsonParser in, Shared shared, int depth) {
    List<Node.Entry> entries = new ArrayList<>(4);
    while (in.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = in.currentName();
      in.nextToken();
      entries.add(entry(name, value(in, shared, depth + 1), shared));
    }
    return new Node.Mapping(entries, 0, 0);
  }

  private static Node sequence(JsonParser in, Shared shared, int depth) {
    List<Node> items = new ArrayList<>(4);
    while (in.nextToken() != JsonToken.END_ARRAY) {
      items.add(value(in, shared, depth + 1));
    }
    return new Node.Sequence(items, 0, 0);
  }

  /**
   * The maps, lists, strings, numbers and booleans that a node stands for.
   *
   * @return null where it is no mapping
   */
  public static @Nullable Map<String, ?> json(@Nullable Node node) {
    if (!(node instanceof Node.Mapping mapping)) {
      return null;
    }
    Map<String, @Nullable Object> all = LinkedHashMap.newLinkedHashMap(mapping.entries().size());
    for (Node.Entry entry : mapping.entries()) {
      all.put(entry.key().text(), jsonValue(entry.value()));
    }
    return all;
  }

  private static @Nullable Object jsonValue(Node node) {
    return switch (node) {
      case Node.Mapping mapping -> json(mapping);
      case Node.Sequence(var items, _, _) -> {
        List<@Nullable Object> all = new ArrayList<>(items.size());
        items.forEach(item -> all.add(jsonValue(item)));
        yield all;
      }
      case Node.Scalar scalar -> jsonScalar(scalar);
      case Node.TooDeep _ -> null;
    };
  }

  private static @Nullable Object jsonScalar(Node.Scalar scalar) {
    String text = scalar.text();
    return switch (scalar.kind()) {
      case NULL -> null;
      case BOOLEAN -> Boolean.valueOf(text);
      case INTEGER -> text.length() < 19 ? (Object) Long.valueOf(text) : new BigDecimal(text);
      case FLOAT -> new BigDecimal(text);
      case TEXT, AMBIGUOUS_INTEGER, NOT_FINITE -> text;
    };
  }
}
