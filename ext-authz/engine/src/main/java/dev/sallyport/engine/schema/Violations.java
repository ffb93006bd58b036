package dev.sallyport.engine.schema;

import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.json.Pointer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a caller is told: what the schema wants and where, and nothing of what was sent. */
final class Violations {
  /** Characters of what stands in a schema that are shown. */
  private static final int LONGEST_QUOTE = 80;

  private static final int MOST_CHOICES = 10;

  private Violations() {}

  /** What the library found, as many as there is room for. */
  static List<Violation> of(List<Error> errors, Part part) {
    Set<Violation> violations = new LinkedHashSet<>();
    for (Error error : errors) {
      if (violations.size() == Denial.MOST_ERRORS) {
        break;
      }
      violations.add(of(error, part));
    }
    return List.copyOf(violations);
  }

  /**
   * Violations, and properties that no schema names, as many as there is room for.
   *
   * @param unnamed pointers to the properties
   */
  static List<Violation> of(List<Violation> others, List<String> unnamed, Part part) {
    Set<Violation> all = new LinkedHashSet<>(others);
    Set<String> places = new HashSet<>();
    others.forEach(other -> places.add(other.pointer()));
    for (String pointer : unnamed) {
      if (all.size() < Denial.MOST_ERRORS && places.add(pointer)) {
        all.add(unknown(pointer, part));
      }
    }
    return List.copyOf(all);
  }

  private static Violation unknown(String pointer, Part part) {
    return new Violation(
        part, pointer, "unevaluatedProperties", "the schema does not name this property");
  }

  /** A value that could not be judged within bounds. */
  static Violation givenUp(Part part) {
    return new Violation(part, "", "syntax", "it is too large or too deep to be judged");
  }

  /** A value that is refused, and nobody can say for what. */
  static Violation unexplained(Part part) {
    return new Violation(part, "", "syntax", "the schema does not take it");
  }

  private static Violation of(Error error, Part part) {
    String keyword = keyword(error);
    String pointer = pointer(error.getInstanceLocation());
    String name = error.getProperty();
    boolean ofProperty =
        keyword.equals("additionalProperties")
            || keyword.equals("unevaluatedProperties")
            || keyword.equals("propertyNames");
    if (ofProperty && name != null) {
      pointer += Pointer.shown(name);
    }
    return new Violation(part, pointer, keyword, detail(keyword, error.getSchemaNode(), name));
  }

  private static String keyword(Error error) {
    String keyword = error.getKeyword();
    if (keyword == null) {
      return "syntax";
    }
    // It calls a `contains` without a number of its own by the number that it then has.
    boolean plain =
        keyword.equals("minContains")
            && "contains".equals(error.getSchemaLocation().getFragment().getElement(-1));
    return plain ? "contains" : keyword;
  }

  private static String pointer(@Nullable NodePath path) {
    Deque<String> steps = new ArrayDeque<>();
    for (NodePath at = path; at != null; at = at.getParent()) {
      Object step = at.getElement(-1);
      if (step != null) {
        steps.addFirst(step instanceof Integer ? "/" + step : Pointer.shown(step.toString()));
      }
    }
    return String.join("", steps);
  }

  private static String detail(String keyword, @Nullable JsonNode wanted, @Nullable String name) {
    if (wanted == null) {
      return "the schema does not take it";
    }
    return switch (keyword) {
      case "type" -> "must be " + choice(wanted);
      case "enum" -> "must be " + choice(wanted);
      case "const" -> "must be the one value that the schema gives" + suffix(wanted);
      case "required" ->
          name == null ? "a property is missing" : "needs the property " + quote(name);
      case "dependentRequired" -> "needs a property because of another one";
      case "additionalProperties", "unevaluatedProperties" ->
          "the schema does not name this property";
      case "unevaluatedItems", "items" -> "the schema does not take this item";
      case "propertyNames" -> "is no name that the schema takes";
      case "false" -> "must not be there";
      case "not" -> "is what the schema excludes";
      case "oneOf" -> "must be valid by exactly one of the schemas of `oneOf`";
      case "anyOf" -> "must be valid by at least one of the schemas of `anyOf`";
      case "discriminator" -> "is of no kind that the schema knows";
      case "readOnly" -> "is read-only and must not be sent";
      case "uniqueItems" -> "must not hold the same item twice";
      case "contains", "minContains" -> "holds too few items of the kind that is wanted";
      case "maxContains" -> "holds too many items of a kind";
      case "minimum" -> "must be at least " + shown(wanted);
      case "maximum" -> "must be at most " + shown(wanted);
      case "exclusiveMinimum" -> "must be greater than " + shown(wanted);
      case "exclusiveMaximum" -> "must be less than " + shown(wanted);
      case "multipleOf" -> "must be a multiple of " + shown(wanted);
      case "minLength" -> "must be at least " + shown(wanted) + " characters long";
      case "maxLength" -> "must be at most " + shown(wanted) + " characters long";
      case "minItems" -> "must hold at least " + shown(wanted) + " items";
      case "maxItems" -> "must hold at most " + shown(wanted) + " items";
      case "minProperties" -> "must have at least " + shown(wanted) + " properties";
      case "maxProperties" -> "must have at most " + shown(wanted) + " properties";
      case "pattern" -> "must match the pattern" + suffix(wanted);
      case "format" -> "must be of the format" + suffix(wanted);
      default -> "the schema does not take it";
    };
  }

  private static String choice(JsonNode wanted) {
    if (!wanted.isArray()) {
      return shown(wanted);
    }
    boolean listed =
        wanted.size() <= MOST_CHOICES
            && wanted.valueStream().noneMatch(JsonNode::isContainer)
            && !wanted.isEmpty();
    if (!listed) {
      return "one of the " + wanted.size() + " values that the schema lists";
    }
    return (wanted.size() == 1 ? "" : "one of ")
        + String.join(", ", wanted.valueStream().map(Violations::shown).toList());
  }

  private static String suffix(JsonNode wanted) {
    return wanted.isContainer() ? "" : ", " + shown(wanted);
  }

  private static String shown(JsonNode wanted) {
    return quote(wanted.isString() ? wanted.stringValue() : wanted.toString());
  }

  private static String quote(String text) {
    String shown = text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…";
    return '`' + shown.replace('`', '\'') + '`';
  }
}
