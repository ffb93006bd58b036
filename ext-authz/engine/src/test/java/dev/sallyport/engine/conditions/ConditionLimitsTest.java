package dev.sallyport.engine.conditions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.conditions.Conditions.Condition;
import dev.sallyport.engine.conditions.Expression.Compilation.Compiled;
import dev.sallyport.engine.conditions.Expression.Compilation.Refused;
import dev.sallyport.engine.decision.Facts.ConditionUse;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What expressions and requests can make an evaluation take. Times are those of a processor, and so
 * generous that a slow machine keeps them: what is not bounded takes a thousand times as long.
 */
class ConditionLimitsTest {
  private static final Duration OF_AN_EVALUATION = Duration.ofMillis(500);
  private static final Duration OF_A_COMPILATION = Duration.ofSeconds(2);
  private static final int LONG_TEXT = 60_000;

  private static final AskedRequest LARGE =
      AskedRequest.PLAIN
          .target("/v1/payments?q=" + "a".repeat(7000))
          .body(
              """
              {"ints": %s, "some": %s, "empty": %s, "text": "%s", "same": "%s", "tooLong": "%s",
               "deep": %s}
              """
                  .formatted(
                      list(20_000, "1"),
                      list(300, "1"),
                      list(5_000, "{}"),
                      "a".repeat(LONG_TEXT),
                      "a".repeat(LONG_TEXT),
                      "a".repeat(70_000),
                      "[".repeat(60) + "]".repeat(60)));

  private static String list(int size, String element) {
    return Collections.nCopies(size, element).toString();
  }

  /** Expressions that a request can make long, or their author meant to be. */
  static Stream<String> costly() {
    return Stream.of(
        "request.body.ints.all(i, i == 1)",
        "request.body.empty.all(i, i.kind == 'a')",
        "request.body.empty.exists(i, i.kind == 'a')",
        "request.body.some.all(i, request.body.some.all(j, i == j))",
        "request.body.some.exists(i, request.body.some.exists(j,"
            + " request.body.some.exists(k, i + j + k == 4)))",
        "request.body.ints.map(i, i).size() == 20000",
        "request.body.some.map(i, " + list(600, "1") + ").size() == 300",
        "[1]" + ".map(x, [x, x])".repeat(25) + ".size() == 1",
        "[dyn(1)]" + ".map(x, dyn([x, x, x, x, x, x]))".repeat(25) + ".size() == 1",
        "[request.body.some]" + ".map(x, x + x)".repeat(25) + ".size() == 0",
        "[request.body.text]" + ".map(x, x + x)".repeat(25) + ".size() == 0",
        "['aaaaaaaaaaaaaaaa']" + ".map(x, x + x)".repeat(25) + ".size() == 0",
        "request.body.some.all(i, request.body.text == request.body.same)",
        "request.body.some.all(i, request.body.empty == request.body.empty)",
        "request.body.some.all(i, !(5 in request.body.ints))",
        "request.body.some.all(i, !request.body.text.contains('aaab'))",
        "request.body.text.contains('" + "a".repeat(2000) + "b')",
        "request.body.text.indexOf('" + "a".repeat(500) + "b') >= 0",
        "request.body.text.matches('(.*a){12}b$')",
        "request.body.some.all(i, request.body.text.matches('a$'))",
        "request.body.some.all(i, request.body.text.split('').size() > 5)",
        "request.body.some.all(i, request.body.text.substring(1).size() > 5)",
        "request.body.some.all(i, base64.encode(bytes(request.body.text)).size() > 5)",
        "request.body.some.all(i, (bytes(request.body.text) + bytes(request.body.text)).size() > 5)",
        "request.body.ints.exists(i, " + list(200, "i") + "[9999999999] == 1)",
        "request.body.ints.all(i, {'a': i, 'b': i}.a == 1)",
        "request.body.ints.all(i, now > timestamp('2020-01-01T00:00:00Z'))",
        "request.body.ints.all(i, request.headers.size() >= 0)",
        "request.body.ints.all(i, request.query.size() > 0)",
        "request.body.ints.all(i, jsonPointer(request.body, '" + "/a".repeat(500) + "') == 1)");
  }

  @ParameterizedTest
  @MethodSource("costly")
  void whatTakesTooMuchIsNotMetSoon(String text) {
    Expression expression = expression(text);
    Asked asked = LARGE.asked();
    evaluate(expression, asked);
    long before = cpuTime();
    Expression.Result result = evaluate(expression, asked);
    assertThat(Duration.ofNanos(cpuTime() - before)).isLessThan(OF_AN_EVALUATION);
    assertThat(result.met()).isFalse();
    assertThat(result.why())
        .containsAnyOf(
            "it takes too much work for this request", "its loops take more than 10000 steps");
  }

