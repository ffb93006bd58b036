package dev.sallyport.cli;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.server.issuers.RemoteKeySets;
import java.time.InstantSource;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Fetches remote key sets only once a token asks for one: most checks need no network. */
final class OfflineKeySource implements KeySource, AutoCloseable {
  private final Collection<CompiledIssuer> issuers;
  private final InstantSource clock;
  private @Nullable RemoteKeySets fetched;

  OfflineKeySource(Collection<CompiledIssuer> issuers, InstantSource clock) {
    this.issuers = issuers;
    this.clock = clock;
  }

  @Override
  public synchronized Answer keys(CompiledIssuer issuer, String keyId, Patience patience) {
    RemoteKeySets sets = fetched;
    if (sets == null) {
      sets = new RemoteKeySets(clock, (_, _) -> {});
      sets.watch(issuers);
      fetched = sets;
    }
    return sets.keys(issuer, keyId, patience);
  }

  @Override
  public synchronized void close() {
    if (fetched != null) {
      fetched.close();
    }
  }
}
