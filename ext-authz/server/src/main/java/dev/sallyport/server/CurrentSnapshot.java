package dev.sallyport.server;

import dev.sallyport.engine.snapshot.Snapshot;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** The snapshot in force. The loader's thread alone writes it, whole; a request reads it once. */
public final class CurrentSnapshot implements Supplier<Snapshot> {
  private final AtomicReference<Snapshot> snapshot = new AtomicReference<>(Snapshot.EMPTY);

  @Override
  public Snapshot get() {
    return snapshot.get();
  }

  /** Whether every source was read once. */
  public boolean ready() {
    return snapshot.get().version() > 0;
  }

  void replace(Snapshot next) {
    snapshot.set(next);
  }
}
