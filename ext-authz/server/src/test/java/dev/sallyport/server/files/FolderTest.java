package dev.sallyport.server.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  @TempDir private Path dir;
  private Folder folder;
  private Instant modified = NOW.minusSeconds(1000);

  @BeforeEach
  void open() {
    folder = new Folder(List.of(dir), InstantSource.fixed(NOW));
  }

  static String policy(String name, String host) {
    return """
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %s}
    spec:
      hosts: [%s]
    """
        .formatted(name, host);
  }

  /** Writes as an editor would, with a new time of modification each time. */
  private void write(String name, String text) throws IOException {
    write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private void write(String name, byte[] bytes) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
    modified = modified.plusSeconds(1);
    Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  private static List<String> upserts(Changes changes) {
    return changes.upserts().stream()
        .map(declared -> declared.key().name() + '@' + declared.generation() + ' ' + host(declared))
        .toList();
  }

  private static String host(Declared declared) {
    return declared.content() instanceof Declared.ApiPolicy(ApiPolicySpec spec)
        ? String.join(",", spec.hosts())
        : "";
  }

  private static ObjectKey key(String name) {
    return new ObjectKey("ApiPolicy", "default", name);
  }

  private Changes look() {
    return folder.look().changes();
  }

  private List<String> problems() {
    return folder.problems().stream()
        .map(problem -> problem.toString().replace(dir + "/", ""))
        .toList();
  }

  @Test
  void firstLookFindsEveryObjectOnce() throws IOException {
    write("b.yaml", policy("b", "b.example.com") + "---\n" + policy("c", "c.example.com"));
    write("sub/a.yml", policy("a", "a.example.com"));
    write("a.test.yaml", "not: [an, object");
    write("notes.txt", "none");
    write(".hidden.yaml", policy("h", "h.example.com"));

    assertThat(upserts(look()))
        .containsExactly("b@1 b.example.com", "c@1 c.example.com", "a@1 a.example.com");
    assertThat(folder.look().isEmpty()).isTrue();
    assertThat(problems()).isEmpty();
    assertThat(folder.size()).isEqualTo(3);
  }

  @Test
  void onlyTheObjectThatChangedIsHandedOver() throws IOException {
    write("all.yaml", policy("a", "a.example.com") + "---\n" + policy("b", "b.example.com"));
    look();

    write("all.yaml", policy("a", "a.example.com") + "---\n" + policy("b", "new.example.com"));
    assertThat(upserts(look())).containsExactly("b@2 new.example.com");

    write(
        "all.yaml",
        "# moved down\n" + policy("b", "new.example.com") + "---\n" + policy("a", "a.example.com"));
    assertThat(folder.look().isEmpty()).isTrue();
  }

  @Test
  void deletedFileAndDeletedDocumentTakeTheirObjectsAway() throws IOException {
    write("one.yaml", policy("a", "a.example.com") + "---\n" + policy("b", "b.example.com"));
    write("two.yaml", policy("c", "c.example.com"));
    look();

    write("one.yaml", policy("a", "a.example.com"));
    Files.delete(dir.resolve("two.yaml"));
    Changes changes = look();

    assertThat(changes.deletions()).containsExactlyInAnyOrder(key("b"), key("c"));
    assertThat(changes.upserts()).isEmpty();
  }

  @Test
  void brokenDocumentKeepsItsObjectAndTheOthersGoOn() throws IOException {
    write("all.yaml", policy("a", "a.example.com") + "---\n" + policy("b", "b.example.com"));
    look();

    write(
        "all.yaml",
        policy("a", "a.example.com").replace("hosts", "hsts")
            + "---\n"
            + policy("b", "new.example.com"));
    Changes changes = look();

    assertThat(upserts(changes)).containsExactly("b@2 new.example.com");
    assertThat(changes.deletions()).isEmpty();
    assertThat(problems())
        .containsExactly("all.yaml:5:3: error: spec: unknown field `hsts`; did you mean `hosts`?");

    write("all.yaml", policy("a", "fixed.example.com") + "---\n" + policy("b", "new.example.com"));
    assertThat(upserts(look())).containsExactly("a@2 fixed.example.com");
    assertThat(problems()).isEmpty();
  }

  @Test
  void documentThatNobodyCanNameKeepsWhatIsNotFoundAnyMore() throws IOException {
    write("all.yaml", policy("a", "a.example.com") + "---\n" + policy("b", "b.example.com"));
    look();

    write("all.yaml", policy("a", "new.example.com") + "---\napiVersion: [broken\n");
    Changes changes = look();

    assertThat(upserts(changes)).containsExactly("a@2 new.example.com");
    assertThat(changes.deletions()).isEmpty();
    assertThat(problems())
        .containsExactly(
            "all.yaml:8:1: error: not valid YAML: a `,` or the closing `]` is missing");

    write("all.yaml", policy("a", "new.example.com"));
    assertThat(look().deletions()).containsExactly(key("b"));
  }

  @Test
  void tooLargeFileIsRefusedAndWhatItHeldStays() throws IOException {
    write("a.yaml", policy("a", "a.example.com"));
    look();

    write("a.yaml", new byte[50 << 20]);
    write("b.yaml", policy("b", "b.example.com"));

    assertThat(upserts(look())).containsExactly("b@1 b.example.com");
    assertThat(problems())
        .containsExactly(
            "a.yaml: error: has more than the 8 MiB that a file may have; split it; what it held"
                + " stays");
  }

  @Test
  void fileOfEndlesslyManyDocumentsIsRefusedAndStopsNoOther() throws IOException {
    write("a.yaml", "---\n".repeat(2_000_000));
    write("b.yaml", policy("b", "b.example.com"));

    assertThat(upserts(look())).containsExactly("b@1 b.example.com");
    assertThat(problems())
        .containsExactly(
            "a.yaml: error: has more than the 50000 documents that a file may have; split it");
  }

  @Test
  void whatIsNoFileIsToldAndNotOpened() throws IOException {
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(dir.resolve("a.yaml")));

      assertThat(folder.look().isEmpty()).isTrue();
      assertThat(problems())
          .containsExactly("a.yaml: error: is not a file; remove it, or rename it");
    }
  }

  @Test
  void fileThatMayNotBeReadIsToldAndTheOthersGoOn() throws IOException {
    write("a.yaml", policy("a", "a.example.com"));
    look();

    write("a.yaml", policy("a", "new.example.com"));
    Files.setPosixFilePermissions(dir.resolve("a.yaml"), Set.of());
    // Root may read everything.
    assumeThat(Files.isReadable(dir.resolve("a.yaml")))
        .as("SKIPPED: root may read everything: no file without permission was met")
        .isFalse();
    write("b.yaml", policy("b", "b.example.com"));

    assertThat(upserts(look())).containsExactly("b@1 b.example.com");
    assertThat(problems())
        .containsExactly("a.yaml: error: cannot be read: permission denied; what it held stays");
  }

  @Test
  void textOfAnotherEncodingIsTold() throws IOException {
    write("a.yaml", policy("a", "a.example.com").getBytes(StandardCharsets.UTF_16));
    write("b.yaml", ("\ufeff" + policy("b", "b.example.com")));

    assertThat(upserts(look())).containsExactly("b@1 b.example.com");
    assertThat(problems())
        .containsExactly("a.yaml:1:1: error: is not UTF-8 text; save the file as UTF-8");
  }

  @Test
  void objectOfTwoFilesIsThatOfTheFirstByPath() throws IOException {
    write("b.yaml", policy("x", "b.example.com"));
    look();
    write("c.yaml", "# first line\n" + policy("x", "c.example.com"));
    assertThat(folder.look().isEmpty()).isTrue();
    assertThat(folder.problems())
        .map(FileProblem::toString)
        .containsExactly(
            dir
                + "/c.yaml:4:18: error: metadata.name: ApiPolicy default/x is declared in `"
                + dir
                + "/b.yaml` too, which keeps it; remove one");

    write("a.yaml", policy("x", "a.example.com"));
    assertThat(upserts(look())).containsExactly("x@2 a.example.com");
    assertThat(problems()).hasSize(2);

    Files.delete(dir.resolve("a.yaml"));
    assertThat(upserts(look())).containsExactly("x@3 b.example.com");

    Files.delete(dir.resolve("b.yaml"));
    assertThat(upserts(look())).containsExactly("x@4 c.example.com");
    assertThat(problems()).isEmpty();

    Files.delete(dir.resolve("c.yaml"));
    assertThat(look().deletions()).containsExactly(key("x"));
  }

  @Test
  void objectThatStandsTwiceInAFileIsTheFirst() throws IOException {
    write("a.yaml", policy("x", "a.example.com") + "---\n" + policy("x", "b.example.com"));
    assertThat(upserts(look())).containsExactly("x@1 a.example.com");
    assertThat(problems())
        .containsExactly(
            "a.yaml:9:18: error: metadata.name: ApiPolicy default/x is declared twice in this"
                + " file; the first one counts");

    write("a.yaml", "---\n" + policy("x", "b.example.com"));
    assertThat(upserts(look())).containsExactly("x@2 b.example.com");
    assertThat(problems()).isEmpty();
  }

  @Test
  void renamedFileChangesNothing() throws IOException {
    write("b.yaml", policy("x", "x.example.com"));
    look();

    Files.move(dir.resolve("b.yaml"), dir.resolve("c.yaml"));
    assertThat(folder.look().isEmpty()).isTrue();

    Files.move(dir.resolve("c.yaml"), dir.resolve("a.yaml"));
    assertThat(folder.look().isEmpty()).isTrue();
    assertThat(folder.locate(key("x"), "").file()).endsWith("a.yaml");
  }

  @Test
  void linkBackUpIsToldAndNotFollowed() throws IOException {
    write("sub/a.yaml", policy("a", "a.example.com"));
    Files.createSymbolicLink(dir.resolve("sub/up"), dir);
    Files.createSymbolicLink(dir.resolve("self.yaml"), dir.resolve("self.yaml"));
    Files.createSymbolicLink(dir.resolve("gone.yaml"), dir.resolve("nowhere"));

    assertThat(upserts(look())).containsExactly("a@1 a.example.com");
    assertThat(problems())
        .containsExactly(
            "gone.yaml: error: is a link to a file that does not exist",
            "self.yaml: error: is a link that leads to no file",
            "sub/up: warning: is a link back to a folder above it, and is not followed");
  }

  @Test
  void folderThatIsReachedInTwoWaysIsReadOnce() throws IOException {
    write("v1/a.yaml", policy("a", "a.example.com"));
    Files.createSymbolicLink(dir.resolve("current"), dir.resolve("v1"));

    assertThat(upserts(look())).containsExactly("a@1 a.example.com");
    assertThat(problems()).isEmpty();
    assertThat(folder.locate(key("a"), "").file()).endsWith("current/a.yaml");
  }

  @Test
  void mountedConfigMapIsReadOnceAndItsSwapIsSeen() throws IOException {
    write("..2026_1/a.yaml", policy("a", "a.example.com"));
    write("..2026_1/b.yaml", policy("b", "b.example.com"));
    Files.createSymbolicLink(dir.resolve("..data"), Path.of("..2026_1"));
    Files.createSymbolicLink(dir.resolve("a.yaml"), Path.of("..data/a.yaml"));
    Files.createSymbolicLink(dir.resolve("b.yaml"), Path.of("..data/b.yaml"));
    assertThat(upserts(look())).containsExactly("a@1 a.example.com", "b@1 b.example.com");

    write("..2026_2/a.yaml", policy("a", "new.example.com"));
    Files.createSymbolicLink(dir.resolve("..data_tmp"), Path.of("..2026_2"));
    Files.move(
        dir.resolve("..data_tmp"),
        dir.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    Files.delete(dir.resolve("b.yaml"));
    Changes changes = look();

    assertThat(upserts(changes)).containsExactly("a@2 new.example.com");
    assertThat(changes.deletions()).containsExactly(key("b"));
    assertThat(problems()).isEmpty();
  }

  @Test
  void missingFolderIsToldAndWhatItHeldStays() throws IOException {
    Path sub = dir.resolve("sub");
    write("sub/a.yaml", policy("a", "a.example.com"));
    Folder below = new Folder(List.of(sub), InstantSource.fixed(NOW));
    assertThat(upserts(below.look().changes())).hasSize(1);

    Files.move(sub, dir.resolve("away"));
    assertThat(below.look().isEmpty()).isTrue();
    assertThat(below.problems())
        .map(FileProblem::toString)
        .containsExactly(sub + ": error: does not exist; what it held stays");

    Files.move(dir.resolve("away"), sub);
    assertThat(below.look().isEmpty()).isTrue();
    assertThat(below.problems()).isEmpty();
  }

  @Test
  void fieldIsFoundInItsFile() throws IOException {
    write(
        "a.yaml",
        policy("first", "a.example.com")
            + "---\n"
            + policy("second", "b.example.com")
            + """
            operations:
            - name: read
              match:
              - path: /a
                methods: [GET]
            """
                .indent(2));
    look();

    assertThat(places("", "spec.hosts[0]", "spec.operations[0].match[0].methods"))
        .containsExactly("a.yaml:9:12", "a.yaml:11:11", "a.yaml:16:7");
    assertThat(
            places("spec.operations[0].match[7].path", "spec.nothing.here", "spec.operations[0]"))
        .containsExactly("a.yaml:14:5", "a.yaml:10:1", "a.yaml:13:5");
    assertThat(folder.locate(key("third"), "")).isNull();
  }

  private List<String> places(String... fields) {
    List<String> places = new ArrayList<>();
    for (String field : fields) {
      places.add(String.valueOf(folder.locate(key("second"), field)).replace(dir + "/", ""));
    }
    return places;
  }

  @Test
  void changeIsDatedByItsFileButNotBeforeTheLastLook() throws IOException {
    Instant[] now = {NOW};
    Folder aging = new Folder(List.of(dir), () -> now[0]);
    write("a.yaml", policy("a", "a.example.com"));
    assertThat(aging.look().at()).isEqualTo(NOW);

    now[0] = NOW.plusSeconds(60);
    write("a.yaml", policy("a", "old.example.com"));
    assertThat(aging.look().at()).isEqualTo(NOW);

    now[0] = NOW.plusSeconds(120);
    modified = NOW.plusSeconds(99);
    write("a.yaml", policy("a", "new.example.com"));
    assertThat(aging.look().at()).isEqualTo(NOW.plusSeconds(100));
  }

  @Test
  void fileThatWasJustWrittenIsReadOnceMore() throws IOException {
    modified = NOW.minusSeconds(1);
    write("a.yaml", policy("a", "a.example.com"));
    look();
    // The same size and the same time of modification: no stamp tells of it.
    write("a.yaml", policy("a", "b.example.com"));
    Files.setLastModifiedTime(dir.resolve("a.yaml"), FileTime.from(NOW));

    assertThat(upserts(look())).containsExactly("a@2 b.example.com");
  }
}
