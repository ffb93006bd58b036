package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.server.objects.FieldPath;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Problem;
import dev.sallyport.server.objects.Shared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files of policy tests: which they are, and what YAML they hold. They lie beside the policies, and
 * are read by the same strict rules; what they mean is for who runs them.
 */
public final class TestFiles {
  private TestFiles() {}

  /** Whether a file holds policy tests, by its name. */
  public static boolean isTest(String name) {
    return name.endsWith(".test.yaml") || name.endsWith(".test.yml");
  }

  /**
   * The files of policy tests in a folder and all below it, by path. Names that begin with a dot
   * are passed over, and links to folders are not followed.
   */
  public static List<Path> in(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path entry, BasicFileAttributes attributes) {
            return !entry.equals(folder) && isHidden(entry)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path entry, BasicFileAttributes attributes) {
            if (!isHidden(entry) && isTest(entry.getFileName().toString())) {
              found.add(entry);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    found.sort(null);
    return found;
  }

  private static boolean isHidden(Path entry) {
    Path name = entry.getFileName();
    return name != null && name.toString().startsWith(".");
  }

  /**
   * What a file holds.
   *
   * @param root null where it can't be read, or is empty
   * @param problems errors alone; with any, the file must not be used
   */
  public record Reading(@Nullable Node root, List<FileProblem> problems) {}

  /** Reads one file with one document. Throws nothing. */
  public static Reading read(Path file) {
    byte[] bytes;
    try {
      if (Files.size(file) > FileReading.MAX_BYTES) {
        return failed(
            file,
            "has more than the "
                + (FileReading.MAX_BYTES >> 20)
                + " MiB that a file may have; split it");
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      return failed(file, FileReading.explain(e));
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      return failed(file, "is not UTF-8 text; save the file as UTF-8");
    }
    NodeReader.Reading read = NodeReader.read(text, new Shared());
    return new Reading(read.root(), read.flaws().stream().map(flaw -> told(file, flaw)).toList());
  }

  private static Reading failed(Path file, String message) {
    return new Reading(null, List.of(FileProblem.ofFile(file.toString(), Severity.ERROR, message)));
  }

  private static FileProblem told(Path file, NodeReader.Flaw flaw) {
    return new FileProblem(
        file.toString(),
        flaw.line(),
        flaw.column(),
        flaw.field().toString(),
        Severity.ERROR,
        flaw.worded(true));
  }

  /** A problem that was found in what a file holds, as one of the file. */
  public static FileProblem told(Path file, Problem problem) {
    return new FileProblem(
        file.toString(),
        problem.line(),
        problem.column(),
        problem.field(),
        problem.severity(),
        problem.message());
  }

  /** A problem at a node of a file. */
  public static FileProblem error(Path file, Node at, FieldPath field, String message) {
    return new FileProblem(
        file.toString(), at.line(), at.column(), field.toString(), Severity.ERROR, message);
  }
}
