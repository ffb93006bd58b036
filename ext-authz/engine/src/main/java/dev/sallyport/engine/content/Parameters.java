package dev.sallyport.engine.content;

import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.receive.Request;
import dev.sallyport.engine.schema.JsonSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parameters of an operation that stand in one part of a request, judged together as an object
 * with a member for each.
 *
 * @param part query, path, header or cookie
 * @param declared each name once
 * @param others whether parameters that are not declared are members too, as text; only of queries.
 *     Else they are not looked at
 * @param schema of the object; null where any values will do. {@code required} may be said here or
 *     by a parameter
 * @param leftOut names of others that are not looked at either
 */
public record Parameters(
    Part part,
    List<Parameter> declared,
    boolean others,
    @Nullable JsonSchema schema,
    Set<String> leftOut) {
  public Parameters {
    declared = List.copyOf(declared);
    leftOut = Set.copyOf(leftOut);
  }

  /** Parameters of which none is left out. */
  public Parameters(
      Part part, List<Parameter> declared, boolean others, @Nullable JsonSchema schema) {
    this(part, declared, others, schema, Set.of());
  }

  /** The same without these, unless they are declared. */
  public Parameters leavingOut(Set<String> names) {
    return new Parameters(part, declared, others, schema, names);
  }

  /**
   * The parameters of a query as a schema of the whole query declares them; others are text.
   *
   * @param document what holds the schema, and what its local references lead into
   * @param pointer the schema's place in it
   */
  public static Parameters ofQuery(JsonNode document, String pointer, JsonSchema schema) {
    List<Parameter> declared = new ArrayList<>();
    ValueType.of(document, pointer)
        .properties()
        .forEach((name, type) -> declared.add(Parameter.ofQuery(name, type)));
    return new Parameters(Part.QUERY, declared, true, schema);
  }

  /** Judges what a request carries; empty where it may. */
  public List<Violation> check(Request request) {
    ParameterReading reading = new ParameterReading(this);
    List<Violation> errors = judge(reading, read(reading, request));
    if (!errors.isEmpty() || !reading.holdsEscapes()) {
      return errors;
    }
    ParameterReading unescaped = reading.unescaped();
    return judge(unescaped, read(unescaped, request));
  }

  private FormReading.@Nullable Faulty read(ParameterReading reading, Request request) {
    return switch (part) {
      case QUERY -> reading.query(request.query().raw());
      case PATH -> reading.path(request.inbound().path());
      case HEADER -> reading.headers(request.headers());
      case COOKIE -> reading.cookies(request.headers().values("cookie"));
      case BODY, ARGUMENTS -> new FormReading.Faulty("", "it holds no parameters");
    };
  }

  private List<Violation> judge(ParameterReading reading, FormReading.@Nullable Faulty fault) {
    return fault == null
        ? judge(reading)
        : List.of(new Violation(part, fault.pointer(), "syntax", fault.why()));
  }

  private List<Violation> judge(ParameterReading reading) {
    ObjectNode object = reading.object();
    List<Violation> errors = new ArrayList<>(0);
    for (Parameter parameter : declared) {
      if (parameter.required() && !reading.holds(parameter)) {
        errors.add(
            new Violation(
                part, Pointer.shown(parameter.name()), "required", "the parameter is needed"));
      }
    }
    if (schema != null) {
      errors.addAll(schema.check(object, part));
    }
    return errors;
  }

  /** A name as it is compared: headers and only they know no case. */
  String key(String name) {
    return part == Part.HEADER ? name.toLowerCase(Locale.ROOT) : name;
  }
}
