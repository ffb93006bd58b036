package dev.sallyport.engine.content;

import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.receive.Ascii;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/**
 * Reads {@code multipart/form-data} (RFC 7578) in the one form that every reader reads alike: parts
 * from the first byte to the last, lines that end with CRLF, a boundary that stands nowhere else.
 * What some readers repair, skip or take for something else is refused: a preamble or an epilogue,
 * a quoted boundary, bare CR or LF, folded lines, {@code filename*}, transfer encodings, {@code
 * _charset_}, parts within parts.
 *
 * <p>A field is text, or what its JSON says; a file is a text with a character for each byte.
 */
final class MultipartForm {
  private static final int LONGEST_BOUNDARY = 70;
  private static final int MOST_HEADERS = 8;
  private static final int LONGEST_HEADER = 1024;

  private static final String NOT_SO = "it is not written as RFC 7578 says";

  private MultipartForm() {}

  /**
   * Reads a body.
   *
   * @param contentType of the body
   * @param type what its fields stand for
   * @param limits of the JSON in it
   */
  static FormReading read(
      byte[] body, MediaType contentType, ValueType type, JsonReader.Limits limits) {
    String boundary = boundary(contentType);
    if (boundary == null) {
      return new FormReading.Faulty(
          "", "its boundary must be 1 to 70 letters, digits or signs of `'+_-.`, without quotes");
    }
    Progress progress = new Progress(body, boundary, new Fields(type), limits);
    FormReading.Faulty fault = progress.parts();
    return fault == null ? new FormReading.Fields(progress.fields.object()) : fault;
  }

  private static @Nullable String boundary(MediaType type) {
    Map<String, MediaType.Parameter> parameters = type.parameters();
    MediaType.Parameter boundary = parameters == null ? null : parameters.get("boundary");
    if (boundary == null || boundary.quoted() || boundary.value().length() > LONGEST_BOUNDARY) {
      return null;
    }
    for (int i = 0; i < boundary.value().length(); i++) {
      char c = boundary.value().charAt(i);
      if (!Ascii.isLetterOrDigit(c) && "'+_-.".indexOf(c) < 0) {
        return null;
      }
    }
    return boundary.value();
  }

  /**
   * What a part says of itself.
   *
   * @param file whether it is one, by its file name
   */
  private record Head(String name, boolean file, @Nullable MediaType type) {}

  /** A form while it is read. */
  private static final class Progress {
    private final byte[] body;
    private final byte[] delimiter;

    /** Of each start of the delimiter, how long its longest start is that also ends it. */
    private final int[] borders;

    private final Fields fields;
    private final JsonReader.Limits limits;

    /** Names and values that the JSON of all parts may still hold. */
    private long tokens;

    private int at;
    private FormReading.@Nullable Faulty fault;

    Progress(byte[] body, String boundary, Fields fields, JsonReader.Limits limits) {
      this.body = body;
      this.delimiter = ("--" + boundary).getBytes(StandardCharsets.US_ASCII);
      this.borders = borders(delimiter);
      this.fields = fields;
      this.limits = limits;
      this.tokens = limits.tokens();
    }

    private static int[] borders(byte[] word) {
      int[] borders = new int[word.length];
      int length = 0;
      for (int i = 1; i < word.length; i++) {
        while (length > 0 && word[i] != word[length]) {
          length = borders[length - 1];
        }
        if (word[i] == word[length]) {
          length++;
        }
        borders[i] = length;
      }
      return borders;
    }

    private FormReading.Faulty faulty(String pointer, String why) {
      fault = new FormReading.Faulty(pointer, why);
      return fault;
    }

    FormReading.@Nullable Faulty parts() {
      if (find(0) != 0) {
        return faulty("", "it does not start with its boundary");
      }
      at = delimiter.length;
      for (int count = 0; !isEnd(); count++) {
        if (count == Fields.MOST) {
          return faulty("", "it holds too many fields");
        }
        if (!skipLineEnd()) {
          return faulty("", NOT_SO);
        }
        Head head = head();
        if (head == null) {
          return fault;
        }
        int start = at;
        int end = find(start);
        if (end < 0) {
          return faulty("", "its last boundary is missing");
        }
        if (end < start + 2 || body[end - 2] != '\r' || body[end - 1] != '\n') {
          return faulty("", "its boundary stands within a part");
        }
        if (take(head, start, end - 2) != null) {
          return fault;
        }
        at = end + delimiter.length;
      }
      return fault;
    }

    /** Whether the delimiter before this place is the last, and nothing is behind it. */
    private boolean isEnd() {
      if (at + 2 > body.length || body[at] != '-' || body[at + 1] != '-') {
        return false;
      }
      at += 2;
      if (at < body.length) {
        skipLineEnd();
      }
      if (at < body.length) {
        faulty("", "it holds something behind its last boundary");
      }
      return true;
    }

    /** Where the delimiter next stands, wherever in a line; -1 for nowhere. */
    private int find(int from) {
      int matched = 0;
      for (int i = from; i < body.length; i++) {
        while (matched > 0 && body[i] != delimiter[matched]) {
          matched = borders[matched - 1];
        }
        if (body[i] == delimiter[matched]) {
          matched++;
        }
        if (matched == delimiter.length) {
          return i - matched + 1;
        }
      }
      return -1;
    }

