package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.RequestRules;
import dev.sallyport.crd.ApiPolicySpec.UnknownProperties;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.ContentRule.Form;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.content.Parameters;
import dev.sallyport.engine.content.ValueType;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.openapi.DocumentOperation;
import dev.sallyport.engine.openapi.DocumentParameter;
import dev.sallyport.engine.openapi.OpenApiDocument;
import dev.sallyport.engine.openapi.Remark;
import dev.sallyport.engine.openapi.Scopes;
import dev.sallyport.engine.operation.OperationIndex;
import dev.sallyport.engine.operation.PathTemplate;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.quota.LimitSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the OpenAPI document of a policy adds to its operations.
 *
 * <p>An operation of the policy meets one of the document by method and an equal template, or by
 * name. Part by part then counts what the policy says, and what it is silent about the document
 * says. The document's other operations are the policy's as they stand.
 */
final class OpenApiOperations {
  private static final String FIELD = "spec.openapi";

  private final ApiPolicySpec spec;
  private final Report report;
  private final OperationRules rules;
  private final String document;
  private final List<ApiDocument.Operation> operations;
  private final List<OpenApiDocument.Unclear> unclear;
  private final boolean deniesUnknown;
  private final Map<String, ApiDocument.Operation> byMatch = new HashMap<>();
  private final Map<String, ApiDocument.Operation> byName = new HashMap<>();
  private final Set<String> replaced = new HashSet<>();
  private final Set<String> own = new HashSet<>();

  /** What all operations of the policy match, those that were not merged yet among them. */
  private final Set<String> taken = new HashSet<>();

  private final Set<String> told = new HashSet<>();

  /** Where the document has bodies that may come unseen. */
  private final Set<String> unseen = new LinkedHashSet<>();

  /** The pointers of what is an operation by the document alone. */
  private final Map<String, String> alone = new HashMap<>();

  private OpenApiOperations(
      ApiPolicySpec spec, Report report, OperationRules rules, String document, ApiDocument api) {
    this.spec = spec;
    this.report = report;
    this.rules = rules;
    this.document = document;
    this.operations = api.operations();
    this.unclear = api.unclear();
    this.deniesUnknown =
        spec.openapi() != null && spec.openapi().unknownProperties() == UnknownProperties.Deny;
    spec.operations().forEach(operation -> taken.addAll(keys(operation)));
    for (ApiDocument.Operation operation : operations) {
      DocumentOperation declared = operation.declared();
      byName.put(declared.name(), operation);
      for (PathTemplate template : declared.templates()) {
        byMatch.putIfAbsent(key(declared.method(), template), operation);
      }
    }
  }

  /** Those of the policy's document; none where it has no document, or it can't be used. */
  static OpenApiOperations of(
      ApiPolicySpec spec, Report report, References references, OperationRules rules) {
    if (spec.openapi() != null) {
      Documents documents = new Documents(report.object().namespace(), report, references);
      Documents.Found found = documents.locate(spec.openapi(), FIELD);
      ApiDocument api = found == null ? null : api(spec, found, documents, references.shelf());
      if (found != null && api != null) {
        api.faults()
            .forEach(fault ->
                report.error(FIELD, "Invalid", "in " + quote(found.name()) + ", " + fault.told()));
        api.remarks()
            .forEach(remark ->
                report.warning(
                    FIELD, "Unsupported", "in " + quote(found.name()) + ", " + remark.told()));
        return new OpenApiOperations(spec, report, rules, found.name(), api);
      }
    }
    return new OpenApiOperations(spec, report, rules, "", ApiDocument.NONE);
  }

  private static @Nullable ApiDocument api(
      ApiPolicySpec spec, Documents.Found found, Documents documents, Shelf shelf) {
    boolean deniesUnknown =
        spec.openapi() == null || spec.openapi().unknownProperties() == UnknownProperties.Deny;
    ApiDocument.Form form =
        new ApiDocument.Form(
            deniesUnknown,
            // Documents declare them as security schemes.
            deniesUnknown
                ? PayloadCompilation.credentials(spec.authentication().methods())
                : Set.of());
    ApiDocument known = shelf.api(found.place(), found.content(), form);
    if (known != null) {
      return known;
    }
    JsonNode tree = documents.read(found, FIELD);
    if (tree == null) {
      return null;
    }
    ApiDocument made = OpenApiCompilation.compile(tree, form);
    shelf.keep(found.place(), found.content(), form, made);
    return made;
  }

