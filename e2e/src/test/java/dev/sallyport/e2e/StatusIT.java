package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.e2e.SallyportProcess.Settings;
import dev.sallyport.e2e.SallyportProcess.Source;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** What a user of kubectl reads of an object is what Sallyport does with it. */
class StatusIT {
  private static final String LEADS = " leads: it writes the statuses";
  private static final String LEADS_NO_MORE = " leads no more";

  @TempDir private static Path folder;
  private static LocalCluster cluster;

  private final List<SallyportProcess> replicas = new ArrayList<>();
  private Path work;
  private String namespace;

  @BeforeAll
  static void startCluster() {
    cluster = LocalCluster.start(folder.resolve("cluster"));
    cluster.installDefinitions();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @BeforeEach
  void makeNamespace(TestInfo test) {
    work = folder.resolve(test.getTestMethod().orElseThrow().getName());
    namespace = cluster.namespace("status");
  }

  /** Politely, so that none leaves a Lease to the next test. */
  @AfterEach
  void stopReplicas() {
    replicas.forEach(SallyportProcess::close);
  }

  private SallyportProcess replica() {
    return replica(cluster.kubeconfig());
  }

  private SallyportProcess replica(Path kubeconfig) {
    SallyportProcess replica =
        SallyportProcess.start(
            Settings.of(
                work.resolve("replica-" + replicas.size()), new Source.ApiServer(kubeconfig)));
    replicas.add(replica);
    return replica;
  }

  /**
   * A policy of this test's namespace; host names are of the namespace, so that tests don't meet.
   */
  private String policy(String name, String host, String... paths) {
    String matches =
        Arrays.stream(paths)
            .map(path -> "    - {methods: [GET], path: \"" + path + "\"}\n")
            .collect(Collectors.joining());
    return """
    ---
    apiVersion: sallyport.dev/v1alpha1
    kind: ApiPolicy
    metadata: {name: %s, namespace: %s}
    spec:
      hosts: [%s.%s.example.com]
      authentication:
        methods:
        - name: keys
          apiKey: {header: X-API-Key}
      operations:
      - name: read
        match:
    """
            .formatted(name, namespace, host, namespace)
        + matches;
  }

  private String good(String name) {
    return policy(name, name, "/v1/{id}");
  }

  /** The schema lets it through; only who compiles it sees that the second can never match. */
  private String nonsense(String name) {
    return policy(name, name, "/v1/{id}", "/v1/{name}");
  }

  private String read(String kind, String name, String path) {
    return cluster
        .kubectl("get", kind, name, "-n", namespace, "-o", "jsonpath={" + path + "}")
        .orThrow();
  }

  private String condition(String name, String type, String field) {
    return read("apipol", name, ".status.conditions[?(@.type==\"" + type + "\")]." + field);
  }

  private void await(String name, String type, String field, String text) {
    Await.untilTrue(
        type + ' ' + field + " of " + name + " holds `" + text + '`',
        () -> condition(name, type, field).contains(text));
  }

  private CommandRun waitReady(String... names) {
    List<String> command =
        new ArrayList<>(List.of("wait", "--for=condition=Ready", "-n", namespace, "--timeout=60s"));
    for (String name : names) {
      command.add("apipol/" + name);
    }
    return cluster.kubectl(command.toArray(String[]::new));
  }

  private List<String> events(String name) {
    return cluster
        .kubectl(
            "get",
            "events",
            "-n",
            namespace,
            "--field-selector=involvedObject.name=" + name,
            "-o",
            "jsonpath={range .items[*]}{.type} {.reason} {.reportingComponent}{'\\n'}{end}")
        .orThrow()
        .lines()
        .toList();
  }

  @Test
  void kubectlWaitsForAPolicyAndShowsItAndAnEditToNonsense() {
    replica();

    cluster.apply(good("payments"));
    waitReady("payments").orThrow();
    assertThat(read("apipol", "payments", ".status.hosts.owned[*]"))
        .isEqualTo("payments." + namespace + ".example.com");
    String since = condition("payments", "ResolvedRefs", "lastTransitionTime");

    cluster.apply(nonsense("payments"));
    await("payments", "Ready", "status", "False");
    assertThat(condition("payments", "Ready", "message"))
        .startsWith("the previous version stays in force; spec.operations[0].match[1].path: ")
        .contains("`/v1/{name}`");
    assertThat(condition("payments", "Ready", "observedGeneration")).isEqualTo("2");
    assertThat(condition("payments", "Accepted", "reason")).isEqualTo("Invalid");
    assertThat(cluster.kubectl("get", "apipol", "payments", "-n", namespace).orThrow())
        .contains("False");
    assertThat(condition("payments", "ResolvedRefs", "lastTransitionTime")).isEqualTo(since);

    cluster.apply(good("payments"));
    waitReady("payments").orThrow();
    Await.untilTrue("both Events are there", () -> events("payments").size() == 2);
    assertThat(events("payments"))
        .containsExactlyInAnyOrder(
            "Warning Rejected sallyport.dev/sallyport", "Normal Recovered sallyport.dev/sallyport");
    assertThat(cluster.kubectl("describe", "apipol", "payments", "-n", namespace).orThrow())
        .contains("Rejected");
  }

  @Test
  void theNewerOfTwoOnOneHostTakesOverWhenTheOlderIsDeleted() {
    replica();
    cluster.apply(policy("older", "shared", "/v1/{id}"));
    waitReady("older").orThrow();

    cluster.apply(policy("newer", "shared", "/v1/{id}"));
    await("newer", "Accepted", "reason", "Conflicted");
    assertThat(condition("newer", "Ready", "message"))
        .contains("ApiPolicy " + namespace + "/older");
    assertThat(read("apipol", "newer", ".status.hosts.lost[0].owner"))
        .isEqualTo(namespace + "/older");
    assertThat(condition("older", "Ready", "status")).isEqualTo("True");

    cluster.kubectl("delete", "apipol", "older", "-n", namespace).orThrow();
    waitReady("newer").orThrow();
    assertThat(read("apipol", "newer", ".status.hosts.lost")).isEmpty();
    assertThat(condition("newer", "Accepted", "status")).isEqualTo("True");
  }

  @Test
  void anIdentitySaysWhatItWasGrantedAndWhatOfItCanBeUsed() {
    replica();
    Instant end = Instant.now().plus(Duration.ofDays(1)).truncatedTo(ChronoUnit.SECONDS);
    cluster.apply(
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: NonHumanIdentity
        metadata: {name: acme, namespace: %s}
        spec:
          type: Partner
          owner: {team: integrations}
          expiresAt: "%s"
          grants: {scopes: [payments:read, payments:list]}
          credentials:
          - name: primary
            apiKey: {sha256: "%s"}
          - name: legacy
            state: Revoked
            apiKey: {secretRef: {name: absent, key: key}}
        """
            .formatted(namespace, end, "5".repeat(64)));

    Await.untilTrue(
        "it expires soon", () -> read("nhi", "acme", ".status.phase").equals("Expiring"));
    assertThat(read("nhi", "acme", ".status.scopes.granted")).isEqualTo("2");
    assertThat(read("nhi", "acme", ".status.credentials[*].phase")).isEqualTo("Expiring Revoked");
    assertThat(read("nhi", "acme", ".status.conditions[?(@.type==\"Ready\")].reason"))
        .isEqualTo("RefNotFound");
    // Nobody watches behaviour in this version: nothing is claimed of it.
    assertThat(read("nhi", "acme", ".status"))
        .doesNotContain("lastUsed", "used", "findings", "unused");
  }

  @Test
  void issuersAndDetectionPoliciesHaveAStatusToo() {
    replica();
    cluster.apply(
        """
        apiVersion: sallyport.dev/v1alpha1
        kind: TokenIssuer
        metadata: {name: corp, namespace: %1$s}
        spec:
          issuer: https://issuer.example.com
          jwks: {uri: "http://127.0.0.1:1/keys"}
        ---
        apiVersion: sallyport.dev/v1alpha1
        kind: DetectionPolicy
        metadata: {name: bursts, namespace: %1$s}
        spec:
          detectors: [{type: DeniedBurst, action: Flag}]
        """
            .formatted(namespace));

    cluster
        .kubectl(
            "wait", "--for=condition=Accepted", "issuer/corp", "-n", namespace, "--timeout=60s")
        .orThrow();
    Await.untilTrue(
        "nobody answers where its keys should be",
        () ->
            read("issuer", "corp", ".status.conditions[?(@.type==\"Ready\")].reason")
                .equals("KeysUnavailable"));
    cluster
        .kubectl(
            "wait", "--for=condition=Accepted", "detect/bursts", "-n", namespace, "--timeout=60s")
        .orThrow();
    assertThat(read("detect", "bursts", ".status.conditions[?(@.type==\"Ready\")].reason"))
        .isEqualTo("Unsupported");
    assertThat(events("bursts")).isEmpty();
  }

  @Test
  void fiveHundredAtOnceWithOnePoisonAreWrittenAtMostTwiceEach() {
    replica();
    Map<String, Set<String>> versions = new ConcurrentHashMap<>();
    try (Watch _ = statuses(versions)) {
      String all =
          IntStream.range(0, 500)
              .mapToObj(i -> i == 250 ? nonsense("p" + i) : good("p" + i))
              .collect(Collectors.joining());
      cluster.kubectlReading(all, "apply", "--server-side", "-f", "-").orThrow();

      Await.untilTrue(
          "all have a status",
          () ->
              cluster
                  .kubectl(
                      "get",
                      "apipol",
                      "-n",
                      namespace,
                      "-o",
                      "jsonpath={range .items[*]}{.status.conditions[?(@.type==\"Ready\")].status}"
                          + "{'\\n'}{end}")
                  .orThrow()
                  .lines()
                  .filter(line -> !line.isBlank())
                  .collect(Collectors.groupingBy(line -> line, Collectors.counting()))
                  .equals(Map.of("True", 499L, "False", 1L)));
    }

    assertThat(condition("p250", "Ready", "status")).isEqualTo("False");
    assertThat(versions).hasSize(500);
    assertThat(versions.values()).allSatisfy(seen -> assertThat(seen).hasSizeLessThanOrEqualTo(2));
  }

  @Test
  void oneReplicaIsKilledAndTheOtherLeadsAndNothingIsLostOrWrittenTwice() {
    SallyportProcess first = replica();
    first.awaitLine(LEADS);
    SallyportProcess second = replica();
    cluster.apply(good("kept") + good("edited"));
    waitReady("kept", "edited").orThrow();
    String version = read("apipol", "kept", ".metadata.resourceVersion");
    Map<String, Set<String>> versions = new ConcurrentHashMap<>();

    try (Watch _ = statuses(versions)) {
      first.process().kill();
      cluster.apply(nonsense("edited") + good("made"));
      second.awaitLine(LEADS);
      waitReady("made").orThrow();
      await("edited", "Ready", "status", "False");
    }

    assertThat(read("apipol", "kept", ".metadata.resourceVersion")).isEqualTo(version);
    assertThat(versions.get("edited")).hasSize(1);
    assertThat(versions.get("made")).hasSize(1);
  }

  @Test
  void aReplicaThatEndsHandsTheLeadOver() {
    SallyportProcess first = replica();
    first.awaitLine(LEADS);
    SallyportProcess second = replica();

    long began = System.nanoTime();
    first.close();
    second.awaitLine(LEADS);

    // Less than the Lease lasts: it was released.
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
    cluster.apply(good("payments"));
    waitReady("payments").orThrow();
  }

  @Test
  void afterAnOutageOneLeadsAgainAndWhatChangedMeanwhileIsTold() {
    SallyportProcess first = replica();
    SallyportProcess second = replica();
    first.awaitLine(LEADS);
    cluster.apply(good("payments") + good("other"));
    waitReady("payments", "other").orThrow();
    String version = read("apipol", "other", ".metadata.resourceVersion");

    cluster.killApiServer();
    first.awaitLine(LEADS_NO_MORE);
    try (LocalCluster.Standby standby = cluster.standby()) {
      cluster
          .kubectlReading(
              nonsense("payments"), "--kubeconfig=" + standby.kubeconfig(), "apply", "-f", "-")
          .orThrow();
    }
    cluster.startApiServer();

    await("payments", "Ready", "status", "False");
    assertThat(read("apipol", "other", ".metadata.resourceVersion")).isEqualTo(version);
    assertThat(terms(List.of(first, second))).satisfies(StatusIT::neverTwoAtOnce);
  }

  @Test
  void whoeverLosesTheLeaseToAnEditStopsAndOneLeadsAgain() {
    SallyportProcess first = replica();
    first.awaitLine(LEADS);
    SallyportProcess second = replica();
    SallyportProcess third = replica();

    cluster
        .kubectl(
            "patch",
            "lease",
            "sallyport-leader",
            "--type=merge",
            "-p",
            "{\"spec\": {\"holderIdentity\": \"somebody\"}}")
        .orThrow();
    first.awaitLine(LEADS_NO_MORE);
    List<SallyportProcess> all = List.of(first, second, third);
    Await.untilTrue("one leads again", () -> terms(all).size() == 2);

    cluster.apply(good("payments"));
    waitReady("payments").orThrow();
    assertThat(terms(all)).satisfies(StatusIT::neverTwoAtOnce);
  }

  @Test
  void aLeaderThatStoodStillWritesNothingWhenItGoesOn() {
    SallyportProcess first = replica();
    first.awaitLine(LEADS);
    SallyportProcess second = replica();
    cluster.apply(good("payments"));
    waitReady("payments").orThrow();
    Map<String, Set<String>> versions = new ConcurrentHashMap<>();

    try (Watch _ = statuses(versions)) {
      signal(first, "STOP");
      try {
        second.awaitLine(LEADS);
        cluster.apply(nonsense("payments"));
        await("payments", "Ready", "status", "False");
      } finally {
        signal(first, "CONT");
      }
      first.awaitLine(LEADS_NO_MORE);
      cluster.apply(good("payments"));
      waitReady("payments").orThrow();
    }

    assertThat(versions.get("payments")).hasSize(2);
    assertThat(first.process().output()).containsOnlyOnce(LEADS);
  }

  @Test
  void aLeaderWhoseApiServerFallsSilentStopsBeforeAnotherLeads() {
    try (FreezableProxy proxy = cluster.freezableProxy()) {
      SallyportProcess first = replica(cluster.kubeconfigThrough(proxy, cluster.kubeconfig()));
      first.awaitLine(LEADS);
      SallyportProcess second = replica();

      proxy.freeze();
      second.awaitLine(LEADS);
      proxy.thaw();

      cluster.apply(good("payments"));
      waitReady("payments").orThrow();
      assertThat(terms(List.of(first, second))).hasSize(2).satisfies(StatusIT::neverTwoAtOnce);
    }
  }

  private static void signal(SallyportProcess replica, String signal) {
    CommandRun.of(
            List.of("kill", "-" + signal, Long.toString(replica.process().pid())), Map.of(), "")
        .orThrow();
  }

  @Test
  void whoIsToldNeverToWriteNeitherWritesNorLeads() {
    SallyportProcess silent =
        SallyportProcess.start(
            Settings.of(work.resolve("silent"), new Source.ApiServer(cluster.kubeconfig()))
                .with(
                    "policies",
                    "{kubernetes: {kubeconfig: '" + cluster.kubeconfig() + "', status: Never}}"));
    replicas.add(silent);
    cluster.apply(good("payments"));
    silent.awaitLine("1 changed");

    assertThat(silent.process().output()).doesNotContain(LEADS);
    assertThat(read("apipol", "payments", ".status")).isEmpty();
  }

  /**
   * When one led.
   *
   * @param end null where it still does
   */
  private record Term(Instant begin, Instant end) {}

  /** By what the replicas say of themselves. */
  private static List<Term> terms(List<SallyportProcess> replicas) {
    List<Term> terms = new ArrayList<>();
    for (SallyportProcess replica : replicas) {
      Optional<Instant> begin = Optional.empty();
      for (String line : replica.process().output().lines().toList()) {
        if (line.contains(LEADS)) {
          begin = Optional.of(time(line));
        } else if (line.contains(LEADS_NO_MORE)) {
          terms.add(new Term(begin.orElseThrow(), time(line)));
          begin = Optional.empty();
        }
      }
      begin.ifPresent(still -> terms.add(new Term(still, Instant.MAX)));
    }
    return terms;
  }

  private static Instant time(String line) {
    return OffsetDateTime.parse(
            line.substring(0, line.indexOf(' ')),
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ"))
        .toInstant();
  }

  private static void neverTwoAtOnce(List<? extends Term> terms) {
    for (Term one : terms) {
      for (Term other : terms) {
        assertThat(
                one.equals(other)
                    || !one.begin().isBefore(other.end())
                    || !other.begin().isBefore(one.end()))
            .as("%s and %s", one, other)
            .isTrue();
      }
    }
  }

  /** Notes under which versions of each policy its status came to be another. */
  private Watch statuses(Map<String, Set<String>> versions) {
    Map<String, Object> last = new ConcurrentHashMap<>();
    return cluster
        .client()
        .genericKubernetesResources("sallyport.dev/v1alpha1", "ApiPolicy")
        .inNamespace(namespace)
        .watch(
            new Watcher<>() {
              @Override
              public void eventReceived(Action action, GenericKubernetesResource seen) {
                Object status = seen.get("status");
                String name = seen.getMetadata().getName();
                boolean known = action == Action.ADDED && status != null;
                if (status != null && !Objects.equals(last.put(name, status), status) && !known) {
                  versions
                      .computeIfAbsent(name, _ -> ConcurrentHashMap.newKeySet())
                      .add(seen.getMetadata().getResourceVersion());
                }
              }

              @Override
              public void onClose(WatcherException cause) {}
            });
  }
}
