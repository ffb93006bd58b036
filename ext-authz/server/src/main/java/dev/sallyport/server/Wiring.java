package dev.sallyport.server;

import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.authenticate.CertificateReader;
import dev.sallyport.engine.authenticate.NonceSource;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.ReplayStore;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.TokenVerifier;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.quota.QuotaStore;
import dev.sallyport.engine.receive.Request;
import dev.sallyport.server.admin.AdminServer;
import dev.sallyport.server.config.Address;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.Configuration.Policies;
import dev.sallyport.server.config.Configuration.State;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.files.FolderSource;
import dev.sallyport.server.files.Location;
import dev.sallyport.server.grpc.CheckService;
import dev.sallyport.server.grpc.GrpcServer;
import dev.sallyport.server.issuers.CallListener;
import dev.sallyport.server.issuers.IssuerClients;
import dev.sallyport.server.issuers.NativeSignatures;
import dev.sallyport.server.issuers.RemoteKeySets;
import dev.sallyport.server.issuers.TokenIntrospections;
import dev.sallyport.server.kubernetes.Cluster;
import dev.sallyport.server.kubernetes.KubernetesSource;
import dev.sallyport.server.kubernetes.ReviewListener;
import dev.sallyport.server.kubernetes.ServiceAccounts;
import dev.sallyport.server.kubernetes.StatusWriter;
import dev.sallyport.server.kubernetes.StoredStatuses;
import dev.sallyport.server.kubernetes.TokenReviews;
import dev.sallyport.server.proofs.HmacNonces;
import dev.sallyport.server.proofs.LocalReplayStore;
import dev.sallyport.server.quota.LocalQuotaStore;
import dev.sallyport.server.regions.MaxMindRegions;
import dev.sallyport.server.telemetry.Telemetry;
import dev.sallyport.server.telemetry.Telemetry.CredentialCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: every object of a running server, made in the order in which they need each
 * other and closed in reverse. The gRPC server is made last, so that it drains while everything
 * that decisions need, and the probes, still stand.
 */
