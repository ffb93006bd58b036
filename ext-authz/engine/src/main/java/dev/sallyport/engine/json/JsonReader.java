package dev.sallyport.engine.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BigIntegerNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DecimalNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.StringNode;

/**
 * Reads JSON as RFC 8259 and I-JSON (RFC 7493) want it: UTF-8 without a byte order mark, one value,
 * each name once, no lone surrogate, no number that is infinite or zero to whoever reads doubles;
 * and within limits. What it reads, every reader reads to the same tree. Thread-safe.
 *
 * <p>It is a parser of our own because what it must promise is about what it refuses and what that
 * costs. It looks at each byte once or twice, nests without recursion, and keeps per value what the
 * tree needs and no more: strings are copied once, lists and objects have their exact size, names
 * are compared without hash tables that a caller could make collide. A fault is a fixed sentence,
 * never an exception that quotes the input.
 */
public final class JsonReader {
  private static final String EMPTY = "it holds no JSON value";
  private static final String MARKED = "it starts with a byte order mark";
  private static final String NOT_UTF8 = "it is not UTF-8";
  private static final String NOT_JSON = "it is not JSON";
  private static final String CUT_SHORT = "it ends before its value does";
  private static final String TRAILING = "it holds text after its value";
  private static final String TWICE = "a name stands twice in one object";
  private static final String LONE_SURROGATE = "half a surrogate pair stands alone";
  private static final String OUT_OF_RANGE = "a number is beyond what a double holds";
  private static final String TOO_DEEP = "it is nested too deep";
  private static final String TOO_LONG = "it is too long";
  private static final String TOO_MANY = "it holds too many values";
  private static final String STRING_TOO_LONG = "a string is too long";
  private static final String NAME_TOO_LONG = "a name is too long";
  private static final String NUMBER_TOO_LONG = "a number is too long";

  private static final JsonNode EMPTY_ARRAY = new ArrayNode(JsonNodeFactory.instance, List.of());

  private final Limits limits;
  private final KnownNames known;

  /**
   * What a document may be at most.
   *
   * @param depth nested arrays and objects
   * @param bytes of the whole document
   * @param stringCharacters of one string, in UTF-16
   * @param nameCharacters of one name, in UTF-16
   * @param numberCharacters of one number
   * @param tokens names, values, and ends of arrays and objects
   */
  public record Limits(
      int depth,
      long bytes,
      int stringCharacters,
      int nameCharacters,
      int numberCharacters,
      long tokens) {
    private static final int BODY_DEPTH = 64;
    private static final int LONGEST_NAME = 1024;
    private static final int LONGEST_NUMBER = 100;
    private static final long BODY_BYTES = 1 << 20;
    private static final long BODY_TOKENS = 100_000;

    /** For bodies of requests, where the policy does not say how large they may be. */
    public static final Limits BODY = ofBody(BODY_BYTES);

    /**
     * For bodies of up to so many bytes. How many values they may hold grows with it only beyond
     * what is usual: a value that takes two bytes in a body takes fifty in memory.
     */
    public static Limits ofBody(long bytes) {
      return new Limits(
          BODY_DEPTH,
          bytes,
          (int) Math.min(bytes, Integer.MAX_VALUE),
          LONGEST_NAME,
          LONGEST_NUMBER,
          Math.max(BODY_TOKENS, bytes / 10));
    }

    /** The same, with another depth. */
    public Limits withDepth(int most) {
      return new Limits(most, bytes, stringCharacters, nameCharacters, numberCharacters, tokens);
    }

    /** The same, with another number of tokens. */
    public Limits withTokens(long most) {
      return new Limits(depth, bytes, stringCharacters, nameCharacters, numberCharacters, most);
    }
  }

  /** A reader with these limits. */
  public JsonReader(Limits limits) {
    this(limits, KnownNames.NONE);
  }

  /** A reader of documents that are likely to hold some names. */
  public JsonReader(Limits limits, KnownNames known) {
    this.limits = limits;
    this.known = known;
  }

  /** Reads one value. */
  public Json read(byte[] utf8) {
    Progress progress = new Progress(utf8, limits, known);
    JsonNode tree = progress.document();
    return tree == null ? new Json.Faulty(progress.why, progress.at) : new Json.Value(tree);
  }

