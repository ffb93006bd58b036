package dev.sallyport.engine.fields;

import org.jspecify.annotations.Nullable;

/**
 * Reads a list of fields as the value of a query parameter holds it: {@code id,card.number}, {@code
 * id card/number}, {@code id,card(number,holder)}, {@code id,card{number}}, {@code card.*} and
 * {@code *}.
 *
 * <pre>
 * list  = item *( separator item )
 * item  = "*" / path [ "(" list ")" / "{" list "}" ]
 * path  = name *( ( "." / "/" ) name ) [ ( "." / "/" ) "*" ]
 * </pre>
 *
 * <p>A separator is spaces, a comma, or a comma among spaces. Nothing else is read: what a server
 * might make of it is not known.
 */
final class FieldList {
  static final int MOST_NAMES = 1_000;
  static final int DEEPEST = 32;

  private static final String UNREADABLE = "the query's list of fields can't be read";
  private static final String TOO_LONG = "the query names more than " + MOST_NAMES + " fields";

  private FieldList() {}

  /** Reads a whole value, of which something is not blank. */
  static Reading read(String text, FieldNode root) {
    Progress progress = new Progress(text);
    Reading.Draft draft = new Reading.Draft();
    progress.skipSpaces();
    return list(progress, draft, root, 0) && progress.atEnd()
        ? draft.named()
        : progress.unreadable();
  }

  /**
   * Reads a list that starts at the next character, up to the first that can't belong to it.
   *
   * @param node that its names stand below; null where the policy lists nothing of it
   */
  static boolean list(Progress progress, Reading.Draft draft, @Nullable FieldNode node, int depth) {
    while (item(progress, draft, node, depth)) {
      if (!progress.skipSeparator()) {
        return true;
      }
    }
    return false;
  }

  private static boolean item(
      Progress progress, Reading.Draft draft, @Nullable FieldNode start, int depth) {
    FieldNode node = start;
    int level = depth;
    while (true) {
      if (progress.skip('*')) {
        draft.addAllOf(node);
        return progress.count();
      }
      String name = progress.name();
      if (name.isEmpty() || !progress.count() || ++level > DEEPEST) {
        return false;
      }
      node = node == null ? null : node.child(name);
      if (progress.skip('(')) {
        return group(progress, draft, node, level, ')');
      }
      if (progress.skip('{')) {
        return group(progress, draft, node, level, '}');
      }
      if (!progress.skip('.') && !progress.skip('/')) {
        draft.addAllOf(node);
        return true;
      }
    }
  }

  private static boolean group(
      Progress progress, Reading.Draft draft, @Nullable FieldNode node, int depth, char closing) {
    progress.skipSpaces();
    if (!list(progress, draft, node, depth)) {
      return false;
    }
    progress.skipSpaces();
    return progress.skip(closing);
  }

  /** A text, how far it is read, and how many names it holds up to there. */
  static final class Progress {
    private final String text;
    private int at;
    private int names;

    Progress(String text) {
      this.text = text;
    }

    Reading.Unreadable unreadable() {
      return new Reading.Unreadable(spent() ? TOO_LONG : UNREADABLE);
    }

    /** Whether one more name may stand there. */
    boolean count() {
      names++;
      return !spent();
    }

    boolean spent() {
      return names > MOST_NAMES;
    }

    boolean atEnd() {
      return at == text.length();
    }

    boolean skip(char c) {
      if (!atEnd() && text.charAt(at) == c) {
        at++;
        return true;
      }
      return false;
    }

    boolean skip(String expected) {
      if (text.startsWith(expected, at)) {
        at += expected.length();
        return true;
      }
      return false;
    }

    boolean skipSpaces() {
      int start = at;
      while (skip(' ')) {
        // Nothing is behind a space.
      }
      return at > start;
    }

    /** Skips what stands between two items; false where no item can follow. */
    boolean skipSeparator() {
      boolean spaces = skipSpaces();
      if (skip(',')) {
        skipSpaces();
        return true;
      }
      return spaces && !atEnd() && isName(text.charAt(at), true);
    }

    /** The name that stands there; empty where none does. */
    String name() {
      int start = at;
      while (!atEnd() && isName(text.charAt(at), false)) {
        at++;
      }
      return text.substring(start, at);
    }

    private static boolean isName(char c, boolean orWildcard) {
      return (orWildcard && c == '*') || FieldScope.isNameCharacter(c);
    }
  }
}
