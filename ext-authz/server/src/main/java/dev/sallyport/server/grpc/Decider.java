package dev.sallyport.server.grpc;

import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.snapshot.Snapshot;

/** What decides: the {@link Pipeline}. */
@FunctionalInterface
public interface Decider {
  Pipeline.Answer decide(Inbound inbound, Snapshot snapshot, Patience patience);
}
