package dev.sallyport.server.issuers;

import dev.sallyport.engine.identity.Network;
import dev.sallyport.engine.identity.Networks;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Makes the clients that call issuers, and holds what they share: the threads, and which addresses
 * and proxies there are.
 *
 * <p>Where a call goes through a proxy, the proxy resolves the name, so that only addresses that
 * are written as such are checked here: which networks it can reach is then for the proxy to say.
 */
public final class IssuerClients implements AutoCloseable {
  private static final int IDLE_SECONDS = 15;

  /**
   * They would write tokens and secrets to the log of whoever asks for details; held, for the log
   * manager holds no logger.
   */
  private static final List<Logger> TALKATIVE =
      Stream.of("wire", "headers")
          .map(name -> Logger.getLogger("org.apache.hc.client5.http." + name))
          .toList();

  static {
    TALKATIVE.forEach(logger -> logger.setLevel(Level.OFF));
  }

  private final ReachableAddresses reachable;
  private final CheckedNames names;
  private final Proxies proxies;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("issuer-call").factory());
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("issuer-deadlines").factory());
  private final Set<IssuerClient> open = ConcurrentHashMap.newKeySet();

  /**
   * Clients of the public internet and some networks more.
   *
   * @param allowedNetworks private networks in which issuers are
   * @param environment all variables, of which those for proxies are read
   */
  public IssuerClients(Networks allowedNetworks, Map<String, String> environment) {
    this(allowedNetworks, environment, NameLookup.SYSTEM);
  }

  /**
   * As the configuration says.
   *
   * @param allowedNetworks in CIDR form
   * @throws IllegalArgumentException if one is no network; its message says which
   */
  public static IssuerClients of(List<String> allowedNetworks, Map<String, String> environment) {
    List<Network> networks = new ArrayList<>();
    for (String text : allowedNetworks) {
      Network network = Network.parse(text);
      if (network == null) {
        throw new IllegalArgumentException(Network.fault(text));
      }
      networks.add(network);
    }
    return new IssuerClients(Networks.of(networks), environment);
  }

  IssuerClients(Networks allowedNetworks, Map<String, String> environment, NameLookup lookup) {
    this.reachable = new ReachableAddresses(allowedNetworks);
    this.names = new CheckedNames(lookup, reachable);
    this.proxies = new Proxies(environment);
    // What ends in time leaves nothing behind: it may hold a token.
    timer.setRemoveOnCancelPolicy(true);
    var _ =
        timer.scheduleWithFixedDelay(
            () -> open.forEach(IssuerClient::closeIdle),
            IDLE_SECONDS,
            IDLE_SECONDS,
            TimeUnit.SECONDS);
  }

  /**
   * A client of one issuer; close it when the issuer is gone or trusts others.
   *
   * @param anchors the authorities that its certificate may be from; those of the system where it
   *     is empty
   */
  IssuerClient client(List<X509Certificate> anchors) {
    IssuerClient client =
        new IssuerClient(tls(anchors), names, reachable, proxies, threads, timer, open::remove);
    open.add(client);
    return client;
  }

  private static SSLContext tls(List<X509Certificate> anchors) {
    try {
      if (anchors.isEmpty()) {
        return SSLContext.getDefault();
      }
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (int i = 0; i < anchors.size(); i++) {
        store.setCertificateEntry("anchor-" + i, anchors.get(i));
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, trust.getTrustManagers(), null);
      return tls;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("certificates that were read can't be trusted", e);
    }
  }

  /** Breaks off all calls; those that follow fail. */
  @Override
  public void close() {
    timer.shutdownNow();
    open.forEach(IssuerClient::close);
    threads.shutdownNow();
    names.close();
  }
}
