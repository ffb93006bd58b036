package dev.sallyport.server.files;

import dev.sallyport.server.objects.FieldPath;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Shared;
import dev.sallyport.server.objects.Wording;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/**
 * Reads the text of one YAML document into nodes that know their places.
 *
 * <p>YAML's ways of saying one thing twice are refused: anchors and aliases (which a small file
 * could blow up to any size), a key that stands twice, tags of somebody's own, keys that are no
 * text. Reading goes on after each of these, so that all of them are told.
 */
final class NodeReader {
  /** Entries of a mapping up to which its keys are compared one by one. */
  private static final int SMALL = 16;

  /** More refusals than anybody reads at once. */
  private static final int MOST_FLAWS = 100;

  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setUseMarks(true)
          .setCodePointLimit(Integer.MAX_VALUE)
          .setParseComments(false)
          .build();

  /**
   * What a text holds.
   *
   * @param root null where the document is empty, or its text is not YAML
   * @param flaws what is refused, in order; with any, the document must not be used
   * @param whole whether the text could be read to its end
   */
  record Reading(@Nullable Node root, List<Flaw> flaws, boolean whole) {}

  /**
   * Something that is refused.
   *
   * @param key the user's word that it is about, which a message about a Secret must not hold;
   *     empty for none
   * @param message with {@code %s} where the word goes
   */
  record Flaw(int line, int column, FieldPath field, String key, String message) {
    /**
     * The message for people.
     *
     * @param maySayWord whether it may hold the user's word
     */
    String worded(boolean maySayWord) {
      String word = maySayWord && !key.isEmpty() ? ' ' + Wording.quote(key) : "";
      return message.replace(" %s", word);
    }
  }

