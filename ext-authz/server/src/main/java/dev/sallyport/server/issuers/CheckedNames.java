package dev.sallyport.server.issuers;

import dev.sallyport.engine.identity.IpAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Resolves names, and checks what they resolve to.
 *
 * <p>The system's resolver can't be interrupted and holds the thread that calls it, so it has
 * threads of its own, of the platform: on a virtual one a slow name server would hold up every
 * decision that waits. There is one look-up at a time for a name, which others join, and no more
 * than a few in all.
 */
final class CheckedNames implements AutoCloseable {
  private static final int MOST_LOOKUPS = 32;

  private final NameLookup lookup;
  private final ReachableAddresses reachable;
  private final Map<String, CompletableFuture<List<InetAddress>>> underWay =
      new ConcurrentHashMap<>();
  private final ExecutorService threads =
      new ThreadPoolExecutor(
          0,
          MOST_LOOKUPS,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("issuer-names-", 0).factory());

  CheckedNames(NameLookup lookup, ReachableAddresses reachable) {
    this.lookup = lookup;
    this.reachable = reachable;
  }

  /** None of a host's addresses may be called. */
  static final class Unreachable extends UnknownHostException {
    private static final long serialVersionUID = 1;

    private final transient IpAddress address;

    Unreachable(IpAddress address) {
      super("an address that may not be called");
      this.address = address;
    }

    /** The first of them. */
    IpAddress address() {
      return address;
    }
  }

  /**
   * The addresses of a host that may be called, never none.
   *
   * @throws Unreachable if it has addresses, but none of these
   * @throws UnknownHostException if it has none, or was interrupted
   */
  List<InetAddress> reachable(String host) throws UnknownHostException {
    List<InetAddress> all = all(host);
    List<InetAddress> some =
        all.stream()
            .filter(address -> reachable.permit(IpAddress.of(address.getAddress())))
            .toList();
    if (some.isEmpty()) {
      throw new Unreachable(IpAddress.of(all.getFirst().getAddress()));
    }
    return some;
  }

  /** All addresses of a host, never none, whatever they are: for a proxy. */
  List<InetAddress> all(String host) throws UnknownHostException {
    try {
      List<InetAddress> addresses = join(host).get();
      if (addresses.isEmpty()) {
        throw new UnknownHostException("no address");
      }
      return addresses;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new UnknownHostException("interrupted");
    } catch (ExecutionException _) {
      throw new UnknownHostException("no address");
    }
  }

  private CompletableFuture<List<InetAddress>> join(String host) {
    CompletableFuture<List<InetAddress>> mine = new CompletableFuture<>();
    CompletableFuture<List<InetAddress>> other = underWay.putIfAbsent(host, mine);
    if (other != null) {
      return other;
    }
    try {
      threads.execute(() -> {
        try {
          mine.complete(lookup.addresses(host));
        } catch (UnknownHostException | RuntimeException e) {
          mine.completeExceptionally(e);
        } finally {
          underWay.remove(host, mine);
        }
      });
    } catch (RejectedExecutionException e) {
      underWay.remove(host, mine);
      mine.completeExceptionally(e);
    }
    return mine;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
