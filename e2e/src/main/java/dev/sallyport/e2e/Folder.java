package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder with all that is in it. */
final class Folder {
  private Folder() {}

  /** Removes it; fine if it is not there. */
  static void remove(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> inward = all.sorted(Comparator.reverseOrder()).toList();
      for (Path file : inward) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException _) {
      // Removed before.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
