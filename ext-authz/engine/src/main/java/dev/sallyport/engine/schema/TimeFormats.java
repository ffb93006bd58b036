package dev.sallyport.engine.schema;

/** The formats of dates, times and durations. Each takes time linear in the text. */
final class TimeFormats {
  private static final byte[] DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

  private TimeFormats() {}

  /** RFC 3339 {@code full-date}. */
  static boolean isDate(String text) {
    return text.length() == 10 && isDateAtStart(text);
  }

  private static boolean isDateAtStart(String text) {
    int year = number(text, 0, 4);
    int month = number(text, 5, 2);
    int day = number(text, 8, 2);
    return year >= 0
        && text.charAt(4) == '-'
        && month >= 1
        && month <= 12
        && text.charAt(7) == '-'
        && day >= 1
        && day <= DAYS[month - 1] + (month == 2 && isLeap(year) ? 1 : 0);
  }

  private static boolean isLeap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }

  /** The number that so many digits are; -1 where they are not all there. */
  private static int number(String text, int from, int digits) {
    if (from + digits > text.length()) {
      return -1;
    }
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + c - '0';
    }
    return number;
  }

  static boolean isTime(String text) {
    return isTimeFrom(text, 0);
  }

  /** RFC 3339 {@code full-time}; a leap second only where UTC may have one. */
  private static boolean isTimeFrom(String text, int from) {
    int hour = number(text, from, 2);
    int minute = number(text, from + 3, 2);
    int second = number(text, from + 6, 2);
    int at = from + 8;
    if (hour < 0
        || hour > 23
        || minute < 0
        || minute > 59
        || second < 0
        || second > 60
        || text.charAt(from + 2) != ':'
        || text.charAt(from + 5) != ':'
        || at >= text.length()) {
      return false;
    }
    if (text.charAt(at) == '.') {
      int start = ++at;
      while (at < text.length() && number(text, at, 1) >= 0) {
        at++;
      }
      if (at == start || at == text.length()) {
        return false;
      }
    }
    int offset = 0;
    char zone = text.charAt(at);
    if (zone == 'Z' || zone == 'z') {
      at++;
    } else {
      int hours = number(text, at + 1, 2);
      int minutes = number(text, at + 4, 2);
      if ((zone != '+' && zone != '-')
          || hours < 0
          || hours > 23
          || minutes < 0
          || minutes > 59
          || text.charAt(at + 3) != ':') {
        return false;
      }
      offset = zone == '+' ? hours * 60 + minutes : -hours * 60 - minutes;
      at += 6;
    }
    return at == text.length()
        && (second < 60 || Math.floorMod(hour * 60 + minute - offset, 24 * 60) == 24 * 60 - 1);
  }

  static boolean isDateTime(String text) {
    return text.length() > 11
        && (text.charAt(10) == 'T' || text.charAt(10) == 't')
        && isDateAtStart(text)
        && isTimeFrom(text, 11);
  }

  /** ISO 8601, as RFC 3339 appendix A repeats it. */
  static boolean isDuration(String text) {
    if (text.length() < 3 || text.charAt(0) != 'P') {
      return false;
    }
    if (text.charAt(text.length() - 1) == 'W') {
      return digitsEnd(text, 1) == text.length() - 1;
    }
    int days = amountsEnd(text, 1, "YMD");
    if (days == text.length()) {
      return true;
    }
    return text.charAt(days) == 'T'
        && days + 1 < text.length()
        && amountsEnd(text, days + 1, "HMS") == text.length();
  }

  /** Where amounts end that stand in the order of their units, each at most once. */
  private static int amountsEnd(String text, int from, String units) {
    int at = from;
    int left = 0;
    while (at < text.length()) {
      int digits = digitsEnd(text, at);
      int unit =
          digits == at || digits == text.length() ? -1 : units.indexOf(text.charAt(digits), left);
      if (unit < 0) {
        return at;
      }
      left = unit + 1;
      at = digits + 1;
    }
    return at;
  }

  private static int digitsEnd(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }
}