  /** Thrown to stop at a flaw after which the rest of the text makes no sense. */
  private static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    private Unreadable() {
      super(null, null, false, false);
    }
  }

  private final ParserImpl parser;
  private final Shared shared;
  private final List<Flaw> flaws = new ArrayList<>(0);
  private boolean toldOfAnchors;

  private NodeReader(String text, Shared shared) {
    this.parser = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
    this.shared = shared;
  }

  static Reading read(String text, Shared shared) {
    NodeReader reader = null;
    try {
      reader = new NodeReader(text, shared);
      Node root = reader.document();
      return new Reading(root, List.copyOf(reader.flaws), true);
    } catch (Unreadable _) {
      return new Reading(null, reader == null ? List.of() : List.copyOf(reader.flaws), false);
    } catch (MarkedYamlEngineException e) {
      // Only the innermost reason: the exception's own message holds lines of the file.
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      return broken(mark, explain(e));
    } catch (ReaderException e) {
      return unprintable(text, e.getPosition());
    } catch (YamlEngineException | IndexOutOfBoundsException | IllegalArgumentException _) {
      // The parser's own faults on text that is no YAML end here too.
      return broken(Optional.empty(), "not valid YAML");
    }
  }

  private static Reading broken(Optional<Mark> mark, String message) {
    int line = mark.map(Mark::getLine).orElse(0) + 1;
    int column = mark.map(Mark::getColumn).orElse(0) + 1;
    Flaw flaw = new Flaw(line, column, FieldPath.ROOT, "", message);
    return new Reading(null, List.of(flaw), false);
  }

  private static Reading unprintable(String text, int position) {
    int line = 1;
    int column = 1;
    int end = Math.min(position, text.length());
    for (int i = 0; i < end; i++) {
      column++;
      if (text.charAt(i) == '\n') {
        line++;
        column = 1;
      }
    }
    String message =
        "a control character is not allowed in YAML; remove it, or write it as an escape";
    return new Reading(null, List.of(new Flaw(line, column, FieldPath.ROOT, "", message)), false);
  }

  private @Nullable Node document() throws Unreadable {
    parser.next();
    if (parser.checkEvent(Event.ID.StreamEnd)) {
      return null;
    }
    parser.next();
    Node root = node(parser.next(), FieldPath.ROOT, 0);
    parser.next();
    if (!parser.checkEvent(Event.ID.StreamEnd)) {
      refuse(parser.next(), FieldPath.ROOT, "", "a new document must begin with a line `---`");
    }
    return root.isNull() ? null : root;
  }

  private Node node(Event event, FieldPath field, int depth) throws Unreadable {
    if (depth > Node.DEEPEST) {
      refuse(event, FieldPath.ROOT, "", "nested more than " + Node.DEEPEST + " levels deep");
      throw new Unreadable();
    }
    if (event instanceof AliasEvent) {
      refuseAnchors(event, field);
      return new Node.Scalar("", true, line(event), column(event));
    }
    if (event instanceof NodeEvent anchored && anchored.getAnchor().isPresent()) {
      refuseAnchors(event, field);
    }
    return switch (event.getEventId()) {
      case Scalar -> scalar((ScalarEvent) event, field);
      case SequenceStart -> sequence((CollectionStartEvent) event, field, depth);
      case MappingStart -> mapping((CollectionStartEvent) event, field, depth);
      default -> {
        refuse(event, field, "", "not valid YAML");
        throw new Unreadable();
      }
    };
  }

  private Node.Scalar scalar(ScalarEvent event, FieldPath field) {
    boolean plain = event.isPlain();
    if (event.getTag().isPresent()) {
      String tag = event.getTag().get();
      plain = false;
      if (!tag.equals("!") && !tag.equals("tag:yaml.org,2002:str")) {
        refuseTag(event, field);
      }
    }
    String text = event.getValue();
    if (!isWellFormed(text)) {
      refuse(event, field, "", "holds NUL or half a surrogate pair, which no text has");
    }
    return new Node.Scalar(text, plain, line(event), column(event));
  }

  private Node sequence(CollectionStartEvent start, FieldPath field, int depth) throws Unreadable {
    checkTag(start, "tag:yaml.org,2002:seq", field);
    List<Node> items = new ArrayList<>(4);
    while (true) {
      Event event = parser.next();
      if (event.getEventId() == Event.ID.SequenceEnd) {
        return new Node.Sequence(items, line(start), column(start));
      }
      items.add(node(event, field.item(items.size()), depth + 1));
    }
  }

  private Node mapping(CollectionStartEvent start, FieldPath field, int depth) throws Unreadable {
    checkTag(start, "tag:yaml.org,2002:map", field);
    List<Node.Entry> entries = new ArrayList<>(8);
    // Most mappings are small, and then looking through them costs less than a map of their keys.
    Map<String, Node.Scalar> seen = null;
    while (true) {
      Event event = parser.next();
      if (event.getEventId() == Event.ID.MappingEnd) {
        return new Node.Mapping(entries, line(start), column(start));
      }
      Node key = node(event, field, depth + 1);
      Node.Scalar name = name(key, event, field);
      Node value = node(parser.next(), field.child(name.text()), depth + 1);
      if (seen == null && entries.size() == SMALL) {
        seen = HashMap.newHashMap(4 * SMALL);
        for (Node.Entry entry : entries) {
          seen.put(entry.key().text(), entry.key());
        }
      }
      Node.Scalar first =
          seen == null ? find(entries, name.text()) : seen.putIfAbsent(name.text(), name);
      if (first == null) {
        entries.add(new Node.Entry(name, value));
        continue;
      }
      tell(
          new Flaw(
              name.line(),
              name.column(),
              field,
              name.text(),
              // The document may begin further down in its file, so the line is given as a
              // distance.
              name.line() == first.line()
                  ? "duplicate key %s; remove one of the two"
                  : "duplicate key %s, also "
                      + (name.line() - first.line())
                      + (name.line() - first.line() == 1 ? " line" : " lines")
                      + " above; remove one of the two"));
    }
  }

  private static Node.@Nullable Scalar find(List<Node.Entry> entries, String name) {
    for (Node.Entry entry : entries) {
      if (entry.key().text().equals(name)) {
        return entry.key();
      }
    }
    return null;
  }

  /** The key's text; one that is no text is refused, and stands for itself until the end. */
  private Node.Scalar name(Node key, Event event, FieldPath field) {
    if (key instanceof Node.Scalar(String text, boolean plain, int line, int column)) {
      if (plain && text.equals("<<")) {
        refuse(event, field, "", "merge keys `<<` are refused; write the fields out");
      } else if (plain && text.isEmpty()) {
        refuse(event, field, "", "a key is missing");
      }
      return new Node.Scalar(shared.one(text), plain, line, column);
    }
    refuse(event, field, "", "a key must be text");
    return new Node.Scalar("", false, key.line(), key.column());
  }

  private void checkTag(CollectionStartEvent event, String allowed, FieldPath field) {
    if (event.getTag().isPresent()
        && !event.getTag().get().equals(allowed)
        && !event.getTag().get().equals("!")) {
      refuseTag(event, field);
    }
  }

  private void refuseTag(Event event, FieldPath field) {
    refuse(event, field, "", "tags are refused; remove the word that begins with `!`");
  }

  private void refuseAnchors(Event event, FieldPath field) {
    if (!toldOfAnchors) {
      toldOfAnchors = true;
      refuse(event, field, "", "anchors `&` and aliases `*` are refused; write the value out");
    }
  }

  private void refuse(Event event, FieldPath field, String key, String message) {
    tell(new Flaw(line(event), column(event), field, key, message));
  }

  private void tell(Flaw flaw) {
    if (flaws.size() < MOST_FLAWS) {
      flaws.add(flaw);
    }
  }

  private static int line(Event event) {
    return event.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  private static int column(Event event) {
    return event.getStartMark().map(Mark::getColumn).orElse(0) + 1;
  }

  private static boolean isWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return false;
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** The parser's reason in words that say what to do, and without any of the file's text. */
  private static String explain(MarkedYamlEngineException e) {
    String problem = e.getProblem() == null ? "" : e.getProblem();
    String context = e.getContext() == null ? "" : e.getContext();
    if (problem.contains("TAB")) {
      return "not valid YAML: a tab cannot indent; use spaces";
    }
    if (problem.contains("mapping values are not allowed")) {
      return "not valid YAML: a `:` is not expected here; check the indentation, or put the value in"
          + " quotes";
    }
    if (problem.contains("could not find expected ':'")) {
      return "not valid YAML: a key without `:`; check the indentation, or put the value in quotes";
    }
    if (problem.contains("cannot start any token")) {
      return "not valid YAML: a value cannot begin with this character; put the value in quotes";
    }
    if (context.contains("quoted scalar")) {
      return problem.contains("unexpected end") || problem.contains("document separator")
          ? "not valid YAML: the quotes are never closed"
          : "not valid YAML: this is not allowed inside quotes";
    }
    if (context.contains("flow sequence")) {
      return "not valid YAML: a `,` or the closing `]` is missing";
    }
    if (context.contains("flow mapping")) {
      return "not valid YAML: a `,` or the closing `}` is missing";
    }
    if (context.contains("flow node")) {
      return "not valid YAML: a value, or a closing bracket, is missing";
    }
    if (context.contains("block mapping") || context.contains("block collection")) {
      return "not valid YAML: the indentation does not fit the lines above";
    }
    if (context.contains("directive") || problem.contains("directive")) {
      return "not valid YAML: a line that begins with `%` is not a directive";
    }
    return "not valid YAML: check the indentation and the quotes";
  }
}