public final class Wiring implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);
  private static final Duration REGION_INTERVAL = Duration.ofSeconds(10);
  private static final String POLICIES = "policies";
  private static final String GRPC = "grpc";

  private final Configuration configuration;
  private final InstantSource clock = InstantSource.system();
  private final Readiness readiness = new Readiness();

  /** The last one is closed first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private @Nullable AdminServer admin;
  private @Nullable GrpcServer grpc;

  private Wiring(Configuration configuration) {
    this.configuration = configuration;
  }

  /**
   * Starts a server. It listens when this returns, and is ready when the policies are read.
   *
   * @param environment for {@code OTEL_*} and the variables of proxies
   * @throws ConfigurationException if something that the configuration names can't be used; then
   *     nothing is left running
   */
  public static Wiring start(Configuration configuration, Map<String, String> environment)
      throws ConfigurationException {
    Wiring wiring = new Wiring(configuration);
    try {
      wiring.assemble(environment);
      return wiring;
    } catch (ConfigurationException | RuntimeException e) {
      wiring.close();
      throw e;
    }
  }

  /** Reads certificates where the configuration says that they are. */
  public static CertificateReader certificates(Configuration.Client client) {
    return new CertificateReader(
        switch (client.xfcc()) {
          case NEVER -> CertificateReader.Trust.CONNECTION;
          case LAST_HOP -> CertificateReader.Trust.LAST_HOP;
        });
  }

  /** What requests may be at most. */
  public static Request.Bounds bounds(Configuration.Limits limits) {
    return Request.Bounds.DEFAULT.withJsonDepth(limits.jsonDepth());
  }

  private void assemble(Map<String, String> environment) throws ConfigurationException {
    Origin origin = origin();
    readiness.awaits(GRPC, "the gRPC server is starting");
    readiness.awaits(POLICIES, "the " + origin.source().description() + " were not read yet");

    NativeSignatures.install();
    Telemetry telemetry = keep(telemetry(environment));
    IssuerClients clients = keep(issuerClients(environment));
    CallListener calls =
        (purpose, usable, took) ->
            telemetry.answered(purpose.label(), usable ? "success" : "failure", took);
    RemoteKeySets keySets = keep(new RemoteKeySets(clients, clock, calls));
    TokenIntrospections introspections = keep(new TokenIntrospections(clients, clock, calls));
    TokenVerifier tokens = new TokenVerifier(keySets, introspections);
    List<CredentialCache> caches = new ArrayList<>();
    caches.add(new CredentialCache(tokens::cacheHits, tokens::cacheMisses, tokens::cacheSize));
    caches.add(
        new CredentialCache(
            introspections::cacheHits, introspections::cacheMisses, introspections::cacheSize));
    TokenReviewer reviewer = reviewer(origin, telemetry, caches);
    telemetry.registerCredentialCaches(caches);
    SourceLocator sources = sourceLocator();
    Pipeline pipeline =
        new Pipeline(
            new Verifiers(
                tokens,
                reviewer,
                certificates(configuration.client()),
                new Possession(replays(telemetry), nonces())),
            sources,
            quotas(telemetry),
            bounds(configuration.limits()));
    telemetry.registerIssuers(() -> issuerStates(keySets, introspections).values());
    admin = keep(adminServer(telemetry));
    CurrentSnapshot current = new CurrentSnapshot();
    SnapshotLoader loader = keep(new SnapshotLoader(current, clock, new SecureRandom()));
    ObjectSource source = keep(origin.source());
    StatusWriter statuses = origin.statuses();
    if (statuses != null) {
      keep(statuses);
      statuses.watchIssuers(() -> issuerStates(keySets, introspections));
      telemetry.registerStatusWriter(
          statuses::leads, statuses::writes, statuses::failures, statuses::unannounced);
    }
    CheckService checks =
        keep(
            new CheckService(
                pipeline::decide,
                current,
                telemetry,
                configuration.limits().concurrentRequests(),
                configuration.decisionTimeout(),
                clock,
                System::nanoTime));
    GrpcServer server = keep(GrpcServer.start(configuration.grpc(), checks, configuration.drain()));
    grpc = server;

    List<SnapshotListener> listeners = new ArrayList<>();
    listeners.add((made, _, _, _) -> keySets.watch(made.snapshot().issuers().all()));
    listeners.add((made, _, _, _) -> introspections.watch(made.snapshot().issuers().all()));
    listeners.add((_, _, _, _) -> arrived(POLICIES, server));
    listeners.add(telemetry);
    listeners.add(new DiagnosticLog(origin.places()));
    if (statuses != null) {
      listeners.add(statuses);
    }
    loader.start(listeners);
    source.start(loader);
    warmUp(checks, sources);
    arrived(GRPC, server);
    LOG.info(
        "listening: gRPC on {}, admin on {}",
        had(configuration.grpc().address(), grpcPort()),
        had(configuration.admin().address(), adminPort()));
  }

  /** The address with the port that was had, where any was asked for. */
  private static Address had(Address address, int port) {
    return switch (address) {
      case Address.Tcp(String host, _) -> new Address.Tcp(host, port);
      case Address.UnixSocket socket -> socket;
    };
  }

  /** The port of the gRPC server, where the configured one is zero. */
  public int grpcPort() {
    return grpc == null ? -1 : grpc.port();
  }

  /** The port of the admin server, where the configured one is zero. */
  public int adminPort() {
    return admin == null ? -1 : admin.port();
  }

  /** Drains, lets decisions in flight finish, and stops everything. Calls after the first wait. */
  @Override
  public synchronized void close() {
    readiness.awaits(GRPC, "the server is shutting down");
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.warn("a part of the server could not be closed", e);
      }
    }
  }

  /** Beside the first read, which takes longer than this where it matters. */
  private void warmUp(CheckService checks, SourceLocator sources) {
    try {
      LOG.debug("rehearsed {} bytes of answers", WarmUp.run(checks, sources, clock));
    } catch (RuntimeException e) {
      LOG.warn("the first decisions will be slower", e);
    }
  }

  private void arrived(String part, GrpcServer server) {
    readiness.arrived(part);
    if (readiness.missing().isEmpty()) {
      server.serving(true);
    }
  }

  private static Map<ObjectKey, IssuerState> issuerStates(
      RemoteKeySets keySets, TokenIntrospections introspections) {
    Map<ObjectKey, IssuerState> states = new HashMap<>();
    keySets
        .states()
        .forEach((key, state) -> {
          // Before the first fetch is over there is nothing to say.
          if (state.fetchedAt().isPresent() || state.failure().isPresent()) {
            states.put(
                key, new IssuerState.KeySet(state.usableKeys(), state.problems(), state.failure()));
          }
        });
    introspections
        .failures()
        .forEach((key, why) -> states.put(key, new IssuerState.Introspection(Optional.of(why))));
    return states;
  }

  /**
   * Where the objects come from.
   *
   * @param places where a field of an object is written; null where nobody knows
   * @param statuses null where none are written
   * @param reviews begins to review service-account tokens; null where there is nobody to ask
   */
  private record Origin(
      ObjectSource source,
      BiFunction<ObjectKey, String, @Nullable String> places,
      @Nullable StatusWriter statuses,
      @Nullable Function<ReviewListener, TokenReviews> reviews) {}

  private TokenReviewer reviewer(Origin origin, Telemetry telemetry, List<CredentialCache> caches) {
    Function<ReviewListener, TokenReviews> begin = origin.reviews();
    if (begin == null) {
      return TokenReviewer.NONE;
    }
    TokenReviews reviews =
        keep(begin.apply((took, outcome) -> telemetry.answered("tokenreview", outcome, took)));
    caches.add(new CredentialCache(reviews::cacheHits, reviews::cacheMisses, reviews::cacheSize));
    return reviews;
  }

  private Origin origin() throws ConfigurationException {
    return switch (configuration.policies()) {
      case Policies.Files(Path folder) -> folder(folder);
      case Policies.Kubernetes kubernetes -> cluster(kubernetes);
      case Policies.None() -> {
        if (!Cluster.isInPod()) {
          throw new ConfigurationException(
              "no policies: name their folder with `--policies` or `policies.files`, or an API server"
                  + " with `--kubeconfig`; only in a pod its own is known");
        }
        yield cluster(
            new Policies.Kubernetes(null, List.of(), Set.of(), Configuration.Status.WRITE, null));
      }
    };
  }

  private Origin folder(Path folder) throws ConfigurationException {
    if (!Files.isDirectory(folder)) {
      throw new ConfigurationException("`policies.files`: `" + folder + "` is no folder");
    }
    try {
      FolderSource source = new FolderSource(folder, clock);
      return new Origin(
          source,
          (key, field) -> {
            Location location = source.locate(key, field);
            return location == null ? null : location.toString();
          },
          null,
          null);
    } catch (UncheckedIOException e) {
      throw new ConfigurationException(
          "`policies.files`: `" + folder + "`: " + String.valueOf(e.getMessage()));
    }
  }

  private Origin cluster(Policies.Kubernetes kubernetes) throws ConfigurationException {
    try {
      Cluster cluster = Cluster.of(kubernetes.kubeconfig());
      ServiceAccounts accounts = new ServiceAccounts(clock);
      StatusWriter statuses =
          kubernetes.status() == Configuration.Status.WRITE
              ? StatusWriter.of(cluster, kubernetes.leaseNamespace(), clock)
              : null;
      return new Origin(
          new KubernetesSource(
              cluster,
              kubernetes.namespaces(),
              kubernetes.skip().stream()
                  .map(Configuration.Resource::plural)
                  .collect(Collectors.toSet()),
              accounts,
              statuses == null ? StoredStatuses.IGNORED : statuses,
              clock),
          (_, _) -> null,
          statuses,
          kubernetes.skip().contains(Configuration.Resource.SERVICE_ACCOUNTS)
              ? null
              : listener ->
                  TokenReviews.of(cluster, accounts, kubernetes.namespaces(), clock, listener));
    } catch (IOException e) {
      throw new ConfigurationException("`policies.kubernetes`: " + e.getMessage());
    }
  }

  private Telemetry telemetry(Map<String, String> environment) throws ConfigurationException {
    try {
      return Telemetry.start(configuration.decisionLog(), environment, clock);
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigurationException(String.valueOf(e.getMessage()));
    }
  }

  private IssuerClients issuerClients(Map<String, String> environment)
      throws ConfigurationException {
    try {
      return IssuerClients.of(configuration.issuers().allowedNetworks(), environment);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException("`issuers.allowedNetworks`: " + e.getMessage());
    }
  }

  private SourceLocator sourceLocator() throws ConfigurationException {
    Configuration.Regions regions = configuration.regions();
    RegionRanges ranges;
    try {
      ranges = RegionRanges.of(regions.ranges());
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException("`regions.ranges`: " + e.getMessage());
    }
    return new SourceLocator(
        configuration.client().trustedHops(), regions.header(), ranges, regionDatabase());
  }

  private RegionSource regionDatabase() throws ConfigurationException {
    Path file = configuration.regions().mmdb();
    if (file == null) {
      return RegionSource.NONE;
    }
    MaxMindRegions regions;
    try {
      regions = keep(MaxMindRegions.open(file));
    } catch (IOException e) {
      throw new ConfigurationException("`regions.mmdb`: " + e.getMessage());
    }
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("regions").daemon().factory());
    parts.push(timer::shutdownNow);
    var _ =
        timer.scheduleWithFixedDelay(
            regions::refresh,
            REGION_INTERVAL.toSeconds(),
            REGION_INTERVAL.toSeconds(),
            TimeUnit.SECONDS);
    return regions;
  }

  private QuotaStore quotas(Telemetry telemetry) {
    return switch (configuration.state()) {
      case State.Memory() -> {
        LocalQuotaStore store =
            new LocalQuotaStore(configuration.limits().quotaKeys(), System::nanoTime);
        telemetry.registerRateLimitCounters(store::size, store::evicted);
        yield store;
      }
      case State.Redis _ -> throw new IllegalStateException("the reader refuses `state.redis`");
    };
  }

  private ReplayStore replays(Telemetry telemetry) {
    LocalReplayStore store =
        new LocalReplayStore(configuration.limits().proofs(), new SecureRandom().nextLong());
    telemetry.registerProofs(store::size, store::turnedAway);
    return store;
  }

  private NonceSource nonces() throws ConfigurationException {
    Path keyFile = configuration.dpop().nonceKeyFile();
    if (keyFile == null) {
      return HmacNonces.ofThisProcess(new SecureRandom());
    }
    try {
      return HmacNonces.of(keyFile);
    } catch (IOException e) {
      throw new ConfigurationException("`dpop.nonceKeyFile`: " + e.getMessage());
    }
  }

  private AdminServer adminServer(Telemetry telemetry) throws ConfigurationException {
    InetSocketAddress address =
        new InetSocketAddress(
            configuration.admin().address().host(), configuration.admin().address().port());
    try {
      return AdminServer.start(address, readiness::missing, telemetry);
    } catch (IOException | RuntimeException e) {
      throw new ConfigurationException(
          "`admin.address`: can't listen on `"
              + configuration.admin().address()
              + "`: "
              + e.getMessage());
    }
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }
}
