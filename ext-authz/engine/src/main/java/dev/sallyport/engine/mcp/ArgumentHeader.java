package dev.sallyport.engine.mcp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An argument of a tool that a header repeats ({@code x-mcp-header} in the tool's schema, revision
 * 2026-07-28).
 *
 * @param header the header's name in lower case: {@code mcp-param-region}
 * @param path names of properties, from the arguments down to the value
 */
public record ArgumentHeader(String header, List<String> path) {
  private static final String MARK = "x-mcp-header";
  private static final String PREFIX = "mcp-param-";
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}");
  private static final Set<String> TYPES = Set.of("string", "integer", "boolean");

  /** Schemas are not read deeper, and marks below are faults. */
  private static final int DEEPEST = 64;

  public ArgumentHeader {
    path = List.copyOf(path);
  }

  /**
   * What a schema says.
   *
   * @param fault why clients leave the tool out, for the policy's author; null where they don't
   */
  public record Marks(List<ArgumentHeader> headers, @Nullable String fault) {
    public Marks {
      headers = List.copyOf(headers);
    }
  }

  /** Finds the marks in the schema of a tool's arguments. */
  public static Marks find(JsonNode schema) {
    List<ArgumentHeader> headers = new ArrayList<>();
    String fault = collect(schema, List.of(), headers);
    Set<String> names = new HashSet<>();
    for (ArgumentHeader header : headers) {
      if (!names.add(header.header)) {
        fault = "two properties have the same `x-mcp-header`";
      }
    }
    if (fault == null && count(schema, 0) > headers.size()) {
      fault = "an `x-mcp-header` may stand only at a property below `properties` alone";
    }
    return new Marks(headers, fault);
  }

  private static @Nullable String collect(
      JsonNode schema, List<String> path, List<ArgumentHeader> headers) {
    JsonNode properties = schema.get("properties");
    if (properties == null || !properties.isObject() || path.size() >= DEEPEST) {
      return null;
    }
    String fault = null;
    for (var property : properties.properties()) {
      List<String> below = new ArrayList<>(path);
      below.add(property.getKey());
      JsonNode mark = property.getValue().get(MARK);
      if (mark != null) {
        if (isMark(mark, property.getValue())) {
          headers.add(
              new ArgumentHeader(PREFIX + mark.stringValue().toLowerCase(Locale.ROOT), below));
        } else {
          fault =
              "an `x-mcp-header` is the name of a header, at a property of the type `string`,"
                  + " `integer` or `boolean`";
        }
      }
      String deeper = collect(property.getValue(), below, headers);
      fault = deeper == null ? fault : deeper;
    }
    return fault;
  }

  private static boolean isMark(JsonNode mark, JsonNode property) {
    JsonNode type = property.get("type");
    return mark.isString()
        && TOKEN.matcher(mark.stringValue()).matches()
        && type != null
        && type.isString()
        && TYPES.contains(type.stringValue());
  }

  /** Every mark anywhere; a property that has the mark's name is no mark. */
  private static int count(JsonNode node, int depth) {
    if (depth > DEEPEST) {
      return 0;
    }
    int marks = 0;
    for (var member : node.properties()) {
      JsonNode value = member.getValue();
      if (member.getKey().equals(MARK) && !value.isObject()) {
        marks++;
      }
      marks += count(value, depth + 1);
    }
    if (node.isArray()) {
      for (JsonNode element : node.values()) {
        marks += count(element, depth + 1);
      }
    }
    return marks;
  }

  /** The argument; null where there is none, or null. */
  @Nullable JsonNode argument(@Nullable JsonNode arguments) {
    JsonNode at = arguments;
    for (String name : path) {
      at = at == null ? null : at.get(name);
    }
    return at == null || at.isNull() ? null : at;
  }
}
