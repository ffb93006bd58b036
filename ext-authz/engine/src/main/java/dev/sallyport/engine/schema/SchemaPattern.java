package dev.sallyport.engine.schema;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression of a schema: written as in ECMA-262, run in time that is linear in the text.
 * Immutable and thread-safe.
 *
 * <p>It is translated by {@link PatternTranslation}, and run by the first of three that can: {@link
 * PlainPattern}, {@link Automaton}, and the program of RE2/J, which knows every pattern and takes
 * up to a hundred times as long.
 */
final class SchemaPattern {
  /** Characters of a pattern. */
  private static final int LONGEST = 4000;

  /** How many looks into an automaton's table take as long as a step of a program. */
  private static final long LOOKS_A_STEP = 4;

  private final Pattern pattern;
  private final @Nullable PlainPattern plain;
  private final @Nullable Automaton automaton;

  private SchemaPattern(
      Pattern pattern, @Nullable PlainPattern plain, @Nullable Automaton automaton) {
    this.pattern = pattern;
    this.plain = plain;
    this.automaton = automaton;
  }

  /** What came of reading a pattern. */
  sealed interface Reading {
    record Usable(SchemaPattern pattern) implements Reading {}

    /**
     * It can't be run.
     *
     * @param why lower case, no full stop, what to write instead
     */
    record Refused(String why) implements Reading {}
  }

  /** Reads a pattern. */
  static Reading read(String source) {
    if (source.length() > LONGEST) {
      return new Reading.Refused("is longer than " + LONGEST + " characters; write a shorter one");
    }
    try {
      PatternTranslation translated = PatternTranslation.of(source);
      return new Reading.Usable(
          new SchemaPattern(
              Pattern.compile(translated.re2()), translated.plain(), translated.automaton()));
    } catch (PatternTranslation.Unwritable refusal) {
      return new Reading.Refused(refusal.why());
    } catch (PatternSyntaxException fault) {
      return new Reading.Refused(
          "is not a regular expression that can be run: "
              + fault.getDescription().toLowerCase(Locale.ROOT));
    }
  }

  /**
   * Whether a text is a pattern that can be run, which is told without making it ready for that.
   */
  static boolean canRun(String source) {
    if (source.length() > LONGEST) {
      return false;
    }
    try {
      PatternTranslation.check(source);
      return true;
    } catch (PatternTranslation.Unwritable _) {
      return false;
    }
  }

  /** Whether the pattern is found anywhere in a text. */
  boolean isFoundIn(String text) {
    if (plain != null) {
      PlainPattern.Answer answer = plain.match(text);
      if (answer != PlainPattern.Answer.UNKNOWN) {
        return answer == PlainPattern.Answer.MATCHES;
      }
    }
    return automaton == null ? isFoundByProgram(text) : automaton.isFoundIn(text);
  }

  /** The same, by the program alone. */
  boolean isFoundByProgram(String text) {
    return pattern.matcher(text).find();
  }

  /** Whether most texts are judged without the program. */
  boolean isPlain() {
    return plain != null;
  }

  /** Whether no text needs the program. */
  boolean isAutomatic() {
    return automaton != null;
  }

  /** How long it takes at most to look for the pattern in a text, in looks at a character. */
  long cost(String text) {
    return (text.length() + 1L) * (automaton != null ? 1 : LOOKS_A_STEP * pattern.programSize());
  }
}
