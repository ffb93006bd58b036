package dev.sallyport.engine.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import tools.jackson.databind.JsonNode;

/** Exact arithmetic on numbers of any exponent, none of it slower for a larger one. */
final class Numbers {
  /** What arithmetic on many digits takes for each. */
  private static final int DIGIT_STEPS = 4;

  private Numbers() {}

  /** Whether there is nothing but zeros behind the decimal point: {@code 1.0} is whole. */
  static boolean isWhole(BigDecimal value) {
    return value.signum() == 0 || value.scale() <= 0 || stripped(value).scale() <= 0;
  }

  static boolean isWhole(JsonNode number) {
    return number.isIntegralNumber() || isWhole(number.decimalValue());
  }

  /**
   * Whether a number is a whole multiple of another one.
   *
   * @param divisor not zero; {@link #stripped}
   */
  static boolean isMultiple(JsonNode number, BigDecimal divisor, Budget budget) {
    if (number.isInt() || number.isLong()) {
      return isShort(divisor)
          ? isMultiple(number.longValue(), 0, divisor)
          : isMultiple(BigDecimal.valueOf(number.longValue()), divisor);
    }
    BigDecimal value = number.decimalValue();
    if (isShort(divisor) && isShort(value)) {
      return isMultiple(value.unscaledValue().longValue(), value.scale(), divisor);
    }
    return budget.spend((long) DIGIT_STEPS * value.precision()) && isMultiple(value, divisor);
  }

  /** Whether its digits are a long. */
  private static boolean isShort(BigDecimal value) {
    return value.precision() < 19;
  }

  private static boolean isMultiple(long digits, int scale, BigDecimal divisor) {
    if (digits == 0) {
      return true;
    }
    long rest = digits;
    long tens = (long) divisor.scale() - scale;
    while (tens < 0 && rest % 10 == 0) {
      rest /= 10;
      tens++;
    }
    if (tens < 0) {
      // The divisor has no ten left to give.
      return false;
    }
    long modulus = divisor.unscaledValue().longValue();
    if (tens == 0) {
      return rest % modulus == 0;
    }
    return isMultiple(BigDecimal.valueOf(rest), divisor, tens);
  }

  private static boolean isMultiple(BigDecimal value, BigDecimal divisor) {
    if (value.signum() == 0) {
      return true;
    }
    BigDecimal dividend = stripped(value);
    long tens = (long) divisor.scale() - dividend.scale();
    // Without trailing zeros it has no ten left to give.
    return tens >= 0 && isMultiple(dividend, divisor, tens);
  }

  /** Whether the digits of a number, with so many zeros behind them, are a multiple of others. */
  private static boolean isMultiple(BigDecimal dividend, BigDecimal divisor, long tens) {
    BigInteger modulus = divisor.unscaledValue().abs();
    BigInteger power = BigInteger.TEN.modPow(BigInteger.valueOf(tens), modulus);
    return dividend.unscaledValue().multiply(power).mod(modulus).signum() == 0;
  }

  /** The same number without zeros at its end: two are the same where their digits are. */
  static BigDecimal stripped(BigDecimal value) {
    return value.scale() == Integer.MIN_VALUE ? value : value.stripTrailingZeros();
  }
}
