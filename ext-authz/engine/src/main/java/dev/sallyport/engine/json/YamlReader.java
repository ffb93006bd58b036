package dev.sallyport.engine.json;

import dev.sallyport.engine.json.DocumentText.Reading;
import java.io.Serial;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads one YAML document as the JSON that it stands for.
 *
 * <p>What YAML has beyond JSON is refused: anchors and aliases, merge keys, tags, keys that are no
 * text. A number is what JSON calls one; {@code 010}, {@code 0x1f} and {@code .inf} are text, as
 * their readers differ about them.
 */
final class YamlReader {
  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setUseMarks(true)
          .setCodePointLimit(Integer.MAX_VALUE)
          .setParseComments(false)
          .build();

  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
  private static final int LONGEST_NUMBER = 1000;
  private static final int LONG_DIGITS = 18;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ParserImpl parser;
  private final int deepest;

  /** Names stand again and again, so that one copy of each is worth a look. */
  private final Map<String, String> names = new HashMap<>();

  private YamlReader(String text, int deepest) {
    this.parser = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
    this.deepest = deepest;
  }

  /** Thrown at the first fault. */
  private static final class Fault extends Exception {
    @Serial private static final long serialVersionUID = 1;

    private final String why;
    private final int line;
    private final int column;

    private Fault(Event event, String why) {
      super(null, null, false, false);
      this.why = why;
      this.line = event.getStartMark().map(Mark::getLine).orElse(-1) + 1;
      this.column = event.getStartMark().map(Mark::getColumn).orElse(-1) + 1;
    }
  }

  static Reading read(String text, int deepest) {
    try {
      return new Reading.Tree(new YamlReader(text, deepest).document());
    } catch (Fault fault) {
      return new Reading.Faulty(fault.why, fault.line, fault.column);
    } catch (MarkedYamlEngineException e) {
      // Its own message holds lines of the text.
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      return new Reading.Faulty(
          explain(e),
          mark.map(Mark::getLine).orElse(-1) + 1,
          mark.map(Mark::getColumn).orElse(-1) + 1);
    } catch (ReaderException e) {
      return unprintable(text, e.getPosition());
    } catch (YamlEngineException | IndexOutOfBoundsException | IllegalArgumentException _) {
      // The parser's own faults on text that is no YAML end here too.
      return new Reading.Faulty("not valid YAML", 0, 0);
    }
  }

  private static String explain(MarkedYamlEngineException e) {
    String problem = e.getProblem() == null ? "" : e.getProblem();
    if (problem.contains("TAB")) {
      return "not valid YAML: a tab cannot indent; use spaces";
    }
    return "not valid YAML: check the indentation, the quotes and the brackets";
  }

