package dev.sallyport.engine.payload;

import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.content.Parameters;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.json.KnownNames;
import dev.sallyport.engine.receive.Request;
import dev.sallyport.engine.schema.JsonSchema;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What a request to one operation may carry.
 *
 * @param content how its body is read, and which bodies it takes at all
 * @param bodies what a body may be, by its type; where several take a type, the narrowest counts.
 *     Any body that {@link #content} takes will do where it is empty
 * @param bodyRequired whether there must be a body
 * @param parameters what else is judged, a part of the request each
 * @param arguments what the arguments of an MCP tool may be; null where any will do, or it is none
 */
public record PayloadRule(
    ContentRule content,
    List<Body> bodies,
    boolean bodyRequired,
    List<Parameters> parameters,
    @Nullable JsonSchema arguments) {
  /** Nothing is looked at. */
  public static final PayloadRule NONE = new PayloadRule(ContentRule.NONE, null);

  private static final Denial NO_BODY =
      Denial.of(
          Reason.SCHEMA_VIOLATION,
          "the operation needs a body",
          List.of(new Violation(Part.BODY, "", "required", "a body is needed")));

  /**
   * What bodies of some types may be.
   *
   * @param schema null where any body of these types will do
   */
  public record Body(MediaRange types, @Nullable JsonSchema schema) {}

  public PayloadRule {
    bodies = List.copyOf(bodies);
    content = content.parsed() ? content.knowing(names(bodies)) : content;
    parameters = List.copyOf(parameters);
  }

  private static KnownNames names(List<Body> bodies) {
    Set<String> names = new LinkedHashSet<>();
    for (Body body : bodies) {
      if (body.schema != null) {
        names.addAll(body.schema.names());
      }
    }
    return KnownNames.of(names);
  }

  /** Only what a body is, and arguments, are judged. */
  public PayloadRule(ContentRule content, @Nullable JsonSchema arguments) {
    this(content, List.of(), false, List.of(), arguments);
  }

  /** The same, and bodies are read, whether or not a schema judges them. */
  public PayloadRule reading() {
    return content.parsed()
        ? this
        : new PayloadRule(content.reading(), bodies, bodyRequired, parameters, arguments);
  }

  /**
   * The same, and these parameters of the query are not judged: they hold credentials, which are
   * judged as such, and are not what the operation is asked.
   */
  public PayloadRule leavingOut(Set<String> queryParameters) {
    if (queryParameters.isEmpty() || parameters.isEmpty()) {
      return this;
    }
    return new PayloadRule(
        content,
        bodies,
        bodyRequired,
        parameters.stream()
            .map(part -> part.part() == Part.QUERY ? part.leavingOut(queryParameters) : part)
            .toList(),
        arguments);
  }

  /**
   * Judges a request.
   *
   * @param content what {@link #content()} read of it
   * @param arguments of the MCP tool that it calls; null where it calls none, or without arguments
   * @return null where the operation takes it
   */
  public @Nullable Denial check(Request request, Content content, @Nullable JsonNode arguments) {
    if (content instanceof Content.Refused(var denial)) {
      return denial;
    }
    List<Violation> errors = checkParameters(request);
    switch (content) {
      case Content.Tree tree -> errors = joined(errors, checkBody(tree));
      case Content.Absent() -> {
        if (bodyRequired) {
          errors = joined(errors, NO_BODY.errors());
        }
      }
      case Content.Unread(), Content.Refused _ -> {}
    }
    if (!errors.isEmpty()) {
      return Denial.of(
          Reason.SCHEMA_VIOLATION, "the request does not meet the operation's schema", errors);
    }
    return checkArguments(arguments);
  }

  private List<Violation> checkParameters(Request request) {
    List<Violation> errors = List.of();
    for (Parameters part : parameters) {
      errors = joined(errors, part.check(request));
    }
    return errors;
  }

  private List<Violation> checkBody(Content.Tree tree) {
    if (bodies.isEmpty()) {
      return List.of();
    }
    Body narrowest = null;
    for (Body body : bodies) {
      if (body.types.takes(tree.mediaType())
          && (narrowest == null || body.types.isNarrowerThan(narrowest.types))) {
        narrowest = body;
      }
    }
    if (narrowest == null) {
      // INVARIANT: the content rule takes no type that no schema is declared for.
      return List.of(new Violation(Part.BODY, "", "syntax", "bodies of this type are not judged"));
    }
    return narrowest.schema == null ? List.of() : narrowest.schema.check(tree.value(), Part.BODY);
  }

  private static List<Violation> joined(List<Violation> some, List<Violation> more) {
    if (some.isEmpty() || more.isEmpty()) {
      return some.isEmpty() ? more : some;
    }
    List<Violation> all = new ArrayList<>(some);
    all.addAll(more);
    return all;
  }

  private @Nullable Denial checkArguments(@Nullable JsonNode sent) {
    if (arguments == null) {
      return null;
    }
    // To leave arguments out means to call without any, which a schema may refuse.
    JsonNode judged = sent == null ? JsonNodeFactory.instance.objectNode() : sent;
    List<Violation> errors = arguments.check(judged, Part.ARGUMENTS);
    return errors.isEmpty()
        ? null
        : Denial.of(
            Reason.TOOL_ARGUMENTS_INVALID, "the tool does not take these arguments", errors);
  }
}
