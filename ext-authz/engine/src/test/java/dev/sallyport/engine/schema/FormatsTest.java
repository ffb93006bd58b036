package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.format.IdnHostnameFormat;
import com.networknt.schema.format.IriFormat;
import com.networknt.schema.format.IriReferenceFormat;
import com.networknt.schema.format.UriFormat;
import com.networknt.schema.format.UriReferenceFormat;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import java.util.Random;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;

/** What is looked at character by character is what the grammars, written as patterns, say. */
class FormatsTest {
  private static final Pattern DURATION =
      Pattern.compile(
          "P(?:[0-9]+W|(?=.)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)");
  private static final Pattern OCTETS =
      Pattern.compile(
          "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}");
  private static final Pattern POINTER =
      Pattern.compile("(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)");
  private static final Pattern BASE64 =
      Pattern.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?");
  private static final Pattern MAILBOX =
      Pattern.compile(
          "(?:[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+)*|\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\")@[a-z]+");
  private static final Pattern TEMPLATE;

  static {
    String character = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})";
    String variable = character + "(?:\\.?" + character + ")*(?:\\*|:[1-9][0-9]{0,3})?";
    TEMPLATE =
        Pattern.compile(
            "(?:[^\\x00- \\x7f\"<>\\\\^`|{}%]|%[0-9A-Fa-f]{2}|\\{[+#./;?&=,!@|]?"
                + variable
                + "(?:,"
                + variable
                + ")*\\})*",
            Pattern.DOTALL);
  }

  @Property(tries = 20_000)
  void everyFormatIsItsGrammar(@ForAll long seed) {
    Random random = new Random(seed);
    agrees(
        "duration",
        DURATION,
        text(random, "P", "PT", "1", "22", "Y", "M", "D", "T", "H", "S", "W"));
    agrees("ipv4", OCTETS, text(random, ".", ".", "1", "25", "5", "0", "192", "256", "a"));
    agrees(
        "relative-json-pointer", POINTER, text(random, "0", "1", "12", "/", "~", "~0", "#", "a"));
    agrees("byte", BASE64, text(random, "a", "bc", "+/", "=", "==", "Z0", "-"));
    agrees("email", MAILBOX, text(random, "a", "b.", ".", "\"", "\\", " ", "[", "\u00e4") + "@ab");
    agrees(
        "uri-template",
        TEMPLATE,
        text(
            random, "a", "/", "{", "}", "{a}", "{?b", ",c", "*", ":3", ":0", ".", "%41", "%4",
            "\u00e4"));
  }

  /** Texts that look most like one of what is asked for. */
  private static String text(Random random, String... pieces) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(9); i > 0; i--) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  private static void agrees(String format, Pattern grammar, String text) {
    assertThat(takes(format, text, _ -> true))
        .as("%s `%s`", format, text)
        .isEqualTo(grammar.matcher(text).matches());
  }

  /** What is taken without the parser, the parser takes; and names of hosts are one to both. */
  @Property(tries = 20_000)
  void shortCutsLeadWhereTheLongWayDoes(@ForAll long seed) {
    Random random = new Random(seed);
    String uri =
        text(
            random, "http", "x", "://", ":", "/", "//", "a.b", "-", "1", "@", "?", "#", "%41", "&",
            "=");
    for (String start : new String[] {"", "https://", "/"}) {
      String text = start + uri;
      if (takes("uri", text, _ -> false)) {
        assertThat(new UriFormat().matches(null, text)).as(text).isTrue();
        assertThat(new IriFormat().matches(null, text)).as(text).isTrue();
      }
      if (takes("uri-reference", text, _ -> false)) {
        assertThat(new UriReferenceFormat().matches(null, text)).as(text).isTrue();
        assertThat(new IriReferenceFormat().matches(null, text)).as(text).isTrue();
      }
    }
    // In lower case: the library takes no other, which RFC 5890 does where nothing is encoded.
    String host = text(random, "a", "bc", "0", "-", ".", "_", " ", "xyz-1");
    if (!host.isEmpty() && !host.contains("--")) {
      assertThat(takes("idn-hostname", host, _ -> false))
          .as(host)
          .isEqualTo(!host.endsWith(".") && new IdnHostnameFormat().matches(null, host));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"idn-hostname", "hostname", "idn-email", "regex", "uri", "iri-reference"})
  void whatTakesLongTakesItFromTheBudget(String format) {
    String text =
        switch (format) {
          case "idn-hostname" -> "b\u00fccher.example";
          case "hostname" -> "xn--bcher-kva.example";
          case "idn-email" -> "a@b\u00fccher.example";
          default -> "x:a";
        };
    assertThat(takes(format, text, _ -> true)).isTrue();
    assertThat(takes(format, text, _ -> false)).isFalse();
  }

  @Test
  void aHostIsNotLongerThanAnyHost() {
    String long253 = ("a".repeat(50) + '.').repeat(5).substring(0, 253);
    assertThat(takes("idn-hostname", "\u00fc".repeat(254), _ -> true)).isFalse();
    assertThat(takes("hostname", long253, _ -> true)).isTrue();
    assertThat(takes("hostname", long253 + "a", _ -> true)).isFalse();
  }

  private static boolean takes(String format, String text, Budget budget) {
    Formats.Format found = Formats.find(format, Dialect.OPENAPI_3_1);
    assertThat(found).isNotNull();
    return found.takes(JsonNodeFactory.instance.stringNode(text), budget);
  }
}
