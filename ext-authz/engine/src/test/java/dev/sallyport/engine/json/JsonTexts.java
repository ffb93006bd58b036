package dev.sallyport.engine.json;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Texts for readers to agree on: JSON in every way of writing it, and JSON with a byte changed. */
final class JsonTexts {
  private static final String[] NUMBERS = {
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "1.0",
    "-0.0",
    "0.1",
    "1e2",
    "1E+2",
    "1e-2",
    "123456789012",
    "9007199254740993",
    "123456789012345678901234567890",
    "1.7976931348623157e308",
    "5e-324",
    "1e999999",
    "0.000000000000000000000000000000000000001",
    "-2147483648",
    "2147483648",
    "1e400"
  };
  private static final String[] PIECES = {
    "a",
    "b",
    "é",
    "€",
    "😀",
    "\\n",
    "\\\\",
    "\\\"",
    "\\/",
    "\\u0061",
    "\\u00e9",
    "\\uD83D\\uDE00",
    "\\ud800",
    "\\u0000",
    "\u007f",
    "\u2028",
    "__proto__",
    "constructor",
    "1",
    "0",
    " ",
    "\\b",
    "\\f",
    "\\r",
    "\\t",
    "\ufeff",
    "\ufffe"
  };
  private static final String[] SPACES = {"", "", "", " ", "\n", "\t", "\r\n"};

  private final Random random;

  JsonTexts(long seed) {
    random = new Random(seed);
  }

  byte[] next() {
    StringBuilder text = new StringBuilder();
    value(text, 0);
    byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
    if (random.nextInt(3) == 0) {
      utf8[random.nextInt(utf8.length)] = (byte) random.nextInt(256);
    }
    return utf8;
  }

  private void value(StringBuilder text, int depth) {
    space(text);
    switch (random.nextInt(depth > 4 ? 5 : 9)) {
      case 0 -> text.append("null");
      case 1 -> text.append(random.nextBoolean());
      case 2 -> text.append(NUMBERS[random.nextInt(NUMBERS.length)]);
      case 3 -> text.append(random.nextInt()).append('.').append(random.nextInt(1000));
      case 4 -> string(text);
      case 5, 6 -> {
        text.append('[');
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
          text.append(i == 0 ? "" : ",");
          value(text, depth + 1);
        }
        space(text);
        text.append(']');
      }
      default -> {
        text.append('{');
        int count = random.nextInt(20) == 0 ? 30 : random.nextInt(5);
        for (int i = 0; i < count; i++) {
          text.append(i == 0 ? "" : ",");
          space(text);
          string(text);
          space(text);
          text.append(':');
          value(text, depth + 2);
        }
        space(text);
        text.append('}');
      }
    }
    space(text);
  }

  private void string(StringBuilder text) {
    text.append('"');
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    text.append('"');
  }

  private void space(StringBuilder text) {
    text.append(SPACES[random.nextInt(SPACES.length)]);
  }
}