  /** A document while it is read. */
  private static final class Progress {
    /** What a byte of a string is: itself, its end, an escape, more than one byte, or a fault. */
    private static final byte[] IN_STRING = new byte[256];

    private static final byte PLAIN = 0;
    private static final byte QUOTE = 1;
    private static final byte ESCAPE = 2;
    private static final byte WIDE = 3;

    static {
      Arrays.fill(IN_STRING, 0, 0x20, (byte) 4);
      IN_STRING['"'] = QUOTE;
      IN_STRING['\\'] = ESCAPE;
      Arrays.fill(IN_STRING, 0x80, 0x100, WIDE);
    }

    private static final VarHandle WORD =
        MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long SPACES = 0x20 * ONES;
    private static final long QUOTES = '"' * ONES;
    private static final long ESCAPES = '\\' * ONES;

    private final byte[] utf8;
    private final Limits limits;
    private final RecentNames names;
    private int at;
    private long tokens;
    private String why = NOT_JSON;

    /** Names and values of what is open, the innermost last. */
    private Object[] pending = new Object[32];

    private int pendingCount;

    /** Where in {@link #pending} each open array or object starts. */
    private int[] starts = new int[8];

    /** Which of those are objects. */
    private boolean[] objects = new boolean[8];

    /** The object that was closed last at each depth. */
    private @Nullable Members[] lastMembers = new Members[8];

    private int depth;

    Progress(byte[] utf8, Limits limits, KnownNames known) {
      this.utf8 = utf8;
      this.limits = limits;
      this.names = new RecentNames(utf8, known);
    }

    @Nullable JsonNode document() {
      if (utf8.length > limits.bytes) {
        return fault(TOO_LONG);
      }
      if (utf8.length >= 3
          && utf8[0] == (byte) 0xef
          && utf8[1] == (byte) 0xbb
          && utf8[2] == (byte) 0xbf) {
        return fault(MARKED);
      }
      if (utf8.length >= 2 && (utf8[0] == 0 || utf8[1] == 0)) {
        // UTF-16 or UTF-32: no JSON text holds a NUL.
        return fault(NOT_UTF8);
      }
      skipSpace();
      if (at == utf8.length) {
        return fault(EMPTY);
      }
      JsonNode value = value();
      if (value == null) {
        return null;
      }
      skipSpace();
      return at == utf8.length ? value : fault(TRAILING);
    }

    /** Says what is wrong at the present place. */
    private @Nullable JsonNode fault(String sentence) {
      why = sentence;
      return null;
    }

    /** Says what is wrong with the byte at the present place. */
    private @Nullable JsonNode unexpected() {
      if (at >= utf8.length) {
        at = utf8.length;
        return fault(CUT_SHORT);
      }
      return fault(utf8[at] < 0 && sequence(at) == 0 ? NOT_UTF8 : NOT_JSON);
    }

    private void skipSpace() {
      int i = at;
      while (i < utf8.length && isSpace(utf8[i])) {
        i++;
      }
      at = i;
    }

