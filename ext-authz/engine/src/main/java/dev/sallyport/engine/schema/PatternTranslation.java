package dev.sallyport.engine.schema;

import org.jspecify.annotations.Nullable;

/**
 * A regular expression of ECMA-262 as RE2/J writes it.
 *
 * <p>Both read some signs differently: {@code .} stops at four line ends, {@code \s} takes the
 * white space of Unicode, {@code $} is the end of the text alone. What RE2/J has no form for
 * (look-around, back-references, more than 1000 repeats) is refused, and so is what would become a
 * large program.
 *
 * @param plain the same as a row of characters; null where it is none
 * @param automaton the same as an automaton; null where there is none, or it would be large
 */
record PatternTranslation(String re2, @Nullable PlainPattern plain, @Nullable Automaton automaton) {
  /** Steps of the compiled program. */
  private static final int LARGEST = 2000;

  private static final int MOST_REPEATS = 1000;
  private static final int DEEPEST = 40;

  /** White space of ECMA-262, and all else, as members of a class. */
  private static final String SPACE = members(Characters.SPACE);

  private static final String NO_SPACE = members(Characters.SPACE.inverted());

  private static final String ANY = "\\x{0}-\\x{10FFFF}";

  /**
   * Translates a pattern.
   *
   * @throws Unwritable where RE2/J has no form for it
   */
  static PatternTranslation of(String source) throws Unwritable {
    Draft draft = new Draft(source);
    draft.whole();
    return new PatternTranslation(
        draft.out.toString(), draft.plain.build(), draft.automaton.build());
  }

  /**
   * Only looks whether there is a translation, which costs far less.
   *
   * @throws Unwritable where there is none
   */
  static void check(String source) throws Unwritable {
    new Draft(source).whole();
  }

  private static String members(Characters characters) {
    StringBuilder members = new StringBuilder();
    int[] bounds = characters.bounds();
    for (int i = 0; i < bounds.length; i += 2) {
      members.append("\\x{%X}-\\x{%X}".formatted(bounds[i], bounds[i + 1] - 1));
    }
    return members.toString();
  }

  /** A pattern that RE2/J has no form for. Its message says what to write instead. */
  static final class Unwritable extends Exception {
    private static final long serialVersionUID = 1;

    private final String why;

    Unwritable(String why) {
      super(why, null, false, false);
      this.why = why;
    }

    /** Lower case, no full stop, what to write instead. */
    String why() {
      return why;
    }
  }

  /** One translation under way. */
  private static final class Draft {
    private static final int END = -1;
    private static final int SET = -2;

    final String source;
    final StringBuilder out = new StringBuilder();
    final PlainPattern.Builder plain = new PlainPattern.Builder();
    final Automaton.Builder automaton = new Automaton.Builder();

    /** Members of the class that is being read. */
    Characters.Builder members = new Characters.Builder();

    int at;

    Draft(String source) {
      this.source = source;
    }

    void whole() throws Unwritable {
      if (source.startsWith("(?i)")) {
        // Not of ECMA-262, but common, and there is one thing that it can mean.
        out.append("(?i)");
        leave();
        at = 4;
      }
      alternatives(0);
      if (peek() == ')') {
        throw new Unwritable("closes a group that was not opened: write `\\)` for the sign");
      }
    }

    /** Reads until the end or a closing bracket; returns the size of the program. */
    private long alternatives(int depth) throws Unwritable {
      if (depth > DEEPEST) {
        throw new Unwritable("nests groups deeper than " + DEEPEST + "; write a simpler one");
      }
      long size = sequence(depth);
      while (peek() == '|') {
        at++;
        plain.leave();
        automaton.or();
        out.append('|');
        size += 1 + sequence(depth);
      }
      return bounded(size);
    }

    private long sequence(int depth) throws Unwritable {
      long size = 0;
      while (peek() != END && peek() != '|' && peek() != ')') {
        size = bounded(size + repeated(atom(depth)));
      }
      return size;
    }

    private static long bounded(long size) throws Unwritable {
      if (size > LARGEST) {
        throw new Unwritable(
            "becomes too large when its repeats are written out; use `maxLength` for long texts, or"
                + " lower the counts");
      }
      return size;
    }

    private long atom(int depth) throws Unwritable {
      int sign = next();
      switch (sign) {
        case '(' -> {
          plain.leave();
          automaton.open();
          openGroup();
          long size = alternatives(depth + 1);
          if (next() != ')') {
            throw new Unwritable("opens a group and does not close it: write `\\(` for the sign");
          }
          out.append(')');
          automaton.close();
          return size + 1;
        }
        case '[' -> characterClass();
        case '.' -> {
          out.append("[^\\n\\r\\x{2028}\\x{2029}]");
          take(Characters.LINE_ENDS.inverted());
        }
        case '^' -> {
          out.append('^');
          plain.start();
          automaton.start();
        }
        case '$' -> {
          out.append("\\z");
          plain.end();
          automaton.end();
        }
        case '\\' -> escape();
        case '*', '+', '?' ->
            throw new Unwritable("repeats nothing: write `\\" + (char) sign + "` for the sign");
        default -> literal(sign);
      }
      return 1;
    }

