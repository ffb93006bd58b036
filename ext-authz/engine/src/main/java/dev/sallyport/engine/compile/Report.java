package dev.sallyport.engine.compile;

import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.receive.Ascii;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong with one object while it is compiled. */
final class Report {
  private static final int LONGEST_QUOTE = 80;

  private final ObjectKey object;
  private final List<Diagnostic> diagnostics = new ArrayList<>(0);
  private boolean refused;

  Report(ObjectKey object) {
    this.object = object;
  }

  ObjectKey object() {
    return object;
  }

  /** The object, or the part that the field names, can't be in force. */
  void error(String field, String code, String message) {
    diagnostics.add(new Diagnostic(Severity.ERROR, object, field, code, message));
    refused = true;
  }

  /** The field can't be enforced by this version, so the object can't be in force. */
  void unsupported(String field, String what) {
    error(field, "Unsupported", what + " is not available in this version; remove it");
  }

  /** The part that the field names is not in force; the rest of the object is. */
  void partError(String field, String code, String message) {
    diagnostics.add(new Diagnostic(Severity.ERROR, object, field, code, message));
  }

  void warning(String field, String code, String message) {
    diagnostics.add(new Diagnostic(Severity.WARNING, object, field, code, message));
  }

  void addAll(List<Diagnostic> others) {
    diagnostics.addAll(others);
    refused |= others.stream().anyMatch(other -> other.severity() == Severity.ERROR);
  }

  /** Whether the object as a whole can't be in force. */
  boolean refused() {
    return refused;
  }

  List<Diagnostic> diagnostics() {
    return List.copyOf(diagnostics);
  }

  /** Reports each name that is empty or stands twice. */
  void requireNames(List<String> names, String list) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      String field = list + '[' + i + "].name";
      if (names.get(i).isEmpty()) {
        error(field, "Invalid", "a name is needed");
      } else if (!isName(names.get(i))) {
        error(
            field,
            "Invalid",
            quote(names.get(i)) + " is not a name: use letters, digits, `-`, `_` and `.`");
      } else if (!seen.add(names.get(i))) {
        error(field, "Invalid", quote(names.get(i)) + " stands twice; names must differ");
      }
    }
  }

  /** Reports each text that is not one scope. */
  void requireScopes(List<String> scopes, String list) {
    for (int i = 0; i < scopes.size(); i++) {
      if (!ScopeRule.isScope(scopes.get(i))) {
        error(
            list + '[' + i + ']',
            "Invalid",
            quote(scopes.get(i)) + " is not one scope: no spaces, quotes or backslashes");
      }
    }
  }

  private static boolean isName(String name) {
    return name.length() <= 63
        && name.chars().allMatch(c -> Ascii.isLetterOrDigit(c) || c == '-' || c == '_' || c == '.');
  }

  /** Reads an RFC 3339 instant; null where it is absent, or refused and reported. */
  @Nullable Instant instant(@Nullable String text, String field) {
    if (text == null) {
      return null;
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException _) {
      error(field, "Invalid", quote(text) + " is not a time; write it as `2027-06-30T00:00:00Z`");
      return null;
    }
  }

  /** Reads a duration; empty where it is absent, or refused and reported. */
  Optional<Duration> duration(@Nullable String text, String field) {
    if (text == null) {
      return Optional.empty();
    }
    Duration duration = DurationText.parse(text);
    if (duration == null) {
      error(
          field,
          "Invalid",
          quote(text) + " is not a duration; write it as `500ms`, `30s`, `5m`, `1h` or `90d`");
    }
    return Optional.ofNullable(duration);
  }

  /** A user's own value as messages show it: in backticks, bounded. */
  static String quote(String value) {
    String shown =
        value.length() <= LONGEST_QUOTE ? value : value.substring(0, LONGEST_QUOTE) + "…";
    return '`' + shown.replace('`', '\'') + '`';
  }
}
