package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.CompiledIssuer.Introspection;
import dev.sallyport.server.issuers.CallListener.Purpose;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The introspection endpoint of one issuer, with the settings of one time: others make another.
 *
 * <p>Safe for use by many threads.
 */
final class IntrospectionEndpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenIntrospections.class);

  private static final int MOST_CALLS = 64;

  /** More would let a flood of tokens hold every decision that may be in flight. */
  private static final int MOST_WAITING = 512;

  private static final Introspected PAUSED =
      new Introspected.Unknown("it failed, and is left alone for a while");

  private static final Introspected CROWDED =
      new Introspected.Unknown("too many calls to it are under way");

  /** Statuses for what was sent, of which the token alone is the caller's: RFC 9110, RFC 6585. */
  private static final Set<Integer> OF_THE_TOKEN = Set.of(400, 413, 414, 422, 431);

  /** An endpoint that answered so lately has no outage, whatever it says of one token. */
  private static final Duration LATELY = Duration.ofMinutes(1);

  /** Without a failure for so long an outage is over. */
  private static final Duration CALM = Duration.ofSeconds(10);

  private final Introspection settings;
  private final IssuerClient client;
  private final CallListener listener;
  private final LongSupplier nanoTime;
  private final Duration timeout;
  private final Circuit circuit;
  private final Semaphore calls = new Semaphore(MOST_CALLS, true);
  private final Semaphore waiting = new Semaphore(MOST_WAITING);
  private final Outage outage = new Outage();
  private volatile boolean closed;

  /** The newest that it {@link #serves}. */
  private volatile CompiledIssuer issuer;

  /**
   * An endpoint that nobody has asked yet.
   *
   * @param client closed with this
   * @param nanoTime as {@link System#nanoTime} has it
   * @param timeout for each call
   */
  IntrospectionEndpoint(
      CompiledIssuer issuer,
      Introspection settings,
      IssuerClient client,
      CallListener listener,
      RandomGenerator random,
      LongSupplier nanoTime,
      Duration timeout) {
    this.issuer = issuer;
    this.settings = settings;
    this.client = client;
    this.listener = listener;
    this.nanoTime = nanoTime;
    this.timeout = timeout;
    this.circuit = new Circuit(random);
  }

  /** Whether it is asked for an issuer as that is now, so that its answers still count. */
  boolean serves(CompiledIssuer other, Introspection theirs) {
    CompiledIssuer mine = issuer;
    return theirs.equals(settings)
        && other.issuer().equals(mine.issuer())
        && other.tlsAnchors().equals(mine.tlsAnchors());
  }

  /**
   * Takes over the newest form of an issuer that it serves: to compare the next requests with
   * themselves is cheap, and to compare the certificates of two forms is not.
   */
  void adopt(CompiledIssuer served) {
    issuer = served;
  }

  Duration cacheFor() {
    return settings.cacheFor();
  }

  /** Callers that may still wait for an answer. */
  Semaphore waiting() {
    return waiting;
  }

  /** Whether nobody would be asked now: it failed, and is left alone for a while. */
  boolean isPausing() {
    return circuit.isOpen(nanoTime.getAsLong());
  }

  /** Why it could not be asked the last time; empty where it could. */
  Optional<String> failure() {
    return outage.last();
  }

  /**
   * Asks about a token. Blocks while as many calls as there may be are under way; the future always
   * has a value, and in time.
   *
   * @param patience how long this may block
   */
  CompletableFuture<Introspected> ask(String token, Duration patience) {
    if (isPausing()) {
      return CompletableFuture.completedFuture(PAUSED);
    }
    try {
      if (!calls.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return CompletableFuture.completedFuture(CROWDED);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return CompletableFuture.completedFuture(CROWDED);
    }
    if (!circuit.admits(nanoTime.getAsLong())) {
      calls.release();
      return CompletableFuture.completedFuture(PAUSED);
    }
    long began = System.nanoTime();
    return client
        .send(Call.post(settings.endpoint(), true, post(token), timeout))
        .handle((reply, broken) -> {
          calls.release();
          Introspected answer =
              broken == null ? read(reply) : new Introspected.Unknown("it broke off");
          conclude(answer, Duration.ofNanos(System.nanoTime() - began));
          return answer;
        });
  }

  private Call.Post post(String token) {
    return new Call.Post(
        "token=" + encoded(token) + "&token_type_hint=access_token", authorization());
  }

  private String authorization() {
    String secret = settings.secret().text();
    // RFC 6749 section 2.3.1: both are encoded before they are joined.
    return settings
        .clientId()
        .map(id -> encoded(id) + ":" + encoded(secret))
        .map(pair ->
            "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)))
        .orElse("Bearer " + secret);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static Introspected read(Reply reply) {
    return switch (reply) {
      case Reply.Arrived arrived -> Introspected.read(arrived.body());
      case Reply.Unchanged _ -> new Introspected.Unknown("it answered with status 304");
      case Reply.Refused(var status) when status == 401 || status == 403 ->
          new Introspected.Unknown(
              "it answered with status "
                  + status
                  + ": it does not take the client's id and secret");
      case Reply.Refused refused when OF_THE_TOKEN.contains(refused.status()) ->
          new Introspected.Objected(refused.why());
      case Reply.Refused refused -> new Introspected.Unknown(refused.why());
      case Reply.Failed(var why) -> new Introspected.Unknown(why);
    };
  }

  private void conclude(Introspected answer, Duration took) {
    long now = nanoTime.getAsLong();
    boolean usable =
        switch (answer) {
          case Introspected.Active _, Introspected.Inactive _ -> {
            circuit.succeeded();
            outage.answered(now);
            yield true;
          }
          case Introspected.Objected(var why) -> {
            // Else whoever sends a few odd tokens would keep it from all others.
            circuit.succeeded();
            outage.objected(now, why);
            yield false;
          }
          case Introspected.Unknown(var why) -> {
            circuit.failed(now);
            outage.failed(now, why);
            yield false;
          }
        };
    try {
      listener.answered(Purpose.INTROSPECTION, usable, took);
    } catch (RuntimeException e) {
      LOG.error("{}: a listener failed", issuer.key(), e);
    }
  }

  /** What was said of an outage, so that it is said once. */
  private final class Outage {
    /**
     * More kinds of failures there are not: the reasons are fixed texts and numbers of statuses.
     */
    private static final int MOST_SAID = 20;

    private final Set<String> said = new HashSet<>();
    private Optional<String> last = Optional.empty();
    private OptionalLong answeredNanos = OptionalLong.empty();
    private long failedNanos;

    synchronized Optional<String> last() {
      return last;
    }

    synchronized void failed(long now, String why) {
      failedNanos = now;
      last = Optional.of(why);
      if (!closed && said.size() < MOST_SAID && said.add(why)) {
        LOG.warn(
            "{}: it can't be asked about tokens, and requests with them get 503: {}",
            issuer.key(),
            why);
      }
    }

    /** Anybody may send a token that it can't take; that it can take none, is a matter of ours. */
    synchronized void objected(long now, String why) {
      if (answeredNanos.isEmpty() || now - answeredNanos.getAsLong() >= LATELY.toNanos()) {
        failed(now, why);
      }
    }

    synchronized void answered(long now) {
      answeredNanos = OptionalLong.of(now);
      last = Optional.empty();
      if (!said.isEmpty() && now - failedNanos >= CALM.toNanos()) {
        said.clear();
        LOG.info("{}: it answers about tokens again", issuer.key());
      }
    }
  }

  /** Breaks off what is under way. */
  @Override
  public void close() {
    closed = true;
    client.close();
  }
}