  @Test
  void aTextThatIsTooLongCantBeToldFromAny() {
    assertThat(evaluate(expression("request.body.tooLong != 'a'"), LARGE.asked()).why())
        .endsWith("a text is longer than 65536 characters");
    assertThat(
            evaluate(expression("duration(request.body.text) > duration('1s')"), LARGE.asked())
                .why())
        .endsWith("a function takes at most 64 characters there");
    assertThat(evaluate(expression("!request.path.contains(request.query.q)"), LARGE.asked()).why())
        .endsWith("a function takes at most 64 characters there");
  }

  @Test
  void whatIsSpentIsSpentForAllConditionsOfARequest() {
    Expression costly =
        expression("request.body.some.all(i, request.body.some.all(j, i == j)) || true");
    Expression cheap = expression("request.body.some.size() == 300");
    Conditions conditions =
        Conditions.of(List.of(new Condition("cheap", cheap), new Condition("costly", costly)));
    assertThat(conditions.evaluate(LARGE.asked()))
        .containsExactly(
            new ConditionUse("cheap", true, ""),
            new ConditionUse("costly", false, "it takes too much work for this request"));
  }

  /** Expressions that are long, deep or odd; whether they compile or not, it is soon. */
  static Stream<String> odd() {
    return Stream.of(
            "(".repeat(2000) + "true" + ")".repeat(2000),
            "(".repeat(4000),
            "[".repeat(4000),
            "{".repeat(4000),
            "!".repeat(4000) + "true",
            "-".repeat(4000) + "1 == 1",
            "a.".repeat(2000) + "b",
            "request" + ".body".repeat(800) + " == 1",
            "request.body" + "[0]".repeat(1300) + " == 1",
            "true ? ".repeat(500) + "true" + " : true".repeat(500),
            String.join(" || ", Collections.nCopies(440, "1 == 1")),
            String.join(" && ", Collections.nCopies(130, "request.method == 'GET'")),
            String.join(" + ", Collections.nCopies(1300, "1")) + " == 1",
            String.join(" == ", Collections.nCopies(500, "true")),
            String.join(" in ", Collections.nCopies(600, "[]")),
            "[1]" + ".map(x, [x])".repeat(330) + ".size() == 1",
            "[1].all(a, ".repeat(300) + "true" + ")".repeat(300),
            "[1].exists_one(a, ".repeat(30) + "true" + ")".repeat(30),
            "has(a.b) && ".repeat(330) + "true",
            list(1300, "1") + " == []",
            "{" + "1:2, ".repeat(800) + "} == {}",
            "'" + "a".repeat(4000) + "' == 'b'",
            "'\\u0000' == '😀' || '\\ud800' == 'a'",
            "`a`".repeat(1000),
            "'".repeat(4001),
            "\"\"\"".repeat(1000),
            "// a comment",
            "1 == 1 // a comment",
            "\u0000\u0001",
            "\uFEFF1 == 1",
            "٣ == ٣",
            "request.path.matches('" + "(a*)*".repeat(700) + "')",
            "request.path.matches('" + "(".repeat(1500) + ")".repeat(1500) + "')",
            "request.path.matches('" + "a{1000}".repeat(500) + "')",
            "duration('" + "1h".repeat(1900) + "') == now - now",
            "timestamp('" + "9".repeat(3900) + "') == now",
            "int('" + "9".repeat(4000) + "') == 1",
            "9".repeat(4000) + " == 1",
            "1e999999999 == 1.0",
            "0x" + "f".repeat(4000) + " == 1",
            "semver('" + "1".repeat(3900) + "') == semver('1.0.0')",
            "a".repeat(4096),
            "a ".repeat(2048),
            "a".repeat(5000))
        .map(text -> text.length() > 5000 ? text.substring(0, 5000) : text);
  }

  @ParameterizedTest
  @MethodSource("odd")
  void oddExpressionIsReadOrRefusedSoon(String text) {
    expression("request.method == 'GET'");
    long before = cpuTime();
    switch (Expression.compile(text, Dialect.OPERATION)) {
      case Compiled(var expression, _) -> evaluate(expression, LARGE.asked());
      case Refused(var faults) -> {
        assertThat(faults).isNotEmpty().hasSizeLessThan(9);
        assertThat(faults)
            .allSatisfy(fault -> assertThat(fault.text()).isNotBlank().hasSizeLessThan(600));
      }
    }
    assertThat(Duration.ofNanos(cpuTime() - before)).isLessThan(OF_A_COMPILATION);
  }

  private static long cpuTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static Expression.Result evaluate(Expression expression, Asked asked) {
    return expression.evaluate(new Answers.Progress(asked), new Work.Progress());
  }

  private static Expression expression(String text) {
    return switch (Expression.compile(text, Dialect.OPERATION)) {
      case Compiled(var expression, _) -> expression;
      case Refused(var faults) -> throw new AssertionError(text + ": " + faults);
    };
  }
}
