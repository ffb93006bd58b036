package dev.sallyport.engine.schema;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression of a schema: written as in ECMA-262, run by RE2/J in time that is linear in
 * the text. Immutable and thread-safe.
 *
 * <p>It is translated by {@link PatternTranslation}, and where it can be run by {@link
 * PlainPattern}.
 */
final class SchemaPattern {
  /** Characters of a pattern. */
  private static final int LONGEST = 4000;

  private final Pattern pattern;
  private final @Nullable PlainPattern plain;

  private SchemaPattern(Pattern pattern, @Nullable PlainPattern plain) {
    this.pattern = pattern;
    this.plain = plain;
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
          new SchemaPattern(Pattern.compile(translated.re2()), translated.plain()));
    } catch (PatternTranslation.Unwritable refusal) {
      return new Reading.Refused(refusal.why());
    } catch (PatternSyntaxException fault) {
      return new Reading.Refused(
          "is not a regular expression that can be run: "
              + fault.getDescription().toLowerCase(Locale.ROOT));
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
    return isFoundByProgram(text);
  }

  /** The same, by the program alone. */
  boolean isFoundByProgram(String text) {
    return pattern.matcher(text).find();
  }

  /** Whether most texts are judged without the program. */
  boolean isPlain() {
    return plain != null;
  }

  /** At most how many steps it takes to look for the pattern in a text. */
  long cost(String text) {
    return (text.length() + 1L) * pattern.programSize();
  }
}