  private static Reading.Faulty unprintable(String text, int position) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(position, text.length()); i++) {
      column++;
      if (text.charAt(i) == '\n') {
        line++;
        column = 1;
      }
    }
    return new Reading.Faulty("a control character is not allowed in YAML", line, column);
  }

  private JsonNode document() throws Fault {
    Event start = parser.next();
    if (parser.checkEvent(Event.ID.StreamEnd)) {
      throw new Fault(start, "the document is empty");
    }
    parser.next();
    JsonNode root = value(parser.next(), 0);
    parser.next();
    if (!parser.checkEvent(Event.ID.StreamEnd)) {
      throw new Fault(parser.next(), "a second document begins here; there may be only one");
    }
    return root;
  }

  private JsonNode value(Event event, int depth) throws Fault {
    if (depth > deepest) {
      throw new Fault(event, "nested more than " + deepest + " levels deep");
    }
    if (event instanceof AliasEvent
        || (event instanceof NodeEvent node && node.getAnchor().isPresent())) {
      throw new Fault(event, "anchors `&` and aliases `*` are refused; write the value out");
    }
    return switch (event.getEventId()) {
      case Scalar -> scalar((ScalarEvent) event);
      case SequenceStart -> sequence((CollectionStartEvent) event, depth);
      case MappingStart -> mapping((CollectionStartEvent) event, depth);
      default -> throw new Fault(event, "not valid YAML");
    };
  }

  private ArrayNode sequence(CollectionStartEvent start, int depth) throws Fault {
    checkTag(start, start.getTag(), "tag:yaml.org,2002:seq");
    ArrayNode items = NODES.arrayNode();
    for (Event event = parser.next();
        event.getEventId() != Event.ID.SequenceEnd;
        event = parser.next()) {
      items.add(value(event, depth + 1));
    }
    return items;
  }

  private ObjectNode mapping(CollectionStartEvent start, int depth) throws Fault {
    checkTag(start, start.getTag(), "tag:yaml.org,2002:map");
    ObjectNode entries = NODES.objectNode();
    for (Event event = parser.next();
        event.getEventId() != Event.ID.MappingEnd;
        event = parser.next()) {
      String name = name(event);
      JsonNode value = value(parser.next(), depth + 1);
      if (entries.putIfAbsent(name, value) != null) {
        throw new Fault(event, "a key stands twice; remove one of the two");
      }
    }
    return entries;
  }

  private String name(Event event) throws Fault {
    if (!(event instanceof ScalarEvent key)) {
      throw new Fault(
          event,
          event instanceof AliasEvent
              ? "anchors `&` and aliases `*` are refused; write the value out"
              : "a key must be text");
    }
    if (key.getAnchor().isPresent()) {
      throw new Fault(event, "anchors `&` and aliases `*` are refused; write the value out");
    }
    String text = text(key);
    if (key.isPlain() && key.getTag().isEmpty() && text.equals("<<")) {
      throw new Fault(event, "merge keys `<<` are refused; write the fields out");
    }
    if (key.isPlain() && text.isEmpty()) {
      throw new Fault(event, "a key is missing");
    }
    return names.computeIfAbsent(text, same -> same);
  }

  private JsonNode scalar(ScalarEvent event) throws Fault {
    String text = text(event);
    if (!event.isPlain() || event.getTag().isPresent()) {
      return NODES.stringNode(text);
    }
    JsonNode said =
        switch (text) {
          case "", "~", "null", "Null", "NULL" -> NODES.nullNode();
          case "true", "True", "TRUE" -> NODES.booleanNode(true);
          case "false", "False", "FALSE" -> NODES.booleanNode(false);
          default -> null;
        };
    if (said == null) {
      said = number(event, text);
    }
    return said == null ? NODES.stringNode(text) : said;
  }

  /** The number; null where the text is none. */
  private static @Nullable JsonNode number(ScalarEvent event, String text) throws Fault {
    char first = text.charAt(0);
    if ((first != '-' && (first < '0' || first > '9')) || !NUMBER.matcher(text).matches()) {
      return null;
    }
    if (text.length() > LONGEST_NUMBER) {
      throw new Fault(event, "a number has more than " + LONGEST_NUMBER + " characters");
    }
    boolean whole = text.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9'));
    if (!whole) {
      try {
        return NODES.numberNode(new BigDecimal(text));
      } catch (NumberFormatException _) {
        throw new Fault(event, "a number's exponent is too large");
      }
    }
    if (text.length() > LONG_DIGITS) {
      return NODES.numberNode(new BigInteger(text));
    }
    long value = Long.parseLong(text);
    // As the reader of JSON does it.
    return value == (int) value ? NODES.numberNode((int) value) : NODES.numberNode(value);
  }

  private static String text(ScalarEvent event) throws Fault {
    checkTag(event, event.getTag(), "tag:yaml.org,2002:str");
    String text = event.getValue();
    if (!isWellFormed(text)) {
      throw new Fault(event, "holds half a surrogate pair, which no text has");
    }
    return text;
  }

  private static boolean isWellFormed(String text) {
    int i = 0;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        return false;
      }
      i += Character.charCount(c);
    }
    return true;
  }

  private static void checkTag(Event event, Optional<String> tag, String allowed) throws Fault {
    if (tag.isPresent() && !tag.get().equals(allowed) && !tag.get().equals("!")) {
      throw new Fault(event, "tags are refused; remove the word that begins with `!`");
    }
  }
}
