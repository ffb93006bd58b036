package dev.sallyport.cli;

import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.TokenVerifier;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.Wiring;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.Configuration.Xfcc;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.issuers.IssuerClients;
import dev.sallyport.server.kubernetes.DirectReviewer;
import dev.sallyport.server.proofs.LocalReplayStore;
import dev.sallyport.server.quota.LocalQuotaStore;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sallyport check}: one request, and why it is allowed or denied. */
@Command(
    name = "check",
    description = {
      "Decide one request by the policies of a folder or a cluster, and show what each stage found.",
      "Exit code 0 where it is allowed, 1 where it is denied."
    },
    footer = {
      "",
      "Examples:",
      "  sallyport check --policies examples --url https://releases.example.com/v1/releases \\",
      "    --header 'X-API-Key: example-key-release-pipeline'",
      "  sallyport check --policies examples --method PUT \\",
      "    --url https://releases.example.com/v1/releases/1.4.0 --body @notes.json \\",
      "    --header 'Content-Type: application/json' --peer-address 203.0.113.7 --output json",
      "  sallyport check --kubeconfig ~/.kube/config --url https://releases.example.com/v1/releases",
      "",
      "Where callers come from is believed as the configuration says: --config FILE, or a variable",
      "such as SALLYPORT_REGIONS_HEADER=x-client-region in front. A token whose issuer has a remote",
      "key set makes it fetch that key set, and one whose issuer is asked about tokens is sent there."
    })
