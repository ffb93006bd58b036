package dev.sallyport.engine.fields;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec.FieldRule;
import dev.sallyport.crd.ApiPolicySpec.Fields;
import dev.sallyport.crd.ApiPolicySpec.ListStyle;
import dev.sallyport.crd.ApiPolicySpec.Nesting;
import dev.sallyport.crd.ApiPolicySpec.OutOfScope;
import dev.sallyport.crd.ApiPolicySpec.Selector;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.fields.FieldScope.Selection;
import dev.sallyport.engine.fields.ReferenceFields.Answer;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Field scopes decide as the slow, obvious reference does, on random policies and requests; and
 * what goes on never names more than the caller may see.
 */
class FieldScopeReferenceTest {
  private static final List<String> NAMES = List.of("a", "b", "c", "d");
  private static final List<String> SCOPES = List.of("s", "t", "u");
  private static int allowed;
  private static int narrowed;
  private static int denied;

  /**
   * A selection as a tree, to be written in many ways.
   *
   * @param name {@code *} for a wildcard
   * @param below empty where all is selected, or where it is a field
   */
  private record Tree(String name, List<Tree> below) {
    /** The names that it stands for, {@code ""} being all. */
    Set<String> names(String prefix) {
      if (name.equals("*")) {
        return Set.of(prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1));
      }
      if (below.isEmpty()) {
        return Set.of(prefix + name);
      }
      return below.stream()
          .flatMap(tree -> tree.names(prefix + name + '.').stream())
          .collect(Collectors.toSet());
    }

    /** As a query lists it; {@code style} chooses how. */
    String listed(int style) {
      if (below.isEmpty()) {
        return name;
      }
      String inner =
          below.stream().map(tree -> tree.listed(style / 3)).collect(Collectors.joining(","));
      boolean path = below.size() == 1 && style % 3 > 0;
      if (path) {
        return name + (style % 3 == 1 ? "." : "/") + inner;
      }
      return style % 2 == 0 ? name + '(' + inner + ')' : name + "{ " + inner + " }";
    }

    String graphql(int style) {
      String alias = style % 5 == 1 ? "x: " : "";
      if (below.isEmpty()) {
        return alias + name;
      }
      String inner =
          below.stream().map(tree -> tree.graphql(style / 2)).collect(Collectors.joining(" "));
      return alias + name + " { " + (style % 4 == 2 ? "... on T { " + inner + " }" : inner) + " }";
    }

    /** As the body of a write sets it. */
    String json(int style) {
      if (below.isEmpty()) {
        return "{\"" + name + "\": " + List.of("1", "null", "{}", "[]").get(style % 4) + '}';
      }
      String inner =
          below.stream().map(tree -> tree.json(style / 2)).collect(Collectors.joining(","));
      boolean bare = below.size() == 1 && style % 2 == 0;
      return "{\"" + name + "\": " + (bare ? inner : '[' + inner + ']') + '}';
    }

