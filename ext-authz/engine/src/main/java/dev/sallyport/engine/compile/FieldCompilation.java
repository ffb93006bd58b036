package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec.FieldRule;
import dev.sallyport.crd.ApiPolicySpec.Fields;
import dev.sallyport.crd.ApiPolicySpec.ListStyle;
import dev.sallyport.crd.ApiPolicySpec.Match;
import dev.sallyport.crd.ApiPolicySpec.Method;
import dev.sallyport.crd.ApiPolicySpec.Nesting;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.OperationAuthentication;
import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Selector;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.fields.FieldScope;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compiles the field scopes of one operation. */
final class FieldCompilation {
  private static final Pattern PARAMETER = Pattern.compile("[A-Za-z0-9_$@.:\\[\\]-]+");
  private static final Pattern GRAPHQL_NAME = Pattern.compile("[_A-Za-z][_0-9A-Za-z]*");
  private static final int DEEPEST = 32;

  /** What Envoy and servers take of a path by default is more, and other parameters need room. */
  private static final int LONGEST_LIST = 6_000;

  private final Operation operation;
  private final Fields spec;
  private final String field;
  private final Report report;

  private FieldCompilation(Operation operation, Fields spec, String field, Report report) {
    this.operation = operation;
    this.spec = spec;
    this.field = field;
    this.report = report;
  }

  /**
   * The field scopes; null where there are none, or they were refused.
   *
   * @param methods of the policy: no parameter is a selector and a credential
   * @param field the path of the operation's field scopes
   */
  static @Nullable FieldScope compile(
      Operation operation, List<Method> methods, String field, Report report) {
    Fields spec = operation.fields();
    if (spec == null) {
      return null;
    }
    Report own = new Report(report.object());
    new FieldCompilation(operation, spec, field, own).check(methods);
    report.addAll(own.diagnostics());
    return own.refused() ? null : FieldScope.of(spec);
  }

  private void check(List<Method> methods) {
    checkOperation();
    checkSelectors(methods);
    checkAvailable();
    checkRules();
  }

  private void checkOperation() {
    if (operation.match().stream().anyMatch(match -> match.grpc() != null)) {
      report.error(field, "Invalid", "the fields of gRPC messages can't be judged; remove it");
    }
  }

  private void checkSelectors(List<Method> methods) {
    if (spec.selectors().isEmpty()) {
      report.error(
          field + ".selectors", "Invalid", "a field scope needs to know where fields are named");
    }
    boolean whole = true;
    for (int i = 0; i < spec.selectors().size(); i++) {
      Selector selector = spec.selectors().get(i);
      String at = field + ".selectors[" + i + "]";
      long set =
          List.of(selector.query() != null, selector.graphql() != null, selector.jsonBody() != null)
              .stream()
              .filter(is -> is)
              .count();
      if (set != 1) {
        report.error(
            at, "Invalid", "a selector has exactly one of `query`, `graphql` and `jsonBody`");
        whole = false;
      }
      if (selector.query() != null) {
        checkQuery(selector, selector.query(), at, i, methods);
      }
      if (selector.jsonBody() != null) {
        checkPointer(selector.jsonBody(), at + ".jsonBody");
      }
    }
    if (whole) {
      checkTogether();
    }
  }

  private void checkQuery(
      Selector selector, String parameter, String at, int index, List<Method> methods) {
    if (!PARAMETER.matcher(parameter).matches()) {
      report.error(
          at + ".query",
          "Invalid",
          quote(parameter) + " is not a parameter; write its name as it is before escaping");
      return;
    }
    for (Selector earlier : spec.selectors().subList(0, index)) {
      if (parameter.equals(earlier.query())) {
        report.error(at + ".query", "Invalid", quote(parameter) + " stands twice");
      }
    }
    for (Method method : methods) {
      if (PayloadCompilation.credentials(List.of(method)).stream()
          .anyMatch(credential -> FieldScope.isSameParameter(credential, parameter))) {
        report.error(
            at + ".query",
            "Invalid",
            quote(parameter)
                + " is where the method "
                + quote(method.name())
                + " has its credential");
      }
    }
    boolean odata = parameter.equals("$select") || parameter.equals("$expand");
    boolean plain =
        selector.list() == ListStyle.Commas
            && (selector.nested() == Nesting.Dots || selector.nested() == Nesting.Slashes);
    if (odata && !plain) {
      report.error(
          at, "Invalid", quote(parameter) + " has OData's syntax; remove `list` and `nested`");
    }
  }

