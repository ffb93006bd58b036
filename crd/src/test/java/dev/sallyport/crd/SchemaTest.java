package dev.sallyport.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What holds for every field of the four kinds. */
class SchemaTest {
  /** A field's path, such as {@code ApiPolicy.spec.hosts[]}, to its schema. */
  private static final Map<String, Map<String, Object>> FIELDS = fields();

  @Test
  void everyFieldIsDescribedInASentence() {
    assertThat(FIELDS.keySet()).hasSizeGreaterThan(200);
    assertNone((path, schema) ->
        !path.endsWith("[]")
            && !path.endsWith("{}")
            && !(schema.get("description") instanceof String text
                && text.matches("(?s)[A-Z0-9].*\\.")));
  }

  @Test
  void everyStringIsBounded() {
    assertNone((_, schema) ->
        "string".equals(schema.get("type"))
            && !schema.containsKey("enum")
            && !schema.containsKey("maxLength"));
  }

  @Test
  void everyListIsBoundedAndSaysHowItIsMerged() {
    assertNone((_, schema) ->
        "array".equals(schema.get("type"))
            && !(schema.containsKey("maxItems") && schema.containsKey("x-kubernetes-list-type")));
  }

  @Test
  void everyMapIsBounded() {
    assertNone((_, schema) ->
        (schema.containsKey("additionalProperties")
                || ("object".equals(schema.get("type")) && isFree(schema) && !isDescribed(schema)))
            && !schema.containsKey("maxProperties"));
  }

  @Test
  void everyNumberHasALeast() {
    assertNone(
        (_, schema) -> "integer".equals(schema.get("type")) && !schema.containsKey("minimum"));
  }

  @Test
  void everyKeyOfAListMapIsRequired() {
    assertNone((path, schema) -> {
      if (!(schema.get("x-kubernetes-list-map-keys") instanceof List<?> keys)) {
        return false;
      }
      return !(FIELDS.get(path + "[]").get("required") instanceof List<?> required
          && required.containsAll(keys));
    });
  }

  @Test
  void everyRuleHasAMessage() {
    assertNone((_, schema) ->
        schema.get("x-kubernetes-validations") instanceof List<?> rules
            && rules.stream()
                .anyMatch(rule ->
                    !(rule instanceof Map<?, ?> fields
                        && fields.get("message") instanceof String)));
  }

  @Test
  void nothingIsNullable() {
    assertNone((_, schema) -> schema.containsKey("nullable"));
  }

  /** A file and the API server agree on what must be there. */
  @Test
  void whatARecordCantDoWithoutIsRequired() {
    forEachComponent((path, component) -> {
      if (!isNullable(component) && unset(component) == null) {
        assertThat(FIELDS.get(parent(path)).get("required"))
            .as("required of %s", parent(path))
            .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
            .contains(name(component));
      }
    });
  }

  /** An absent field means the same in a file and on the API server. */
  @Test
  void defaultsAreThoseOfTheRecords() {
    forEachComponent((path, component) -> {
      if (isNullable(component)) {
        return;
      }
      Object expected = unset(component);
      boolean isScalar =
          expected instanceof Enum<?> || (expected instanceof String text && !text.isEmpty());
      assertThat(FIELDS.get(path).get("default"))
          .as("default of %s", path)
          .isEqualTo(isScalar ? String.valueOf(expected) : null);
    });
  }

  @Test
  void noYamlIsTakenForATemplateByHelm() {
    assertThat(CustomResourceDefinitions.generate().values())
        .allSatisfy(yaml -> assertThat(yaml).doesNotContain("{{"));
  }

  /**
   * kubectl reads YAML 1.1, in which more words than {@code true} and {@code false} are booleans.
   */
  @Test
  void noWordIsTakenForABooleanByKubectl() {
    Pattern word = Pattern.compile("(?im)^ *(- |[^ ]+: )(y|yes|n|no|on|off|(?-i:True|False))$");
    assertThat(CustomResourceDefinitions.generate().values())
        .allSatisfy(yaml -> assertThat(yaml).doesNotContainPattern(word));
  }

