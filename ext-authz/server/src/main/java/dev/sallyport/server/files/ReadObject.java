package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Fingerprint;
import java.time.Instant;

/** One object of a document, with the place of its name in the document's text. */
sealed interface ReadObject {
  ObjectKey key();

  int line();

  int column();

  /**
   * It can be compiled.
   *
   * @param created {@link Instant#EPOCH} where the file does not say
   * @param fingerprint of all that the object says
   */
  record Good(
      ObjectKey key,
      Instant created,
      Declared.Content content,
      Fingerprint fingerprint,
      int line,
      int column)
      implements ReadObject {}

  /** Something is wrong with it, and was told. */
  record Broken(ObjectKey key, int line, int column) implements ReadObject {}
}
