package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Keys;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.server.issuers.CallListener.Purpose;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the key set of one issuer from where it is, or from where the issuer's metadata says.
 *
 * <p>One fetch at a time: what it remembers has no other guard.
 */
final class KeySetFetch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteKeySets.class);
  private static final String KEY_SET = "application/jwk-set+json, application/json";
  private static final String METADATA = "application/json";

  private final IssuerClient client;
  private final CallListener listener;
  private final Duration timeout;

  /** The newest that it {@link #serves}. */
  private volatile CompiledIssuer issuer;

  /** Where metadata said that the keys are; forgotten when they were not to be had there. */
  private volatile Optional<URI> announced = Optional.empty();

  private volatile Version newest = Version.NONE;

  /**
   * Fetches nothing yet.
   *
   * @param issuer whose keys are remote or discovered
   * @param client closed with this
   * @param timeout for each call
   */
  KeySetFetch(CompiledIssuer issuer, IssuerClient client, CallListener listener, Duration timeout) {
    this.issuer = issuer;
    this.client = client;
    this.listener = listener;
    this.timeout = timeout;
  }

  /** The set that arrived last, by its place and what its server calls it. */
  private record Version(Optional<URI> uri, String etag) {
    static final Version NONE = new Version(Optional.empty(), "");

    String etag(URI of) {
      return uri.filter(of::equals).isPresent() ? etag : "";
    }
  }

  /** Whether an issuer's keys are fetched as those of this one, so that it may keep them. */
  boolean serves(CompiledIssuer other) {
    CompiledIssuer mine = issuer;
    boolean samePlace =
        switch (mine.authority()) {
          case Keys.Remote(var uri, _) ->
              other.authority() instanceof Keys.Remote(var theirs, _) && theirs.equals(uri);
          case Keys.Discovered _ ->
              other.authority() instanceof Keys.Discovered && other.issuer().equals(mine.issuer());
          case Keys.Inline _, CompiledIssuer.Introspection _ -> false;
        };
    return samePlace && other.tlsAnchors().equals(mine.tlsAnchors());
  }

  /**
   * Takes over the newest form of an issuer that it serves: to compare the next requests with
   * themselves is cheap, and to compare the certificates of two forms is not.
   */
  void adopt(CompiledIssuer served) {
    issuer = served;
  }

  /**
   * Fetches once. Returns at once; the future always has a value.
   *
   * @param anew whether the metadata is asked where the keys are, even if that is known
   */
  CompletableFuture<Download> fetch(boolean anew) {
    return switch (issuer.authority()) {
      // The object itself names the host: a loopback there is meant.
      case Keys.Remote(var uri, _) -> keys(uri, true);
      case Keys.Discovered _ ->
          announced
              .filter(_ -> !anew)
              .map(this::announcedKeys)
              .orElseGet(() -> discover(Metadata.places(issuer.issuer())));
      case Keys.Inline _, CompiledIssuer.Introspection _ ->
          CompletableFuture.completedFuture(new Download.Failed("it has no remote keys"));
    };
  }

  private CompletableFuture<Download> announcedKeys(URI uri) {
    return keys(uri, Metadata.isLoopback(issuer.issuer()))
        .thenApply(download -> {
          announced = download instanceof Download.Failed ? Optional.empty() : Optional.of(uri);
          return download;
        });
  }

  private CompletableFuture<Download> keys(URI uri, boolean loopback) {
    long began = System.nanoTime();
    return client
        .send(Call.get(uri, loopback, KEY_SET, newest.etag(uri), timeout))
        .thenApply(reply -> {
          Download download = read(reply, uri);
          tell(Purpose.JWKS, !(download instanceof Download.Failed), began);
          return download;
        });
  }

  private Download read(Reply reply, URI uri) {
    return switch (reply) {
      case Reply.Arrived arrived ->
          switch (KeySet.parse(arrived.body())) {
            case KeySet.Parsing.Parsed(var keys, var problems) -> {
              newest = new Version(Optional.of(uri), arrived.etag());
              yield new Download.Arrived(keys, problems, arrived.maxAge());
            }
            case KeySet.Parsing.Unreadable(var why) ->
                new Download.Failed("what it sent is no key set: " + why);
          };
      case Reply.Unchanged(var maxAge) -> new Download.Unchanged(maxAge);
      case Reply.Refused refused -> new Download.Failed(refused.why());
      case Reply.Failed(var why) -> new Download.Failed(why);
    };
  }

  private CompletableFuture<Download> discover(List<URI> places) {
    if (places.isEmpty()) {
      return CompletableFuture.completedFuture(
          new Download.Failed("its `issuer` is no https URL, so it has no metadata"));
    }
    return ask(places.getFirst())
        .thenCompose(first ->
            first instanceof Finding.Nothing(var why)
                ? ask(places.getLast()).thenApply(last -> last.after(why))
                : CompletableFuture.completedFuture(first))
        .thenCompose(finding ->
            switch (finding) {
              case Finding.Found(var metadata) -> announcedKeys(metadata.keySet());
              case Finding.Nothing(var why) -> failed("its metadata: " + why);
              case Finding.Unusable(var why) -> failed("what it sent is no metadata: " + why);
            });
  }

  private static CompletableFuture<Download> failed(String why) {
    return CompletableFuture.completedFuture(new Download.Failed(why));
  }

  /** What is at a place where metadata may be. */
  private sealed interface Finding {
    record Found(Metadata metadata) implements Finding {}

    /** No document: it may be elsewhere. */
    record Nothing(String why) implements Finding {}

    /** A document that can't be believed: there is no use in looking on. */
    record Unusable(String why) implements Finding {}

    /** As it is told where nothing was found elsewhere before. */
    default Finding after(String before) {
      return this instanceof Nothing(var why) && !why.equals(before)
          ? new Nothing(before + "; at its second place " + why)
          : this;
    }
  }

  private CompletableFuture<Finding> ask(URI place) {
    boolean loopback = Metadata.isLoopback(issuer.issuer());
    long began = System.nanoTime();
    return client
        .send(Call.get(place, loopback, METADATA, "", timeout))
        .thenApply(reply -> {
          Finding finding = find(reply);
          tell(Purpose.DISCOVERY, finding instanceof Finding.Found, began);
          return finding;
        });
  }

  private Finding find(Reply reply) {
    return switch (reply) {
      case Reply.Arrived arrived ->
          switch (Metadata.read(arrived.body(), issuer.issuer())) {
            case Metadata.Reading.Read(var metadata) -> new Finding.Found(metadata);
            case Metadata.Reading.Unusable(var why) -> new Finding.Unusable(why);
          };
      case Reply.Unchanged _ -> new Finding.Nothing("it answered with status 304");
      case Reply.Refused refused -> new Finding.Nothing(refused.why());
      case Reply.Failed(var why) -> new Finding.Nothing(why);
    };
  }

  private void tell(Purpose purpose, boolean usable, long beganNanos) {
    try {
      listener.answered(purpose, usable, Duration.ofNanos(System.nanoTime() - beganNanos));
    } catch (RuntimeException e) {
      LOG.error("{}: a listener failed", issuer.key(), e);
    }
  }

  /** Breaks off what is under way. */
  @Override
  public void close() {
    client.close();
  }
}
