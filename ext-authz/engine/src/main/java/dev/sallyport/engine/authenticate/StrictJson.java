package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON objects as JOSE wants them (RFC 7515 section 4, RFC 7519 section 4): what {@link JsonReader}
 * takes, small.
 *
 * <p>Integers are {@code Long} ({@code BigInteger} beyond), other numbers {@code Double}.
 */
public final class StrictJson {
  private static final JsonReader READER =
      new JsonReader(new JsonReader.Limits(32, KeySet.MAX_BYTES, 65_536, 1024, 100, 100_000));

  private static final JsonMapper WRITER = JsonMapper.builder().build();

  private StrictJson() {}

  /** Reads one JSON object; empty where the bytes are anything else. */
  public static Optional<Map<String, @Nullable Object>> object(byte[] utf8) {
    return READER.read(utf8) instanceof Json.Value(var tree) && tree.isObject()
        ? Optional.of(members(tree))
        : Optional.empty();
  }

  private static Map<String, @Nullable Object> members(JsonNode object) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      members.put(member.getKey(), value(member.getValue()));
    }
    return members;
  }

  // As deep as the reader lets a document be.
  private static @Nullable Object value(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> members(node);
      case ARRAY -> {
        List<@Nullable Object> elements = new ArrayList<>(node.size());
        for (JsonNode element : node) {
          elements.add(value(element));
        }
        yield elements;
      }
      case STRING -> node.stringValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> {
        if (!node.isIntegralNumber()) {
          yield node.decimalValue().doubleValue();
        }
        yield node.canConvertToLong() ? node.longValue() : node.bigIntegerValue();
      }
      case NULL, MISSING, BINARY, POJO -> null;
    };
  }

  /** Writes a map as JSON; empty where a value has no form in JSON. */
  static Optional<String> text(Map<?, ?> object) {
    try {
      return Optional.of(WRITER.writeValueAsString(object));
    } catch (JacksonException _) {
      return Optional.empty();
    }
  }
}
