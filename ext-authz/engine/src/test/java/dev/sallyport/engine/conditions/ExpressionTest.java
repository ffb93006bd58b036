package dev.sallyport.engine.conditions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.conditions.Expression.Compilation.Compiled;
import dev.sallyport.engine.conditions.Expression.Compilation.Refused;
import dev.sallyport.engine.conditions.Expression.Fault;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static final AskedRequest REQUEST =
      AskedRequest.PLAIN
          .target("/v1/payments?limit=50&tag=a&tag=b&e=%41")
          .headers(
              List.of(
                  Map.entry("x-one", "1"),
                  Map.entry("x-two", "1"),
                  Map.entry("x-two", "2"),
                  Map.entry("content-type", "Application/JSON; charset=utf-8")))
          .body(
              """
              {"amount": 100.0, "tenth": 0.1, "items": [{"p": 1}, {"p": 2}], "nothing": null,
               "text": "a", "flag": true, "a/b": {"~": 5}, "big": 18446744073709551616,
               "odd": 9007199254740993.5, "max": 9223372036854775807, "e20": 1e20,
               "tiny": 1e-400, "huge": 1e999999999, "zero": 0e99999}
              """)
          .arguments("{\"country\": \"DE\"}");

  private static Expression expression(String text, Dialect dialect) {
    return switch (Expression.compile(text, dialect)) {
      case Compiled(var expression, _) -> expression;
      case Refused(var faults) ->
          throw new AssertionError(text + ": " + faults.stream().map(Fault::text).toList());
    };
  }

  private static Expression.Result result(String text) {
    Dialect dialect = text.contains("tool.") ? Dialect.TOOL : Dialect.OPERATION;
    return expression(text, dialect)
        .evaluate(new Answers.Progress(REQUEST.asked()), new Work.Progress());
  }

  private static List<String> faults(String text) {
    return switch (Expression.compile(text, Dialect.OPERATION)) {
      case Compiled _ -> List.of();
      case Refused(var faults) -> faults.stream().map(Fault::text).toList();
    };
  }

  private static List<String> remarks(String text) {
    return switch (Expression.compile(text, Dialect.OPERATION)) {
      case Compiled(_, var remarks) -> remarks.stream().map(Fault::text).toList();
      case Refused(var faults) -> throw new AssertionError(faults);
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "identity.type != 'Partner' || !('limit' in request.query)"
            + " || int(request.query['limit']) <= 100",
        "tool.arguments.country == 'DE' && tool.name == 'create_shipment'",
        "request.method == 'POST' && request.host == 'api.example.com'",
        "request.path == '/v1/payments'",
        "request.query.e == 'A' && !has(request.query.none)",
        "request.queryAll['tag'] == ['a', 'b'] && 'b' in request.queryAll.tag",
        "request.headers['X-One'] == '1' && !('x-none' in request.headers)",
        "request.contentType == 'application/json'",
        "request.body.amount == 100 && request.body.amount + 1 == 101",
        "request.body.tenth == 0.1 && request.body.tenth < 0.11",
        "request.body.nothing == null && has(request.body.nothing)",
        "!has(request.body.none)",
        "request.body.max == 9223372036854775807 && request.body.zero == 0",
        "request.body.e20 > 9223372036854775807",
        "request.body.items.all(i, i.p <= 2) && request.body.items.exists(i, i.p == 2)",
        "request.body.items.map(i, i.p) == [1, 2]",
        "request.body.items.filter(i, i.p > 1).size() == 1",
        "request.body['items'].size() == 2 && request.body['items'][1]['p'] == 2",
        "size(request.body['items']) == 2",
        "int(request.body['amount']) == 100 && request.body['flag']",
        "{'p': 2} in request.body.items && request.body.items[0] == {'p': 1}",
        "type(request.body.amount) == int && type(request.body.tenth) == double",
        "type(request.body) == map && type(request.body.items) == list",
        "jsonPointer(request.body, '/items/1/p') == 2",
        "jsonPointer(request.body, '/a~1b/~0') == 5 && jsonPointer(request.body, '').amount == 100",
        "!hasJsonPointer(request.body, '/items/01') && !hasJsonPointer(request.body, '/text/x')",
        "identity.registered && identity.name == 'acme' && identity.namespace == 'payments'",
        "identity.environment == 'production' && has(identity.type)",
        "credential.name == 'primary' && credential.method == 'keys'",
        "credential.kind == 'apiKey' && credential.constraint == ''",
        "source.address == '203.0.113.7' && source.region in ['DE', 'FR']",
        "cidr('203.0.113.0/24').containsIP(source.address)",
        "cidr('203.0.113.0/24').containsIP(ip('::ffff:203.0.113.9')) && ip('::1') != ip('::2')"
            + " && request.method == 'POST'",
        "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('::/0').prefixLength() == 0"
            + " && ip(source.address).family() == 4",
        "isIP(source.address) && !isIP('010.0.0.1') && !isCIDR(source.address)",
        "operation.name == 'pay' && operation.template == '/v1/{what}'",
        "'payments:read' in scopes && scopes.exists(s, s.startsWith('payments:'))",
        "semver('1.9.0').isLessThan(semver('1.10.0-rc.1')) && isSemver('1.0.0+x')"
            + " && request.method == 'POST'",
        "semver('1.0.0-alpha.2').compareTo(semver('1.0.0-alpha.10')) == -1"
            + " && semver('1.2.3').minor() == 2 && request.method == 'POST'",
        "base64.decode('aGk=') == b'hi' && base64.encode(b'hi') == 'aGk='"
            + " && request.method == 'POST'",
        "inWindow(now, 'Mon-Fri', '08:00-18:00', 'Europe/Berlin')",
        "now.getHours('Europe/Berlin') == 13 && now.getDayOfWeek() == 3",
        "now < timestamp('2027-01-01T00:00:00Z')",
        "now - timestamp('2026-11-25T11:00:00Z') == duration('1h')",
        "request.path.matches('^/v1/[a-z]+$') && request.method.lowerAscii() == 'post'",
        "request.path.split('/').size() == 3 && request.path.substring(4) == 'payments'",
        "request.body.none == 1 || request.method == 'POST'",
      })
  void holds(String text) {
    assertThat(result(text)).isEqualTo(new Expression.Result(true, ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "request.query['tag'] == 'a'| line 1, column 14: a query parameter stands twice",
        "!('tag' in request.query)| line 1, column 9: a query parameter stands twice",
        "!has(request.query.tag)| line 1, column 5: a query parameter stands twice",
        "request.query.size() == 3| line 1, column 19: a query parameter stands twice",
        "request.query.exists(k, k == 'limit')| line 1, column 21: a query parameter stands twice",
        "request.headers['x-two'] == '1'| line 1, column 16: a header stands twice",
        "!('x-two' in request.headers)| line 1, column 11: a header stands twice",
        "request.query.none == ''| line 1, column 14: a key or field is not there",
        "int(request.body.text) == 1| line 1, column 4: a text can't be converted",
        "request.body.text > 1"
            + "| line 1, column 19: an operator or function does not take values of these types",
        "request.body.none.more == 1| line 1, column 18: a key or field is not there",
        "request.body.nothing > 1"
            + "| line 1, column 22: an operator or function does not take values of these types",
        "request.body.items[2].p == 1| line 1, column 19: an index is outside its list",
        "request.body.amount / 0 == 1| line 1, column 21: a number is divided by zero",
        "request.body.max + 1 > 0| line 1, column 18: a number is out of range",
        "request.body.big > 1| line 1, column 13: a number is out of range, or has more digits than"
            + " can be compared",
        "request.body.odd > 1.0| line 1, column 13: a number is out of range, or has more digits"
            + " than can be compared",
        "request.body.tiny == 0.0| line 1, column 13: a number is out of range, or has more digits"
            + " than can be compared",
        "request.body.huge > 1| line 1, column 13: a number is out of range, or has more digits than"
            + " can be compared",
        "cidr('10.0.0.0/8').containsIP(request.method)"
            + "| line 1, column 30: a text is no IP address",
        "jsonPointer(request.body, '/x') == 1"
            + "| line 1, column 12: there is nothing where a JSON Pointer points to",
        "request.body['text'] && true" + "| line 1, column 13: it can't be evaluated",
      })
  void anErrorIsNotMetAndSaysWhichAndWhere(String text, String why) {
    assertThat(result(text)).isEqualTo(new Expression.Result(false, why));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "identity.typ == 'x'| line 1, column 9: there is no `typ` in `identity`, which has"
            + " environment, name, namespace, registered, type",
        "who == 1| line 1, column 1: there is no `who`; variables are credential, identity, now,"
            + " operation, request, scopes, source",
        "tool.name == 'x'| line 1, column 1: there is no `tool`; variables are credential, identity,"
            + " now, operation, request, scopes, source",
        "request.query.limit <= 100| line 1, column 21: `<=` does not take (string, int)",
        "request.query[1] == 'x'| line 1, column 14: `[]` does not take (map(string, string), int)",
        "now > 5| line 1, column 5: `>` does not take (timestamp, int)",
        "request.method| line 1, column 8: it yields string, not true or false; compare it with a"
            + " value",
        "request.body.flag| line 1, column 13: it yields dyn, not true or false; compare it with a"
            + " value",
        "dyn(request).body == 1| line 1, column 5: name a field of `request`: body, contentType,"
            + " headers, host, method, path, query, queryAll",
        "[1].all(now, now == 1)| line 1, column 8: `now` is a variable of its own, rename that of"
            + " the loop",
        "Request{method: 'x'}.method == 'x'| line 1, column 8: a condition makes no objects; use"
            + " maps, as `{'a': 1}`",
        "request.method == 'GET'.| line 1, column 25: no viable alternative at input '.'",
        "request.path.matches('(a')| line 1, column 22: the regular expression is not one of RE2:"
            + " missing closing )",
        "request.path.matches('(?=a)')| line 1, column 22: the regular expression is not one of RE2:"
            + " invalid or unsupported Perl syntax",
        "request.path.matches('((a{100}){5}){5}')| line 1, column 22: the regular expression is too"
            + " large; use fewer or smaller repetitions",
        "request.path.matches(request.method)| line 1, column 29: `matches` takes what is written"
            + " down here, as a text",
        "inWindow(now, request.method, '08:00-18:00', 'UTC')| line 1, column 22: `inWindow` takes"
            + " what is written down here, as a text",
        "inWindow(now, 'Mo', '08:00-18:00', 'UTC')| line 1, column 9: this always fails: `inWindow`"
            + " takes days as `Mon-Fri`, `Sat,Sun` or `*`",
        "inWindow(now, '*', '8:00-18:00', 'UTC')| line 1, column 9: this always fails: `inWindow`"
            + " takes times as `08:00-18:00`",
        "inWindow(now, '*', '08:00-18:00', 'Berlin')| line 1, column 9: this always fails:"
            + " `inWindow` takes a time zone as `Europe/Berlin`",
        "cidr('10.0.0.1/8').containsIP(source.address)| line 1, column 5: this always fails: a text"
            + " is no network in CIDR form",
        "now < timestamp('2027-13-01T00:00:00Z')| line 1, column 16: this always fails: a text can't"
            + " be converted",
        "1 / 0 == request.body.a| line 1, column 3: this always fails: a number is divided by zero",
      })
  void whatCantBeMeantIsRefusedAtItsPlace(String text, String fault) {
    assertThat(faults(text)).first().isEqualTo(fault);
  }

  @Test
  void placesAreCountedInLinesAndCharacters() {
    assertThat(faults("request.method == '😀' &&\n  identity.typ == 'x'"))
        .first()
        .asString()
        .startsWith("line 2, column 11: ");
    assertThat(faults("'😀' == request.method && identity.typ == 'x'"))
        .first()
        .asString()
        .startsWith("line 1, column 34: ");
  }

  @Test
  void nothingButBlanksIsRefused() {
    assertThat(faults(" ")).containsExactly("an expression is needed");
  }

  @Test
  void whatIsConstantIsRemarkedOn() {
    assertThat(remarks("1 == 1")).containsExactly("it looks at no variable, so it is always met");
    assertThat(remarks("'a' == 'b'"))
        .containsExactly("it looks at no variable, so it is never met");
    assertThat(remarks("request.method == 'GET' || true"))
        .containsExactly("a part of it decides alone, so it is always met");
    assertThat(remarks("request.method == 'GET' && false"))
        .containsExactly("a part of it decides alone, so it is never met");
    assertThat(remarks("request.method == 'GET'")).isEmpty();
  }

  @Test
  void whatItLooksAtIsKnown() {
    assertThat(
            expression(
                    "now > timestamp(0) && 'a' in scopes && has(request.body) && "
                        + "request.query.exists(k, k == identity.name)",
                    Dialect.OPERATION)
                .references())
        .containsExactlyInAnyOrder(
            "now", "scopes", "request.body", "request.query", "identity.name");
  }

  @Test
  void toolHasArgumentsInPlaceOfABody() {
    Expression optional =
        expression("!has(tool.arguments.limit) || tool.arguments.limit <= 10", Dialect.TOOL);
    assertThat(
            optional
                .evaluate(
                    new Answers.Progress(REQUEST.arguments(null).asked()), new Work.Progress())
                .met())
        .isTrue();
    assertThat(Expression.compile("request.body == 1", Dialect.TOOL)).isInstanceOf(Refused.class);
  }

  @Test
  void bodyThatIsNotThereIsAnError() {
    Asked asked = AskedRequest.PLAIN.asked();
    Expression.Result without =
        expression("request.body.a != 1", Dialect.OPERATION)
            .evaluate(new Answers.Progress(asked), new Work.Progress());
    assertThat(without)
        .isEqualTo(new Expression.Result(false, "line 1, column 13: a key or field is not there"));
    assertThat(
            expression("!has(request.body)", Dialect.OPERATION)
                .evaluate(new Answers.Progress(asked), new Work.Progress())
                .met())
        .isTrue();
  }

  @Test
  void badEscapeMakesEveryParameterUnknown() {
    Asked asked = AskedRequest.PLAIN.target("/?lim%6zt=1&b=2").asked();
    for (String text :
        List.of(
            "!('limit' in request.query)", "request.query.b == '2'", "!has(request.queryAll.x)")) {
      Expression.Result result =
          expression(text, Dialect.OPERATION)
              .evaluate(new Answers.Progress(asked), new Work.Progress());
      assertThat(result.met()).as(text).isFalse();
      assertThat(result.why()).endsWith("the query holds a bad escape");
    }
  }

  @Test
  void anonymousCallerHasEmptyTexts() {
    Asked asked = AskedRequest.PLAIN.anonymous().asked();
    assertThat(
            expression(
                    "!identity.registered && identity.type == '' && identity.name == ''"
                        + " && !has(identity.type) && credential.kind == '' && scopes.size() == 0",
                    Dialect.OPERATION)
                .evaluate(new Answers.Progress(asked), new Work.Progress())
                .met())
        .isTrue();
  }
}