  /** Templates that match the same paths have the same key. */
  private String key(String method, PathTemplate template) {
    StringBuilder key = new StringBuilder(method);
    for (PathTemplate.Segment segment : rules.matched(template).segments()) {
      switch (segment) {
        case PathTemplate.Segment.Literal(var text) -> key.append('/').append(text);
        // A literal holds no brace.
        case PathTemplate.Segment.Parameter _ -> key.append("/{}");
        case PathTemplate.Segment.Mixed(var texts) ->
            key.append('/').append(String.join("{}", texts));
        case PathTemplate.Segment.Rest() -> key.append("/{**}");
      }
    }
    return key.toString();
  }

  // ---- operations of the policy

  /**
   * An operation of the policy for one method and template, with what the document adds.
   *
   * @param field of the operation
   */
  CompiledOperation merge(
      Operation operation,
      CompiledOperation compiled,
      String method,
      PathTemplate template,
      String field) {
    String key = key(method, template);
    own.add(key);
    ApiDocument.Operation named = byName.get(operation.name());
    if (named != null) {
      // Whatever that operation matches there, the policy says what it matches here.
      replaced.add(named.declared().pointer());
    }
    ApiDocument.Operation other = byMatch.getOrDefault(key, named);
    if (other == null) {
      return compiled;
    }
    boolean usable = isUsable(other, operation.request());
    if (told.add(field + ' ' + other.declared().pointer())) {
      compare(operation, other, field);
    }
    if (operation.request() == null || operation.request().body() == null) {
      noteUnseen(method, other.body());
    }
    return new CompiledOperation(
        compiled.name(),
        compiled.authentication(),
        scopes(operation, compiled, other.declared().scopes()),
        compiled.fields(),
        compiled.conditions(),
        usable
            ? payload(operation.request(), compiled.payload(), other, equal(other, key, template))
            : OpenApiCompilation.NOTHING,
        compiled.limits());
  }

  /** The document's own template that matches the same, whose parameters have its names. */
  private PathTemplate equal(ApiDocument.Operation operation, String key, PathTemplate otherwise) {
    DocumentOperation declared = operation.declared();
    for (PathTemplate template : declared.templates()) {
      if (key(declared.method(), template).equals(key)) {
        return template;
      }
    }
    return otherwise;
  }

  private static ScopeRule scopes(Operation operation, CompiledOperation own, Scopes declared) {
    boolean silent = operation.scopes().isEmpty() && operation.anyScope().isEmpty();
    return silent && !declared.isEmpty() && own.authentication() != OperationAuthentication.None
        ? new ScopeRule(declared.all(), declared.any())
        : own.scopes();
  }

  private PayloadRule payload(
      @Nullable RequestRules own,
      PayloadRule rule,
      ApiDocument.Operation other,
      PathTemplate template) {
    List<Parameters> parameters = new ArrayList<>(rule.parameters());
    boolean queryIsOwn = own != null && own.query() != null;
    for (ApiDocument.ParameterGroup group : other.parameters()) {
      if (group.part() != Part.QUERY || !queryIsOwn) {
        parameters.add(group.in(template));
      }
    }
    ApiDocument.Body body = other.body();
    boolean typesAreOwn = own != null && !own.contentTypes().isEmpty();
    if (body == null) {
      return new PayloadRule(
          deniesUnknown && !saysBody(own) ? rule.content().withoutBody() : rule.content(),
          rule.bodies(),
          rule.bodyRequired(),
          parameters,
          rule.arguments());
    }
    if (own != null && own.body() != null) {
      return typesAreOwn
          ? new PayloadRule(
              rule.content(), rule.bodies(), rule.bodyRequired(), parameters, rule.arguments())
          : withTypes(rule, body, parameters);
    }
    ContentRule content = rule.content();
    return new PayloadRule(
        new ContentRule(
            typesAreOwn ? content.contentTypes() : body.types(),
            content.contentEncodings(),
            content.maxBytes(),
            content.parsed() || !body.judged().isEmpty(),
            body.forms(),
            body.opaque()),
        body.judged(),
        body.required(),
        parameters,
        rule.arguments());
  }

  /** Whether a policy says that there are bodies, or which. */
  private static boolean saysBody(@Nullable RequestRules own) {
    return own != null
        && (own.body() != null || !own.contentTypes().isEmpty() || own.maxBytes() != null);
  }

  /** The policy's schema, for bodies of the types that the document lists. */
  private static PayloadRule withTypes(
      PayloadRule rule, ApiDocument.Body body, List<Parameters> parameters) {
    List<MediaRange> types = body.judged().stream().map(PayloadRule.Body::types).toList();
    ContentRule content = rule.content();
    if (types.isEmpty() || rule.bodies().isEmpty()) {
      return new PayloadRule(
          content, rule.bodies(), rule.bodyRequired(), parameters, rule.arguments());
    }
    ValueType fields =
        content.forms().isEmpty() ? ValueType.STRING : content.forms().getFirst().type();
    return new PayloadRule(
        new ContentRule(
            types,
            content.contentEncodings(),
            content.maxBytes(),
            true,
            types.stream().map(type -> new Form(type, fields)).toList(),
            List.of()),
        types.stream()
            .map(type -> new PayloadRule.Body(type, rule.bodies().getFirst().schema()))
            .toList(),
        rule.bodyRequired(),
        parameters,
        rule.arguments());
  }