    private static boolean isSpace(byte b) {
      return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private @Nullable JsonNode value() {
      while (true) {
        int open = depth;
        JsonNode complete = begin();
        if (complete == null) {
          if (depth > open) {
            continue;
          }
          return null;
        }
        while (true) {
          if (depth == 0) {
            return complete;
          }
          push(complete);
          skipSpace();
          boolean inObject = objects[depth - 1];
          byte b = at < utf8.length ? utf8[at] : 0;
          if (b == ',') {
            at++;
            skipSpace();
            if (inObject && !name()) {
              return null;
            }
            break;
          }
          if (b != (inObject ? '}' : ']')) {
            return unexpected();
          }
          at++;
          complete = close(inObject);
          if (complete == null) {
            return null;
          }
        }
      }
    }

    /** Reads a value that is complete, or opens one: then it is null and deeper. */
    private @Nullable JsonNode begin() {
      skipSpace();
      if (at == utf8.length) {
        return fault(CUT_SHORT);
      }
      if (++tokens > limits.tokens) {
        return fault(TOO_MANY);
      }
      return switch (utf8[at]) {
        case '"' -> {
          at++;
          String text = string();
          yield text == null ? null : StringNode.valueOf(text);
        }
        case '{' -> open(true);
        case '[' -> open(false);
        case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
        case 't' -> literal("true", BooleanNode.TRUE);
        case 'f' -> literal("false", BooleanNode.FALSE);
        case 'n' -> literal("null", NullNode.instance);
        default -> unexpected();
      };
    }

    private @Nullable JsonNode open(boolean object) {
      if (depth == limits.depth) {
        return fault(TOO_DEEP);
      }
      at++;
      skipSpace();
      if (at < utf8.length && utf8[at] == (object ? '}' : ']')) {
        at++;
        tokens++;
        return object ? JsonObject.EMPTY : EMPTY_ARRAY;
      }
      if (depth == starts.length) {
        starts = Arrays.copyOf(starts, 2 * depth);
        objects = Arrays.copyOf(objects, 2 * depth);
        lastMembers = Arrays.copyOf(lastMembers, 2 * depth);
      }
      starts[depth] = pendingCount;
      objects[depth] = object;
      if (object && !name()) {
        return null;
      }
      depth++;
      return null;
    }

    private @Nullable JsonNode close(boolean object) {
      tokens++;
      depth--;
      int start = starts[depth];
      int count = pendingCount - start;
      JsonNode closed;
      if (object) {
        JsonNode[] values = new JsonNode[count / 2];
        for (int i = 0; i < values.length; i++) {
          values[i] = (JsonNode) pending[start + 2 * i + 1];
        }
        Members members = members(start, values);
        if (members == null) {
          return fault(TWICE);
        }
        lastMembers[depth] = members;
        closed = new JsonObject(members);
      } else {
        JsonNode[] elements = new JsonNode[count];
        System.arraycopy(pending, start, elements, 0, count);
        closed = new ArrayNode(JsonNodeFactory.instance, Arrays.asList(elements));
      }
      pendingCount = start;
      return closed;
    }

    /** The members that begin at a place of what is pending; null where a name stands twice. */
    private @Nullable Members members(int start, JsonNode[] values) {
      // Objects of a list mostly have the same names, and then share them.
      Members last = lastMembers[depth];
      if (last != null && last.size() == values.length && isNamedAs(last, start)) {
        return last.with(values);
      }
      String[] names = new String[values.length];
      for (int i = 0; i < names.length; i++) {
        names[i] = (String) pending[start + 2 * i];
      }
      return Members.of(names, values);
    }

    private boolean isNamedAs(Members last, int start) {
      int i = 0;
      while (i < last.size() && last.name(i).equals(pending[start + 2 * i])) {
        i++;
      }
      return i == last.size();
    }

    private void push(Object nameOrValue) {
      if (pendingCount == pending.length) {
        pending = Arrays.copyOf(pending, 2 * pendingCount);
      }
      pending[pendingCount++] = nameOrValue;
    }

    /** Reads a name and its colon. */
    private boolean name() {
      if (at == utf8.length || utf8[at] != '"') {
        unexpected();
        return false;
      }
      if (++tokens > limits.tokens) {
        fault(TOO_MANY);
        return false;
      }
      at++;
      String name = string(limits.nameCharacters, NAME_TOO_LONG, true);
      if (name == null) {
        return false;
      }
      push(name);
      skipSpace();
      if (at == utf8.length || utf8[at] != ':') {
        unexpected();
        return false;
      }
      at++;
      return true;
    }

    private @Nullable JsonNode literal(String text, JsonNode value) {
      for (int i = 1; i < text.length(); i++) {
        at++;
        if (at == utf8.length || utf8[at] != text.charAt(i)) {
          return unexpected();
        }
      }
      at++;
      return value;
    }

    // ---- strings

    /** The first byte from a place on that is not simply a character of a string. */
    private static int plain(byte[] bytes, int from) {
      int i = from;
      // Eight at a time. A borrow reaches only bytes behind one that is already found.
      for (; i <= bytes.length - Long.BYTES; i += Long.BYTES) {
        long word = (long) WORD.get(bytes, i);
        long quote = word ^ QUOTES;
        long escape = word ^ ESCAPES;
        long found = (word | word - SPACES | quote - ONES | escape - ONES) & HIGH_BITS;
        if (found != 0) {
          return i + (Long.numberOfTrailingZeros(found) >>> 3);
        }
      }
      while (i < bytes.length && IN_STRING[bytes[i] & 0xff] == PLAIN) {
        i++;
      }
      return i;
    }

    private @Nullable String string() {
      return string(limits.stringCharacters, STRING_TOO_LONG, false);
    }

    /** Reads what is behind an opening quote, and the closing one. */
    private @Nullable String string(int longest, String tooLong, boolean isName) {
      byte[] bytes = utf8;
      int start = at;
      boolean wide = false;
      boolean escaped = false;
      int i = start;
      while (true) {
        i = plain(bytes, i);
        if (i >= bytes.length) {
          break;
        }
        switch (IN_STRING[bytes[i] & 0xff]) {
          case QUOTE -> {
            at = i;
            String text =
                escaped
                    ? unescaped(start, i)
                    : isName && !wide ? names.at(start, i) : text(bytes, start, i - start, wide);
            if (text == null) {
              return null;
            }
            if (text.length() > longest) {
              fault(tooLong);
              return null;
            }
            at++;
            return text;
          }
          // What is escaped is looked at once the end is known.
          case ESCAPE -> {
            escaped = true;
            i += 2;
          }
          case WIDE -> {
            int length = sequence(i);
            if (length == 0) {
              at = i;
              fault(NOT_UTF8);
              return null;
            }
            wide = true;
            i += length;
          }
          default -> {
            at = i;
            fault(NOT_JSON);
            return null;
          }
        }
      }
      at = bytes.length;
      fault(CUT_SHORT);
      return null;
    }

    private static String text(byte[] bytes, int from, int length, boolean wide) {
      return new String(
          bytes, from, length, wide ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    }

    /** The text of a string with escapes. */
    private @Nullable String unescaped(int from, int to) {
      // No escape is shorter than what it stands for.
      byte[] out = new byte[to - from];
      int length = 0;
      int i = from;
      while (i < to) {
        byte b = utf8[i++];
        if (b != '\\') {
          out[length++] = b;
          continue;
        }
        byte escape = utf8[i++];
        if (escape != 'u') {
          int meant = meant(escape);
          if (meant < 0) {
            at = i - 1;
            fault(NOT_JSON);
            return null;
          }
          out[length++] = (byte) meant;
          continue;
        }
        int unit = hex(i, to);
        i += 4;
        int point = unit;
        if (unit >= 0xd800
            && unit < 0xdc00
            && i + 1 < to
            && utf8[i] == '\\'
            && utf8[i + 1] == 'u') {
          int low = hex(i + 2, to);
          if (low >= 0xdc00 && low < 0xe000) {
            point = Character.toCodePoint((char) unit, (char) low);
            i += 6;
          }
        }
        if (point < 0 || (point >= 0xd800 && point < 0xe000)) {
          at = Math.min(i, to) - 1;
          fault(point < 0 ? NOT_JSON : LONE_SURROGATE);
          return null;
        }
        length = encode(point, out, length);
      }
      return text(out, 0, length, true);
    }

    private static int meant(byte escape) {
      return switch (escape) {
        case '"', '\\', '/' -> escape;
        case 'b' -> '\b';
        case 'f' -> '\f';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        default -> -1;
      };
    }

    /** The number of four hexadecimal digits; -1 where they are none. */
    private int hex(int from, int to) {
      if (from + 4 > to) {
        return -1;
      }
      int value = 0;
      for (int i = from; i < from + 4; i++) {
        int b = utf8[i];
        int digit;
        if (b >= '0' && b <= '9') {
          digit = b - '0';
        } else if (b >= 'a' && b <= 'f') {
          digit = b - 'a' + 10;
        } else if (b >= 'A' && b <= 'F') {
          digit = b - 'A' + 10;
        } else {
          return -1;
        }
        value = value << 4 | digit;
      }
      return value;
    }

    private static int encode(int point, byte[] out, int from) {
      int length = from;
      if (point < 0x80) {
        out[length++] = (byte) point;
        return length;
      }
      if (point < 0x800) {
        out[length++] = (byte) (0xc0 | (point >> 6));
      } else if (point < 0x10000) {
        out[length++] = (byte) (0xe0 | (point >> 12));
        out[length++] = continuation(point >> 6);
      } else {
        out[length++] = (byte) (0xf0 | (point >> 18));
        out[length++] = continuation(point >> 12);
        out[length++] = continuation(point >> 6);
      }
      out[length++] = continuation(point);
      return length;
    }

    private static byte continuation(int bits) {
      return (byte) (0x80 | (bits & 0x3f));
    }

    /** How many bytes the well-formed sequence at a place has (Unicode table 3-7); 0 for none. */
    private int sequence(int from) {
      int first = utf8[from] & 0xff;
      if (first < 0xc2 || first > 0xf4) {
        return 0;
      }
      int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      if (from + length > utf8.length) {
        return 0;
      }
      int second = utf8[from + 1] & 0xff;
      // Neither overlong, nor half of a surrogate pair, nor beyond U+10FFFF.
      int least =
          switch (first) {
            case 0xe0 -> 0xa0;
            case 0xf0 -> 0x90;
            default -> 0x80;
          };
      int most =
          switch (first) {
            case 0xed -> 0x9f;
            case 0xf4 -> 0x8f;
            default -> 0xbf;
          };
      if (second < least || second > most) {
        return 0;
      }
      for (int i = from + 2; i < from + length; i++) {
        if ((utf8[i] & 0xc0) != 0x80) {
          return 0;
        }
      }
      return length;
    }

    // ---- numbers

    private @Nullable JsonNode number() {
      int start = at;
      boolean negative = utf8[at] == '-';
      if (negative) {
        at++;
      }
      int firstDigit = at;
      if (at < utf8.length && utf8[at] == '0') {
        at++;
      } else if (!digits()) {
        return unexpected();
      }
      int integerEnd = at;
      if (at < utf8.length && utf8[at] == '.') {
        at++;
        if (!digits()) {
          return unexpected();
        }
      }
      int exponentStart = at;
      if (at < utf8.length && (utf8[at] == 'e' || utf8[at] == 'E')) {
        at++;
        if (at < utf8.length && (utf8[at] == '+' || utf8[at] == '-')) {
          at++;
        }
        if (!digits()) {
          return unexpected();
        }
      }
      if (at - start > limits.numberCharacters) {
        return fault(NUMBER_TOO_LONG);
      }
      if (at == integerEnd) {
        return integer(start, firstDigit, negative);
      }
      return exponentStart == at && at - firstDigit <= 18
          ? shortDecimal(firstDigit, integerEnd, negative)
          : decimal(start, exponentStart);
    }

    /** Skips digits; false where there is none. */
    private boolean digits() {
      int start = at;
      while (at < utf8.length && utf8[at] >= '0' && utf8[at] <= '9') {
        at++;
      }
      return at > start;
    }

    private JsonNode integer(int start, int firstDigit, boolean negative) {
      if (at - firstDigit > 18) {
        BigInteger large = new BigInteger(text(utf8, start, at - start, false));
        return large.bitLength() < Long.SIZE
            ? LongNode.valueOf(large.longValue())
            : BigIntegerNode.valueOf(large);
      }
      long value = 0;
      for (int i = firstDigit; i < at; i++) {
        value = 10 * value + (utf8[i] - '0');
      }
      value = negative ? -value : value;
      return (int) value == value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }

    /** A number without an exponent whose digits fit into a long. */
    private JsonNode shortDecimal(int firstDigit, int point, boolean negative) {
      long digits = 0;
      for (int i = firstDigit; i < at; i++) {
        if (i != point) {
          digits = 10 * digits + (utf8[i] - '0');
        }
      }
      return DecimalNode.valueOf(BigDecimal.valueOf(negative ? -digits : digits, at - point - 1));
    }

    private @Nullable JsonNode decimal(int start, int exponentStart) {
      if (exponentStart < at && !isModest(exponentStart + 1)) {
        return fault(OUT_OF_RANGE);
      }
      BigDecimal value = new BigDecimal(text(utf8, start, at - start, false));
      if (exponentStart < at && value.signum() != 0) {
        double read = value.doubleValue();
        if (read == 0 || Double.isInfinite(read)) {
          return fault(OUT_OF_RANGE);
        }
      }
      return DecimalNode.valueOf(value);
    }

    /** Whether an exponent has at most three digits: a double's has, whatever stands before it. */
    private boolean isModest(int from) {
      int first = utf8[from] == '+' || utf8[from] == '-' ? from + 1 : from;
      while (first < at && utf8[first] == '0') {
        first++;
      }
      return at - first <= 3;
    }
  }
}
