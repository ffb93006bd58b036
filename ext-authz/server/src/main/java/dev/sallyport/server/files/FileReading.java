package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.json.DocumentText;
import dev.sallyport.server.objects.Fingerprint;
import dev.sallyport.server.objects.Shared;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came of reading one file. */
sealed interface FileReading {
  /** Larger files are refused: one object has a few kilobytes, and etcd takes 1.5 MiB of one. */
  int MAX_BYTES = 8 << 20;

  /**
   * Each has a cost of its own, however short it is; a real object has more bytes than {@link
   * #MAX_BYTES} leaves to one of so many.
   */
  int MAX_DOCUMENTS = 50_000;

  /** A file that was modified this shortly before it was read may be modified again unseen. */
  Duration SETTLED_AFTER = Duration.ofMillis(20);

  /**
   * It was read.
   *
   * @param documents in order
   * @param fresh the good objects of the documents that were read anew
   * @param settled whether the stamp will tell of the next change
   */
  record Read(
      FileStamp stamp, List<Document> documents, List<ReadObject.Good> fresh, boolean settled)
      implements FileReading {}

  /**
   * It could not be read, or is no file to read.
   *
   * @param stamp null where not even that is known
   */
  record Failed(@Nullable FileStamp stamp, String message) implements FileReading {}

  /** It is not there. */
  record Gone() implements FileReading {}

  /**
   * What is remembered of a document.
   *
   * @param text of its bytes
   * @param line lines before it in its file
   * @param problems lines count from the document's beginning
   * @param unattributed whether something was wrong of which nobody can say what object it is
   */
  record Document(
      Fingerprint text,
      int line,
      List<Seen> objects,
      List<FileProblem> problems,
      boolean unattributed) {
    Document atLine(int line) {
      return this.line == line ? this : new Document(text, line, objects, problems, unattributed);
    }
  }

  /**
   * What is remembered of an object.
   *
   * @param line from the document's beginning
   * @param content null where it is broken
   */
  record Seen(ObjectKey key, int line, int column, @Nullable Fingerprint content) {}

  /**
   * Reads a file.
   *
   * @param known the documents as they were read before; those that did not change are kept
   * @param document the key of what the file is as a whole; null where it holds objects
   */
  static FileReading read(
      String file, List<Document> known, @Nullable ObjectKey document, Shared shared, Instant now) {
    Path path = Path.of(file);
    FileStamp stamp = null;
    try {
      BasicFileAttributes before = Files.readAttributes(path, BasicFileAttributes.class);
      stamp = FileStamp.of(before);
      if (!before.isRegularFile()) {
        return new Failed(stamp, "is not a file; remove it, or rename it");
      }
      if (before.size() > (document == null ? MAX_BYTES : DocumentText.MOST_BYTES)) {
        return document == null
            ? tooLarge(stamp, "the " + (MAX_BYTES >> 20) + " MiB that a file may have; split it")
            : tooLarge(stamp, "the " + (DocumentText.MOST_BYTES >> 20) + " MiB of a document");
      }
      byte[] bytes = new byte[Math.toIntExact(before.size())];
      boolean grew;
      try (InputStream in = Files.newInputStream(path)) {
        int length = in.readNBytes(bytes, 0, bytes.length);
        bytes = length < bytes.length ? Arrays.copyOf(bytes, length) : bytes;
        grew = in.read() >= 0;
      }
      FileStamp after = FileStamp.of(Files.readAttributes(path, BasicFileAttributes.class));
      Duration age = Duration.between(stamp.modified(), now);
      boolean settled = !grew && after.equals(stamp) && age.abs().compareTo(SETTLED_AFTER) > 0;
      return document == null
          ? documents(file, bytes, stamp, settled, known, shared)
          : whole(file, bytes, stamp, settled, known, document);
    } catch (NoSuchFileException _) {
      return new Gone();
    } catch (IOException e) {
      return new Failed(stamp, explain(e));
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError bug) {
      // Contained here, so that one file that the reader can't take stops no other.
      return new Failed(stamp, "cannot be read (" + bug.getClass().getSimpleName() + ")");
    }
  }

  private static Failed tooLarge(FileStamp stamp, String most) {
    return new Failed(stamp, "has more than " + most);
  }

  /** A file that is one document, of which only policies know what it should say. */
  private static FileReading whole(
      String file,
      byte[] bytes,
      FileStamp stamp,
      boolean settled,
      List<Document> known,
      ObjectKey key) {
    FilePart part = FilePart.whole(bytes);
    Fingerprint content = part.fingerprint(bytes);
    if (known.size() == 1 && known.getFirst().text().equals(content)) {
      return new Read(stamp, known, List.of(), settled);
    }
    String text = part.text(bytes);
    if (text == null) {
      Document broken =
          new Document(
              content, 0, List.of(new Seen(key, 1, 1, null)), List.of(notUtf8(file)), false);
      return new Read(stamp, List.of(broken), List.of(), settled);
    }
    Document read =
        new Document(content, 0, List.of(new Seen(key, 1, 1, content)), List.of(), false);
    ReadObject.Good good =
        new ReadObject.Good(key, Instant.EPOCH, new Declared.Document(text), content, 1, 1);
    return new Read(stamp, List.of(read), List.of(good), settled);
  }

  private static FileProblem notUtf8(String file) {
    return new FileProblem(
        file, 1, 1, "", Severity.ERROR, "is not UTF-8 text; save the file as UTF-8");
  }

  /** The reason in a user's words; an exception's own would name classes. */
  static String explain(IOException reason) {
    return switch (reason) {
      case AccessDeniedException _ -> "cannot be read: permission denied";
      case NoSuchFileException _ -> "does not exist";
      default -> "cannot be read";
    };
  }

  private static FileReading documents(
      String file,
      byte[] bytes,
      FileStamp stamp,
      boolean settled,
      List<Document> known,
      Shared shared) {
    Map<Fingerprint, Document> unchanged = HashMap.newHashMap(known.size());
    for (Document document : known) {
      unchanged.put(document.text(), document);
    }
    List<FilePart> parts = FilePart.of(bytes);
    if (parts.size() > MAX_DOCUMENTS) {
      return new Failed(
          stamp,
          "has more than the " + MAX_DOCUMENTS + " documents that a file may have; split it");
    }
    List<Document> documents = new ArrayList<>(1);
    List<ReadObject.Good> fresh = new ArrayList<>(1);
    for (FilePart part : parts) {
      Fingerprint text = part.fingerprint(bytes);
      Document same = unchanged.get(text);
      documents.add(
          same == null
              ? document(file, bytes, part, text, fresh, shared)
              : same.atLine(part.line()));
    }
    return new Read(stamp, List.copyOf(documents), fresh, settled);
  }

  private static Document document(
      String file,
      byte[] bytes,
      FilePart part,
      Fingerprint fingerprint,
      List<ReadObject.Good> fresh,
      Shared shared) {
    String text = part.text(bytes);
    if (text == null) {
      return new Document(fingerprint, part.line(), List.of(), List.of(notUtf8(file)), true);
    }
    DocumentReader.Document read = DocumentReader.read(file, text, shared);
    List<Seen> objects = new ArrayList<>(read.objects().size());
    for (ReadObject object : read.objects()) {
      Fingerprint content =
          switch (object) {
            case ReadObject.Good good -> {
              fresh.add(good);
              yield good.fingerprint();
            }
            case ReadObject.Broken _ -> null;
          };
      objects.add(new Seen(object.key(), object.line(), object.column(), content));
    }
    return new Document(
        fingerprint, part.line(), List.copyOf(objects), read.problems(), read.unattributed());
  }
}