  /** What a policy's operation matches. */
  private Set<String> keys(Operation operation) {
    Set<String> keys = new HashSet<>();
    for (ApiPolicySpec.Match match : operation.match()) {
      if (match.path() != null) {
        try {
          PathTemplate template = PathTemplate.parse(match.path());
          match.methods().forEach(method -> keys.add(key(method, template)));
        } catch (IllegalArgumentException _) {
          // Told where matches are compiled.
        }
      }
    }
    return keys;
  }

  // ---- operations of the document alone

  /** Adds the operations that no operation of the policy meets, and bars what is unclear. */
  void addOthers(OperationIndex.Builder<CompiledOperation> index) {
    List<String> open = new ArrayList<>();
    boolean added = false;
    for (ApiDocument.Operation operation : operations) {
      DocumentOperation declared = operation.declared();
      if (replaced.contains(declared.pointer())
          || declared.templates().stream()
              .allMatch(template -> own.contains(key(declared.method(), template)))) {
        continue;
      }
      boolean usable = isUsable(operation, null);
      Scopes scopes = declared.scopes();
      remark(scopes);
      if (scopes.anonymous()) {
        open.add(declared.pointer());
      }
      LimitSet limits = rules.limits(List.of(), FIELD, declared.name());
      for (PathTemplate template : declared.templates()) {
        if (own.contains(key(declared.method(), template))) {
          continue;
        }
        added = true;
        alone.putIfAbsent(declared.name(), declared.pointer());
        noteUnseen(declared.method(), operation.body());
        CompiledOperation compiled =
            new CompiledOperation(
                declared.name(),
                OperationAuthentication.Required,
                scopes.isEmpty() ? ScopeRule.NONE : new ScopeRule(scopes.all(), scopes.any()),
                null,
                Conditions.NONE,
                usable
                    ? payload(null, PayloadRule.NONE, operation, template)
                    : OpenApiCompilation.NOTHING,
                limits);
        if (!index.add(Set.of(declared.method()), rules.matched(template), compiled).isEmpty()) {
          report.warning(
              FIELD,
              "Unreachable",
              place(declared.pointer()) + "an equal path before it takes its requests");
        }
      }
    }
    bar(index);
    checkCallers(added, open);
    warnOfUnseen();
  }

  private void noteUnseen(String method, ApiDocument.@Nullable Body body) {
    if (body != null
        && !body.required()
        && !body.judged().isEmpty()
        && ContentRule.isTakenForBodiless(method)) {
      unseen.add(body.pointer());
    }
  }

  private void warnOfUnseen() {
    if (!unseen.isEmpty()) {
      report.warning(
          FIELD,
          "Risky",
          place(unseen.iterator().next())
              + "where Envoy sends no bodies, one without `Content-Length` passes unjudged"
              + (unseen.size() == 1 ? "" : "; so it is with " + (unseen.size() - 1) + " more")
              + ". Write `required: true` there, or set `with_request_body`");
    }
  }

  /**
   * Where the operations stand that are the document's alone, by their names; known once they were
   * added.
   */
  Map<String, String> places() {
    Map<String, String> places = new HashMap<>();
    alone.forEach((name, pointer) -> places.put(name, quote(pointer) + " in " + quote(document)));
    return places;
  }

  /** Keeps what the policy or nobody can match from whatever is wider. */
  private void bar(OperationIndex.Builder<CompiledOperation> index) {
    for (ApiDocument.Operation operation : operations) {
      DocumentOperation declared = operation.declared();
      if (replaced.contains(declared.pointer())) {
        declared
            .templates()
            .forEach(template -> index.bar(declared.method(), rules.matched(template)));
      }
    }
    unclear.forEach(one -> index.bar(one.method(), rules.matched(one.template())));
  }

  private void checkCallers(boolean added, List<String> open) {
    if (added && spec.authentication().methods().isEmpty()) {
      report.error(
          "spec.authentication.methods",
          "Invalid",
          "it is empty, so nobody could call the operations of "
              + quote(document)
              + "; declare a method");
    }
    if (!open.isEmpty()) {
      report.warning(
          FIELD,
          "Overridden",
          place(open.getFirst())
              + "it needs no credential there, and one here"
              + (open.size() == 1 ? "" : "; so do " + (open.size() - 1) + " more operations")
              + ". Declare it in the policy with `authentication: None` or `Optional` to change"
              + " that");
    }
  }

