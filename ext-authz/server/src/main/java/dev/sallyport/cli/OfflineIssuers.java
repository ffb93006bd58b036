package dev.sallyport.cli;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenIntrospector;
import dev.sallyport.server.issuers.CallListener;
import dev.sallyport.server.issuers.IssuerClients;
import dev.sallyport.server.issuers.RemoteKeySets;
import dev.sallyport.server.issuers.TokenIntrospections;
import java.time.InstantSource;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Asks issuers as a server would, but only once a token needs it: most checks need no network.
 *
 * <p>For one thread.
 */
final class OfflineIssuers implements AutoCloseable {
  private final Collection<CompiledIssuer> issuers;
  private final IssuerClients clients;
  private final InstantSource clock;
  private @Nullable RemoteKeySets keySets;
  private @Nullable TokenIntrospections introspections;

  /** Asks nobody yet. */
  OfflineIssuers(Collection<CompiledIssuer> issuers, IssuerClients clients, InstantSource clock) {
    this.issuers = issuers;
    this.clients = clients;
    this.clock = clock;
  }

  /** Fetches all remote key sets when it is asked for the first key. */
  KeySource keys() {
    return (issuer, keyId, patience) -> {
      RemoteKeySets sets = keySets;
      if (sets == null) {
        sets = new RemoteKeySets(clients, clock, CallListener.NONE);
        keySets = sets;
        sets.watch(issuers);
      }
      return sets.keys(issuer, keyId, patience);
    };
  }

  /** Asks about a token when it is asked about one. */
  TokenIntrospector introspector() {
    return (issuer, by, token, patience) -> {
      TokenIntrospections asked = introspections;
      if (asked == null) {
        asked = new TokenIntrospections(clients, clock, CallListener.NONE);
        introspections = asked;
        asked.watch(issuers);
      }
      return asked.introspect(issuer, by, token, patience);
    };
  }

  @Override
  public void close() {
    if (introspections != null) {
      introspections.close();
    }
    if (keySets != null) {
      keySets.close();
    }
  }
}