  private static void assertNone(BiPredicate<String, Map<String, Object>> fault) {
    List<String> faults = new ArrayList<>();
    FIELDS.forEach((path, schema) -> {
      if (fault.test(path, schema)) {
        faults.add(path);
      }
    });
    assertThat(faults).isEmpty();
  }

  private static boolean isFree(Map<String, Object> schema) {
    return Boolean.TRUE.equals(schema.get("x-kubernetes-preserve-unknown-fields"));
  }

  private static boolean isDescribed(Map<String, Object> schema) {
    return schema.containsKey("properties");
  }

  // ---- schemas

  private static Map<String, Map<String, Object>> fields() {
    Map<String, Map<String, Object>> fields = new LinkedHashMap<>();
    for (String yaml : CustomResourceDefinitions.generate().values()) {
      Map<String, Object> spec =
          map(map(new Load(LoadSettings.builder().build()).loadFromString(yaml)).get("spec"));
      Map<String, Object> version = map(((List<?>) spec.get("versions")).getFirst());
      walk(
          (String) map(spec.get("names")).get("kind"),
          map(map(version.get("schema")).get("openAPIV3Schema")),
          fields);
    }
    return fields;
  }

  private static void walk(
      String path, Map<String, Object> schema, Map<String, Map<String, Object>> fields) {
    fields.put(path, schema);
    if (schema.get("properties") instanceof Map<?, ?> properties) {
      properties.forEach((name, property) -> walk(path + '.' + name, map(property), fields));
    }
    if (schema.get("items") != null) {
      walk(path + "[]", map(schema.get("items")), fields);
    }
    if (schema.get("additionalProperties") != null) {
      walk(path + "{}", map(schema.get("additionalProperties")), fields);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(@Nullable Object value) {
    return (Map<String, Object>) value;
  }

  // ---- records

  private static void forEachComponent(BiConsumer<String, RecordComponent> visit) {
    components("ApiPolicy.spec", ApiPolicySpec.class, visit);
    components("ApiPolicy.status", ApiPolicyStatus.class, visit);
    components("NonHumanIdentity.spec", NonHumanIdentitySpec.class, visit);
    components("NonHumanIdentity.status", NonHumanIdentityStatus.class, visit);
    components("TokenIssuer.spec", TokenIssuerSpec.class, visit);
    components("TokenIssuer.status", TokenIssuerStatus.class, visit);
    components("DetectionPolicy.spec", DetectionPolicySpec.class, visit);
    components("DetectionPolicy.status", DetectionPolicyStatus.class, visit);
  }

  private static void components(
      String path, Type type, BiConsumer<String, RecordComponent> visit) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      components(path + "[]", list.getActualTypeArguments()[0], visit);
    }
    if (type instanceof Class<?> record && record.isRecord()) {
      for (RecordComponent component : record.getRecordComponents()) {
        String field = path + '.' + name(component);
        visit.accept(field, component);
        components(field, component.getGenericType(), visit);
      }
    }
  }

  private static String name(RecordComponent component) {
    JsonProperty renamed = component.getAccessor().getAnnotation(JsonProperty.class);
    return renamed == null ? component.getName() : renamed.value();
  }

  private static String parent(String path) {
    return path.substring(0, path.lastIndexOf('.'));
  }

  private static boolean isNullable(RecordComponent component) {
    return component.getAnnotatedType().isAnnotationPresent(Nullable.class);
  }

  /** What the component is when nothing at all was written; null where the record needs it. */
  private static @Nullable Object unset(RecordComponent component) {
    try {
      Class<?> record = component.getDeclaringRecord();
      Class<?>[] types =
          Arrays.stream(record.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      Constructor<?> constructor = record.getDeclaredConstructor(types);
      return component.getAccessor().invoke(constructor.newInstance(new Object[types.length]));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
