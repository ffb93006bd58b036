package dev.sallyport.engine.json;

import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/**
 * Reads the text of a document that somebody wrote: a schema, an OpenAPI document, a list of tools;
 * in JSON or in YAML. Both are read into the same tree, and as strictly: each name once, numbers
 * exact, nothing that stands for something elsewhere.
 *
 * <p>What begins with a bracket is JSON, unless it is only YAML that can be read.
 */
public final class DocumentText {
  /** Larger documents are refused. */
  public static final int MOST_BYTES = 16 << 20;

  private static final int DEEPEST = 200;

  private static final JsonReader JSON =
      new JsonReader(new JsonReader.Limits(DEEPEST, MOST_BYTES, 4 << 20, 8192, 1000, 20_000_000L));

  private DocumentText() {}

  /** What came of reading. */
  public sealed interface Reading {
    /**
     * It is one document.
     *
     * @param tree must not be changed
     */
    record Tree(JsonNode tree) implements Reading {}

    /**
     * It is none.
     *
     * @param why for its author: lower case, no full stop, nothing of the text
     * @param line from 1; 0 where it is about the whole
     * @param column from 1; 0 where it is about the whole
     */
    record Faulty(String why, int line, int column) implements Reading {
      /** What is wrong and where, as a sentence goes on with it. */
      public String told() {
        return line == 0 ? why : "line " + line + ", column " + column + ": " + why;
      }
    }
  }

  /** Reads a document. */
  public static Reading read(String text) {
    // No document has fewer bytes than characters, so most are not encoded to be measured.
    if (text.length() > MOST_BYTES) {
      return tooLarge();
    }
    if (!beginsLikeJson(text)) {
      return text.length() > MOST_BYTES / 3 && utf8(text).length > MOST_BYTES
          ? tooLarge()
          : YamlReader.read(text, DEEPEST);
    }
    byte[] bytes = utf8(text);
    if (bytes.length > MOST_BYTES) {
      return tooLarge();
    }
    return switch (JSON.read(bytes)) {
      case Json.Value(var tree) -> new Reading.Tree(tree);
      case Json.Faulty(var why, var offset) ->
          // A flow mapping of YAML begins so too. Where neither is right, it was meant as JSON.
          YamlReader.read(text, DEEPEST) instanceof Reading.Tree tree
              ? tree
              : at(bytes, offset, "not valid JSON: " + why);
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Reading.Faulty tooLarge() {
    return new Reading.Faulty("has more than " + (MOST_BYTES >> 20) + " MiB", 0, 0);
  }

  private static boolean beginsLikeJson(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
        return c == '{' || c == '[';
      }
    }
    return false;
  }

  private static Reading.Faulty at(byte[] bytes, long offset, String why) {
    if (offset < 0 || offset > bytes.length) {
      return new Reading.Faulty(why, 0, 0);
    }
    int line = 1;
    int column = 1;
    for (int i = 0; i < offset; i++) {
      column++;
      if (bytes[i] == '\n') {
        line++;
        column = 1;
      }
    }
    return new Reading.Faulty(why, line, column);
  }
}
