package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways in which Envoy can reach Sallyport. */
class TransportIT {
  private static final RawRequest GOOD =
      RawRequest.get("strict.example.com", "/v1/items/1").with("X-API-Key", TestPolicies.READER);
  private static final RawRequest BAD = RawRequest.get("strict.example.com", "/v1/items/1");

  @TempDir private static Path shared;

  private static Certificates server;
  private static Certificates client;
  private static Certificates stranger;

  @TempDir private Path work;

  @BeforeAll
  static void makeCertificates() {
    server = Certificates.selfSigned(shared, "server");
    client = Certificates.selfSigned(shared, "client");
    stranger = Certificates.selfSigned(shared, "stranger");
  }

  @Test
  void aUnixSocket() {
    // The path of a Unix socket has room for about a hundred characters.
    Path socket = Path.of(System.getProperty("java.io.tmpdir"), "sp-" + FreePorts.next() + ".sock");
    try (Boundary boundary =
        Boundary.start(
            work,
            TestPolicies.folder(),
            sallyport -> sallyport.on(new CheckAddress.Socket(socket)),
            envoy -> envoy)) {
      decides(boundary);
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  void tls() {
    try (Boundary boundary =
        Boundary.start(
            work,
            TestPolicies.folder(),
            sallyport ->
                sallyport.withTls(
                    new SallyportProcess.Tls(server.certFile(), server.keyFile(), null)),
            envoy -> envoy.withTls(new EnvoyProcess.Tls(server.certFile(), null, null)))) {
      decides(boundary);
    }
  }

  @Test
  void mutualTlsWithCertificatesThatAreRenewedWhileItRuns() throws IOException {
    Certificates current = copy(server, "current");
    Path trusted = work.resolve("trusted.crt");
    Files.writeString(
        trusted, Files.readString(server.certFile()) + Files.readString(stranger.certFile()));
    try (Upstream upstream = Upstream.start();
        SallyportProcess sallyport =
            SallyportProcess.start(
                SallyportProcess.Settings.of(work.resolve("sallyport"), TestPolicies.folder())
                    .withTls(
                        new SallyportProcess.Tls(
                            current.certFile(), current.keyFile(), client.certFile())));
        EnvoyProcess envoy = start(upstream, sallyport, "first", trusted, client)) {
      assertThat(envoy.send(GOOD).status()).isEqualTo(200);
      assertThat(envoy.send(BAD).status()).isEqualTo(401);

      try (EnvoyProcess nobody = start(upstream, sallyport, "stranger", trusted, stranger)) {
        assertThat(nobody.send(GOOD).status()).isEqualTo(503);
      }
      try (EnvoyProcess onlyNew =
          start(upstream, sallyport, "only-new", stranger.certFile(), client)) {
        assertThat(onlyNew.send(GOOD).status()).isEqualTo(503);

        stranger.replace(current);

        Await.untilTrue(
            "the renewed certificate is presented", () -> onlyNew.send(GOOD).status() == 200);
      }
      assertThat(envoy.send(GOOD).status()).isEqualTo(200);
    }
  }

  private EnvoyProcess start(
      Upstream upstream,
      SallyportProcess sallyport,
      String name,
      Path trusted,
      Certificates presented) {
    return EnvoyProcess.start(
        EnvoyProcess.Settings.of(work.resolve(name), upstream, sallyport.address())
            .withTls(new EnvoyProcess.Tls(trusted, presented.certFile(), presented.keyFile())));
  }

  private Certificates copy(Certificates pair, String name) throws IOException {
    Certificates copy = new Certificates(work.resolve(name + ".crt"), work.resolve(name + ".key"));
    pair.replace(copy);
    return copy;
  }

  private static void decides(Boundary boundary) {
    assertThat(boundary.send(GOOD).status()).isEqualTo(200);
    assertThat(boundary.send(BAD).status()).isEqualTo(401);
  }
}