  private void checkPointer(String pointer, String at) {
    boolean starts = pointer.isEmpty() || pointer.startsWith("/");
    boolean escaped = pointer.replace("~0", "").replace("~1", "").indexOf('~') < 0;
    if (!starts || !escaped) {
      report.error(
          at,
          "Invalid",
          quote(pointer)
              + " is not a JSON Pointer; write `/payment`, or an empty text for the whole body");
    }
  }

  private void checkTogether() {
    List<Selector> selectors = spec.selectors();
    long graphql = selectors.stream().filter(one -> one.graphql() != null).count();
    boolean inBody = selectors.stream().anyMatch(one -> one.jsonBody() != null);
    List<String> parameters =
        selectors.stream().map(Selector::query).filter(Objects::nonNull).toList();
    if (graphql > 0 && selectors.size() > 1) {
      report.error(
          field + ".selectors",
          "Invalid",
          "a GraphQL request names its fields in its document alone; remove the other selectors");
    }
    if (parameters.contains("$expand") && !parameters.contains("$select")) {
      report.error(
          field + ".selectors",
          "Invalid",
          "`$expand` only adds to what `$select` lists; add `{query: $select}`");
    }
    if (parameters.isEmpty() && spec.outOfScope() == OutOfScope.Restrict) {
      report.warning(
          field + ".outOfScope",
          "Unreachable",
          "a body is never rewritten, so `Restrict` denies as `Deny` does");
    }
    if (graphql > 0 || inBody) {
      checkBody(inBody);
    }
  }

  private void checkBody(boolean written) {
    if (operation.request() != null) {
      List<String> types = operation.request().contentTypes();
      boolean json =
          types.stream()
              .map(MediaRange::parse)
              .filter(Objects::nonNull)
              .anyMatch(range -> takesJson(range, written));
      if (!types.isEmpty() && !json) {
        report.error(
            field + ".selectors",
            "Unreachable",
            "fields are named in a JSON body, and `request.contentTypes` takes none; add"
                + " `application/json`");
      }
    }
    List<String> methods =
        operation.match().stream().map(Match::methods).flatMap(List::stream).toList();
    if (written
        && !methods.isEmpty()
        && methods.stream().allMatch(method -> method.equals("GET") || method.equals("HEAD"))) {
      report.error(
          field + ".selectors",
          "Unreachable",
          "fields are named in a body, and no request of this operation has one");
    }
    if (written && (operation.request() == null || operation.request().body() == null)) {
      warnOfUnseen(methods);
    }
  }

  private void warnOfUnseen(List<String> methods) {
    List<String> unseen =
        methods.stream()
            .filter(method ->
                ContentRule.isTakenForBodiless(method)
                    && !method.equals("GET")
                    && !method.equals("HEAD"))
            .distinct()
            .toList();
    if (!unseen.isEmpty()) {
      report.warning(
          field + ".selectors",
          "Risky",
          "a body of "
              + String.join(" or ", unseen)
              + " without `Content-Length` passes unjudged where Envoy sends no bodies; declare"
              + " `request.body`, or set `with_request_body`");
    }
  }

  private static boolean takesJson(MediaRange range, boolean orLike) {
    return range.takes("application/json") || (orLike && range.suffix().equals("+json"));
  }

