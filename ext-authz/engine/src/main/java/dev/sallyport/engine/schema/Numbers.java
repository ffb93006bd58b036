package dev.sallyport.engine.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import tools.jackson.databind.JsonNode;

/** Exact arithmetic on numbers of any exponent, none of it slower for a larger one. */
final class Numbers {
  private Numbers() {}

  /** Whether there is nothing but zeros behind the decimal point: {@code 1.0} is whole. */
  static boolean isWhole(BigDecimal value) {
    return value.signum() == 0 || value.scale() <= 0 || stripped(value).scale() <= 0;
  }

  static boolean isWhole(JsonNode number) {
    return number.isIntegralNumber() || isWhole(number.decimalValue());
  }

  /** Whether a number is a whole multiple of another one, which is not zero. */
  static boolean isMultiple(BigDecimal value, BigDecimal divisor) {
    if (value.signum() == 0) {
      return true;
    }
    if (value.scale() == divisor.scale() && value.precision() < 19 && divisor.precision() < 19) {
      return value.unscaledValue().longValue() % divisor.unscaledValue().longValue() == 0;
    }
    BigDecimal dividend = stripped(value);
    BigDecimal by = stripped(divisor);
    BigInteger digits = dividend.unscaledValue();
    BigInteger modulus = by.unscaledValue().abs();
    long tens = (long) by.scale() - dividend.scale();
    if (tens < 0) {
      // Without trailing zeros it has no ten left to give.
      return false;
    }
    BigInteger power = BigInteger.TEN.modPow(BigInteger.valueOf(tens), modulus);
    return digits.multiply(power).mod(modulus).signum() == 0;
  }

  /** The same number without zeros at its end: two are the same where their digits are. */
  static BigDecimal stripped(BigDecimal value) {
    return value.scale() == Integer.MIN_VALUE ? value : value.stripTrailingZeros();
  }
}