final class Check implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Option(names = "--policies", paramLabel = "DIR", description = "Folder with the policies.")
  private @Nullable Path policies;

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(
      names = "--method",
      defaultValue = "GET",
      description = "The request's method (${DEFAULT-VALUE}).")
  private String method = "GET";

  @Option(
      names = "--url",
      required = true,
      description = "Host, path and query, as the caller sends them.")
  private String url = "";

  @Option(
      names = "--header",
      paramLabel = "'NAME: VALUE'",
      description = "A header; may be given several times.")
  private List<String> headers = List.of();

  @Option(
      names = "--body",
      paramLabel = "TEXT|@FILE",
      description = "The body, or @ and the file that holds it.")
  private @Nullable String body;

  @Option(
      names = "--peer-address",
      paramLabel = "IP",
      description = "The address that Envoy sees; unknown where it is left out.")
  private @Nullable String peerAddress;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description = {
        "The caller's certificate in PEM, as Envoy sees it on the connection.",
        "It is taken to be verified. With client.xfcc LastHop give the header instead."
      })
  private @Nullable Path certificate;

  @Option(
      names = "--policy",
      paramLabel = "NAMESPACE/NAME",
      description = "The policy that Envoy's context extension names, in place of the host.")
  private @Nullable String policy;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description = "When, such as 2026-11-25T00:00:00Z; now where it is left out.")
  private @Nullable String at;

  @Option(
      names = "--output",
      paramLabel = "FORM",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Output output = Output.text;

  @Mixin private Settings settings = new Settings();

  private final Surroundings around;

  Check(Surroundings around) {
    this.around = around;
  }

  @Override
  public Integer call() throws Failure, ConfigurationException, InterruptedException {
    cluster.requireOneOf(policies != null, "--policies", "check");
    Configuration configuration = settings.read(around);
    CheckedRequest request = CheckedRequest.of(url);
    if (certificate != null && configuration.client().xfcc() == Xfcc.LAST_HOP) {
      throw new Failure(
          "--cert has no effect with `client.xfcc: LastHop`; give"
              + " --header 'x-forwarded-client-cert: …'");
    }
    if (peerAddress != null && IpAddress.parse(peerAddress) == null) {
      throw new Failure("--peer-address takes an IP address such as `203.0.113.7`");
    }
    Inbound inbound =
        request.inbound(
            "check",
            instant(),
            method,
            headers,
            CheckedRequest.body(body),
            peerAddress,
            CheckedRequest.certificate(certificate, "--cert"),
            policy);
    Decision decision = decide(inbound, snapshot(), configuration);
    Reasoning reasoning =
        Reasoning.of(decision, method + ' ' + inbound.host() + request.pathShown());
    around
        .out()
        .print(
            switch (output) {
              case text -> text(reasoning);
              case json -> Output.json(described(reasoning)) + System.lineSeparator();
            });
    return decision.allowed() ? 0 : 1;
  }

  private Instant instant() throws Failure {
    if (at == null) {
      return around.clock().instant();
    }
    try {
      return OffsetDateTime.parse(at).toInstant();
    } catch (DateTimeException _) {
      throw new Failure("--at takes a time such as `2026-11-25T00:00:00Z`, not `" + at + "`");
    }
  }

  private Snapshot snapshot() throws Failure, InterruptedException {
    Compilation compilation =
        policies == null
            ? CompiledPolicies.ofCluster(cluster, around)
            : CompiledPolicies.ofFolder(policies, around);
    return compilation.snapshot();
  }

  private void say(String trouble) {
    around.err().println("sallyport: " + trouble);
  }

  private Decision decide(Inbound inbound, Snapshot snapshot, Configuration configuration)
      throws Failure {
    try (IssuerClients clients = clients(configuration);
        OfflineIssuers issuers =
            new OfflineIssuers(snapshot.issuers().all(), clients, around.clock());
        DirectReviewer reviewer = cluster.reviewer(this::say);
        ConfiguredRegions regions = ConfiguredRegions.of(configuration.regions())) {
      Pipeline pipeline =
          new Pipeline(
              new Verifiers(
                  new TokenVerifier(issuers.keys(), issuers.introspector()),
                  reviewer == null ? TokenReviewer.NONE : reviewer,
                  Wiring.certificates(configuration.client()),
                  new Possession(
                      new LocalReplayStore(1, 0), Settings.nonces(configuration.dpop()))),
              new SourceLocator(
                  configuration.client().trustedHops(),
                  configuration.regions().header(),
                  regions.ranges(),
                  regions.database()),
              new LocalQuotaStore(configuration.limits().quotaKeys(), System::nanoTime),
              Wiring.bounds(configuration.limits()));
      Patience patience = Patience.until(around.clock().instant().plus(PATIENCE));
      return switch (pipeline.decide(inbound, snapshot, patience)) {
        case Pipeline.Answer.Decided(var decision) -> decision;
        case Pipeline.Answer.Waits() ->
            throw new IllegalStateException("a decision that may wait does not ask to");
      };
    }
  }

  private IssuerClients clients(Configuration configuration) throws Failure {
    try {
      return IssuerClients.of(configuration.issuers().allowedNetworks(), around.environment());
    } catch (IllegalArgumentException e) {
      throw new Failure("`issuers.allowedNetworks`: " + e.getMessage());
    }
  }

  private static String text(Reasoning reasoning) {
    StringBuilder text = new StringBuilder();
    Denial denial = reasoning.decision().denial();
    boolean allowed = reasoning.decision().allowed();
    text.append(allowed ? "ALLOWED" : "DENIED");
    if (denial != null) {
      text.append(allowed ? " in shadow; enforced it would be " : " ")
          .append(denial.reason().code())
          .append(" (")
          .append(denial.reason().httpStatus())
          .append("): ")
          .append(denial.detail());
    }
    text.append("\n\n");
    reasoning.lines().forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  private static Map<String, @Nullable Object> message(Facts.Rpc rpc) {
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    message.put("method", rpc.method());
    message.put("revision", rpc.revision());
    return message;
  }

  private static List<Map<String, String>> errors(Denial denial) {
    return denial.errors().stream()
        .map(error -> {
          Map<String, String> one = new LinkedHashMap<>();
          one.put("in", error.part().code());
          one.put("pointer", error.pointer());
          one.put("keyword", error.keyword());
          one.put("detail", error.detail());
          return one;
        })
        .toList();
  }

  private static Map<String, @Nullable Object> described(Reasoning reasoning) {
    Decision decision = reasoning.decision();
    Facts facts = decision.facts();
    Denial denial = decision.denial();
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("verdict", decision.allowed() ? "allow" : "deny");
    all.put("reason", decision.reason().code());
    all.put("status", decision.reason().httpStatus());
    all.put("detail", denial == null ? null : denial.detail());
    all.put(
        "shadowReason", decision.shadowReason() == null ? null : decision.shadowReason().code());
    all.put("policy", facts.policy() == null ? null : facts.policy().qualifiedName());
    all.put("operation", facts.operation());
    Facts.IdentityUse identity = facts.identity();
    all.put(
        "identity",
        identity == null || identity.key() == null ? null : identity.key().qualifiedName());
    Facts.CredentialUse credential = facts.credential();
    all.put("credential", credential == null ? null : credential.name());
    all.put("unregistered", credential != null && credential.unregistered());
    all.put("constraint", credential == null ? "" : credential.constraint());
    all.put("scopesNeeded", facts.scopesNeeded());
    all.put("scopesHeld", facts.scopesHeld());
    Facts.Rpc rpc = facts.rpc();
    all.put("rpc", rpc == null ? null : message(rpc));
    all.put("fieldsDenied", facts.fieldsDenied());
    all.put("narrowedQuery", Reasoning.narrowedQuery(decision));
    all.put("conditions", facts.conditions());
    all.put("errors", denial == null ? List.of() : errors(denial));
    all.put("attempts", facts.attempts());
    all.put("limits", facts.limits());
    all.put("source", facts.source());
    all.put(
        "stages",
        reasoning.stages().stream()
            .map(told ->
                Map.of(
                    "stage", told.stage().code(),
                    "result", told.result().words(),
                    "found", told.found()))
            .toList());
    return all;
  }
}
