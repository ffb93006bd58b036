package dev.sallyport.server;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.receive.Inbound;

/** Hears of every decision, for telemetry and detection. It can change none. */
@FunctionalInterface
public interface DecisionListener {
  /** Listens to nothing. */
  DecisionListener NONE = (_, _, _) -> {};

  /**
   * A decision fell. Called after the verdict and before the answer is written, often on an event
   * loop: it must not block. What it throws is logged and harms no one.
   *
   * @param inbound the request that was decided
   * @param durationNanos from the arrival of the request to the verdict
   */
  void decided(Decision decision, Inbound inbound, long durationNanos);
}
