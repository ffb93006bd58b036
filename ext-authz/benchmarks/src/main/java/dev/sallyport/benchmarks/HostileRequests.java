package dev.sallyport.benchmarks;

import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.snapshot.Snapshot;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Requests that are made to cost much, and a few ordinary large ones beside them, with the policy
 * that judges them. Bodies are as large as a body may be where nothing else is said: 1 MiB.
 */
final class HostileRequests {
  private static final String HOST = "hostile.example.com";
  private static final String KEY = "sp_live_hostile_4f9c2a7be1d05836";
  private static final int LARGEST = 1 << 20;

  private final List<Hostile> all = new ArrayList<>();

  /**
   * A request.
   *
   * @param reason that its decision must have
   * @param bytes of its body, path and headers
   * @param bad whether it is made to cost much; else it is an ordinary one, to compare with
   */
  record Hostile(String name, Inbound inbound, String reason, long bytes, boolean bad) {}

  private HostileRequests() {}

  /** All of them, the ordinary ones first. */
  static List<Hostile> all() {
    HostileRequests requests = new HostileRequests();
    requests.ordinary();
    requests.json();
    requests.types();
    requests.encodings();
    requests.forms();
    requests.schemas();
    requests.formats();
    requests.queries();
    requests.graphql();
    requests.conditions();
    requests.messages();
    return List.copyOf(requests.all);
  }

  static Snapshot snapshot() {
    return World.snapshot(HostileRequests::writePolicy);
  }