    private boolean skipLineEnd() {
      if (at + 2 > body.length || body[at] != '\r' || body[at + 1] != '\n') {
        return false;
      }
      at += 2;
      return true;
    }

    // ---- the headers of a part

    private @Nullable Head head() {
      String name = null;
      boolean file = false;
      MediaType type = null;
      boolean typed = false;
      for (int count = 0; !skipLineEnd(); count++) {
        String line = count < MOST_HEADERS ? line() : null;
        int colon = line == null ? -1 : line.indexOf(':');
        if (line == null || colon < 1 || !isHeaderName(line, colon)) {
          faulty("", NOT_SO);
          return null;
        }
        String value = MediaType.trimmed(line.substring(colon + 1));
        switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
          case "content-disposition" -> {
            Map<String, MediaType.Parameter> parameters = name == null ? disposition(value) : null;
            MediaType.Parameter field = parameters == null ? null : parameters.get("name");
            if (parameters == null || field == null || !isFieldName(field.value())) {
              faulty("", "a part does not say once and plainly which field it is");
              return null;
            }
            name = field.value();
            file = parameters.containsKey("filename");
          }
          case "content-type" -> {
            type = typed ? null : MediaType.parse(value);
            typed = true;
            if (type == null || !type.isUtf8() || type.name().startsWith("multipart/")) {
              faulty("", "a part has a content type that can't be judged");
              return null;
            }
          }
          case "content-transfer-encoding" -> {
            if (!value.equalsIgnoreCase("binary") && !value.equalsIgnoreCase("8bit")) {
              faulty("", "a part has a transfer encoding");
              return null;
            }
          }
          // RFC 7578 section 4.8: others must be ignored.
          default -> {}
        }
      }
      if (name == null) {
        faulty("", "a part does not say once and plainly which field it is");
        return null;
      }
      return new Head(name, file, type);
    }

    /** A line of visible characters and its end; null where there is none. */
    private @Nullable String line() {
      int start = at;
      while (at < body.length && at - start < LONGEST_HEADER) {
        byte b = body[at];
        if (b == '\r') {
          return skipLineEnd() ? text(start, at - 2) : null;
        }
        if ((b >= 0 && b < 0x20 && b != '\t') || b == 0x7f) {
          return null;
        }
        at++;
      }
      return null;
    }

    private static boolean isHeaderName(String line, int colon) {
      for (int i = 0; i < colon; i++) {
        char c = line.charAt(i);
        // Not a space: a folded line starts with one.
        if (!Ascii.isLetterOrDigit(c) && c != '-' && c != '_') {
          return false;
        }
      }
      return true;
    }

    /** The parameters of a disposition; null where it is none of a field. */
    private static @Nullable Map<String, MediaType.Parameter> disposition(String value) {
      int semicolon = value.indexOf(';');
      if (semicolon < 0
          || !MediaType.trimmed(value.substring(0, semicolon)).equalsIgnoreCase("form-data")) {
        return null;
      }
      Map<String, MediaType.Parameter> parameters = MediaType.parameters(value, semicolon);
      boolean plain =
          parameters != null
              && parameters.keySet().stream()
                  .allMatch(name -> name.equals("name") || name.equals("filename"));
      return plain ? parameters : null;
    }

    private static boolean isFieldName(String name) {
      // Some readers decode RFC 2047 there, and the name is then another one.
      return !name.isEmpty() && !name.equalsIgnoreCase("_charset_") && !name.contains("=?");
    }

    // ---- the content of a part

    private FormReading.@Nullable Faulty take(Head head, int from, int to) {
      MediaType type = head.type;
      String pointer = Pointer.shown(head.name);
      FormReading.Faulty refused;
      if (type != null && type.isJson()) {
        byte[] part = new byte[to - from];
        System.arraycopy(body, from, part, 0, part.length);
        refused =
            switch (new JsonReader(limits.withTokens(tokens)).read(part)) {
              case Json.Value(JsonNode tree) -> {
                tokens -= tokens(tree);
                yield fields.add(head.name, tree);
              }
              case Json.Faulty(var why, _) -> new FormReading.Faulty(pointer, why);
            };
      } else if (head.file || (type != null && !type.name().equals("text/plain"))) {
        String bytes = new String(body, from, to - from, StandardCharsets.ISO_8859_1);
        refused = fields.add(head.name, StringNode.valueOf(bytes));
      } else {
        String text = text(from, to);
        refused =
            text == null || Fields.holdsNul(text)
                ? new FormReading.Faulty(pointer, "it is not UTF-8, or holds a NUL")
                : fields.add(head.name, text);
      }
      fault = refused;
      return refused;
    }

    /** Names and values in a tree; it is no deeper than a reader's limit. */
    private static long tokens(JsonNode tree) {
      long tokens = 1L + (tree.isObject() ? tree.size() : 0);
      for (JsonNode child : tree) {
        tokens += tokens(child);
      }
      return tokens;
    }

    private @Nullable String text(int from, int to) {
      try {
        return StandardCharsets.UTF_8
            .newDecoder()
            .decode(ByteBuffer.wrap(body, from, to - from))
            .toString();
      } catch (CharacterCodingException _) {
        return null;
      }
    }
  }
}