    private void openGroup() throws Unwritable {
      out.append("(?:");
      if (peek() != '?') {
        return;
      }
      at++;
      int kind = next();
      if (kind == ':') {
        return;
      }
      if (kind == '=' || kind == '!') {
        throw new Unwritable(
            "looks ahead, which can't be done in linear time; write it as two `pattern`s in an"
                + " `allOf`, or as a `pattern` in a `not`");
      }
      if (kind == '<' && (peek() == '=' || peek() == '!')) {
        throw new Unwritable(
            "looks behind, which can't be done in linear time; write it as two `pattern`s in an"
                + " `allOf`, or as a `pattern` in a `not`");
      }
      int end = source.indexOf('>', at);
      if (kind != '<' || end < 0) {
        throw new Unwritable("has a group of a kind that ECMA-262 does not know: write `(?:`");
      }
      at = end + 1;
    }

    /** Reads what may follow an atom; returns the size of both. */
    private long repeated(long atom) throws Unwritable {
      long size = atom;
      int sign = peek();
      if (sign == '*' || sign == '+' || sign == '?') {
        at++;
        out.append((char) sign);
        repeat(sign == '+' ? 1 : 0, sign == '?' ? 1 : -1);
        size++;
      } else if (sign == '{' && isCount()) {
        size = counted(atom);
      } else {
        return size;
      }
      if (peek() == '?') {
        at++;
        out.append('?');
      }
      sign = peek();
      if (sign == '*' || sign == '+' || sign == '?' || (sign == '{' && isCount())) {
        throw new Unwritable("repeats a repeat: put a group around the inner one");
      }
      return size;
    }

    private boolean isCount() {
      int i = at + 1;
      int digits = 0;
      while (i < source.length() && isDigit(source.charAt(i))) {
        i++;
        digits++;
      }
      if (i < source.length() && source.charAt(i) == ',') {
        i++;
        while (i < source.length() && isDigit(source.charAt(i))) {
          i++;
        }
      }
      return digits > 0 && i < source.length() && source.charAt(i) == '}';
    }

    private long counted(long atom) throws Unwritable {
      int end = source.indexOf('}', at);
      String[] counts = source.substring(at + 1, end).split(",", -1);
      int least = count(counts[0]);
      int most = counts.length == 1 ? least : counts[1].isEmpty() ? -1 : count(counts[1]);
      if (most >= 0 && most < least) {
        throw new Unwritable("has a range of repeats whose end is before its start");
      }
      out.append(source, at, end + 1);
      repeat(least, most);
      at = end + 1;
      return Math.max(1, atom) * (most < 0 ? least + 1L : Math.max(1, most));
    }

    private static int count(String digits) throws Unwritable {
      int count = digits.length() > 4 ? MOST_REPEATS + 1 : Integer.parseInt(digits);
      if (count > MOST_REPEATS) {
        throw new Unwritable(
            "repeats more than " + MOST_REPEATS + " times; use `minLength` and `maxLength`");
      }
      return count;
    }

    private void escape() throws Unwritable {
      int sign = next();
      switch (sign) {
        case 'd', 'D', 'w', 'W', 's', 'S' -> {
          take(set(sign));
          switch (sign) {
            case 's' -> out.append('[').append(SPACE).append(']');
            case 'S' -> out.append('[').append(NO_SPACE).append(']');
            default -> out.append('\\').append((char) sign);
          }
        }
        case 'b', 'B' -> {
          leave();
          out.append('\\').append((char) sign);
        }
        case 'p', 'P' -> take(property(sign));
        default -> literal(escaped(sign));
      }
    }

    /** The set that has a letter. */
    private static Characters set(int letter) {
      return switch (letter) {
        case 'd' -> Characters.DIGITS;
        case 'w' -> Characters.WORD;
        case 's' -> Characters.SPACE;
        case 'D' -> Characters.DIGITS.inverted();
        case 'W' -> Characters.WORD.inverted();
        default -> Characters.SPACE.inverted();
      };
    }

    private void take(Characters one) {
      plain.take(one);
      automaton.take(one);
    }

    private void repeat(int least, int most) {
      plain.repeat(least, most);
      automaton.repeat(least, most);
    }

    /** It holds what only a program can look for. */
    private void leave() {
      plain.leave();
      automaton.leave();
    }

    private void characterClass() throws Unwritable {
      boolean negated = peek() == '^';
      if (negated) {
        at++;
      }
      if (peek() == ']') {
        at++;
        if (!negated) {
          throw new Unwritable("has a class without members: write `[^\\s\\S]` or leave it out");
        }
        out.append('[').append(ANY).append(']');
        take(Characters.ALL);
        return;
      }
      out.append(negated ? "[^" : "[");
      members = new Characters.Builder();
      while (peek() != ']') {
        if (peek() == END) {
          throw new Unwritable("opens a class and does not close it: write `\\[` for the sign");
        }
        int first = member();
        boolean range = peek() == '-' && at + 1 < source.length() && source.charAt(at + 1) != ']';
        if (first == SET || !range) {
          literalMember(first);
          continue;
        }
        at++;
        int last = member();
        if (last == SET) {
          literalMember(first);
          literalMember('-');
        } else if (first > last) {
          throw new Unwritable("has a range of characters whose end is before its start");
        } else {
          literalMember(first);
          out.append('-');
          literalMember(last);
          members.add(first, last);
        }
      }
      at++;
      out.append(']');
      Characters read = members.build();
      take(negated ? read.inverted() : read);
    }