  /** Whether the document has an operation. */
  boolean isEmpty() {
    return operations.isEmpty();
  }

  // ---- where both say something

  private void compare(Operation operation, ApiDocument.Operation other, String field) {
    DocumentOperation declared = other.declared();
    for (PathTemplate template : declared.templates()) {
      if (taken.contains(key(declared.method(), template))) {
        continue;
      }
      String told = declared.method() + ' ' + quote(template.text());
      if (declared.name().equals(operation.name())) {
        differs(field + ".match", declared.pointer(), "it is " + told);
      } else {
        report.warning(
            field + ".match",
            "Risky",
            place(declared.pointer())
                + "it is "
                + told
                + " too, which stays as the document has it; match that as well, if it is the same"
                + " to the API");
      }
      break;
    }
    Scopes scopes = declared.scopes();
    if (operation.authentication() == OperationAuthentication.None) {
      if (!scopes.isEmpty()) {
        differs(field + ".authentication", scopes.pointer(), "it needs " + told(scopes));
      }
    } else if (operation.scopes().isEmpty() && operation.anyScope().isEmpty()) {
      remark(scopes);
      if (scopes.anonymous() && operation.authentication() == OperationAuthentication.Required) {
        differs(field + ".authentication", scopes.pointer(), "it needs no credential");
      }
    } else if (!Set.copyOf(operation.scopes()).equals(Set.copyOf(scopes.all()))
        || !Set.copyOf(operation.anyScope()).equals(Set.copyOf(scopes.any()))) {
      differs(
          field + (operation.scopes().isEmpty() ? ".anyScope" : ".scopes"),
          scopes.pointer().isEmpty() ? declared.pointer() : scopes.pointer(),
          scopes.isEmpty() ? "it needs no scope" : "it needs " + told(scopes));
    }
    RequestRules request = operation.request();
    if (request != null) {
      compareRequests(request, other, field + ".request");
    }
  }

  private void compareRequests(RequestRules request, ApiDocument.Operation other, String field) {
    if (request.query() != null
        && other.declared().parameters().stream()
            .anyMatch(parameter -> parameter.in() == DocumentParameter.In.QUERY)) {
      differs(
          field + ".query", other.declared().pointer() + "/parameters", "it has its own schemas");
    }
    ApiDocument.Body body = other.body();
    if (body == null) {
      if (saysBody(request)) {
        String part =
            request.body() != null
                ? ".body"
                : request.contentTypes().isEmpty() ? ".maxBytes" : ".contentTypes";
        differs(field + part, other.declared().pointer(), "it has no body");
      }
      return;
    }
    if (request.body() != null) {
      differs(field + ".body", body.pointer(), "it has its own schema");
    }
    Set<MediaRange> types =
        request.contentTypes().stream()
            .map(MediaRange::parse)
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    if (!types.isEmpty() && !types.equals(Set.copyOf(body.types()))) {
      differs(field + ".contentTypes", body.pointer(), "it takes other types");
    }
  }

  private void differs(String field, String pointer, String what) {
    report.warning(
        field,
        "Overridden",
        "differs from "
            + quote(pointer)
            + " in "
            + quote(document)
            + ", where "
            + what
            + "; the policy counts");
  }

  private static String told(Scopes scopes) {
    List<String> parts = new ArrayList<>();
    if (!scopes.all().isEmpty()) {
      parts.add(scopes.all().stream().map(Report::quote).collect(Collectors.joining(" and ")));
    }
    if (!scopes.any().isEmpty()) {
      parts.add(
          "one of " + scopes.any().stream().map(Report::quote).collect(Collectors.joining(", ")));
    }
    return String.join(", and ", parts);
  }

  private void remark(Scopes scopes) {
    if (scopes.remark() != null && told.add(scopes.pointer())) {
      report.warning(FIELD, "Risky", place(scopes.pointer()) + scopes.remark());
    }
  }

  private String place(String pointer) {
    return "in " + quote(document) + ", " + quote(pointer) + ": ";
  }

  /** Whether all parts of the document that count can be enforced; what can't be is told. */
  private boolean isUsable(ApiDocument.Operation operation, @Nullable RequestRules own) {
    List<Remark> faults = new ArrayList<>();
    for (ApiDocument.ParameterGroup group : operation.parameters()) {
      if (group.part() != Part.QUERY || own == null || own.query() == null) {
        faults.addAll(group.faults());
      }
    }
    if (operation.body() != null && (own == null || own.body() == null)) {
      faults.addAll(operation.body().faults());
    }
    for (Remark fault : faults) {
      if (told.add(fault.pointer() + ' ' + fault.message())) {
        report.partError(FIELD, "Invalid", "in " + quote(document) + ", " + fault.told());
      }
    }
    return faults.isEmpty();
  }
}
