package dev.sallyport.engine.mcp;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The value of a header that repeats what the body says (revision 2026-07-28). */
final class MirroredValue {
  private static final String OPENING = "=?base64?";
  private static final String CLOSING = "?=";

  /** Numbers that a double holds exactly, with a fraction that says nothing. */
  private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,16}(\\.0{1,16})?");

  private MirroredValue() {}

  /** Whether a header's value is this text, plain or encoded. */
  static boolean isText(String value, String text) {
    return text.equals(decode(value));
  }

  /** Whether a header's value is this argument. */
  static boolean isArgument(String value, JsonNode argument) {
    String text = decode(value);
    if (text == null) {
      return false;
    }
    if (argument.isString()) {
      return text.equals(argument.stringValue());
    }
    if (argument.isBoolean()) {
      return text.equals(Boolean.toString(argument.booleanValue()));
    }
    return argument.isNumber()
        && INTEGER.matcher(text).matches()
        && new BigDecimal(text).compareTo(argument.decimalValue()) == 0;
  }

  /** The text that a value stands for; null where it holds what no value may. */
  private static @Nullable String decode(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < 0x20 && c != '\t') || c >= 0x7f) {
        return null;
      }
    }
    boolean encoded =
        value.length() >= OPENING.length() + CLOSING.length()
            && value.startsWith(OPENING)
            && value.endsWith(CLOSING);
    return encoded
        ? fromBase64(value.substring(OPENING.length(), value.length() - CLOSING.length()))
        : value;
  }

  private static @Nullable String fromBase64(String base64) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      // The decoder takes text without padding and with stray bits: two spellings of one value.
      return Base64.getEncoder().encodeToString(bytes).equals(base64)
          ? StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString()
          : null;
    } catch (IllegalArgumentException | CharacterCodingException _) {
      return null;
    }
  }
}
