package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Patience;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the key sets of all issuers that have theirs at a URI.
 *
 * <p>What is asked comes from memory; fetches run on threads of their own. Safe for use by many
 * threads; {@link #watch} by one at a time.
 */
public final class RemoteKeySets implements KeySource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteKeySets.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** An issuer that hangs holds its turn until it is given up: there are more than a few. */
  private static final int MOST_IN_TIME = 32;

  private static final int MOST_ON_DEMAND = 64;

  private final IssuerClients clients;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final CallListener listener;
  private final Duration timeout;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("key-sets").factory());

  private final Turns inTime = new Turns(MOST_IN_TIME, ticks);

  /** Apart: whoever waits for a key does not wait for what could wait. */
  private final Turns onDemand = new Turns(MOST_ON_DEMAND, ticks);

  /** Replaced whole, by {@link #watch} alone. */
  private final AtomicReference<Map<ObjectKey, KeySetFeed>> feeds = new AtomicReference<>(Map.of());

  /** Knows no issuer yet. */
  public RemoteKeySets(IssuerClients clients, InstantSource clock, CallListener listener) {
    this(clients, clock, RandomGenerator.getDefault(), listener, TIMEOUT);
  }

  RemoteKeySets(
      IssuerClients clients,
      InstantSource clock,
      RandomGenerator random,
      CallListener listener,
      Duration timeout) {
    this.clients = clients;
    this.clock = clock;
    this.random = random;
    this.listener = listener;
    this.timeout = timeout;
    var _ = ticks.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  /**
   * Says which issuers there are: sets of new ones are fetched at once, those of others are
   * forgotten. An issuer whose place of keys or certificate authorities are others than before is a
   * new one. Returns at once.
   *
   * @param issuers all that are in force; those without remote keys are passed over
   */
  public void watch(Collection<CompiledIssuer> issuers) {
    Map<ObjectKey, KeySetFeed> before = feeds.get();
    Map<ObjectKey, KeySetFeed> after = new HashMap<>();
    for (CompiledIssuer issuer : issuers) {
      switch (issuer.authority()) {
        case Keys.Remote(_, var staleFor) ->
            after.put(issuer.key(), feed(before.get(issuer.key()), issuer, staleFor));
        case Keys.Discovered(var staleFor) ->
            after.put(issuer.key(), feed(before.get(issuer.key()), issuer, staleFor));
        case Keys.Inline _, CompiledIssuer.Introspection _ -> {}
      }
    }
    feeds.set(Map.copyOf(after));
    before.forEach((key, feed) -> {
      if (!feed.equals(after.get(key))) {
        feed.drop();
      }
    });
    CompletableFuture<Void> _ = refresh();
  }

  private KeySetFeed feed(@Nullable KeySetFeed known, CompiledIssuer issuer, Duration staleFor) {
    if (known != null && known.serves(issuer)) {
      known.adopt(issuer, staleFor);
      return known;
    }
    KeySetFetch source =
        new KeySetFetch(issuer, clients.client(issuer.tlsAnchors()), listener, timeout);
    return new KeySetFeed(issuer.key(), staleFor, clock, random, source, inTime, onDemand);
  }

  @Override
  public Answer keys(CompiledIssuer issuer, String keyId, Patience patience) {
    KeySetFeed feed = feeds.get().get(issuer.key());
    // Another place is that of an older or a newer snapshot than the one that is watched.
    return feed == null || !feed.serves(issuer)
        ? new Answer.Unavailable()
        : feed.keys(keyId, patience);
  }

  /** How it stands with each issuer's remote keys. */
  public Map<ObjectKey, KeySetState> states() {
    return feeds.get().entrySet().stream()
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, feed -> feed.getValue().state()));
  }

  /** Begins all fetches that are due; the future ends with the last of them. */
  CompletableFuture<Void> refresh() {
    return CompletableFuture.allOf(
        feeds.get().values().stream()
            .map(KeySetFeed::refreshIfDue)
            .toArray(CompletableFuture<?>[]::new));
  }

  private void tick() {
    try {
      CompletableFuture<Void> _ = refresh();
    } catch (RuntimeException e) {
      // The timer would never tick again.
      LOG.error("key sets could not be refreshed", e);
    }
  }

  /** Ends all fetches. What is held is still answered. */
  @Override
  public void close() {
    ticks.shutdownNow();
    feeds.get().values().forEach(KeySetFeed::drop);
  }
}
