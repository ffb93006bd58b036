package dev.sallyport.server.telemetry;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Appends lines to a file. When the path names another file than the one that is open, because it
 * was rotated, moved or deleted, the path is opened anew: nobody has to tell it.
 */
final class FileSink implements DecisionSink {
  private final Path path;

  /** Null after a failure, until the next batch opens the path again. */
  private @Nullable OutputStream out;

  private @Nullable Object openKey;

  /**
   * @throws IOException when the file can't be opened for appending
   */
  FileSink(Path path) throws IOException {
    this.path = path;
    open();
  }

  @Override
  public String name() {
    return "file";
  }

  @Override
  public void write(List<DecisionEntry> batch, byte[] lines, int length) throws IOException {
    OutputStream current = current();
    try {
      current.write(lines, 0, length);
    } catch (IOException e) {
      shut();
      throw e;
    }
  }

  private OutputStream current() throws IOException {
    if (out != null && Objects.equals(openKey, key())) {
      return out;
    }
    shut();
    return open();
  }

  private OutputStream open() throws IOException {
    boolean torn = endsInsideLine();
    OutputStream opened = new FileOutputStream(path.toFile(), true);
    out = opened;
    openKey = key();
    if (torn) {
      opened.write('\n');
    }
    return opened;
  }

  /** Whether a write that failed, here or in a process before, left half a line. */
  private boolean endsInsideLine() throws IOException {
    if (!Files.isRegularFile(path) || Files.size(path) == 0 || !Files.isReadable(path)) {
      return false;
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      file.seek(file.length() - 1);
      return file.read() != '\n';
    }
  }

  /** Device and inode of what the path names now; null where it names nothing. */
  private @Nullable Object key() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private void shut() throws IOException {
    OutputStream closing = out;
    out = null;
    if (closing != null) {
      closing.close();
    }
  }

  @Override
  public void close() throws IOException {
    shut();
  }
}
