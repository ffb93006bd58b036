package dev.sallyport.engine.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the reader takes, other readers read to the same tree: Jackson, and the real interpreters of
 * Python and JavaScript, whose numbers are doubles. Trees are compared as texts that every side
 * writes alike: names by their UTF-8, strings in hexadecimal, numbers exactly or, where the other
 * side has doubles, by the bits of the nearest one, without the sign of zero.
 */
class JsonDifferentialTest {
  private static final JsonReader READER = new JsonReader(JsonReader.Limits.BODY);
  private static final int MANY = 20_000;

  private static final String PYTHON =
      """
      import base64, decimal, json, sys
      def write(v):
          if v is None: return 'null'
          if v is True: return 'true'
          if v is False: return 'false'
          if isinstance(v, (int, decimal.Decimal)):
              sign, digits, exponent = decimal.Decimal(v).as_tuple()
              text = ''.join(map(str, digits)).lstrip('0')
              short = text.rstrip('0')
              if not short: return '0'
              return ('-' if sign else '') + short + 'e' + str(exponent + len(text) - len(short))
          if isinstance(v, str): return v.encode('utf-8').hex() + '"'
          if isinstance(v, list): return '[' + ','.join(map(write, v)) + ']'
          return '{' + ','.join(k + ':' + x for k, x in
              sorted((k.encode('utf-8').hex(), write(x)) for k, x in v.items())) + '}'
      for line in open(sys.argv[1]):
          text = base64.b64decode(line).decode('utf-8', 'strict')
          print(write(json.loads(text, parse_float=decimal.Decimal)))
      """;

  private static final String NODE =
      """
      const fs = require('fs');
      const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
      function bits(n) {
        const view = new DataView(new ArrayBuffer(8));
        view.setFloat64(0, n + 0 === 0 ? 0 : n);
        return view.getBigUint64(0).toString(16);
      }
      function hex(s) { return Buffer.from(s, 'utf8').toString('hex'); }
      function write(v) {
        if (v === null || v === true || v === false) return String(v);
        if (typeof v === 'number') return bits(v);
        if (typeof v === 'string') return hex(v) + '"';
        if (Array.isArray(v)) return '[' + v.map(write).join(',') + ']';
        return '{' + Object.keys(v).map(k => [hex(k), write(v[k])])
          .sort((a, b) => a[0] < b[0] ? -1 : 1).map(e => e[0] + ':' + e[1]).join(',') + '}';
      }
      for (const line of fs.readFileSync(process.argv[1], 'latin1').split('\\n')) {
        if (line) console.log(write(JSON.parse(utf8.decode(Buffer.from(line, 'base64')))));
      }
      """;

  @Test
  void jacksonReadsTheSame() {
    JsonMapper jackson =
        JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    for (byte[] text : taken()) {
      assertThat(written(jackson.readTree(text), JsonDifferentialTest::exact))
          .isEqualTo(written(ours(text), JsonDifferentialTest::exact));
    }
  }

  @Test
  void pythonReadsTheSame(@TempDir Path folder) throws Exception {
    agrees(folder, JsonDifferentialTest::exact, "python3", "-c", PYTHON);
  }

  @Test
  void nodeReadsTheSame(@TempDir Path folder) throws Exception {
    agrees(folder, JsonDifferentialTest::bits, "node", "-e", NODE);
  }

  private static void agrees(Path folder, Function<BigDecimal, String> number, String... command)
      throws Exception {
    List<byte[]> texts = taken();
    Path file = folder.resolve("texts");
    List<String> lines = texts.stream().map(Base64.getEncoder()::encodeToString).toList();
    Files.write(file, lines, StandardCharsets.US_ASCII);
    Path answers = folder.resolve("answers");
    Path complaints = folder.resolve("complaints");
    List<String> whole = new ArrayList<>(List.of(command));
    whole.add(file.toString());
    Process process;
    try {
      process =
          new ProcessBuilder(whole)
              .redirectOutput(answers.toFile())
              .redirectError(complaints.toFile())
              .start();
    } catch (IOException _) {
      String skipped = "SKIPPED: no " + command[0] + " here: nothing was compared with it";
      // Reports keep the reason of what was skipped to themselves.
      System.err.println(skipped);
      abort(skipped);
      return;
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(complaints)).isZero();
    List<String> read = Files.readAllLines(answers);
    assertThat(read).hasSameSizeAs(texts);
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.get(i)).as(() -> "").isEqualTo(written(ours(texts.get(i)), number));
    }
  }

  /** A bounded batch of texts that the reader takes, of which every third had a byte changed. */
  private static List<byte[]> taken() {
    JsonTexts texts = new JsonTexts(42);
    List<byte[]> taken = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      byte[] text = texts.next();
      if (READER.read(text) instanceof Json.Value) {
        taken.add(text);
      }
    }
    assertThat(taken).hasSizeBetween(MANY / 3, MANY - MANY / 10);
    return taken;
  }

  private static JsonNode ours(byte[] text) {
    return ((Json.Value) READER.read(text)).tree();
  }

  private static String written(JsonNode node, Function<BigDecimal, String> number) {
    if (node.isArray()) {
      return "[" + String.join(",", node.valueStream().map(v -> written(v, number)).toList()) + "]";
    }
    if (node.isObject()) {
      Map<String, String> members = new TreeMap<>();
      node.properties()
          .forEach(member -> members.put(hex(member.getKey()), written(member.getValue(), number)));
      List<String> all = new ArrayList<>();
      members.forEach((name, value) -> all.add(name + ':' + value));
      return "{" + String.join(",", all) + "}";
    }
    if (node.isNumber()) {
      return number.apply(node.decimalValue());
    }
    return node.isString() ? hex(node.stringValue()) + '"' : node.toString();
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String exact(BigDecimal number) {
    if (number.signum() == 0) {
      return "0";
    }
    BigDecimal shortest = number.stripTrailingZeros();
    return shortest.unscaledValue() + "e" + -shortest.scale();
  }

  private static String bits(BigDecimal number) {
    double nearest = number.doubleValue();
    return Long.toHexString(Double.doubleToLongBits(nearest == 0 ? 0 : nearest));
  }
}
