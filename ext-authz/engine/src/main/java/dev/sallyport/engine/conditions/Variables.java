package dev.sallyport.engine.conditions;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.Map;
import java.util.Optional;

/** The variables that expressions may name, and their types. */
final class Variables {
  private static final CelType TEXTS = MapType.create(SimpleType.STRING, SimpleType.STRING);

  static final StructType REQUEST =
      struct(
          "Request",
          Map.of(
              "method", SimpleType.STRING,
              "host", SimpleType.STRING,
              "path", SimpleType.STRING,
              "query", TEXTS,
              "queryAll", MapType.create(SimpleType.STRING, ListType.create(SimpleType.STRING)),
              "headers", TEXTS,
              "contentType", SimpleType.STRING));

  static final StructType REQUEST_WITH_BODY = with(REQUEST, "body", SimpleType.DYN);

  static final StructType IDENTITY =
      struct(
          "Identity",
          Map.of(
              "name", SimpleType.STRING,
              "namespace", SimpleType.STRING,
              "type", SimpleType.STRING,
              "environment", SimpleType.STRING,
              "registered", SimpleType.BOOL));

  static final StructType CREDENTIAL =
      struct(
          "Credential",
          Map.of(
              "name", SimpleType.STRING,
              "method", SimpleType.STRING,
              "kind", SimpleType.STRING,
              "constraint", SimpleType.STRING));

  static final StructType SOURCE =
      struct("Source", Map.of("address", SimpleType.STRING, "region", SimpleType.STRING));

  static final StructType OPERATION =
      struct("Operation", Map.of("name", SimpleType.STRING, "template", SimpleType.STRING));

  static final StructType TOOL =
      struct("Tool", Map.of("name", SimpleType.STRING, "arguments", SimpleType.DYN));

  private Variables() {}

  private static StructType struct(String name, Map<String, CelType> fields) {
    ImmutableMap<String, CelType> types = ImmutableMap.copyOf(fields);
    return StructType.create(name, types.keySet(), field -> Optional.ofNullable(types.get(field)));
  }

  private static StructType with(StructType type, String field, CelType fieldType) {
    ImmutableMap.Builder<String, CelType> fields = ImmutableMap.builder();
    type.fields().forEach(known -> fields.put(known.name(), known.type()));
    return struct(type.name(), fields.put(field, fieldType).buildOrThrow());
  }

  /** The variables of a dialect. */
  static ImmutableMap<String, CelType> of(Dialect dialect) {
    ImmutableMap.Builder<String, CelType> variables = ImmutableMap.builder();
    variables
        .put("request", dialect == Dialect.OPERATION ? REQUEST_WITH_BODY : REQUEST)
        .put("identity", IDENTITY)
        .put("credential", CREDENTIAL)
        .put("source", SOURCE)
        .put("operation", OPERATION)
        .put("scopes", ListType.create(SimpleType.STRING))
        .put("now", SimpleType.TIMESTAMP);
    if (dialect == Dialect.TOOL) {
      variables.put("tool", TOOL);
    }
    return variables.buildOrThrow();
  }

  /** The types of the variables that have fields. */
  record Types(ImmutableMap<String, CelType> byName) implements CelTypeProvider {
    static Types of(ImmutableMap<String, CelType> variables) {
      ImmutableMap.Builder<String, CelType> types = ImmutableMap.builder();
      for (CelType type : variables.values()) {
        if (type instanceof StructType struct) {
          types.put(struct.name(), struct);
        }
      }
      return new Types(types.buildOrThrow());
    }

    @Override
    public ImmutableCollection<CelType> types() {
      return byName.values();
    }

    @Override
    public Optional<CelType> findType(String name) {
      return Optional.ofNullable(byName.get(name));
    }
  }
}
