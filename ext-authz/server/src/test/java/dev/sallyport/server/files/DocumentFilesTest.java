package dev.sallyport.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.json.DocumentText;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents that policies refer to, among the files of a folder. */
class DocumentFilesTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  @TempDir private Path dir;
  private Instant modified = NOW.minusSeconds(1000);

  private Folder folder(Path... roots) {
    return new Folder(List.of(roots), InstantSource.fixed(NOW));
  }

  private void write(String name, byte[] bytes) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
    modified = modified.plusSeconds(1);
    Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  private void write(String name, String text) throws IOException {
    write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> upserts(Changes changes) {
    return changes.upserts().stream()
        .map(declared ->
            declared.key().kind()
                + ' '
                + declared.key().name()
                + '@'
                + declared.generation()
                + (declared.content() instanceof Declared.Document(var text) ? ": " + text : ""))
        .toList();
  }

  private List<String> problems(Folder folder) {
    return folder.problems().stream()
        .map(problem -> problem.toString().replace(dir + "/", ""))
        .toList();
  }

  @Test
  void aDocumentIsNamedByItsPathFromTheFolder() throws IOException {
    write("payments.openapi.yaml", "openapi: 3.1.1");
    write("sub/openapi.json", "{}");
    write("sub/a.b.schema.yml", "type: object");
    write("mcp.tools.json", "[]");
    write("policy.yaml", FolderTest.policy("a", "a.example.com"));
    Folder folder = folder(dir);

    assertThat(upserts(folder.look().changes()))
        .containsExactlyInAnyOrder(
            "File payments.openapi.yaml@1: openapi: 3.1.1",
            "File sub/openapi.json@1: {}",
            "File sub/a.b.schema.yml@1: type: object",
            "File mcp.tools.json@1: []",
            "ApiPolicy a@1");
    assertThat(problems(folder)).isEmpty();
    assertThat(folder.size()).as("documents are no objects").isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "package.json",
        "openapi.txt",
        ".openapi.yaml",
        "myopenapi.json",
        "openapi.test.yaml",
        "openapi.yaml.bak"
      })
  void otherFilesAreNoDocuments(String name) throws IOException {
    write(name, "{}");
    assertThat(upserts(folder(dir).look().changes())).isEmpty();
  }

  @Test
  void anEditIsHandedOverAndATouchIsNot() throws IOException {
    write("openapi.yaml", "a: 1");
    Folder folder = folder(dir);
    folder.look();

    write("openapi.yaml", "a: 1");
    assertThat(folder.look().isEmpty()).isTrue();

    write("openapi.yaml", "a: 2");
    assertThat(upserts(folder.look().changes())).containsExactly("File openapi.yaml@2: a: 2");

    Files.delete(dir.resolve("openapi.yaml"));
    assertThat(folder.look().changes().deletions()).containsExactly(Declared.file("openapi.yaml"));
  }

  @Test
  void severalDocumentsOfYamlInItAreTheCompilersToRefuse() throws IOException {
    write("openapi.yaml", "a: 1\n---\nb: 2\n");
    assertThat(upserts(folder(dir).look().changes()))
        .containsExactly("File openapi.yaml@1: a: 1\n---\nb: 2\n");
  }

  @Test
  void aByteOrderMarkIsNotPartOfTheText() throws IOException {
    write("openapi.json", "\ufeff{}");
    assertThat(upserts(folder(dir).look().changes())).containsExactly("File openapi.json@1: {}");
  }

  @Test
  void whatIsNotTextOrTooLargeIsToldAndTheLastGoodOneStays() throws IOException {
    write("openapi.yaml", "a: 1");
    Folder folder = folder(dir);
    folder.look();

    write("openapi.yaml", new byte[] {'a', ':', ' ', (byte) 0xff});
    assertThat(folder.look().isEmpty()).isTrue();
    assertThat(problems(folder))
        .containsExactly("openapi.yaml:1:1: error: is not UTF-8 text; save the file as UTF-8");

    try (RandomAccessFile file = new RandomAccessFile(dir.resolve("openapi.yaml").toFile(), "rw")) {
      file.setLength(DocumentText.MOST_BYTES + 1L);
    }
    assertThat(folder.look().isEmpty()).isTrue();
    assertThat(problems(folder))
        .containsExactly(
            "openapi.yaml: error: has more than the 16 MiB of a document; what it held stays");
  }

  @Test
  void aLargerFileThanOneOfObjectsIsRead() throws IOException {
    write("openapi.yaml", "# " + "x".repeat(FileReading.MAX_BYTES));
    assertThat(folder(dir).look().changes().upserts()).hasSize(1);
  }

  @Test
  void aSingleFileIsNamedByItsName() throws IOException {
    write("sub/openapi.yaml", "a: 1");
    assertThat(upserts(folder(dir.resolve("sub/openapi.yaml")).look().changes()))
        .containsExactly("File openapi.yaml@1: a: 1");
  }

  @Test
  void ofTwoFoldersTheFirstOneHasTheName() throws IOException {
    write("a/openapi.yaml", "a: 1");
    write("b/openapi.yaml", "b: 1");
    Folder folder = folder(dir.resolve("b"), dir.resolve("a"));
    assertThat(upserts(folder.look().changes())).containsExactly("File openapi.yaml@1: a: 1");
    assertThat(problems(folder))
        .singleElement()
        .asString()
        .contains("b/openapi.yaml:1:1")
        .contains("is declared in")
        .contains("a/openapi.yaml");
  }

  @Test
  void theFolderItselfMayBeNamedByAnotherWay() throws IOException {
    write("openapi.yaml", "a: 1");
    Path other = dir.resolve("sub/..");
    Files.createDirectories(dir.resolve("sub"));
    assertThat(upserts(folder(other).look().changes()))
        .containsExactly("File openapi.yaml@1: a: 1");
  }

  @Test
  void aMountedConfigMapGivesDocumentsToo() throws IOException {
    write("..2026/openapi.yaml", "a: 1");
    Files.createSymbolicLink(dir.resolve("..data"), Path.of("..2026"));
    Files.createSymbolicLink(dir.resolve("openapi.yaml"), Path.of("..data/openapi.yaml"));
    assertThat(upserts(folder(dir).look().changes())).containsExactly("File openapi.yaml@1: a: 1");
  }
}
