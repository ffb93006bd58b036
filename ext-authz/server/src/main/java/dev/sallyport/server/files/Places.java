package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Fingerprint;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds where fields of objects stand, by reading their files again.
 *
 * <p>Nothing of a file stays in memory but the last that was asked for, so it is good to ask for
 * the fields of one file after the other. For one thread, and for as long as it takes to tell of
 * what is wrong.
 */
public final class Places {
  private final Folder folder;
  private final Shared shared = new Shared();
  private @Nullable Opened opened;

  private static final class Opened {
    private final String file;
    private final byte[] bytes;
    private final List<FilePart> parts;
    private final List<Fingerprint> fingerprints;

    private Opened(String file) throws IOException {
      this.file = file;
      bytes = Files.readAllBytes(Path.of(file));
      parts = FilePart.of(bytes);
      fingerprints = parts.stream().map(part -> part.fingerprint(bytes)).toList();
    }
  }

  public Places(Folder folder) {
    this.folder = folder;
  }

  /**
   * Where a field of an object stands, or the nearest above it that does.
   *
   * @param field such as {@code spec.operations[2].match[0].path}; empty for the whole object
   * @return null where no file declares the object
   */
  public @Nullable Location locate(ObjectKey key, String field) {
    String file = folder.fileOf(key);
    if (file == null) {
      return null;
    }
    if (key.kind().equals(Declared.FILE)) {
      return new Location(file, 1, 1);
    }
    try {
      if (opened == null || !opened.file.equals(file)) {
        opened = new Opened(file);
      }
      Location place = find(opened, key, field);
      if (place != null) {
        return place;
      }
    } catch (IOException _) {
      // It was there a moment ago: the file alone is what can be said.
    }
    return new Location(file, 1, 1);
  }

  private @Nullable Location find(Opened in, ObjectKey key, String field) {
    for (int i = 0; i < in.parts.size(); i++) {
      FilePart part = in.parts.get(i);
      if (!folder.mayDeclare(in.file, in.fingerprints.get(i), key)) {
        continue;
      }
      String text = part.text(in.bytes);
      Node.Mapping object = text == null ? null : DocumentReader.find(text, key, shared);
      if (object != null) {
        Node place = FieldPlace.find(object, field);
        return new Location(in.file, part.line() + place.line(), place.column());
      }
    }
    return null;
  }

  /** What a compiler says, each at its place; in the order of files. */
  public List<Placed> place(Collection<Diagnostic> diagnostics) {
    return diagnostics.stream()
        .sorted(Comparator.comparing(one -> String.valueOf(folder.fileOf(one.object()))))
        .map(one -> new Placed(one, problem(one)))
        .toList();
  }

  /** A diagnostic, and the same as a problem of a file. */
  public record Placed(Diagnostic diagnostic, FileProblem problem) {}

  private FileProblem problem(Diagnostic diagnostic) {
    Location place = locate(diagnostic.object(), diagnostic.field());
    return new FileProblem(
        place == null ? diagnostic.object().toString() : place.file(),
        place == null ? 0 : place.line(),
        place == null ? 0 : place.column(),
        diagnostic.field(),
        diagnostic.severity(),
        diagnostic.message());
  }
}
