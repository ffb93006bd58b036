package dev.sallyport.engine.content;

import static dev.sallyport.engine.content.Bodies.all;
import static dev.sallyport.engine.content.Bodies.post;
import static dev.sallyport.engine.content.Bodies.read;
import static dev.sallyport.engine.content.Bodies.request;
import static dev.sallyport.engine.content.Bodies.told;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Inbound.Body;
import dev.sallyport.engine.receive.Inbound.BodyForm;
import dev.sallyport.engine.receive.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContentRuleTest {
  private static final ContentRule RULE = new ContentRule(List.of(), Set.of(), 100, true);
  private static final byte[] JSON = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);

  private static String judged(Map<String, String> headers, Body body) {
    return judged("POST", headers, body);
  }

  private static String judged(String method, Map<String, String> headers, Body body) {
    Inbound plain = request(method, "/x", headers, new byte[0]).inbound();
    Inbound inbound =
        new Inbound(
            plain.id(),
            plain.at(),
            plain.method(),
            plain.path(),
            plain.host(),
            Headers.joined(headers),
            body,
            null,
            null,
            null,
            List.of());
    Request request = request(method, "/x", headers, new byte[0]);
    return told(
        RULE.read(
            new Request(
                inbound, request.host(), request.path(), request.query(), request.bounds())));
  }

  private static Body lossy(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new Body(BodyForm.LOSSY, bytes.length, bytes.length, bytes::clone);
  }

  @Test
  void aWholeBodyIsRead() {
    assertThat(read(RULE, "application/json", "{\"a\":1}")).isInstanceOf(Content.Tree.class);
    assertThat(read(RULE, "Application/Merge-Patch+JSON; charset=\"UTF-8\"", "{\"a\":1}"))
        .isEqualTo(new Content.Tree(json(), "application/merge-patch+json"));
  }

  private static tools.jackson.databind.JsonNode json() {
    return ((Content.Tree) read(RULE, "application/json", "{\"a\":1}")).value();
  }

  @Test
  void oneHeaderOrTheOtherSaysThatItIsWhole() {
    Body body = Body.of(JSON);
    String json = "application/json";
    assertThat(judged(Map.of("content-type", json, "content-length", "7"), body))
        .isEqualTo("{\"a\":1}");
    assertThat(judged(Map.of("content-type", json, "x-envoy-auth-partial-body", "false"), body))
        .isEqualTo("{\"a\":1}");
    assertThat(judged(Map.of("content-type", json), body)).startsWith("body_truncated");
  }

  @ParameterizedTest
  @CsvSource({
    "8,false",
    "6,false",
    "7,true",
    "7,''",
    "7,TRUE",
    "7,'false,true'",
    "x,false",
    "'7,7',false",
    "-7,false",
    "+7,false",
    "99999999999999999999,false"
  })
  void aPartIsNeverJudged(String length, String partial) {
    Map<String, String> headers =
        Map.of(
            "content-type",
            "application/json",
            "content-length",
            length,
            "x-envoy-auth-partial-body",
            partial);
    assertThat(judged(headers, Body.of(JSON))).startsWith("body_truncated");
  }

  @Test
  void aSizeBeyondWhatWasSentIsAPart() {
    assertThat(
            judged(
                Map.of("content-type", "application/json", "content-length", "7"),
                Body.of(JSON, 8)))
        .startsWith("body_truncated");
  }

  @Test
  void aBodyThatIsNotBufferedIsNotJudged() {
    for (Map<String, String> headers :
        List.of(
            Map.of("content-length", "7"),
            Map.of("transfer-encoding", "chunked"),
            Map.<String, String>of())) {
      assertThat(judged(headers, Body.NONE))
          .startsWith("body_truncated")
          .contains("with_request_body");
    }
    assertThat(judged(Map.of(), Body.unsent(3))).startsWith("body_truncated");
  }

  @Test
  void noBodyIsSurelyNone() {
    assertThat(judged(Map.of("content-length", "0"), Body.NONE)).isEqualTo("absent");
    assertThat(judged(Map.of("x-envoy-auth-partial-body", "false"), Body.NONE)).isEqualTo("absent");
    assertThat(judged("GET", Map.of(), Body.NONE)).isEqualTo("absent");
    assertThat(judged("DELETE", Map.of(), Body.NONE)).isEqualTo("absent");
  }

  @Test
  void aTextIsReadOnlyIfNoByteOfItCanHaveBeenReplaced() {
    Map<String, String> headers =
        Map.of("content-type", "application/json", "x-envoy-auth-partial-body", "false");
    assertThat(judged(headers, lossy("{\"a\":1}"))).isEqualTo("{\"a\":1}");
    for (String text : List.of("{\"a\":\"é\"}", "{\"a\":\"caf!\"}")) {
      assertThat(judged(headers, lossy(text)))
          .startsWith("body_truncated")
          .contains("pack_as_bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "TRACE"})
  void aMethodWithoutABodyHasNone(String method) {
    Map<String, String> headers = Map.of("content-type", "application/json", "content-length", "7");
    assertThat(judged(method, headers, Body.of(JSON))).startsWith("request_malformed");
    assertThat(judged(method, headers, Body.NONE)).startsWith("request_malformed");
    assertThat(judged(method, Map.of("transfer-encoding", "chunked"), Body.NONE))
        .startsWith("request_malformed");
    assertThat(judged(method, Map.of("content-length", "0"), Body.NONE)).isEqualTo("absent");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "text/json",
        "application/jsonp",
        "application/json,text/plain",
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset",
        "application/json; charset=",
        "application/json;",
        "application/json; charset=\"utf-8",
        "application/json; a=\"\\\"\"",
        "application/ json",
        "application",
        "",
        "application/json;charset=utf-8 x",
        "*/*",
        "application/*"
      })
  void anyOtherContentTypeIsRefused(String type) {
    assertThat(told(read(RULE, type, "{\"a\":1}"))).startsWith("content_type_unsupported");
  }

  @Test
  void theContentTypeStandsOnce() {
    assertThat(judged(Map.of("content-length", "7"), Body.of(JSON)))
        .startsWith("content_type_unsupported");
    Request request = post("application/json", JSON);
    Inbound twice =
        new Inbound(
            "test",
            request.inbound().at(),
            "POST",
            "/x",
            "api.example.com",
            Headers.listed(
                List.of(
                    Map.entry("content-type", "application/json"),
                    Map.entry("content-type", "application/json"),
                    Map.entry("content-length", "7"))),
            Body.of(JSON),
            null,
            null,
            null,
            List.of());
    assertThat(
            told(
                RULE.read(
                    new Request(
                        twice, request.host(), request.path(), request.query(), request.bounds()))))
        .startsWith("content_type_unsupported");
  }

  @Test
  void aTypeThatIsTakenButCannotBeReadIsRefused() {
    assertThat(told(read(all(100), "text/plain", "{}"))).startsWith("content_type_unsupported");
    assertThat(told(read(all(100), "application/xml", "<a/>")))
        .startsWith("content_type_unsupported");
  }

  @Test
  void anOpaqueTypeIsTakenAsItIs() {
    ContentRule rule =
        new ContentRule(
            List.of(), Set.of(), 100, true, List.of(), List.of(new MediaRange("image", "*", "")));
    assertThat(read(rule, "image/png", "\u0089PNG")).isEqualTo(new Content.Unread());
    assertThat(read(rule, "image/png", "")).isEqualTo(new Content.Absent());
    assertThat(told(read(rule, "application/json", "{"))).startsWith("schema_violation");
    assertThat(told(read(rule, "image/png", "x".repeat(101)))).startsWith("body_too_large");
  }

  @Test
  void sizesAreBounded() {
    assertThat(told(read(RULE, "application/json", " ".repeat(99) + "1"))).isEqualTo("1");
    assertThat(told(read(RULE, "application/json", " ".repeat(100) + "1")))
        .startsWith("body_too_large");
    ContentRule unsaid = new ContentRule(List.of(), Set.of(), -1, true);
    assertThat(told(read(unsaid, "application/json", " ".repeat((1 << 20) - 1) + "1")))
        .isEqualTo("1");
    assertThat(told(read(unsaid, "application/json", " ".repeat(1 << 20) + "1")))
        .startsWith("body_too_large");
  }

  @Test
  void whatIsWrongWithJsonIsSaidWithoutIt() {
    assertThat(told(read(RULE, "application/json", "{\"a\":1}{\"a\":2}")))
        .isEqualTo("schema_violation: it holds text after its value");
    assertThat(told(read(RULE, "application/json", ""))).isEqualTo("absent");
    assertThat(told(read(RULE, "application/json", " ")))
        .isEqualTo("schema_violation: it holds no JSON value");
  }

  @Test
  void encodingsAreTakenOffOnlyIfListed() {
    byte[] gzip = ContentCodings.gzip(JSON);
    Map<String, String> header = Map.of("content-encoding", "gzip");
    assertThat(told(all(100, "gzip").read(post("application/json", header, gzip))))
        .isEqualTo("{\"a\":1}");
    assertThat(told(all(100).read(post("application/json", header, gzip))))
        .startsWith("content_type_unsupported");
    assertThat(
            told(
                all(100, "gzip")
                    .read(
                        post(
                            "application/json",
                            header,
                            ContentCodings.gzip(ContentCodings.gzip(JSON))))))
        .startsWith("schema_violation: it is not");
    assertThat(
            told(
                all(100, "gzip")
                    .read(post("application/json", header, ContentCodings.gzip(new byte[101])))))
        .startsWith("body_too_large");
  }

  @Test
  void whereNothingIsAskedNothingIsRead() {
    assertThat(read(ContentRule.NONE, "text/plain", "x")).isEqualTo(new Content.Unread());
  }
}
