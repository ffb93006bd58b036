package dev.sallyport.engine.schema;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pattern that is a row of characters, each out of a set and so often: {@code
 * ^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$}. One look at each character of an ASCII text decides, since no
 * character could belong to two neighbours.
 *
 * @param toTheEnd whether nothing may follow
 */
record PlainPattern(List<Element> elements, boolean toTheEnd) {
  /**
   * Characters out of a set.
   *
   * @param low which of the first 64 characters of ASCII, a bit each
   * @param high which of the others
   * @param most -1 where there is no bound
   */
  record Element(long low, long high, int least, int most) {
    boolean takes(char c) {
      return ((c < 64 ? low >>> c : high >>> (c - 64)) & 1) != 0;
    }

    private boolean meets(Element other) {
      return (low & other.low) != 0 || (high & other.high) != 0;
    }
  }

  /** The pattern; null where a character could belong to two elements. */
  static @Nullable PlainPattern of(List<Element> elements, boolean toTheEnd) {
    for (int i = 0; i < elements.size(); i++) {
      Element element = elements.get(i);
      boolean fixed = element.least == element.most;
      for (int next = i + 1; !fixed && next < elements.size(); next++) {
        if (element.meets(elements.get(next))) {
          return null;
        }
        if (elements.get(next).least > 0) {
          break;
        }
      }
    }
    return new PlainPattern(List.copyOf(elements), toTheEnd);
  }

  /** What a text is to a pattern. */
  enum Answer {
    MATCHES,
    DIFFERS,
    /** It holds other characters than those of ASCII. */
    UNKNOWN
  }

  Answer match(String text) {
    int at = 0;
    for (int i = 0; i < elements.size(); i++) {
      Element element = elements.get(i);
      int most = element.most < 0 ? Integer.MAX_VALUE : element.most;
      int count = 0;
      while (count < most && at < text.length()) {
        char c = text.charAt(at);
        if (c >= 128) {
          return Answer.UNKNOWN;
        }
        if (!element.takes(c)) {
          break;
        }
        at++;
        count++;
      }
      if (count < element.least) {
        return Answer.DIFFERS;
      }
    }
    return toTheEnd && at < text.length() ? Answer.DIFFERS : Answer.MATCHES;
  }

  /** Collects the elements of a pattern while it is read. */
  static final class Builder {
    private final List<Element> elements = new ArrayList<>();
    private boolean plain = true;
    private boolean fromTheStart;
    private boolean toTheEnd;

    /** It holds something else. */
    void leave() {
      plain = false;
    }

    void start() {
      plain &= elements.isEmpty() && !fromTheStart;
      fromTheStart = true;
    }

    void end() {
      plain &= !toTheEnd;
      toTheEnd = true;
    }

    /** A character out of a set is wanted once. */
    void take(Characters one) {
      // Nothing follows the end.
      plain &= !toTheEnd;
      elements.add(new Element(one.bits(0), one.bits(64), 1, 1));
    }

    /** The last set is wanted so often instead. */
    void repeat(int least, int most) {
      if (plain && !elements.isEmpty()) {
        Element last = elements.removeLast();
        elements.add(new Element(last.low, last.high, least, most));
      }
    }

    @Nullable PlainPattern build() {
      return plain && fromTheStart && elements.size() <= 64 ? of(elements, toTheEnd) : null;
    }
  }
}