  private static void writePolicy(Path folder) throws IOException {
    StringBuilder formats = new StringBuilder();
    for (String format : FORMATS.keySet()) {
      formats.append(
          """
            - name: format-%1$s
              match: [{methods: [POST], path: /formats/%1$s}]
              request: {body: {schema: {type: array, items: {type: string, format: %1$s}}}}
          """
              .formatted(format));
    }
    Files.writeString(
        folder.resolve("hostile.yaml"),
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: ApiPolicy
        metadata: {name: hostile, namespace: costs}
        spec:
          hosts: [%s]
          authentication: {methods: [{name: keys, apiKey: {header: X-API-Key}}]}
          operations:
          - name: order
            match: [{methods: [POST], path: /orders}]
            request:
              contentTypes: [application/json, application/x-www-form-urlencoded, multipart/form-data]
              contentEncodings: [gzip, deflate, br, zstd]
              body:
                schema: %s
          - name: regex
            match: [{methods: [POST], path: /regex}]
            request: {body: {schema: {type: array, items: {type: string, pattern: '^(([a-z])+.)+[A-Z]([a-z])+$'}}}}
          - name: large-regex
            match: [{methods: [POST], path: /large-regex}]
            request: {body: {schema: {type: array, items: {type: string, pattern: '^(a{1,30}b{1,30}){20}$'}}}}
          - name: named-by-patterns
            match: [{methods: [POST], path: /patterns}]
            request: {body: {schema: {type: object, patternProperties: {'^(x-)?[a-z]+(_[a-z0-9]+)*$': {type: integer}}}}}
          - name: branches
            match: [{methods: [POST], path: /branches}]
            request:
              body:
                schema:
                  $ref: '#/$defs/node'
                  $defs:
                    node:
                      anyOf:
                      - {type: array, maxItems: 1, items: {$ref: '#/$defs/node'}, contains: {const: x}}
                      - {type: array, items: {$ref: '#/$defs/node'}}
                      - {type: integer}
          - name: tree
            match: [{methods: [POST], path: /tree}]
            request: {body: {schema: {type: object, properties: {next: {$ref: '#'}}}}}
          - name: unique
            match: [{methods: [POST], path: /unique}]
            request: {body: {schema: {type: array, uniqueItems: true}}}
          - name: numbers
            match: [{methods: [POST], path: /numbers}]
            request: {body: {schema: {type: array, items: {type: number, multipleOf: 0.01, maximum: 1e30}}}}
          - name: unevaluated
            match: [{methods: [POST], path: /unevaluated}]
            request:
              body:
                schema:
                  type: array
                  items: {type: object, allOf: [{properties: {a: {type: integer}}}], unevaluatedProperties: false}
          - name: search
            match: [{methods: [GET], path: /search}]
            request: {query: {schema: {type: object, properties: {q: {type: string, pattern: '^(([a-z])+.)+[A-Z]([a-z])+$'}}}}}
          - name: report
            match: [{methods: [GET], path: /reports}]
            request: {body: {presence: Optional, schema: {type: object}}}
          - name: fields
            match: [{methods: [GET], path: /fields}]
            fields: {selectors: [{query: fields}], available: [id, amount, card.number]}
          - name: graphql
            match: [{methods: [POST], path: /graphql}]
            fields:
              selectors: [{graphql: {maxAliases: 1000, maxDepth: 20}}]
              available: [payment.id, payment.amount, payment.card.number]
          - name: pairs
            match: [{methods: [POST], path: /pairs}]
            conditions: [{name: apart, expression: "request.body.all(i, request.body.exists_one(j, i == j))"}]
          - name: matches
            match: [{methods: [POST], path: /matches}]
            conditions: [{name: form, expression: "request.body.all(i, !i.matches('^(([a-z])+.)+[A-Z]([a-z])+$'))"}]
          - name: doubling
            match: [{methods: [POST], path: /doubling}]
            conditions: [{name: doubled, expression: "[request.body]%s.size() == 0"}]
          - name: overflow
            match: [{methods: [POST], path: /overflow}]
            conditions: [{name: product, expression: "request.body.all(i, i * i * i * i > 0)"}]
        %s
          mcp:
            path: /mcp
            maxBytes: 1048576
            tools:
            - name: create_order
              arguments: {schema: %s}
            - name: quote
              arguments: {schema: {type: object, properties: {region: {type: string, x-mcp-header: Region}}}}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: caller, namespace: costs}
        spec:
          type: Partner
          owner: {team: integrations, contact: integrations@example.com}
          credentials: [{name: primary, apiKey: {sha256: %s}}]
        """
            .formatted(
                HOST,
                PayloadRequests.schema(0, 100_000),
                ".map(x, x + x)".repeat(25),
                formats.toString().stripTrailing(),
                PayloadRequests.schema(0, 100_000),
                PolicySet.sha256(KEY)));
  }

  // ---- how a request is made

  private void add(
      String name,
      String reason,
      boolean bad,
      String method,
      String path,
      Map<String, String> headers,
      byte[] body) {
    List<Map.Entry<String, String>> lines = new ArrayList<>();
    lines.add(Map.entry("x-api-key", KEY));
    lines.add(Map.entry("user-agent", "hostile/1.0"));
    lines.add(Map.entry("x-envoy-auth-partial-body", "false"));
    if (body.length > 0) {
      lines.add(Map.entry("content-length", Integer.toString(body.length)));
    }
    lines.addAll(headers.entrySet());
    long bytes = (long) body.length + path.length();
    for (Map.Entry<String, String> line : lines) {
      bytes += line.getKey().length();
      bytes += line.getValue().length();
    }
    Inbound inbound =
        new Inbound(
            "costs",
            Instant.parse("2026-11-26T12:00:00Z"),
            method,
            path,
            HOST,
            Headers.listed(lines),
            Inbound.Body.of(body),
            "203.0.113.7",
            null,
            null,
            List.of());
    all.add(new Hostile(name, inbound, reason, bytes, bad));
  }

  private void post(String name, String reason, String path, String type, byte[] body) {
    add(name, reason, true, "POST", path, Map.of("content-type", type), body);
  }

  private void json(String name, String reason, String path, String body) {
    post(name, reason, path, "application/json", utf8(body));
  }

  private void order(String name, String body) {
    json(name, "schema_violation", "/orders", body);
  }

  private void get(String name, String reason, String path) {
    add(name, reason, true, "GET", path, Map.of(), new byte[0]);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** As many pieces as there is room for, between a start and an end. */
  private static String filled(int bytes, String start, IntFunction<String> piece, String end) {
    StringBuilder text = new StringBuilder(bytes).append(start);
    int length = start.length();
    for (int i = 0; ; i++) {
      String next = i == 0 ? piece.apply(i).replaceFirst("^[,&]", "") : piece.apply(i);
      length += utf8(next).length;
      if (length + end.length() > bytes) {
        return text.append(end).toString();
      }
      text.append(next);
    }
  }

  /** An array with so many bytes of one element. */
  private static String array(int bytes, String element) {
    return filled(bytes, "[", _ -> ',' + element, "]");
  }

  // ---- the requests

  private void ordinary() {
    ordinary("an order of 64 KiB", "/orders", PayloadRequests.order(64 << 10));
    ordinary("an order of 1 MiB", "/orders", order(12_400));
    ordinary("a text of 1 MiB", "/formats/uri-template", "[\"" + "x".repeat(LARGEST - 4) + "\"]");
  }

  private void ordinary(String name, String path, String body) {
    add(
        name,
        "allowed",
        false,
        "POST",
        path,
        Map.of("content-type", "application/json"),
        utf8(body));
  }

  /** An order of so many lines, set out as people read it: 1 MiB has room for 12,400. */
  private static String order(int lines) {
    StringBuilder more = new StringBuilder();
    for (int i = 0; i < lines; i++) {
      more.append(
          """
          ,
              {
                "sku": "A-%05d",
                "quantity": %d,
                "price": 33.3
              }\
          """
              .formatted(i, i + 1));
    }
    return PayloadRequests.order(1024).replaceFirst("], \"note\"", more + "], \"note\"");
  }

  private void json() {
    order("a name twice", "{\"a\":1,\"a\":2}");
    order("two values", "{\"a\":1}{\"a\":2}");
    post(
        "UTF-16",
        "schema_violation",
        "/orders",
        "application/json",
        PayloadRequests.order(1024).getBytes(StandardCharsets.UTF_16));
    byte[] overlong = utf8(order(12_400));
    overlong[overlong.length - 10] = (byte) 0xc0;
    overlong[overlong.length - 9] = (byte) 0xaf;
    post(
        "overlong UTF-8 at the end of 1 MiB",
        "schema_violation",
        "/orders",
        "application/json",
        overlong);
    order("arrays 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000));
    order("1e999999", "{\"amount\":1e999999}");
    order("64 KiB of [", "[".repeat(1 << 16));
    order("a number of a million digits", "{\"amount\":" + "9".repeat(1_000_000) + "}");
    order("half a million numbers", array(LARGEST, "1"));
    order("99,000 numbers", array(198_000, "1"));
    order("empty objects", array(LARGEST, "{}"));
    order("numbers of 100 digits", array(LARGEST, "9".repeat(100)));
    order("numbers of 20 digits", array(LARGEST, "1" + "9".repeat(19)));
    order("fractions", array(LARGEST, "0.1234567"));
    order("unknown names", filled(LARGEST, "{", i -> ",\"n" + i + "\":1", "}"));
    order(
        "49,000 unknown names of 12 characters",
        filled(LARGEST, "{", i -> i < 49_000 ? ",\"n%011d\":1".formatted(i) : "", "}", 49_000));
    order(
        "names with one hash",
        filled(LARGEST, "{", i -> ",\"" + sameHash(i) + "\":1", "}", 1 << 15));
    order("escapes", "[\"" + "\\u00e4".repeat((LARGEST - 4) / 6) + "\"]");
    order(
        "an order whose last line is wrong",
        order(12_400).replace("], \"note\"", ",{\"sku\": 1}], \"note\""));
    order("an order whose every line is wrong", order(12_400).replace("33.3", "\"x\""));
  }

  /** One of 2^16 texts with one hash. */
  private static String sameHash(int number) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 16; bit++) {
      text.append((number >>> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }

  private void types() {
    byte[] body = utf8(order(12_400));
    String unsupported = "content_type_unsupported";
    post("two types in one", unsupported, "/orders", "application/json,text/plain", body);
    post("JSON in text/plain", unsupported, "/orders", "text/plain", body);
    post("charset utf-7", unsupported, "/orders", "application/json; charset=utf-7", body);
    add(
        "a GET with a body",
        "request_malformed",
        true,
        "GET",
        "/reports",
        Map.of("content-type", "application/json"),
        body);
    add(
        "a method override",
        "request_malformed",
        true,
        "POST",
        "/orders",
        Map.of("content-type", "application/json", "x-http-method-override", "DELETE"),
        body);
  }

  private void encodings() {
    for (long size : new long[] {10 << 20, 1 << 30}) {
      encoded(
          "a bomb of gzip, %,d MiB".formatted(size >> 20),
          "body_too_large",
          "gzip",
          compressed(size, GZIPOutputStream::new));
    }
    encoded(
        "a bomb of deflate",
        "body_too_large",
        "deflate",
        compressed(1 << 30, DeflaterOutputStream::new));
    byte[] inner = compressed(10 << 20, HostileRequests::zip);
    encoded("a zip in a zip", "schema_violation", "gzip", compressed(inner, HostileRequests::zip));
    byte[] plain = utf8("[" + " ".repeat(LARGEST - 2) + "]");
    byte[] lines = utf8(order(12_400).replace("\"sku\"", "\"skv\""));
    byte[] mixed = utf8(repetitive());
    String tooLarge = "body_too_large";
    String violation = "schema_violation";
    encoded("spaces in gzip", tooLarge, "gzip", compressed(plain, GZIPOutputStream::new));
    encoded("spaces in zstd", tooLarge, "zstd", zstd(plain));
    encoded("wrong lines in gzip", violation, "gzip", compressed(lines, GZIPOutputStream::new));
    encoded("wrong lines in zstd", violation, "zstd", zstd(lines));
    encoded("a hundredfold in gzip", violation, "gzip", compressed(mixed, GZIPOutputStream::new));
    encoded("a hundredfold in zstd", tooLarge, "zstd", zstd(mixed));
  }

  /** JSON that becomes a little more than a hundredth of it. */
  private static String repetitive() {
    Random random = new Random(1);
    StringBuilder text = new StringBuilder("[\"");
    while (text.length() < LARGEST - 300) {
      text.append("x".repeat(240)).append((char) ('a' + random.nextInt(26)));
    }
    return text.append("\"]").toString();
  }

  private void encoded(String name, String reason, String coding, byte[] body) {
    add(
        name,
        reason,
        true,
        "POST",
        "/orders",
        Map.of("content-type", "application/json", "content-encoding", coding),
        body);
  }

  private interface Wrapping {
    OutputStream wrap(OutputStream out) throws IOException;
  }

  private static OutputStream zip(OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    zip.putNextEntry(new ZipEntry("a.json"));
    return zip;
  }

  private static byte[] compressed(byte[] plain, Wrapping wrapping) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = wrapping.wrap(bytes)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] compressed(long zeros, Wrapping wrapping) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] block = new byte[1 << 20];
    try (OutputStream out = wrapping.wrap(bytes)) {
      for (long written = 0; written < zeros; written += block.length) {
        out.write(block);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] whole = bytes.toByteArray();
    return whole.length > LARGEST ? Arrays.copyOf(whole, LARGEST) : whole;
  }

  private static byte[] zstd(byte[] plain) {
    ZstdJavaCompressor zstd = new ZstdJavaCompressor();
    byte[] out = new byte[zstd.maxCompressedLength(plain.length)];
    return Arrays.copyOf(out, zstd.compress(plain, 0, plain.length, out, 0, out.length));
  }

  private void forms() {
    String form = "application/x-www-form-urlencoded";
    post("250,000 fields", "schema_violation", "/orders", form, utf8("a=1&".repeat(250_000)));
    post("only separators", "schema_violation", "/orders", form, utf8("&".repeat(LARGEST)));
    post(
        "a field of escapes",
        "schema_violation",
        "/orders",
        form,
        utf8("note=" + "%c3%a4".repeat((LARGEST - 5) / 6)));
    post(
        "a name of escapes",
        "schema_violation",
        "/orders",
        form,
        utf8("%61".repeat((LARGEST - 5) / 3) + "=1"));
    post(
        "1,000 fields of escapes",
        "schema_violation",
        "/orders",
        form,
        utf8(filled(LARGEST, "", i -> "&n" + i + "=" + "%41".repeat(345), "", 1000)));
    String start = "--b\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\n";
    String multipart = "multipart/form-data; boundary=b";
    post(
        "1,000 parts",
        "schema_violation",
        "/orders",
        multipart,
        utf8(
            filled(
                LARGEST, "", i -> start.formatted(i) + "x".repeat(980) + "\r\n", "--b--", 1000)));
    post(
        "more than 1,000 parts",
        "schema_violation",
        "/orders",
        multipart,
        utf8(filled(LARGEST, "", i -> start.formatted(i) + "\r\n", "--b--")));
    post(
        "almost boundaries",
        "schema_violation",
        "/orders",
        multipart,
        utf8(filled(LARGEST, start.formatted(1), _ -> "\r\n--", "")));
    post(
        "a boundary that almost repeats",
        "schema_violation",
        "/orders",
        "multipart/form-data; boundary=" + "-".repeat(69) + "b",
        utf8(
            "--"
                + "-".repeat(69)
                + "b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n"
                + "-".repeat(LARGEST - 200)));
    post(
        "1,000 parts of JSON",
        "schema_violation",
        "/orders",
        multipart,
        utf8(
            filled(
                LARGEST,
                "",
                i ->
                    start
                            .formatted(i)
                            .replace("\r\n\r\n", "\r\nContent-Type: application/json\r\n\r\n")
                        + array(940, "1")
                        + "\r\n",
                "--b--",
                1000)));
  }

  /** Like the other, but no more than so many pieces. */
  private static String filled(
      int bytes, String start, IntFunction<String> piece, String end, int most) {
    return filled(bytes, start, i -> i < most ? piece.apply(i) : " ".repeat(bytes), end);
  }

  private void schemas() {
    String violation = "schema_violation";
    json("a pattern on 1 MiB", violation, "/regex", "[\"" + "a".repeat(LARGEST - 4) + "\"]");
    json("a pattern on 40 KB", violation, "/regex", "[\"" + "a".repeat(40_000) + "\"]");
    json(
        "a pattern on many texts",
        violation,
        "/regex",
        array(LARGEST, "\"" + "a".repeat(60) + "Ab\"").replaceFirst("Ab\"]$", "AA\"]"));
    json(
        "a large pattern",
        violation,
        "/large-regex",
        "[\"" + "ab".repeat((LARGEST - 4) / 2) + "\"]");
    json(
        "a large pattern on many texts",
        violation,
        "/large-regex",
        array(LARGEST, "\"" + "ab".repeat(20) + "\"").replaceFirst("b\"]$", "c\"]"));
    json(
        "names by a pattern",
        violation,
        "/patterns",
        filled(
            LARGEST, "{", i -> ",\"x-abcdefgh_" + Integer.toString(i, 36) + "\":1", ",\"A\":1}"));
    json("branches of 93 KB", violation, "/branches", nested(93_000));
    json("branches of 1 MiB", violation, "/branches", nested(LARGEST));
    json("branches 60 deep", violation, "/branches", "[".repeat(60) + "\"x\"" + "]".repeat(60));
    json("a value 60 deep", violation, "/tree", "{\"next\":".repeat(60) + "1" + "}".repeat(60));
    json(
        "items that must differ",
        violation,
        "/unique",
        filled(LARGEST, "[", i -> "," + (i * 7919 % 99_001), ",0]", 99_000));
    json(
        "texts that must differ",
        violation,
        "/unique",
        filled(
            LARGEST,
            "[",
            i -> ",\"aaaaaaaa" + (i * 7919 % 79_999) + "\"",
            ",\"aaaaaaaa0\"]",
            79_999));
    json(
        "objects that must differ",
        violation,
        "/unique",
        filled(250_000, "[", i -> ",{\"b\":1,\"a\":" + i + "}", ",{\"a\":0,\"b\":1}]"));
    json(
        "multiples",
        violation,
        "/numbers",
        array(LARGEST - 1, "1234567.12").replaceFirst("2]$", "23]"));
    json(
        "multiples of 100 digits",
        violation,
        "/numbers",
        array(LARGEST, "1." + "0".repeat(97)).replaceFirst("0]$", "1]"));
    json(
        "what only the library judges",
        violation,
        "/unevaluated",
        array(200_000, "{\"a\":1}").replaceFirst("1}]$", "1,\"b\":1}]"));
  }

  /** Lists of lists, ten in each. */
  private static String nested(int bytes) {
    String inner = "[1,1,1,1,1,1,1,1,1,1]";
    for (int i = 0; i < 3; i++) {
      inner = array(10 * inner.length() + 11, inner);
    }
    String most = filled(Math.min(bytes, 198_000), "[", one(inner), ",{}]");
    return most;
  }

  private static IntFunction<String> one(String element) {
    return _ -> ',' + element;
  }

  /** Texts that take long to be judged by each format. */
  private static final Map<String, List<String>> FORMATS =
      Map.ofEntries(
          Map.entry("date", List.of("2026-11-31")),
          Map.entry("time", List.of("12:00:00.12345678901234567890Z")),
          Map.entry("date-time", List.of("2026-11-30T12:00:00.1234567890Z")),
          Map.entry("duration", List.of("P1Y2M3DT4H5M6S", "P" + "1".repeat(100_000) + "D")),
          Map.entry(
              "email", List.of("a.b.c.d.e.f@example.com", "a.".repeat(500) + "a@example.com")),
          Map.entry("idn-email", List.of("ä@bücher.example", "ä".repeat(1000) + "@bücher.example")),
          Map.entry("hostname", List.of("xn--bcher-kva.example", "a.b.c.example.com")),
          Map.entry(
              "idn-hostname",
              List.of(
                  "bücher.example",
                  "例え.テスト",
                  "ü".repeat(60) + ".example",
                  "a".repeat(1000),
                  "ü".repeat(1000))),
          Map.entry("ipv4", List.of("203.0.113.7")),
          Map.entry("ipv6", List.of("2001:db8::203.0.113.7", "1:2:3:4:5:6:7:8")),
          Map.entry(
              "uri",
              List.of("http://a@example.com:80/a/b?c=d#e", "http://a/" + "b/".repeat(400_000))),
          Map.entry("uri-reference", List.of("a/b?c=d#e", "/".repeat(1000))),
          Map.entry("iri", List.of("http://bücher.example/ä", "http://a/" + "ä/".repeat(300_000))),
          Map.entry("iri-reference", List.of("/ä", "ä".repeat(1000))),
          Map.entry("uri-template", List.of("/{a}/{b}{?c,d*}", "{a}".repeat(300_000))),
          Map.entry("uuid", List.of("4c1f7e90-5b8d-4a51-9d6e-08c2b7f3a1aa")),
          Map.entry("json-pointer", List.of("/a/~0/~1", "/~0".repeat(300_000))),
          Map.entry("relative-json-pointer", List.of("1/a/~0", "9".repeat(100_000) + "/a")),
          Map.entry(
              "regex",
              List.of(
                  "^a+$",
                  "(".repeat(20) + "a{1000}" + ")".repeat(20),
                  "[" + "a-z".repeat(1000) + "]",
                  "a|".repeat(900) + "a",
                  "\\\\p{L}".repeat(200))));

  private void formats() {
    FORMATS.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> {
          for (String text : entry.getValue()) {
            json(
                "%s, texts of %,d".formatted(entry.getKey(), text.length()),
                "schema_violation",
                "/formats/" + entry.getKey(),
                array(LARGEST - 8, '"' + text + '"').replaceFirst("]$", ",false]"));
          }
        });
  }

  private void queries() {
    String long60 = "a".repeat(16_000);
    get("a query of one long text", "schema_violation", "/search?q=" + long60);
    get("a query of escapes", "schema_violation", "/search?q=" + "%41".repeat(5_400));
    get("a query of many parameters", "schema_violation", "/search?" + "a=1&".repeat(4_000));
    get("a query of separators", "allowed", "/search?" + "&".repeat(16_000));
    get("a list of fields", "field_out_of_scope", "/fields?fields=" + "id,".repeat(5_300) + "id");
    get("fields of brackets", "field_out_of_scope", "/fields?fields=" + "card(".repeat(3_200));
    get("a path of slashes", "request_malformed", "/search" + "/".repeat(16_000));
    get("a path of escapes", "operation_undeclared", "/search/" + "%41".repeat(5_400));
  }

  private void graphql() {
    String query = "field_out_of_scope";
    graphql("10,000 aliases", query, aliases(10_000));
    graphql("900 aliases", query, aliases(900));
    graphql("200 aliases", "allowed", aliases(200));
    graphql("deep selections", query, "{ payment ".repeat(3000) + "}".repeat(3000));
    graphql(
        "fragments that double",
        query,
        "{ ...A0 } "
            + IntStream.range(0, 20)
                .mapToObj(i -> "fragment A%d on Q { ...A%d ...A%d }".formatted(i, i + 1, i + 1))
                .collect(Collectors.joining(" "))
            + " fragment A20 on Q { payment { id } }");
    graphql(
        "a block string of 30 KB",
        query,
        "{ payment(a: \\\"\\\"\\\"" + "x\\n".repeat(10_000) + "\\\"\\\"\\\") { cvv } }");
    graphql("a long list", query, "{ payment(a: [" + "1 ".repeat(1900) + "]) { id } cvv }");
    graphql(
        "deep lists",
        query,
        "{ payment(a: " + "[".repeat(300) + "]".repeat(300) + ") { id } cvv }");
    graphql("white space", query, "{" + " ".repeat(32_000) + "payment { cvv } }");
    graphql("commas", query, "{" + ",".repeat(19_000) + "payment { cvv } }");
    graphql("comments", query, "{" + "#a\\n".repeat(7_000) + "payment { cvv } }");
    graphql("a name of 30 KB", query, "{ " + "a".repeat(30_000) + " }");
    graphql("1 MiB", query, "{ " + "a ".repeat(500_000) + " }");
  }

  private static String aliases(int count) {
    return "{ "
        + IntStream.range(0, count)
            .mapToObj(i -> "a" + i + ": payment { id }")
            .collect(Collectors.joining(" "))
        + " }";
  }

  private void graphql(String name, String reason, String query) {
    json("GraphQL: " + name, reason, "/graphql", "{\"query\": \"" + query + "\"}");
  }

  private void conditions() {
    String failed = "condition_failed";
    json("a loop in a loop", failed, "/pairs", array(198_000, "1"));
    json(
        "a loop in a loop of texts",
        failed,
        "/pairs",
        array(LARGEST, "\"" + "a".repeat(60_000) + "\""));
    json("a loop in a loop of objects", failed, "/pairs", array(150_000, "{\"a\":[1,2,3]}"));
    json("a loop of patterns", failed, "/matches", array(LARGEST, "\"" + "a".repeat(500) + "\""));
    json(
        "a pattern of a condition",
        failed,
        "/matches",
        array(LARGEST, "\"" + "a".repeat(60_000) + "\""));
    json("a list that doubles", failed, "/doubling", array(2000, "1"));
    json("an overflow", failed, "/overflow", array(198_000, "99999999999"));
  }

  private void messages() {
    String malformed = "request_malformed";
    String order = PayloadRequests.order(100_000);
    String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":";
    message(
        "tools/call in another case",
        "operation_undeclared",
        call.replace("tools/call", "Tools/Call")
            + "{\"name\":\"create_order\",\"arguments\":"
            + order
            + "}}");
    message("params as an array", malformed, call + "[" + order + "]}");
    message(
        "two names",
        "schema_violation",
        call + "{\"name\":\"create_order\",\"name\":\"drop\",\"arguments\":" + order + "}}");
    message(
        "a tool's name in another case",
        "tool_undeclared",
        call + "{\"name\":\"Create_Order\",\"arguments\":" + order + "}}");
    message(
        "a tool's name with another letter",
        "tool_undeclared",
        call + "{\"name\":\"cre\u0430te_order\",\"arguments\":" + order + "}}");
    message("no arguments", "tool_arguments_invalid", call + "{\"name\":\"create_order\"}}");
    message(
        "null as arguments", malformed, call + "{\"name\":\"create_order\",\"arguments\":null}}");
    message(
        "an id of 1 MB",
        malformed,
        call.replace(":1,", ":\"" + "x".repeat(1_000_000) + "\",")
            + "{\"name\":\"create_order\"}}");
    message(
        "a method of 1 MB",
        "operation_undeclared",
        call.replace("tools/call", "x".repeat(1_000_000)) + "{}}");
    String encoded =
        Base64.getEncoder().encodeToString("x".repeat(40_000).getBytes(StandardCharsets.UTF_8));
    add(
        "a mirror in base64",
        malformed,
        true,
        "POST",
        "/mcp",
        Map.of(
            "content-type",
            "application/json",
            "accept",
            "application/json, text/event-stream",
            "mcp-protocol-version",
            "2026-07-28",
            "mcp-method",
            "tools/call",
            "mcp-name",
            "quote",
            "mcp-param-region",
            "=?base64?" + encoded + "?="),
        utf8(
            call
                + "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"},\"name\":\"quote\",\"arguments\":{\"region\":\""
                + "x".repeat(39_999)
                + "y\"}}}"));
  }

  private void message(String name, String reason, String body) {
    add(
        "MCP: " + name,
        reason,
        true,
        "POST",
        "/mcp",
        Map.of("content-type", "application/json", "accept", "application/json, text/event-stream"),
        utf8(body));
  }
}
