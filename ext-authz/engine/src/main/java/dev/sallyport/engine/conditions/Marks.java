package dev.sallyport.engine.conditions;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Arrays;
import java.util.Collection;

/**
 * What the parts of one expression cost beyond their size, by their ids. Most are like any other.
 */
final class Marks {
  private static final byte ANYTHING = 1;
  private static final byte LISTS = 2;
  private static final byte OPENED = 3;

  static final Marks NONE = new Builder().build();

  private final byte[] walked;
  private final int[] mostCharacters;
  private final int[] times;
  private final int[] units;

  private Marks(Builder builder) {
    this.walked = builder.walked;
    this.mostCharacters = builder.mostCharacters;
    this.times = builder.times;
    this.units = builder.units;
  }

  /** Whether all that is in a value is looked at. */
  boolean walked(long part, Object value) {
    return part < walked.length
        && switch (walked[(int) part]) {
          case ANYTHING -> true;
          case LISTS -> value instanceof Collection;
          default -> false;
        };
  }

  /** Whether the size of a list or map is asked for, or it is walked through in steps. */
  boolean opened(long part) {
    return part < walked.length && walked[(int) part] == OPENED;
  }

  /** How long a text may be. */
  int mostCharacters(long part) {
    return part < mostCharacters.length ? mostCharacters[(int) part] : Integer.MAX_VALUE;
  }

  /** What it costs itself. */
  int units(long part) {
    return part < units.length ? units[(int) part] : 0;
  }

  /** How often each character of a text is looked at. */
  int times(long part) {
    return part < times.length ? times[(int) part] : 1;
  }

  /** Takes marks while an expression is compiled. */
  static final class Builder {
    private byte[] walked = {};
    private int[] mostCharacters = {};
    private int[] times = {};
    private int[] units = {};

    @CanIgnoreReturnValue
    Builder walk(long part) {
      reserve(part);
      walked[(int) part] = ANYTHING;
      return this;
    }

    @CanIgnoreReturnValue
    Builder walkList(long part) {
      reserve(part);
      walked[(int) part] = LISTS;
      return this;
    }

    @CanIgnoreReturnValue
    Builder open(long part) {
      reserve(part);
      walked[(int) part] = OPENED;
      return this;
    }

    @CanIgnoreReturnValue
    Builder limit(long part, int characters) {
      reserve(part);
      mostCharacters[(int) part] = characters;
      return this;
    }

    @CanIgnoreReturnValue
    Builder repeat(long part, int often) {
      reserve(part);
      times[(int) part] = often;
      return this;
    }

    @CanIgnoreReturnValue
    Builder cost(long part, int unitsEach) {
      reserve(part);
      units[(int) part] = unitsEach;
      return this;
    }

    private void reserve(long part) {
      int length = walked.length;
      if (part >= length) {
        int longer = (int) part + 1;
        walked = Arrays.copyOf(walked, longer);
        mostCharacters = Arrays.copyOf(mostCharacters, longer);
        Arrays.fill(mostCharacters, length, longer, Integer.MAX_VALUE);
        times = Arrays.copyOf(times, longer);
        Arrays.fill(times, length, longer, 1);
        units = Arrays.copyOf(units, longer);
      }
    }

    Marks build() {
      return new Marks(this);
    }
  }
}
