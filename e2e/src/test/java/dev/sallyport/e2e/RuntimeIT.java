package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The distribution on a Java of its own, as it lies in the image: nothing that it needs may be
 * missing there. No image is built, but what its Containerfile runs, and how it starts Sallyport.
 */
class RuntimeIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String CONTAINERFILE = "Containerfile";

  @TempDir private static Path work;
  private static Path sallyport;

  @BeforeAll
  static void link() throws IOException {
    sallyport = work.resolve("sallyport");
    CommandRun.of(
            List.of(
                Checkout.root().resolve("ext-authz/server/link.sh").toString(),
                Checkout.root().resolve("ext-authz/server/target/sallyport").toString(),
                sallyport.toString()),
            Map.of("JAVA_HOME", System.getProperty("java.home")),
            "")
        .orThrow();
  }

  private static String containerfile() throws IOException {
    return Files.readString(Checkout.root().resolve(CONTAINERFILE));
  }

  /** The image's entry point, with its folder where it lies here. */
  private static List<String> entryPoint(String... arguments) throws IOException {
    Matcher line = Pattern.compile("(?m)^ENTRYPOINT (\\[.*])$").matcher(containerfile());
    assertThat(line.find()).isTrue();
    List<String> command = new ArrayList<>();
    for (JsonNode part : JsonMapper.shared().readTree(line.group(1))) {
      command.add(part.asString().replace("/opt/sallyport", sallyport.toString()));
    }
    command.addAll(List.of(arguments));
    return command;
  }

  @Test
  void theLauncherTakesTheJavaBesideIt() throws IOException {
    Path java = sallyport.resolve("runtime/bin/java");
    CommandRun modules = CommandRun.of(List.of(java.toString(), "--list-modules"), Map.of(), "");
    assertThat(modules.orThrow()).contains("java.net.http").doesNotContain("java.desktop");

    CommandRun version =
        CommandRun.of(
            List.of(sallyport.resolve("bin/sallyport").toString(), "version"),
            Map.of("JAVA_HOME", "/nowhere", "SALLYPORT_JAVA_OPTS", "-Xlog:startuptime=off"),
            "");
    assertThat(version.orThrow()).startsWith("sallyport ");
  }

  @Test
  void everyFileThatTheImageIsMadeOfIsThere() throws IOException {
    Matcher scripts = Pattern.compile("ext-authz/[a-z]+/[a-z]+\\.sh").matcher(containerfile());
    List<Path> found = new ArrayList<>();
    while (scripts.find()) {
      found.add(Checkout.root().resolve(scripts.group()));
    }
    assertThat(found).hasSize(2).allMatch(Files::isExecutable);
    assertThat(containerfile()).containsPattern("(?m)^USER [1-9][0-9]*:[1-9][0-9]*$");
  }

  @Test
  void theEntryPointServesWithTls() throws Exception {
    Certificates certificates = Certificates.selfSigned(work, "server");
    int port = FreePorts.next();
    int adminPort = FreePorts.next();
    Path configuration =
        Files.writeString(
            work.resolve("tls.yaml"),
            """
            grpc: {address: "127.0.0.1:%d", tls: {certFile: %s, keyFile: %s}}
            admin: {address: "127.0.0.1:%d"}
            drain: 0s
            """
                .formatted(port, certificates.certFile(), certificates.keyFile(), adminPort));

    try (ChildProcess server =
        ChildProcess.start(
            "sallyport",
            entryPoint(
                "serve",
                "--policies",
                Checkout.examples().toString(),
                "--config",
                configuration.toString()),
            Map.of(),
            work.resolve("tls.log"))) {
      awaitReady(server, adminPort);
      try (SSLSocket socket =
          (SSLSocket)
              trusting(certificates)
                  .getSocketFactory()
                  .createSocket(InetAddress.getLoopbackAddress(), port)) {
        socket.startHandshake();
        assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
      }
      server.terminate();
      assertThat(server.exitCode(Duration.ofSeconds(30))).isZero();
    }
  }

  @Test
  void theEntryPointServesTheObjectsOfACluster() throws IOException {
    Cluster cluster = Cluster.shared();
    cluster.installDefinitions();
    String namespace = cluster.namespace("runtime");
    int adminPort = FreePorts.next();
    Path configuration =
        Files.writeString(
            work.resolve("cluster.yaml"),
            """
            grpc: {address: "127.0.0.1:%d"}
            admin: {address: "127.0.0.1:%d"}
            policies: {kubernetes: {namespaces: [%s], leaseNamespace: %s}}
            drain: 0s
            """
                .formatted(FreePorts.next(), adminPort, namespace, namespace));

    try (ChildProcess server =
        ChildProcess.start(
            "sallyport",
            entryPoint(
                "serve",
                "--kubeconfig",
                cluster.kubeconfig().toString(),
                "--config",
                configuration.toString()),
            Map.of(),
            work.resolve("cluster.log"))) {
      awaitReady(server, adminPort);
      cluster.apply(
          """
          apiVersion: sallyport.dev/v1alpha1
          kind: NonHumanIdentity
          metadata: {name: acme, namespace: %s}
          spec: {type: Partner, owner: {team: a, contact: a@example.com}}
          """
              .formatted(namespace));

      cluster
          .kubectl("wait", "--for=condition=Ready", "nhi/acme", "-n", namespace, "--timeout=60s")
          .orThrow();
    }
  }

  private static void awaitReady(ChildProcess server, int adminPort) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/readyz")).build();
    Await.until(
        "sallyport is ready",
        Duration.ofMinutes(2),
        () -> {
          assertThat(server.isAlive()).as(server.output()).isTrue();
          return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200
              ? Optional.of(true)
              : Optional.empty();
        },
        server::output);
  }

  private static SSLContext trusting(Certificates certificates)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var in = Files.newInputStream(certificates.certFile())) {
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
