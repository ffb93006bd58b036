package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

class ValuesTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String[] NUMBERS = {
    "0",
    "0.0",
    "-0",
    "1",
    "1.0",
    "1e0",
    "10",
    "1e1",
    "100e-1",
    "-10",
    "0.1",
    "0.10",
    "1e400",
    "1000000000000000000",
    "1e18",
    "1000000000000000001",
    "1000000000000000001.0",
    "-9223372036854775808",
    "-9223372036854775808.0",
    "9223372036854775808",
    "1234567890123456789012.50"
  };

  @Property(tries = 5000)
  void itemsAreTheSameByHashAsByOrder(@ForAll long seed) {
    Random random = new Random(seed);
    ArrayNode array = JSON.arrayNode();
    for (int i = random.nextInt(6); i > 0; i--) {
      array.add(item(random, 2));
    }
    assertThat(Values.isDistinct(array, _ -> true))
        .as(array.toString())
        .isEqualTo(Values.isDistinctWhenSorted(array));
  }

  private static JsonNode item(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 7 : 5)) {
      case 0, 1 -> number(NUMBERS[random.nextInt(NUMBERS.length)]);
      case 2 -> JSON.stringNode(NUMBERS[random.nextInt(NUMBERS.length)]);
      case 3 -> JSON.booleanNode(random.nextBoolean());
      case 4 -> JSON.nullNode();
      case 5 -> JSON.arrayNode().add(item(random, depth - 1));
      default ->
          random.nextBoolean()
              ? JSON.objectNode().set("a", item(random, 0)).set("b", item(random, depth - 1))
              : JSON.objectNode().set("b", item(random, 0)).set("a", item(random, depth - 1));
    };
  }

  private static JsonNode number(String text) {
    if (!text.matches("-?[0-9]+")) {
      return JSON.numberNode(new BigDecimal(text));
    }
    BigInteger whole = new BigInteger(text);
    return whole.bitLength() < Integer.SIZE
        ? JSON.numberNode(whole.intValue())
        : whole.bitLength() < Long.SIZE
            ? JSON.numberNode(whole.longValue())
            : JSON.numberNode(whole);
  }

  @Property(tries = 5000)
  void multiplesAreThoseWithoutARest(@ForAll long seed) {
    Random random = new Random(seed);
    BigDecimal divisor = Numbers.stripped(decimal(random).abs().add(new BigDecimal("0.001")));
    BigDecimal value = random.nextBoolean() ? decimal(random) : decimal(random).multiply(divisor);
    assertThat(Numbers.isMultiple(JSON.numberNode(value), divisor, _ -> true))
        .as("%s of %s", value, divisor)
        .isEqualTo(value.remainder(divisor).signum() == 0);
    long whole = random.nextInt(1000) * (long) Math.pow(10, random.nextInt(15));
    assertThat(Numbers.isMultiple(JSON.numberNode(whole), divisor, _ -> true))
        .as("%s of %s", whole, divisor)
        .isEqualTo(BigDecimal.valueOf(whole).remainder(divisor).signum() == 0);
  }

  private static BigDecimal decimal(Random random) {
    return new BigDecimal(
        new BigInteger(random.nextInt(70), random).negate(), random.nextInt(8) - 3);
  }

  @Test
  void digitsByTheDozenArePaidFor() {
    BigDecimal divisor = new BigDecimal("0.01");
    JsonNode number = JSON.numberNode(new BigDecimal("1." + "0".repeat(90) + "1"));
    assertThat(Numbers.isMultiple(number, divisor, _ -> false)).isFalse();
    assertThat(Numbers.isMultiple(JSON.numberNode(new BigDecimal("12.50")), divisor, _ -> false))
        .isTrue();
  }
}