  private void checkAvailable() {
    if (spec.available().isEmpty()) {
      report.error(field + ".available", "Invalid", "list the fields that there are");
    }
    boolean graphql = spec.selectors().stream().anyMatch(one -> one.graphql() != null);
    Set<String> seen = new HashSet<>();
    Set<String> all = Set.copyOf(spec.available());
    long length = 0;
    for (int i = 0; i < spec.available().size(); i++) {
      String name = spec.available().get(i);
      String at = field + ".available[" + i + "]";
      length += name.length() + 1;
      if (!isField(name)) {
        report.error(
            at, "Invalid", quote(name) + " is not a field; write it as `amount` or `card.number`");
      } else if (!seen.add(name)) {
        report.error(at, "Invalid", quote(name) + " stands twice");
      } else if (graphql && !isOfGraphQl(name)) {
        report.error(at, "Unreachable", quote(name) + " can't be a field of GraphQL");
      } else {
        checkObjects(name, all, at);
      }
    }
    if (length > LONGEST_LIST && spec.selectors().stream().anyMatch(one -> one.query() != null)) {
      report.warning(
          field + ".available",
          "Risky",
          "a query that lists all fields has " + length + " characters, which servers may refuse");
    }
  }

  private void checkObjects(String name, Set<String> all, String at) {
    for (int dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
      String object = name.substring(0, dot);
      if (all.contains(object)) {
        report.error(
            at,
            "Invalid",
            quote(object)
                + " is listed as a field, so nothing is below it; list it or "
                + quote(name));
      }
    }
  }

  private void checkRules() {
    for (int i = 0; i < spec.rules().size(); i++) {
      FieldRule rule = spec.rules().get(i);
      String at = field + ".rules[" + i + "]";
      checkRuleFields(rule, at);
      checkRuleScopes(rule, at);
      if (spec.rules().subList(0, i).contains(rule)) {
        report.error(at, "Invalid", "the same rule stands before; leave one out");
      }
    }
    if (operation.authentication() == OperationAuthentication.None && !spec.rules().isEmpty()) {
      report.error(
          field + ".rules",
          "Invalid",
          "an operation with `authentication: None` has no caller who could hold a scope");
    }
  }

  private void checkRuleFields(FieldRule rule, String at) {
    if (rule.fields().isEmpty()) {
      report.error(at + ".fields", "Invalid", "a rule needs fields");
    }
    Set<String> seen = new HashSet<>();
    for (int f = 0; f < rule.fields().size(); f++) {
      String pattern = rule.fields().get(f);
      String place = at + ".fields[" + f + "]";
      String name = pattern.endsWith(".*") ? pattern.substring(0, pattern.length() - 2) : pattern;
      if (!pattern.equals("*") && !isField(name)) {
        report.error(
            place,
            "Invalid",
            quote(pattern) + " is not a field; write `card.number`, `card`, `card.*` or `*`");
      } else if (!seen.add(pattern)) {
        report.error(place, "Invalid", quote(pattern) + " stands twice");
      } else if (spec.available().stream().noneMatch(one -> FieldScope.covers(pattern, one))) {
        report.error(
            place,
            "Unreachable",
            quote(pattern) + " is no field of `available`, so the rule never counts for it");
      }
    }
  }

  private void checkRuleScopes(FieldRule rule, String at) {
    if (rule.scopes().isEmpty()) {
      report.error(at + ".scopes", "Invalid", "a rule needs scopes");
    }
    report.requireScopes(rule.scopes(), at + ".scopes");
  }

  private static boolean isField(String name) {
    String[] parts = name.split("\\.", -1);
    if (parts.length > DEEPEST) {
      return false;
    }
    for (String part : parts) {
      if (part.isEmpty()
          || part.startsWith("-")
          || !part.chars().allMatch(c -> FieldScope.isNameCharacter((char) c))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isOfGraphQl(String name) {
    for (String part : name.split("\\.", -1)) {
      if (!GRAPHQL_NAME.matcher(part).matches()) {
        return false;
      }
    }
    return true;
  }
}
