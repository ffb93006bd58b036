package dev.sallyport.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.server.objects.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple3;

/**
 * Whatever is in a file, reading it ends, throws nothing, and says at least why nothing came of it.
 */
class DocumentReaderFuzzTest {
  private static final String IDENTITY =
      """
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: key}
      stringData: {api_key: "hunter2hunter2"}
      ---
      apiVersion: sallyport.dev/v1alpha1
      kind: NonHumanIdentity
      metadata: {name: acme, namespace: shop}
      spec:
        type: Partner
        credentials:
        - {name: main, apiKey: {secretRef: {name: key, key: api_key}}}
        constraints: {regions: [DE, FR], cidrs: ["203.0.113.0/24"]}
        rotation: {maxAge: 90d}
      """;
  private static final String VALID = DocumentReaderTest.POLICY + IDENTITY;
  private static final List<String> TOKENS =
      List.of(
          "---\n",
          "...\n",
          "&a ",
          "*a",
          "<<: ",
          "? ",
          ": ",
          "- ",
          "{",
          "}",
          "[",
          "]",
          "\"",
          "'",
          "|\n",
          ">\n",
          "!!binary ",
          "!x ",
          "%TAG ! x\n",
          "#",
          "\t",
          "\r",
          "\u0000",
          "\u0085",
          "\ufeff",
          "~",
          "\\",
          "kind: List\nitems:\n",
          "metadata: [",
          "1e999999999",
          "0x",
          "data: {a: b}\n",
          "spec: {}\n",
          "\ud800",
          "\ud83d\ude00",
          "  ",
          "\n\n\n",
          "null");

  private static void survives(byte[] bytes) {
    Shared shared = new Shared();
    for (FilePart part : FilePart.of(bytes)) {
      String text = part.text(bytes);
      if (text != null) {
        survives(DocumentReader.read("f.yaml", text, shared));
      }
    }
  }

  private static void survives(DocumentReader.Document read) {
    boolean isBroken = read.unattributed();
    for (ReadObject object : read.objects()) {
      isBroken |= object instanceof ReadObject.Broken;
      assertThat(object.key().name()).isNotEmpty();
    }
    assertThat(read.problems().isEmpty()).as("problems are told").isIn(!isBroken, false);
    for (FileProblem problem : read.problems()) {
      assertThat(problem.toString()).doesNotContain("\n").doesNotContain("hunter2hunter2");
      assertThat(problem.line()).isPositive();
      assertThat(problem.column()).isPositive();
    }
  }

  @Property(tries = 300)
  void anyBytes(@ForAll byte[] bytes) {
    survives(bytes);
  }

  @Property(tries = 300)
  void anyMixOfTokens(@ForAll("tokens") String text) {
    survives(text.getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<String> tokens() {
    Arbitrary<String> token =
        Arbitraries.oneOf(Arbitraries.of(TOKENS), Arbitraries.strings().ascii().ofMaxLength(4));
    return token.list().ofMaxSize(60).map(tokens -> String.join("", tokens));
  }

  @Property(tries = 1000)
  void anyMutationOfValidFiles(@ForAll("mutations") List<Tuple3<Integer, Integer, String>> edits) {
    StringBuilder text = new StringBuilder(VALID);
    for (Tuple3<Integer, Integer, String> edit : edits) {
      int from = edit.get1() % (text.length() + 1);
      int to = Math.min(text.length(), from + edit.get2());
      text.replace(from, to, edit.get3());
    }
    survives(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<List<Tuple3<Integer, Integer, String>>> mutations() {
    Arbitrary<String> token =
        Arbitraries.oneOf(
            Arbitraries.of(TOKENS),
            Arbitraries.strings().ofMaxLength(3),
            Arbitraries.integers()
                .between(0, VALID.length() - 40)
                .map(DocumentReaderFuzzTest::cut));
    return Combinators.combine(
            Arbitraries.integers().between(0, VALID.length()),
            Arbitraries.integers().between(0, 12),
            token)
        .as(Tuple::of)
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }

  private static String cut(int from) {
    return VALID.substring(from, from + 40);
  }

  @Property(tries = 40)
  void filesOfAnyBytesAreReadingsToo(@ForAll byte[] bytes) throws java.io.IOException {
    Path file = Files.createTempFile("sallyport", ".yaml");
    try {
      Files.write(file, bytes);
      assertThat(FileReading.read(file.toString(), List.of(), null, new Shared(), Instant.EPOCH))
          .isInstanceOf(FileReading.Read.class);
    } finally {
      Files.delete(file);
    }
  }
}
