package dev.sallyport.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that a command reads whole; {@code -} is standard input.
 *
 * @param path as it was given
 */
record InputFile(Path path) {
  /** What a body, a certificate or a {@code CheckRequest} may have. */
  private static final int MOST_OF_A_REQUEST = 64 << 20;

  /**
   * What is in a file that is a part of a request.
   *
   * @param part the option or the field that names it
   */
  static byte[] ofRequest(Path path, String part) throws Failure {
    String shown = "the file `" + path + "` of " + part;
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MOST_OF_A_REQUEST + 1);
      if (bytes.length > MOST_OF_A_REQUEST) {
        throw new Failure(shown + " has more than " + (MOST_OF_A_REQUEST >> 20) + " MiB");
      }
      return bytes;
    } catch (IOException _) {
      throw new Failure(shown + " can't be read");
    }
  }

  /**
   * What is in it.
   *
   * @param most bytes, in whole MiB
   */
  byte[] read(Surroundings around, int most) throws Failure {
    try (InputStream in = isStandardInput() ? around.in() : Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new Failure(this + " has more than " + (most >> 20) + " MiB");
      }
      return bytes;
    } catch (IOException _) {
      throw new Failure(this + " can't be read");
    }
  }

  /** Its name without its folder; empty for standard input. */
  String name() {
    Path name = isStandardInput() ? null : path.getFileName();
    return name == null ? "" : name.toString();
  }

  private boolean isStandardInput() {
    return path.toString().equals("-");
  }

  /** As messages name it. */
  @Override
  public String toString() {
    return isStandardInput() ? "standard input" : "`" + path + "`";
  }
}
