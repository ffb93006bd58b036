package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Node;
import java.time.Instant;

/** Tells the registry of service accounts which of them are there. */
final class SeenAccounts implements Intake {
  private final ServiceAccounts accounts;

  SeenAccounts(ServiceAccounts accounts) {
    this.accounts = accounts;
  }

  @Override
  public void found(ObjectKey key, String uid, Node.Mapping object) {
    accounts.seen(key.namespace(), key.name(), uid);
  }

  @Override
  public void gone(ObjectKey key, String uid) {
    accounts.gone(key.namespace(), key.name(), uid);
  }

  @Override
  public void flush(Instant at) {
    // It was told at once: a deleted account must not live until the others are read.
  }
}