    /** Without wildcards, of which GraphQL and JSON have none. */
    Tree plain() {
      return name.equals("*")
          ? new Tree("d", List.of())
          : new Tree(name, below.stream().map(Tree::plain).toList());
    }
  }

  private record Policy(
      List<String> available,
      List<FieldRule> rules,
      Unselected unselected,
      OutOfScope outOfScope,
      ListStyle list,
      Nesting nested) {
    Fields spec(Selector selector) {
      return new Fields(List.of(selector), unselected, outOfScope, available, rules);
    }
  }

  /**
   * A request.
   *
   * @param lists one a parameter; an empty one is blank
   */
  private record Sent(List<List<Tree>> lists, int style, List<String> others) {
    String query() {
      List<String> parameters = new ArrayList<>(others);
      for (int i = 0; i < lists.size(); i++) {
        String separator = List.of(",", "+", ",%20", "%20,+").get((style + i) % 4);
        String value =
            lists.get(i).stream()
                .map(tree -> tree.listed(style))
                .map(text -> text.replace("{", "%7B").replace("}", "%7D").replace(" ", "+"))
                .collect(Collectors.joining(separator));
        String name = style % 7 == 0 ? "f%69elds" : "fields";
        parameters.add(Math.min(parameters.size(), style % 3), name + '=' + value);
      }
      return String.join("&", parameters);
    }

    List<Set<String>> selected() {
      return lists.stream()
          .map(list ->
              list.stream()
                  .flatMap(tree -> tree.names("").stream())
                  .collect(Collectors.<String>toSet()))
          .toList();
    }
  }

  @Provide
  Arbitrary<Policy> policies() {
    Arbitrary<String> path =
        Arbitraries.of(NAMES.subList(0, 3))
            .list()
            .ofMinSize(1)
            .ofMaxSize(3)
            .map(names -> String.join(".", names));
    Arbitrary<List<String>> available =
        path.list().ofMinSize(1).ofMaxSize(8).map(FieldScopeReferenceTest::fieldsAlone);
    return available.flatMap(fields ->
        Combinators.combine(
                rules(fields).list().ofMaxSize(3),
                Arbitraries.of(Unselected.values()),
                Arbitraries.of(OutOfScope.values()),
                Arbitraries.of(ListStyle.values()),
                Arbitraries.of(Nesting.values()))
            .as((rules, unselected, beyond, list, nested) ->
                new Policy(fields, rules, unselected, beyond, list, nested)));
  }

  /** Without those that are objects of others. */
  private static List<String> fieldsAlone(List<String> paths) {
    Set<String> distinct = new LinkedHashSet<>(paths);
    return distinct.stream()
        .filter(path -> distinct.stream().noneMatch(other -> other.startsWith(path + ".")))
        .toList();
  }

  private static Arbitrary<FieldRule> rules(List<String> fields) {
    List<String> patterns = new ArrayList<>(List.of("*"));
    for (String field : fields) {
      patterns.add(field);
      for (int dot = field.indexOf('.'); dot > 0; dot = field.indexOf('.', dot + 1)) {
        patterns.add(field.substring(0, dot));
        patterns.add(field.substring(0, dot) + ".*");
      }
    }
    return Combinators.combine(
            Arbitraries.of(patterns).list().ofMinSize(1).ofMaxSize(2),
            Arbitraries.of(SCOPES).list().ofMinSize(1).ofMaxSize(2))
        .as(FieldRule::new);
  }

  @Provide
  Arbitrary<Set<String>> scopes() {
    return Arbitraries.of(SCOPES).set().ofMaxSize(3);
  }

  private static Arbitrary<Tree> trees(int depth) {
    Arbitrary<String> name =
        Arbitraries.frequencyOf(
            Tuple.of(12, Arbitraries.of(NAMES)), Tuple.of(1, Arbitraries.of("*", "A", "a-b")));
    if (depth == 0) {
      return name.map(text -> new Tree(text, List.of()));
    }
    return name.flatMap(text ->
        text.equals("*")
            ? Arbitraries.just(new Tree(text, List.of()))
            : trees(depth - 1).list().ofMaxSize(2).map(below -> new Tree(text, below)));
  }

  @Provide
  Arbitrary<Sent> requests() {
    Arbitrary<List<List<Tree>>> lists =
        Arbitraries.frequencyOf(
            Tuple.of(5, trees(2).list().ofMaxSize(3).list().ofMaxSize(2)),
            Tuple.of(1, Arbitraries.just(List.of())));
    Arbitrary<List<String>> others =
        Arbitraries.of("x=1", "x", "", "y=%2f%zz", "fieldset=a", "z=a+b;c", "%C3%A9=1")
            .list()
            .ofMaxSize(3);
    return Combinators.combine(lists, Arbitraries.integers().between(0, 10_000), others)
        .as(Sent::new);
  }

  @Property(tries = 4_000, edgeCases = EdgeCasesMode.NONE)
  void queriesAreDecidedAsTheReferenceDoes(
      @ForAll("policies") Policy policy,
      @ForAll("scopes") Set<String> held,
      @ForAll("requests") Sent sent) {
    Fields spec = policy.spec(Asking.query("fields", policy.list, policy.nested));
    FieldScope scope = FieldScope.of(spec);
    boolean blanks = sent.lists.stream().anyMatch(List::isEmpty);
    Answer expected = ReferenceFields.decide(spec, held, sent.selected(), blanks);
    String query = sent.query();

    switch (check(scope, query, held)) {
      case Selection.Within(@Nullable String rewritten) -> {
        assertThat(expected.allowed()).as(query).isTrue();
        String goesOn = rewritten == null ? query : rewritten;
        assertThat(named(goesOn, policy)).as("%s of %s", goesOn, query).isEqualTo(expected.names());
        assertThat(named(goesOn, policy))
            .allMatch(name -> ReferenceFields.may(spec, held, name))
            .isSubsetOf(policy.available);
        assertThat(others(goesOn)).isEqualTo(others(query));
        assertThat(check(scope, goesOn, held)).isEqualTo(new Selection.Within(null));
        allowed++;
        narrowed += rewritten == null ? 0 : 1;
      }
      case Selection.Beyond(var fields, _, _) -> {
        assertThat(expected.allowed()).as(query).isFalse();
        assertThat(new TreeSet<>(fields)).as(query).isEqualTo(expected.beyond());
        denied++;
      }
      case Selection.Unreadable unreadable -> throw new AssertionError(unreadable + " " + query);
    }
  }

  @Property(tries = 2_000, edgeCases = EdgeCasesMode.NONE)
  void documentsAreDecidedAsTheReferenceDoes(
      @ForAll("policies") Policy policy,
      @ForAll("scopes") Set<String> held,
      @ForAll("requests") Sent sent) {
    List<Tree> trees =
        sent.lists.stream()
            .flatMap(List::stream)
            .map(Tree::plain)
            .filter(tree -> !tree.listed(0).contains("-"))
            .toList();
    if (trees.isEmpty()) {
      return;
    }
    Fields spec =
        new Policy(
                policy.available,
                policy.rules,
                Unselected.Restrict,
                OutOfScope.Deny,
                policy.list,
                policy.nested)
            .spec(Asking.graphql("{\"maxAliases\": 1000}"));
    String fragment =
        trees.stream().map(tree -> tree.graphql(sent.style)).collect(Collectors.joining(" "));
    String document =
        sent.style % 3 == 0
            ? "{ ...F } fragment F on Query { " + fragment + " }"
            : "query Q { " + fragment + " }";
    Set<String> names =
        trees.stream().flatMap(tree -> tree.names("").stream()).collect(Collectors.toSet());
    Answer expected = ReferenceFields.decide(spec, held, List.of(names), false);

    Selection selection =
        FieldScope.of(spec)
            .check(
                Asking.request("POST", ""),
                Asking.body("{\"query\": " + new JsonMapper().writeValueAsString(document) + "}"),
                List.copyOf(held));

    assertThat(selection instanceof Selection.Within).as(document).isEqualTo(expected.allowed());
    if (selection instanceof Selection.Beyond(var fields, _, _)) {
      assertThat(new TreeSet<>(fields)).as(document).isEqualTo(expected.beyond());
    }
  }

  @Property(tries = 2_000, edgeCases = EdgeCasesMode.NONE)
  void bodiesAreDecidedAsTheReferenceDoes(
      @ForAll("policies") Policy policy,
      @ForAll("scopes") Set<String> held,
      @ForAll("requests") Sent sent) {
    List<Tree> trees = sent.lists.stream().flatMap(List::stream).map(Tree::plain).toList();
    Fields spec =
        new Policy(
                policy.available,
                policy.rules,
                Unselected.Allow,
                OutOfScope.Deny,
                policy.list,
                policy.nested)
            .spec(Asking.jsonBody("/data"));
    String body =
        trees.stream()
            .map(tree -> tree.json(sent.style))
            .collect(Collectors.joining(",", "{\"data\": [", "], \"meta\": 1}"));
    Set<String> names =
        trees.stream().flatMap(tree -> tree.names("").stream()).collect(Collectors.toSet());
    Answer expected = ReferenceFields.decide(spec, held, List.of(names), false);

    Selection selection =
        FieldScope.of(spec).check(Asking.request("POST", ""), Asking.body(body), List.copyOf(held));

    assertThat(selection instanceof Selection.Within).as(body).isEqualTo(expected.allowed());
    if (selection instanceof Selection.Beyond(var fields, _, _)) {
      assertThat(new TreeSet<>(fields)).as(body).isEqualTo(expected.beyond());
    }
  }

  @Property(tries = 8_000, edgeCases = EdgeCasesMode.NONE)
  void noTextOfAListPassesThatIsNotOfItsFields(
      @ForAll("policies") Policy policy, @ForAll("texts") String text) {
    Fields spec =
        new Policy(
                policy.available,
                List.of(),
                Unselected.Restrict,
                OutOfScope.Restrict,
                ListStyle.Commas,
                Nesting.Dots)
            .spec(Asking.query("fields"));
    if (check(FieldScope.of(spec), "fields=" + text, Set.of())
        instanceof Selection.Within(@Nullable String rewritten)) {
      String goesOn = rewritten == null ? "fields=" + text : rewritten;
      String value =
          URLDecoder.decode(goesOn.substring("fields=".length()), StandardCharsets.UTF_8);
      assertThat(policy.available).as(text).containsAll(Arrays.asList(value.split(",", -1)));
    }
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "a", "b", "c", "A", ",", ".", "/", "(", ")", "%7B", "%7D", "+", "*", "%20", "%2C", "%",
            "-", ";", "[", "]", "%00", "%C3%A9", "=", "\"", "$", ":")
        .list()
        .ofMaxSize(12)
        .map(parts -> String.join("", parts));
  }

  @AfterContainer
  static void everyAnswerWasSeen() {
    assertThat(allowed).isGreaterThan(300);
    assertThat(narrowed).isGreaterThan(300);
    assertThat(denied).isGreaterThan(300);
  }

  private static Selection check(FieldScope scope, String query, Set<String> held) {
    return scope.check(Asking.request("GET", query), new Content.Unread(), List.copyOf(held));
  }

  /** The fields that a query names, in the syntax of the policy and no other. */
  private static Set<String> named(String query, Policy policy) {
    Set<String> names = new TreeSet<>();
    for (String parameter : query.split("&", -1)) {
      if (!isFields(parameter)) {
        continue;
      }
      String value =
          URLDecoder.decode(
              parameter.substring(parameter.indexOf('=') + 1), StandardCharsets.UTF_8);
      String separator = policy.list == ListStyle.Spaces ? " " : ",";
      switch (policy.nested) {
        case Dots -> names.addAll(Arrays.asList(value.split(separator, -1)));
        case Slashes ->
            Arrays.stream(value.split(separator, -1))
                .map(name -> name.replace('/', '.'))
                .forEach(names::add);
        case Parentheses -> grouped(value, '(', ')', separator.charAt(0), names);
        case Braces -> grouped(value, '{', '}', separator.charAt(0), names);
      }
    }
    names.remove("");
    return names;
  }

  private static void grouped(
      String value, char opening, char closing, char separator, Set<String> names) {
    List<String> objects = new ArrayList<>();
    StringBuilder name = new StringBuilder();
    for (char c : (value + separator).toCharArray()) {
      if (c == opening) {
        objects.add(name.toString());
        name.setLength(0);
      } else if (c == separator || c == closing) {
        if (!name.isEmpty()) {
          List<String> path = new ArrayList<>(objects);
          path.add(name.toString());
          names.add(String.join(".", path));
          name.setLength(0);
        }
        if (c == closing) {
          objects.removeLast();
        }
      } else {
        name.append(c);
      }
    }
  }

  private static List<String> others(String query) {
    List<String> parameters = new ArrayList<>();
    for (String parameter : query.split("&", -1)) {
      if (!isFields(parameter)) {
        parameters.add(parameter);
      }
    }
    if (parameters.equals(List.of(""))) {
      parameters.clear();
    }
    return parameters;
  }

  private static boolean isFields(String parameter) {
    return parameter.startsWith("fields=") || parameter.startsWith("f%69elds=");
  }
}
