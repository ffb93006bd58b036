package dev.sallyport.server.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is set for one process; the components bear the names of the keys.
 *
 * @param drain how long new work is still answered after SIGTERM
 * @param decisionTimeout how long one decision may wait for others; under Envoy's 200 ms
 */
public record Configuration(
    Grpc grpc,
    Admin admin,
    Policies policies,
    Client client,
    Issuers issuers,
    Dpop dpop,
    Regions regions,
    DecisionLog decisionLog,
    State state,
    Limits limits,
    Duration drain,
    Duration decisionTimeout) {

  /** {@code --policies}: the folder that the command line names in place of the file's. */
  public Configuration withPolicies(Path folder) {
    return with(new Policies.Files(folder));
  }

  /**
   * {@code --kubeconfig}: the API server that the command line names in place of the file's; what
   * the file says beside it under {@code policies.kubernetes} holds.
   */
  public Configuration withKubeconfig(Path kubeconfig) {
    return with(
        policies instanceof Policies.Kubernetes said
            ? new Policies.Kubernetes(
                kubeconfig, said.namespaces(), said.skip(), said.status(), said.leaseNamespace())
            : new Policies.Kubernetes(kubeconfig, List.of(), Set.of(), Status.WRITE, null));
  }

  private Configuration with(Policies policies) {
    return new Configuration(
        grpc,
        admin,
        policies,
        client,
        issuers,
        dpop,
        regions,
        decisionLog,
        state,
        limits,
        drain,
        decisionTimeout);
  }

  /**
   * {@code grpc}: the server that Envoy asks.
   *
   * @param tls null for cleartext
   * @param threads event loops
   */
  public record Grpc(Address address, @Nullable Tls tls, int threads) {}

  /**
   * {@code grpc.tls}: files in PEM, read again when they change.
   *
   * @param clientCaFile whose certificates clients must present; null where they need none
   */
  public record Tls(Path certFile, Path keyFile, @Nullable Path clientCaFile) {}

  /** {@code admin}: probes and metrics. */
  public record Admin(Address.Tcp address) {}

  /** {@code policies}: where the objects are declared. */
  public sealed interface Policies {
    /** A watched folder. */
    record Files(Path folder) implements Policies {}

    /**
     * An API server.
     *
     * @param kubeconfig whose current context is taken; null for that of the pod
     * @param namespaces whose objects count; empty for all
     * @param skip what is not read, and is not ours to read
     * @param status whether conditions and Events are written
     * @param leaseNamespace where the Lease of the one who writes them is; null for that of the pod
     */
    record Kubernetes(
        @Nullable Path kubeconfig,
        List<String> namespaces,
        Set<Resource> skip,
        Status status,
        @Nullable String leaseNamespace)
        implements Policies {
      public Kubernetes {
        namespaces = List.copyOf(namespaces);
        skip = Set.copyOf(skip);
      }
    }

    /** Nothing is said: {@code serve} refuses to start. */
    record None() implements Policies {}
  }

  /** {@code policies.kubernetes.skip}: what policies can do without, by the name that RBAC has. */
  public enum Resource {
    SECRETS("secrets"),
    CONFIG_MAPS("configmaps"),
    HTTP_ROUTES("httproutes"),
    GRPC_ROUTES("grpcroutes"),
    SERVICE_ACCOUNTS("serviceaccounts");

    private final String plural;

    Resource(String plural) {
      this.plural = plural;
    }

    public String plural() {
      return plural;
    }
  }

  /** {@code policies.kubernetes.status}. */
  public enum Status {
    WRITE,
    NEVER
  }

  /**
   * {@code client}: what is believed of the caller's address and certificate.
   *
   * @param trustedHops proxies before Envoy whose {@code x-forwarded-for} entries are true
   * @param xfcc whether {@code x-forwarded-client-cert} is believed
   */
  public record Client(int trustedHops, Xfcc xfcc) {}

  /** {@code client.xfcc}. */
  public enum Xfcc {
    /** Callers are who Envoy's own connection shows. */
    NEVER,
    /** Callers are who the proxy before Envoy, or Envoy itself, says last in it. */
    LAST_HOP
  }

  /**
   * {@code issuers}: how they are asked.
   *
   * @param allowedNetworks in CIDR form: private networks that an issuer's name may resolve to
   */
  public record Issuers(List<String> allowedNetworks) {
    public Issuers {
      allowedNetworks = List.copyOf(allowedNetworks);
    }
  }

  /**
   * {@code dpop}: proofs of possession (RFC 9449).
   *
   * @param nonceKeyFile holds the key that nonces are made with; null for a key of this process
   */
  public record Dpop(@Nullable Path nonceKeyFile) {}

  /**
   * {@code regions}: how the caller's region is known.
   *
   * @param header a header that a trusted proxy sets, lower case; null where none does
   * @param mmdb a MaxMind database; null where there is none
   * @param ranges networks in CIDR form by region
   */
  public record Regions(
      @Nullable String header, @Nullable Path mmdb, Map<String, List<String>> ranges) {
    public Regions {
      ranges = Map.copyOf(ranges);
    }
  }

  /**
   * {@code decisionLog}.
   *
   * @param file of the {@link Sink#FILE} sink; null where there is none
   * @param sampleAllowed the share of allowed decisions that is written, 0 to 1; denied ones all
   *     are
   * @param buffer records that wait for a slow sink; more are dropped and counted
   */
  public record DecisionLog(
      List<Sink> sinks, @Nullable Path file, Format format, double sampleAllowed, int buffer) {
    public DecisionLog {
      sinks = List.copyOf(sinks);
    }
  }

  /** {@code decisionLog.sinks}. */
  public enum Sink {
    STDOUT,
    FILE,
    OTLP
  }

  /** {@code decisionLog.format}. */
  public enum Format {
    JSON
  }

  /** {@code state}: where counters are kept. */
  public sealed interface State {
    /** In this process. */
    record Memory() implements State {}

    /** In Redis or Valkey, shared by all replicas. */
    record Redis(URI uri) implements State {}
  }

  /**
   * {@code limits}: what one process takes on.
   *
   * @param concurrentRequests decisions in flight; one more is denied as {@code overloaded}
   * @param quotaKeys counters of rate limits that are remembered
   * @param proofs used proofs of possession that there is room to remember
   * @param jsonDepth arrays and objects within each other in a body; a deeper one is denied
   */
  public record Limits(int concurrentRequests, int quotaKeys, int proofs, int jsonDepth) {}
}
