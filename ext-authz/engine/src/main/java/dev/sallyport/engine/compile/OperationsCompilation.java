package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicySpec.Match;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.conditions.Dialect;
import dev.sallyport.engine.fields.FieldScope;
import dev.sallyport.engine.operation.OperationIndex;
import dev.sallyport.engine.operation.PathTemplate;
import dev.sallyport.engine.payload.PayloadRule;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.quota.Limit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Compiles the {@code operations} of one {@code ApiPolicy}. */
final class OperationsCompilation {
  private static final Pattern GRPC = Pattern.compile("[A-Za-z0-9_.]+/([A-Za-z0-9_]+|\\*)");
  private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]{0,31}");

  private final ApiPolicySpec spec;
  private final Report report;
  private final References references;
  private final OperationRules rules;

  /**
   * A compilation.
   *
   * @param limits of the whole API
   */
  OperationsCompilation(
      ApiPolicySpec spec,
      Declared declared,
      Report report,
      References references,
      List<Limit> limits) {
    this.spec = spec;
    this.report = report;
    this.references = references;
    this.rules = new OperationRules(declared.key(), spec, report, limits);
  }

  /**
   * Operations.
   *
   * @param index finds them
   * @param ofDocument where those stand that are an OpenAPI document's alone, by their names
   */
  record Compiled(OperationIndex<CompiledOperation> index, Map<String, String> ofDocument) {}

  Compiled compile() {
    OperationIndex.Builder<CompiledOperation> index = new OperationIndex.Builder<>();
    OpenApiOperations document = OpenApiOperations.of(spec, report, references, rules);
    report.requireNames(
        spec.operations().stream().map(Operation::name).toList(), "spec.operations");
    for (int i = 0; i < spec.operations().size(); i++) {
      Operation operation = spec.operations().get(i);
      String field = "spec.operations[" + i + "]";
      CompiledOperation compiled = operation(operation, field);
      if (operation.match().isEmpty()) {
        report.error(field + ".match", "Invalid", "an operation needs at least one match");
      }
      Merged merged =
          (method, template) -> document.merge(operation, compiled, method, template, field);
      for (int m = 0; m < operation.match().size(); m++) {
        match(operation.match().get(m), field + ".match[" + m + "]", merged, index);
      }
    }
    document.addOthers(index);
    return new Compiled(index.build(), document.places());
  }

  /** An operation with what the policy's OpenAPI document adds for one method and template. */
  private interface Merged {
    CompiledOperation with(String method, PathTemplate template);
  }

  private CompiledOperation operation(Operation operation, String field) {
    report.requireScopes(operation.scopes(), field + ".scopes");
    report.requireScopes(operation.anyScope(), field + ".anyScope");
    if (operation.authentication() == OperationAuthentication.None
        && !(operation.scopes().isEmpty() && operation.anyScope().isEmpty())) {
      report.error(
          field + (operation.scopes().isEmpty() ? ".anyScope" : ".scopes"),
          "Invalid",
          "an operation with `authentication: None` has no caller who could hold a scope");
    }
    if (operation.authentication() != OperationAuthentication.None
        && spec.authentication().methods().isEmpty()) {
      report.error(
          field + ".authentication",
          "Invalid",
          "`authentication.methods` is empty, so nobody could call it; declare a method or"
              + " `authentication: None`");
    }
    FieldScope fields =
        FieldCompilation.compile(
            operation, spec.authentication().methods(), field + ".fields", report);
    PayloadRule payload =
        PayloadCompilation.compile(operation, field + ".request", report, references);
    Conditions conditions =
        ConditionCompilation.compile(
            operation.conditions(), Dialect.OPERATION, operation.authentication(), field, report);
    boolean reads = conditions.readsContent() || (fields != null && fields.readsContent());
    return new CompiledOperation(
        operation.name(),
        operation.authentication(),
        rules.scopes(operation.scopes(), operation.anyScope()),
        fields,
        conditions,
        (reads ? payload.reading() : payload)
            .leavingOut(PayloadCompilation.credentials(spec.authentication().methods())),
        rules.limits(operation.rateLimits(), field + ".rateLimits", operation.name()));
  }

  private void match(
      Match match,
      String field,
      Merged operation,
      OperationIndex.Builder<CompiledOperation> index) {
    if ((match.path() == null) == (match.grpc() == null)) {
      report.error(field, "Invalid", "a match has either `methods` and `path`, or `grpc`");
      return;
    }
    if (match.grpc() != null) {
      grpc(match, field, operation, index);
      return;
    }
    Set<String> methods = new TreeSet<>();
    for (int i = 0; i < match.methods().size(); i++) {
      String method = match.methods().get(i);
      if (!METHOD.matcher(method).matches() || method.equals("CONNECT")) {
        report.error(
            field + ".methods[" + i + "]",
            "Invalid",
            quote(method) + " is not a method; write it in capitals, as `GET`");
      }
      methods.add(method);
    }
    if (methods.isEmpty()) {
      report.error(field + ".methods", "Invalid", "a match needs at least one method");
      return;
    }
    try {
      PathTemplate template = PathTemplate.parse(match.path() == null ? "" : match.path());
      add(methods, template, field + ".path", operation, index);
    } catch (IllegalArgumentException e) {
      report.error(
          field + ".path",
          "Invalid",
          quote(match.path() == null ? "" : match.path()) + ' ' + e.getMessage());
    }
  }

  private void grpc(
      Match match,
      String field,
      Merged operation,
      OperationIndex.Builder<CompiledOperation> index) {
    String grpc = match.grpc() == null ? "" : match.grpc();
    if (!match.methods().isEmpty()) {
      report.error(field + ".methods", "Invalid", "a gRPC method needs no `methods`");
    }
    if (!GRPC.matcher(grpc).matches()) {
      report.error(
          field + ".grpc",
          "Invalid",
          quote(grpc) + " is not a gRPC method; write `pkg.Service/Method` or `pkg.Service/*`");
      return;
    }
    int slash = grpc.indexOf('/');
    PathTemplate.Segment last =
        grpc.endsWith("/*")
            ? new PathTemplate.Segment.Parameter("method")
            : new PathTemplate.Segment.Literal(grpc.substring(slash + 1));
    // On the wire a gRPC call is a POST to /pkg.Service/Method.
    add(
        Set.of("POST"),
        new PathTemplate(
            grpc, List.of(new PathTemplate.Segment.Literal(grpc.substring(0, slash)), last)),
        field + ".grpc",
        operation,
        index);
  }

  private void add(
      Set<String> methods,
      PathTemplate template,
      String field,
      Merged operation,
      OperationIndex.Builder<CompiledOperation> index) {
    PathTemplate matched = rules.matched(template);
    Set<String> taken = new TreeSet<>();
    for (String method : methods) {
      taken.addAll(index.add(Set.of(method), matched, operation.with(method, template)));
    }
    if (!taken.isEmpty()) {
      report.error(
          field,
          "Invalid",
          quote(template.text())
              + " is matched before for "
              + String.join(", ", taken)
              + " by an equal template; leave one out");
    }
  }
}
