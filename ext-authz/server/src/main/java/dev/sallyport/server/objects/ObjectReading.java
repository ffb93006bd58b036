package dev.sallyport.server.objects;

import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What came of reading one object; what is wrong with it was told. */
public sealed interface ObjectReading {
  /**
   * It can be compiled.
   *
   * @param created {@link Instant#EPOCH} where the object does not say
   * @param generation {@code metadata.generation}; 0 where the object does not say
   * @param name where it stands
   */
  record Good(ObjectKey key, Instant created, long generation, Declared.Content content, Node name)
      implements ObjectReading {}

  /**
   * It can't be read whole, and it is known which object it is.
   *
   * @param rough what could be read of what a policy claims, or of an identity's state; null where
   *     nothing could
   */
  record Broken(
      ObjectKey key, Instant created, long generation, Declared.@Nullable Content rough, Node name)
      implements ObjectReading {}

  /** It is of a kind that Sallyport has no use for. */
  record PassedOver() implements ObjectReading {}

  /** Nobody can say what object it is. */
  record Nameless() implements ObjectReading {}
}
