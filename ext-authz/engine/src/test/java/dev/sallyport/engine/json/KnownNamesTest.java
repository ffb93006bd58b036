package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.json.JsonReader.Limits;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

class KnownNamesTest {
  private static final List<String> NAMES =
      List.of("a", "b", "é", "", "ab", "a1", "10", "constructor", "__proto__", "bé", " ");

  private static Json read(Collection<String> known, String text) {
    return new JsonReader(Limits.BODY, KnownNames.of(known))
        .read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonObject object(Collection<String> known, String text) {
    return JsonObject.of(((Json.Value) read(known, text)).tree());
  }

  /** What is known changes no tree, and no fault. */
  @Property(tries = 3_000)
  void whatIsKnownChangesNothing(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> known = NAMES.stream().filter(_ -> random.nextBoolean()).toList();
    byte[] text = new JsonTexts(seed).next();
    assertThat(new JsonReader(Limits.BODY, KnownNames.of(known)).read(text))
        .isEqualTo(new JsonReader(Limits.BODY).read(text));
  }

  @Test
  void aKnownNameIsOneStringInAllDocuments() {
    Set<String> known = Set.of("sku", "quantity");
    String one = object(known, "{\"sku\": 1, \"other\": 2}").name(0);
    assertThat(object(known, "{\"quantity\": 1, \"sku\": 2}").name(1)).isSameAs(one);
    assertThat(object(known, "{\"sk\\u0075\": 2}").name(0)).isEqualTo(one);
  }

  @Test
  void objectsOfOneListShareTheirNames() {
    JsonNode list =
        ((Json.Value) read(Set.of(), "[{\"a\":1,\"b\":2},{\"a\":3,\"b\":4},{\"b\":5,\"a\":6}]"))
            .tree();
    JsonObject first = JsonObject.of(list.get(0));
    JsonObject second = JsonObject.of(list.get(1));
    JsonObject third = JsonObject.of(list.get(2));
    assertThat(second.name(1)).isSameAs(first.name(1));
    assertThat(second.get("b").intValue()).isEqualTo(4);
    assertThat(third.name(0)).isEqualTo("b");
    assertThat(third.get("a").intValue()).isEqualTo(6);
  }

  @Test
  void aKnownNameStandsOnceToo() {
    assertThat(read(Set.of("a"), "{\"a\":1,\"a\":2}")).isInstanceOf(Json.Faulty.class);
    assertThat(read(Set.of("a"), "[{\"a\":1,\"b\":1},{\"a\":2,\"a\":3}]"))
        .isInstanceOf(Json.Faulty.class);
  }

  /** More than there is room for, and many that share a slot. */
  @Test
  void anyNumberMayBeKnown() {
    List<String> known = IntStream.range(0, 5_000).mapToObj(i -> "name" + i).toList();
    for (int i = 0; i < 5_000; i += 7) {
      JsonObject object = object(known, "{\"name%d\":%d}".formatted(i, i));
      assertThat(object.name(0)).isEqualTo("name" + i);
      assertThat(object.value(0).intValue()).isEqualTo(i);
    }
  }

  @Test
  void membersOfAnyObjectHavePlaces() {
    JsonNode made = JsonNodeFactory.instance.objectNode().put("a", 1);
    JsonObject object = JsonObject.of(made);
    assertThat(object.name(0)).isEqualTo("a");
    assertThat(object.value(0)).isEqualTo(made.get("a"));
    assertThat(object).isEqualTo(made);
    assertThat(JsonObject.of(object)).isSameAs(object);
  }
}