    /** Reads one member of a class: a character, or a set such as {@code \d}, which is written. */
    private int member() throws Unwritable {
      int sign = next();
      if (sign == END) {
        throw new Unwritable("opens a class and does not close it: write `\\[` for the sign");
      }
      if (sign != '\\') {
        return sign;
      }
      sign = next();
      switch (sign) {
        case 'd', 'w', 'D', 'W', 's', 'S' -> {
          members.add(set(sign));
          switch (sign) {
            case 's' -> out.append(SPACE);
            case 'S' -> out.append(NO_SPACE);
            default -> out.append('\\').append((char) sign);
          }
        }
        case 'p', 'P' -> members.add(property(sign));
        case 'b' -> {
          return '\b';
        }
        default -> {
          return escaped(sign);
        }
      }
      return SET;
    }

    private void literalMember(int character) {
      if (character == SET) {
        return;
      }
      members.add(character, character);
      out.append("\\x{").append(Integer.toHexString(character)).append('}');
    }

    /** Reads and writes the characters that have a property, or have it not. */
    private Characters property(int kind) throws Unwritable {
      int end = source.indexOf('}', at);
      if (peek() != '{' || end < 0) {
        throw new Unwritable("has a property of Unicode without a name: write `\\p{L}`");
      }
      String name = UnicodeProperty.named(source.substring(at + 1, end));
      if (name == null) {
        throw new Unwritable("has a property of Unicode that is not known");
      }
      at = end + 1;
      out.append('\\').append((char) kind).append('{').append(name).append('}');
      Characters having = UnicodeProperty.characters(name);
      return kind == 'p' ? having : having.inverted();
    }

    /** The character that an escape of one stands for. */
    private int escaped(int sign) throws Unwritable {
      return switch (sign) {
        case 't' -> '\t';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 'f' -> '\f';
        case 'v' -> 0x0B;
        case 'x' -> hexadecimal(2);
        case 'u' -> unicode();
        case 'c' -> control();
        case '0' -> {
          if (isDigit(peek())) {
            throw new Unwritable("has an octal escape: write `\\x` and two hexadecimal digits");
          }
          yield 0;
        }
        case END -> throw new Unwritable("ends in a `\\`: write `\\\\` for the sign");
        default -> {
          if (isDigit(sign) || sign == 'k') {
            throw new Unwritable(
                "refers back to a group, which can't be done in linear time; write out what it may"
                    + " be");
          }
          if ((sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z')) {
            throw new Unwritable(
                "has the escape `\\" + (char) sign + "`, which ECMA-262 does not know");
          }
          yield sign;
        }
      };
    }

    private int control() throws Unwritable {
      int letter = next();
      if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')) {
        return letter % 32;
      }
      throw new Unwritable("has `\\c` without a letter");
    }

    private int unicode() throws Unwritable {
      if (peek() == '{') {
        int end = source.indexOf('}', at);
        if (end < 0 || end - at > 9) {
          throw new Unwritable("has `\\u{` without a code point");
        }
        at++;
        int point = hexadecimal(end - at);
        at++;
        if (point > Character.MAX_CODE_POINT) {
          throw new Unwritable("has a code point beyond Unicode");
        }
        return point;
      }
      int unit = hexadecimal(4);
      if (Character.isHighSurrogate((char) unit) && source.startsWith("\\u", at)) {
        at += 2;
        int low = hexadecimal(4);
        if (Character.isLowSurrogate((char) low)) {
          return Character.toCodePoint((char) unit, (char) low);
        }
      }
      if (Character.isSurrogate((char) unit)) {
        throw new Unwritable("has half of a surrogate pair: write `\\u{` and the code point");
      }
      return unit;
    }

    private int hexadecimal(int digits) throws Unwritable {
      int value = 0;
      for (int i = 0; i < digits; i++) {
        int digit = Character.digit(next(), 16);
        if (digit < 0) {
          throw new Unwritable("has an escape whose hexadecimal digits are missing");
        }
        value = value * 16 + digit;
      }
      if (digits == 0) {
        throw new Unwritable("has an escape whose hexadecimal digits are missing");
      }
      return value;
    }

    private void literal(int character) {
      take(Characters.one(character));
      out.append("\\x{").append(Integer.toHexString(character)).append('}');
    }

    private int peek() {
      return at < source.length() ? source.charAt(at) : END;
    }

    private int next() {
      if (at >= source.length()) {
        return END;
      }
      int point = source.codePointAt(at);
      at += Character.charCount(point);
      return point;
    }

    private static boolean isDigit(int sign) {
      return sign >= '0' && sign <= '9';
    }
  }
}
