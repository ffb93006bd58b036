package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Node;
import java.time.Instant;

/** Takes what changed of the objects of one kind. One thread calls it. */
interface Intake {
  /** An object is new, or differs in what counts. */
  void found(ObjectKey key, String uid, Node.Mapping object);

  /** An object that was found is gone. */
  void gone(ObjectKey key, String uid);

  /**
   * What was told since the last time may be passed on together.
   *
   * @param at when it arrived
   */
  void flush(Instant at);
}
