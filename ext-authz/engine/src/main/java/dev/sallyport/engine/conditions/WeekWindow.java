package dev.sallyport.engine.conditions;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A span of time on some days of every week, by the clock of one place.
 *
 * @param days on which it begins
 * @param from its first minute
 * @param to the minute after its last; one that is not after {@code from} is on the next day
 */
record WeekWindow(Set<DayOfWeek> days, LocalTime from, LocalTime to, ZoneId zone) {
  private static final List<String> NAMES =
      List.of("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun");
  private static final Pattern SPAN =
      Pattern.compile(
          "([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24:00))");
  private static final int LONGEST = 64;

  WeekWindow {
    days = Set.copyOf(days);
  }

  /**
   * Reads a window.
   *
   * @param days {@code Mon-Fri}, {@code Sat,Sun}, {@code Mon-Wed,Fri} or {@code *}
   * @param span {@code 08:00-18:00}; {@code 22:00-06:00} ends on the next day
   * @param zone of the IANA database, such as {@code Europe/Berlin}
   * @throws Faulty where one of them is not of that form
   */
  static WeekWindow parse(String days, String span, String zone) {
    if (days.length() > LONGEST || span.length() > LONGEST || zone.length() > LONGEST) {
      throw new Faulty("`inWindow` takes no text of more than " + LONGEST + " characters");
    }
    Matcher times = SPAN.matcher(span);
    if (!times.matches()) {
      throw new Faulty("`inWindow` takes times as `08:00-18:00`");
    }
    LocalTime from = time(times.group(1), times.group(2));
    LocalTime to = times.group(5) == null ? time(times.group(3), times.group(4)) : LocalTime.MIN;
    return new WeekWindow(days(days), from, to, zone(zone));
  }

  private static LocalTime time(String hour, String minute) {
    return LocalTime.of(Integer.parseInt(hour), Integer.parseInt(minute));
  }

  private static ZoneId zone(String zone) {
    try {
      return ZoneId.of(zone);
    } catch (DateTimeException _) {
      throw new Faulty("`inWindow` takes a time zone as `Europe/Berlin`");
    }
  }

  private static Set<DayOfWeek> days(String text) {
    Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
    if (text.equals("*")) {
      return EnumSet.allOf(DayOfWeek.class);
    }
    for (String part : text.split(",", -1)) {
      int dash = part.indexOf('-');
      DayOfWeek first = day(dash < 0 ? part : part.substring(0, dash));
      DayOfWeek last = dash < 0 ? first : day(part.substring(dash + 1));
      if (first == null || last == null) {
        throw new Faulty("`inWindow` takes days as `Mon-Fri`, `Sat,Sun` or `*`");
      }
      days.add(first);
      // Sat-Mon goes over the end of the week.
      for (DayOfWeek day = first; day != last; ) {
        day = day.plus(1);
        days.add(day);
      }
    }
    return days;
  }

  private static @Nullable DayOfWeek day(String name) {
    int index = NAMES.indexOf(name);
    return index < 0 ? null : DayOfWeek.of(index + 1);
  }

  boolean holds(Instant instant) {
    ZonedDateTime local = instant.atZone(zone);
    LocalTime time = local.toLocalTime();
    DayOfWeek day = local.getDayOfWeek();
    if (from.isBefore(to)) {
      return days.contains(day) && !time.isBefore(from) && time.isBefore(to);
    }
    return !time.isBefore(from)
        ? days.contains(day)
        : time.isBefore(to) && days.contains(day.minus(1));
  }
}
