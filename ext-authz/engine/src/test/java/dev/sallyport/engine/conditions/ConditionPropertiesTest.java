package dev.sallyport.engine.conditions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.conditions.Conditions.Condition;
import dev.sallyport.engine.conditions.Expression.Compilation.Compiled;
import dev.sallyport.engine.conditions.Expression.Compilation.Refused;
import dev.sallyport.engine.decision.Facts.ConditionUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a request holds, a condition is met only where its expression was true. */
class ConditionPropertiesTest {
  /** Two that can't both hold, and neither where what they look at can't be told. */
  private static final Map<String, String> OPPOSITES =
      Map.ofEntries(
          Map.entry("'limit' in request.query", "!('limit' in request.query)"),
          Map.entry("request.query['limit'] == '1'", "request.query['limit'] != '1'"),
          Map.entry("int(request.query.limit) <= 100", "int(request.query.limit) > 100"),
          Map.entry("request.headers['x-a'] == 'a'", "request.headers['x-a'] != 'a'"),
          Map.entry("'x-a' in request.headers", "!('x-a' in request.headers)"),
          Map.entry("request.contentType == ''", "request.contentType != ''"),
          Map.entry("request.body.a <= 100", "request.body.a > 100"),
          Map.entry("request.body.a == 1", "request.body.a != 1"),
          Map.entry("request.body['a'] < 1.5", "request.body['a'] >= 1.5"),
          Map.entry("size(request.body.a) > 1", "size(request.body.a) <= 1"),
          Map.entry("request.body.a.all(x, x == 1)", "!request.body.a.all(x, x == 1)"),
          Map.entry("request.body.a.exists(x, x > 1)", "!request.body.a.exists(x, x > 1)"),
          Map.entry("1 in request.body.a", "!(1 in request.body.a)"),
          Map.entry("request.body.a.b == null", "request.body.a.b != null"),
          Map.entry("has(request.body.a.b)", "!has(request.body.a.b)"),
          Map.entry(
              "hasJsonPointer(request.body, '/a/0')", "!hasJsonPointer(request.body, '/a/0')"),
          Map.entry("request.body.a.matches('^[a-z]*$')", "!request.body.a.matches('^[a-z]*$')"),
          Map.entry("request.body.a.contains('a')", "!request.body.a.contains('a')"),
          Map.entry("semver(request.body.a).major() == 1", "semver(request.body.a).major() != 1"),
          Map.entry("isIP(request.query.ip)", "!isIP(request.query.ip)"),
          Map.entry(
              "cidr('10.0.0.0/8').containsIP(request.query.ip)",
              "!cidr('10.0.0.0/8').containsIP(request.query.ip)"));

  private static final List<Map.Entry<Conditions, Conditions>> COMPILED =
      OPPOSITES.entrySet().stream()
          .map(pair -> Map.entry(conditions(pair.getKey()), conditions(pair.getValue())))
          .toList();

  private static Conditions conditions(String text) {
    return switch (Expression.compile(text, Dialect.OPERATION)) {
      case Compiled(var expression, _) -> Conditions.of(List.of(new Condition(text, expression)));
      case Refused(var faults) -> throw new AssertionError(text + ": " + faults);
    };
  }

  @Provide
  Arbitrary<String> targets() {
    Arbitrary<String> names = Arbitraries.of("limit", "l%69mit", "lim%it", "ip", "x", "%ff", "");
    Arbitrary<String> values =
        Arbitraries.of(
            "1",
            "100",
            "101",
            "%31",
            "9223372036854775808",
            "",
            "a+b",
            "%zz",
            "%c3%28",
            "10.1.2.3",
            "::ffff:10.1.2.3",
            "01.2.3.4");
    return Combinators.combine(names, values)
        .as((name, value) -> name + '=' + value)
        .list()
        .ofMaxSize(4)
        .map(parameters -> "/p?" + String.join("&", parameters));
  }

  @Provide
  Arbitrary<List<Map.Entry<String, String>>> headers() {
    return Combinators.combine(
            Arbitraries.of("x-a", "x-b", "content-type"), Arbitraries.of("a", "", "b, c", "a/b;c"))
        .as((name, value) -> Map.entry(name, value))
        .list()
        .ofMaxSize(4);
  }

  @Provide
  Arbitrary<String> bodies() {
    return values(3).map(value -> "{\"a\": " + value + "}");
  }

  private static Arbitrary<String> values(int depth) {
    Arbitrary<String> simple =
        Arbitraries.of(
            "1",
            "1.0",
            "0.1",
            "-0",
            "1e400",
            "18446744073709551616",
            "1e-400",
            "true",
            "null",
            "\"\"",
            "\"a\"",
            "\"\\u0000\"",
            "\"1.2.3\"",
            "\"😀\"",
            "{}",
            "[]");
    if (depth == 0) {
      return simple;
    }
    Arbitrary<String> nested = values(depth - 1);
    return Arbitraries.oneOf(
        simple,
        nested.list().ofMaxSize(3).map(List::toString),
        nested.map(value -> "{\"b\": " + value + "}"),
        Combinators.combine(nested, nested)
            .as((one, other) -> "{\"a\": " + one + ", \"b\": " + other + "}"));
  }

  @Property(tries = 2000)
  void nothingIsMetAndItsOppositeToo(
      @ForAll("targets") String target,
      @ForAll("headers") List<Map.Entry<String, String>> headers,
      @ForAll("bodies") String body,
      @ForAll boolean known) {
    AskedRequest request = AskedRequest.PLAIN.target(target).headers(headers).body(body);
    Asked asked = (known ? request : request.anonymous()).asked();
    for (Map.Entry<Conditions, Conditions> pair : COMPILED) {
      List<ConditionUse> uses = new ArrayList<>(pair.getKey().evaluate(asked));
      uses.addAll(pair.getValue().evaluate(asked));
      boolean failed = uses.stream().anyMatch(use -> !use.why().isEmpty());
      // INVARIANT: exactly one of the two, and an error of one is an error of both.
      assertThat(uses.stream().filter(ConditionUse::met).count())
          .as("%s for %s", uses, asked.request().inbound().path() + ' ' + body)
          .isEqualTo(failed ? 0 : 1);
      assertThat(uses).allSatisfy(use -> assertThat(use.met() && !use.why().isEmpty()).isFalse());
    }
  }
}
