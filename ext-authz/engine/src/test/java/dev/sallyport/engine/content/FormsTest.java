package dev.sallyport.engine.content;

import static dev.sallyport.engine.content.Bodies.all;
import static dev.sallyport.engine.content.Bodies.read;
import static dev.sallyport.engine.content.Bodies.told;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sallyport.engine.content.ValueType.Kind;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormsTest {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String MULTIPART = "multipart/form-data; boundary=b";
  private static final ContentRule RULE =
      all(
          1 << 20,
          ValueType.object(
              Map.of(
                  "n", ValueType.scalar(Kind.INTEGER),
                  "x", ValueType.scalar(Kind.NUMBER),
                  "flag", ValueType.scalar(Kind.BOOLEAN),
                  "ids", ValueType.array(ValueType.scalar(Kind.INTEGER)),
                  "tags", ValueType.array(ValueType.STRING))));

  private static String form(String body) {
    return told(read(RULE, FORM, body));
  }

  /** A body whose lines are given by {@code |}. */
  private static String multipart(String body) {
    return told(read(RULE, MULTIPART, body.replace("|", "\r\n")));
  }

  private static String part(String head, String content) {
    return multipart("--b|" + head + "||" + content + "|--b--|");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      quoteCharacter = '`',
      value = {
        "a=1&b=x+y%20z > {'a':'1','b':'x y z'}",
        "n=5 > {'n':5}",
        "n=05&x=5.50 > {'n':'05','x':5.50}",
        "n=5.0 > {'n':'5.0'}",
        "n=+5&x=1e3 > {'n':' 5','x':1E+3}",
        "n= > {'n':''}",
        "flag=true > {'flag':true}",
        "flag=TRUE > {'flag':'TRUE'}",
        "ids=1&ids=2 > {'ids':[1,2]}",
        "ids=1 > {'ids':[1]}",
        "tags=a%2Cb&a > {'tags':['a,b'],'a':''}",
        "a=b=c > {'a':'b=c'}",
        "a%26=%3D > {'a&':'='}",
        "&&a=1& > {'a':'1'}",
        "%C3%A9=%E2%82%AC > {'é':'€'}"
      })
  void aFormIsAnObject(String body, String object) {
    assertThat(form(body)).isEqualTo(object.replace('\'', '"'));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a=1&a=2",
        "a=1&%61=2",
        "n=1&n=1",
        "a=%",
        "a=%4",
        "a=%zz",
        "%=1",
        "a=%C3",
        "a=%C0%AF",
        "a=%ED%A0%80",
        "a=1;b=2",
        "a=1 ",
        " a=1",
        "a=\n",
        "a=é",
        "a=%00",
        "%00=1",
        "_charset_=utf-7",
        "_CHARSET_=x",
        "n[]=1",
        "ids[]=1",
        "ids[0]=1",
        "n[x]=1"
      })
  void whatFormsCanBeReadInTwoWaysIsRefused(String body) {
    assertThat(form(body)).startsWith("schema_violation");
  }

  @Test
  void aFormHasNotTooManyFields() {
    assertThat(form("a=1&".repeat(1001))).startsWith("schema_violation");
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 1001; i++) {
      many.append('k').append(i).append("=1&");
    }
    assertThat(form(many.toString())).isEqualTo("schema_violation: it holds too many fields");
    assertThat(form("a".repeat(2000) + "=1")).isEqualTo("schema_violation: a name is too long");
  }

  @Test
  void aMultipartFormIsAnObject() {
    assertThat(
            multipart(
                "--b|Content-Disposition: form-data; name=\"a\"||x y|--b|"
                    + "content-disposition: form-data; name=\"n\"|content-type: text/plain;"
                    + " charset=utf-8||7|--b|"
                    + "Content-Disposition: form-data; name=\"doc\"|Content-Type:"
                    + " application/json||{\"k\":[1]}|--b|"
                    + "Content-Disposition: form-data; name=\"f\"; filename=\"x.bin\"|Content-Type:"
                    + " application/octet-stream||AB|--b|"
                    + "Content-Disposition: form-data; name=\"ids\"||1|--b|"
                    + "Content-Disposition: form-data; name=\"ids\"||2|--b--"))
        .isEqualTo("{\"a\":\"x y\",\"n\":7,\"doc\":{\"k\":[1]},\"f\":\"AB\",\"ids\":[1,2]}");
  }

  @Test
  void aFormMayHaveNoParts() {
    assertThat(multipart("--b--|")).isEqualTo("{}");
  }

  @Test
  void aPartMayBeEmptyOrHoldLines() {
    assertThat(part("Content-Disposition: form-data; name=\"a\"", "")).isEqualTo("{\"a\":\"\"}");
    assertThat(part("Content-Disposition: form-data; name=\"a\"", "x|y||--"))
        .isEqualTo("{\"a\":\"x\\r\\ny\\r\\n\\r\\n--\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Not one form from the first byte to the last.
        "--b",
        "--b|",
        "x|--b|H||--b--",
        "|--b|@a||1|--b--",
        "--b|@a||1",
        "--b|@a||1|--b",
        "--b|@a||1|--b|",
        "--b|@a||1|--b-",
        "--b|@a||1|--b--x",
        "--b|@a||1|--b--|x",
        "--b|@a||1|--b--||",
        "--b |@a||1|--b--",
        "--bb|@a||1|--bb--",
        "--b|@a||1|--bx|--b--",
        "--B|@a||1|--B--",
        // Lines that end in other ways.
        "--b\n@a||1|--b--",
        "--b|@a\n\n1|--b--",
        "--b|@a||1\n--b--",
        "--b|@a||1\r--b--",
        "--b|@a\r\r1|--b--",
        "--b|@a|\n1|--b--",
        "--b|@a||1 --b x|--b--",
        // Fields that are not named once and plainly.
        "--b||1|--b--",
        "--b|X: y||1|--b--",
        "--b|@a|@a||1|--b--",
        "--b|@a|@c||1|--b--",
        "--b|Content-Disposition: form-data||1|--b--",
        "--b|Content-Disposition: form-data; name=||1|--b--",
        "--b|Content-Disposition: form-data; name=\"\"||1|--b--",
        "--b|Content-Disposition: form-data; name=\"a||1|--b--",
        "--b|Content-Disposition: form-data; name=\"a\\\"b\"||1|--b--",
        "--b|Content-Disposition: form-data; name=\"a\"; name=\"c\"||1|--b--",
        "--b|Content-Disposition: form-data; name=\"a\"; filename*=utf-8''x||1|--b--",
        "--b|Content-Disposition: form-data; name*=utf-8''a||1|--b--",
        "--b|Content-Disposition: form-data; name=\"a\"; x=y||1|--b--",
        "--b|Content-Disposition: attachment; name=\"a\"||1|--b--",
        "--b|Content-Disposition:|form-data; name=\"a\"||1|--b--",
        "--b|Content-Disposition: form-data;| name=\"a\"||1|--b--",
        "--b| Content-Disposition: form-data; name=\"a\"||1|--b--",
        "--b|Content-Disposition : form-data; name=\"a\"||1|--b--",
        "--b|Content-Disposition: form-data; name=\"_charset_\"||utf-7|--b--",
        "--b|@a||1|--b|@a||2|--b--",
        "--b|@n||1|--b|@n||2|--b--",
        "--b|@ids[]||1|--b--",
        // Contents that other readers read otherwise.
        "--b|@a|Content-Transfer-Encoding: base64||MQ==|--b--",
        "--b|@a|Content-Transfer-Encoding: quoted-printable||=31|--b--",
        "--b|@a|Content-Type: text/plain; charset=utf-7||1|--b--",
        "--b|@a|Content-Type: text/plain; charset=utf-16||1|--b--",
        "--b|@a|Content-Type: multipart/mixed; boundary=c||--c|--b--",
        "--b|@a|Content-Type: text/plain, text/html||1|--b--",
        "--b|@a|Content-Type: text/plain|Content-Type: text/plain||1|--b--",
        "--b|@a|Content-Type: application/json||{|--b--",
        "--b|@a|Content-Type: application/json||{}{}|--b--",
        "--b|@a||\0|--b--"
      })
  void whatMultipartFormsCanBeReadInTwoWaysIsRefused(String body) {
    String named =
        body.replaceAll("@([a-z\\[\\]]+)", "Content-Disposition: form-data; name=\"$1\"");
    assertThat(multipart(named)).as(named).startsWith("schema_violation");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"b\"",
        "multipart/form-data; boundary=b; boundary=c",
        "multipart/form-data; boundary=b,c",
        "multipart/form-data; boundary=b c",
        "multipart/form-data; boundary=b:c",
        "multipart/form-data; boundary=b; charset=utf-7",
        "multipart/mixed; boundary=b",
        "multipart/form-data; boundary=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      })
  void aBoundaryIsPlain(String type) {
    String body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--";
    assertThat(told(read(RULE, type, body)))
        .matches("(?s)(schema_violation|content_type_unsupported).*");
  }

  @Test
  void textThatIsNotUtf8IsRefused() {
    byte[] body =
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\né\r\n--b--"
            .getBytes(StandardCharsets.ISO_8859_1);
    assertThat(told(RULE.read(Bodies.post(MULTIPART, body)))).startsWith("schema_violation");
  }

  @Test
  void theBytesOfAFileAreItsCharacters() {
    byte[] body =
        ("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\n"
                + "\u00ff\u0000\u00c3\r\n--b--")
            .getBytes(StandardCharsets.ISO_8859_1);
    Content content = RULE.read(Bodies.post(MULTIPART, body));
    assertThat(((Content.Tree) content).value().path("a").stringValue())
        .isEqualTo("\u00ff\0\u00c3");
  }

  /** What is almost a boundary, again and again. */
  @ParameterizedTest
  @ValueSource(
      strings = {"-", "--", "\r\n-", "\r\n--", "--a", "\r\n--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"})
  void noContentIsSearchedForLong(String piece) {
    String boundary = "a".repeat(69) + 'b';
    byte[] body =
        ("--"
                + boundary
                + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
                + piece.repeat(500_000 / piece.length())
                + "\r\n--"
                + boundary
                + "--")
            .getBytes(StandardCharsets.US_ASCII);
    String type = "multipart/form-data; boundary=" + boundary;
    RULE.read(Bodies.post(type, body));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    dev.sallyport.engine.receive.Request request = Bodies.post(type, body);
    long before = threads.getCurrentThreadAllocatedBytes();
    Content content = RULE.read(request);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(content).isInstanceOf(Content.Tree.class);
    assertThat(allocated).isLessThan(5L * body.length);
  }
}
