package dev.sallyport.e2e;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An etcd and a kube-apiserver of this machine, on 127.0.0.1, with RBAC and no controllers. Its API
 * server can be killed and started again, its history compacted, and its connections frozen.
 */
public final class LocalCluster implements Cluster {
  private static final Duration READY = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** Keeps what ServiceAccounts ask for, without what is in it. */
  private static final String AUDIT =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - {level: Metadata, userGroups: ["system:serviceaccounts"]}
      - {level: None}
      """;

  private final Path work;
  private final String why;
  private final int etcdPort;
  private final int apiPort;
  private final Path kubeconfig;
  private final ChildProcess etcd;
  private ChildProcess apiServer;
  private final KubernetesClient client;

  private LocalCluster(Path work, String why) throws IOException {
    this.work = Files.createDirectories(work);
    this.why = why;
    this.etcdPort = FreePorts.next();
    this.apiPort = FreePorts.next();
    this.kubeconfig = work.resolve("kubeconfig");
    String token = UUID.randomUUID().toString();
    Files.writeString(work.resolve("tokens.csv"), token + ",admin,admin,system:masters\n");
    Files.writeString(work.resolve("service-accounts.pem"), newKey());
    Files.writeString(work.resolve("audit.yaml"), AUDIT);
    this.etcd = launchEtcd();
    try {
      this.apiServer = launchApiServer(apiPort);
      try {
        kubeconfig(token, awaitAuthority()).write(kubeconfig);
        this.client = client(kubeconfig);
        awaitReady(client);
      } catch (RuntimeException | Error e) {
        apiServer.kill();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      etcd.kill();
      throw e;
    }
  }

  /**
   * Starts one of a test's own and waits until it is ready.
   *
   * @param work a folder for its state and its logs, removed at its end
   */
  public static LocalCluster start(Path work) {
    return start(work, "for one test alone");
  }

  static LocalCluster start(Path work, String why) {
    try {
      return new LocalCluster(work, why);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KubernetesClient client(Path kubeconfig) {
    Config config = Config.fromKubeconfig(kubeconfig.toFile());
    config.setRequestTimeout((int) ANSWER.toMillis());
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  private static String newKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      byte[] key = generator.generateKeyPair().getPrivate().getEncoded();
      return "-----BEGIN PRIVATE KEY-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key)
          + "\n-----END PRIVATE KEY-----\n";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private ChildProcess launchEtcd() {
    String peers = "http://127.0.0.1:" + FreePorts.next();
    return ChildProcess.start(
        "etcd",
        List.of(
            Checkout.controlPlane("etcd").toString(),
            "--data-dir=" + work.resolve("etcd"),
            "--listen-client-urls=" + etcdAddress(),
            "--advertise-client-urls=" + etcdAddress(),
            "--listen-peer-urls=" + peers,
            "--initial-advertise-peer-urls=" + peers,
            "--initial-cluster=default=" + peers,
            "--unsafe-no-fsync",
            "--log-level=warn"),
        Map.of(),
        work.resolve("etcd.log"));
  }

  private ChildProcess launchApiServer(int port) {
    Path key = work.resolve("service-accounts.pem");
    List<String> command = new ArrayList<>();
    command.add(Checkout.controlPlane("kube-apiserver").toString());
    command.add("--etcd-servers=" + etcdAddress());
    command.add("--bind-address=127.0.0.1");
    command.add("--secure-port=" + port);
    command.add("--cert-dir=" + work.resolve("certificates"));
    command.add("--service-account-issuer=https://kubernetes.default.svc");
    command.add("--service-account-key-file=" + key);
    command.add("--service-account-signing-key-file=" + key);
    command.add("--token-auth-file=" + work.resolve("tokens.csv"));
    command.add("--authorization-mode=RBAC");
    command.add("--service-cluster-ip-range=10.0.0.0/24");
    command.add("--audit-policy-file=" + work.resolve("audit.yaml"));
    command.add("--audit-log-path=" + work.resolve("audit.jsonl"));
    // Nobody makes the `default` ServiceAccount that it would give to pods.
    command.add("--disable-admission-plugins=ServiceAccount");
    return ChildProcess.start(
        "kube-apiserver", command, Map.of(), work.resolve("kube-apiserver-" + port + ".log"));
  }

  private String etcdAddress() {
    return "http://127.0.0.1:" + etcdPort;
  }

  private Kubeconfig kubeconfig(String token, String authority) {
    return new Kubeconfig(
        "https://127.0.0.1:" + apiPort,
        Base64.getEncoder().encodeToString(authority.getBytes(StandardCharsets.US_ASCII)),
        Map.of("token", token),
        "default");
  }

  /** The API server signs a certificate for itself, and leaves it with its authority's. */
  private String awaitAuthority() {
    return Await.until(
        "the API server has a certificate",
        READY,
        () -> {
          requireAlive();
          String certificates =
              Files.readString(work.resolve("certificates").resolve("apiserver.crt"));
          return certificates.endsWith("-----END CERTIFICATE-----\n")
              ? Optional.of(certificates)
              : Optional.empty();
        },
        this::logs);
  }

  private void awaitReady(KubernetesClient client) {
    Await.until(
        "the API server is ready",
        READY,
        () -> {
          if (!etcd.isAlive()) {
            throw new IllegalStateException("etcd ended");
          }
          return "ok".equals(client.raw("/readyz")) ? Optional.of(true) : Optional.empty();
        },
        this::logs);
  }

  private void requireAlive() {
    if (!apiServer.isAlive() || !etcd.isAlive()) {
      throw new IllegalStateException("etcd or the API server ended");
    }
  }

  private String logs() {
    return "\nkube-apiserver said:\n" + apiServer.output() + "\netcd said:\n" + etcd.output();
  }

  @Override
  public String description() {
    return "kube-apiserver and etcd of " + Checkout.controlPlane("etcd").getParent() + ", " + why;
  }

  @Override
  public Path work() {
    return work;
  }

  @Override
  public Path kubeconfig() {
    return kubeconfig;
  }

  @Override
  public KubernetesClient client() {
    return client;
  }

  /** Ends the API server as a power cut would. Its connections are reset; etcd goes on. */
  public synchronized void killApiServer() {
    apiServer.kill();
  }

  /** Starts the API server again after it was killed, and waits until it is ready. */
  public synchronized void startApiServer() {
    if (apiServer.isAlive()) {
      throw new IllegalStateException("the API server runs");
    }
    apiServer = launchApiServer(apiPort);
    awaitReady(client);
  }

  /** A second API server of one cluster, on a port of its own. */
  public final class Standby implements AutoCloseable {
    private final ChildProcess process;
    private final Path kubeconfig;

    private Standby() {
      int port = FreePorts.next();
      this.kubeconfig = kubeconfigAt(port, LocalCluster.this.kubeconfig);
      this.process = launchApiServer(port);
      try (KubernetesClient client = client(kubeconfig)) {
        awaitReady(client);
      } catch (RuntimeException | Error e) {
        process.kill();
        throw e;
      }
    }

    /** The administrator's. */
    public Path kubeconfig() {
      return kubeconfig;
    }

    @Override
    public void close() {
      process.kill();
    }
  }

  /**
   * Starts a second API server over the same objects: for what changes while those who know only
   * the first can't see it.
   */
  public Standby standby() {
    return new Standby();
  }

  /**
   * Forgets all history before now, so that nobody can watch on from before. The API server still
   * has recent history of its own for as long as it runs.
   */
  public void compactEtcd() {
    JsonNode range = etcd("/v3/kv/range", "{\"key\": \"AA==\"}");
    String revision = range.path("header").path("revision").asString();
    etcd("/v3/kv/compaction", "{\"revision\": \"" + revision + "\", \"physical\": true}");
  }

  private JsonNode etcd(String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(etcdAddress() + path))
            .timeout(ANSWER)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new AssertionError("etcd answers " + answer.statusCode() + ": " + answer.body());
      }
      return JsonMapper.shared().readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for etcd", e);
    }
  }

  /**
   * One request to the API server.
   *
   * @param resource with its subresource, such as {@code pods/status}
   * @param name empty where it is for no object in particular
   * @param status that it was answered with
   */
  public record ApiRequest(String verb, String resource, String name, int status) {}

  /** What a ServiceAccount asked of the API server so far; a watch counts when it begins. */
  public List<ApiRequest> requestsOf(String namespace, String serviceAccount) {
    String user = "system:serviceaccount:" + namespace + ":" + serviceAccount;
    Path log = work.resolve("audit.jsonl");
    if (!Files.exists(log)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(log)) {
      return lines
          .filter(line -> line.contains(user))
          .map(line -> JsonMapper.shared().readTree(line))
          .filter(event -> event.path("user").path("username").asString().equals(user))
          .map(LocalCluster::request)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ApiRequest request(JsonNode event) {
    JsonNode object = event.path("objectRef");
    String subresource = object.path("subresource").asString("");
    String resource =
        object.path("resource").asString(event.path("requestURI").asString(""))
            + (subresource.isEmpty() ? "" : "/" + subresource);
    return new ApiRequest(
        event.path("verb").asString(),
        resource,
        object.path("name").asString(""),
        event.path("responseStatus").path("code").asInt());
  }

  /** Puts a proxy in front of the API server, whose connections can be frozen. */
  public FreezableProxy freezableProxy() {
    return FreezableProxy.start(apiPort);
  }

  /**
   * A kubeconfig that says the same as another, with the API server behind a proxy.
   *
   * @param kubeconfig one of this cluster's
   */
  public Path kubeconfigThrough(FreezableProxy proxy, Path kubeconfig) {
    return kubeconfigAt(proxy.port(), kubeconfig);
  }

  private Path kubeconfigAt(int port, Path kubeconfig) {
    Path file = work.resolve("kubeconfig-" + COUNTER.incrementAndGet());
    Config config = Config.fromKubeconfig(kubeconfig.toFile());
    String namespace = Optional.ofNullable(config.getNamespace()).orElse("default");
    Kubeconfig.of("https://127.0.0.1:" + port, config).in(namespace).write(file);
    return file;
  }

  /** Ends it with no farewell: what it holds goes with it. */
  @Override
  public synchronized void close() {
    client.close();
    apiServer.kill();
    etcd.kill();
    Folder.remove(work);
  }
}
