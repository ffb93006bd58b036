package dev.sallyport.engine.mcp;

import dev.sallyport.engine.receive.Ascii;
import java.util.Locale;

/** Names of tools: 1 to 128 of letters, digits, {@code _}, {@code -} and {@code .}; case counts. */
public final class ToolName {
  private static final int LONGEST = 128;

  private ToolName() {}

  /** Whether a text is a name as the protocol wants it. */
  public static boolean isName(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST
        && text.chars().allMatch(c -> Ascii.isLetterOrDigit(c) || c == '-' || c == '_' || c == '.');
  }

  /**
   * What a name is to somebody who looks at it in haste: case, separators, and digits that look
   * like letters make no difference. Two names with one outline are easily taken for each other.
   */
  public static String outline(String name) {
    StringBuilder outline = new StringBuilder(name.length());
    for (char c : name.toLowerCase(Locale.ROOT).toCharArray()) {
      switch (c) {
        case '-', '_', '.' -> {}
        case '0' -> outline.append('o');
        case '1', 'i' -> outline.append('l');
        default -> outline.append(c);
      }
    }
    return outline.toString();
  }
}
