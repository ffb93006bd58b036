package dev.sallyport.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.common.util.concurrent.ListenableFuture;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.DecisionListener;
import dev.sallyport.server.config.Address;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.Configuration.Tls;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.grpc.Certificates.Issued;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Over real sockets. */
@Timeout(60)
class GrpcServerTest {
  private static final Address ANY_PORT = new Address.Tcp("127.0.0.1", 0);
  private static final Decider ALLOWS = (inbound, _, _) -> Checks.decided(Checks.allow(inbound));

  @TempDir private static Path issued;

  // Issued once: each takes a keytool of its own.
  private static Issued first;
  private static Issued second;
  private static Issued rsa;

  @TempDir private Path folder;
  private final List<AutoCloseable> resources = new ArrayList<>();

  @BeforeAll
  static void issue() throws Exception {
    first = Certificates.issue(issued, "first", "EC");
    second = Certificates.issue(issued, "second", "EC");
    rsa = Certificates.issue(issued, "rsa", "RSA");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : resources.reversed()) {
      resource.close();
    }
  }

  @Test
  void healthFollowsReadinessForTheServerAndTheService() throws Exception {
    GrpcServer server = serve(ANY_PORT, null, ALLOWS, Duration.ZERO);
    ManagedChannel channel = plaintext(server);

    assertThat(health(channel, "")).isEqualTo(ServingStatus.NOT_SERVING);
    server.serving(true);
    assertThat(health(channel, "")).isEqualTo(ServingStatus.SERVING);
    assertThat(health(channel, "envoy.service.auth.v3.Authorization"))
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void reflectionTellsOfTheServiceAndItsMessages() throws Exception {
    ManagedChannel channel = plaintext(serve(ANY_PORT, null, ALLOWS, Duration.ZERO));
    BlockingQueue<ServerReflectionResponse> responses = new LinkedBlockingQueue<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new Collector<>(responses));
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    requests.onNext(
        ServerReflectionRequest.newBuilder()
            .setFileContainingSymbol(AuthorizationGrpc.SERVICE_NAME)
            .build());

    assertThat(responses.take().getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains(AuthorizationGrpc.SERVICE_NAME, HealthGrpc.SERVICE_NAME);
    assertThat(responses.take().getFileDescriptorResponse().getFileDescriptorProtoCount())
        .isPositive();
    requests.onCompleted();
  }

  @Test
  void aDrainingServerIsNotServingAndStillAnswers() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    GrpcServer server =
        serve(
            ANY_PORT,
            null,
            (inbound, _, patience) -> {
              if (inbound.path().equals("/")) {
                return Checks.decided(Checks.allow(inbound));
              }
              if (patience instanceof Patience.None) {
                return new Pipeline.Answer.Waits();
              }
              waiting.countDown();
              await(release);
              return Checks.decided(Checks.allow(inbound));
            },
            Duration.ofSeconds(1));
    server.serving(true);
    ManagedChannel channel = plaintext(server);
    ListenableFuture<CheckResponse> inFlight =
        AuthorizationGrpc.newFutureStub(channel).check(Checks.get("/slow"));
    waiting.await();
    CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
    while (health(channel, "") == ServingStatus.SERVING) {
      Thread.onSpinWait();
    }

    assertThat(closing).isNotDone();
    assertThat(Checks.letsThrough(check(channel))).isTrue();
    release.countDown();
    closing.get(20, TimeUnit.SECONDS);
    assertThat(Checks.letsThrough(inFlight.get())).isTrue();
    assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> check(channel));
  }

  @Test
  void aCallInFlightFinishesAfterTheDrain() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    GrpcServer server =
        serve(
            ANY_PORT,
            null,
            (inbound, _, patience) -> {
              if (patience instanceof Patience.None) {
                return new Pipeline.Answer.Waits();
              }
              waiting.countDown();
              await(release);
              return Checks.decided(Checks.allow(inbound));
            },
            Duration.ZERO);
    ManagedChannel channel = plaintext(server);
    ListenableFuture<CheckResponse> inFlight =
        AuthorizationGrpc.newFutureStub(channel).check(Checks.get("/"));
    waiting.await();
    CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
    ManagedChannel late = plaintext(server);
    while (answers(late)) {
      Thread.onSpinWait();
    }
    release.countDown();

    assertThat(Checks.letsThrough(inFlight.get(20, TimeUnit.SECONDS))).isTrue();
    closing.get(20, TimeUnit.SECONDS);
  }

  @Test
  void aNewCertificateIsUsedWithoutARestart() throws Exception {
    Issued old = first;
    Issued next = rsa;
    Tls tls = write(old, null);
    GrpcServer server = serve(ANY_PORT, tls, ALLOWS, Duration.ZERO);

    assertThat(allowedOverTls(server, old, null)).isTrue();
    assertThat(allowedOverTls(server, next, null)).isFalse();
    // For a moment the two files do not fit together.
    Files.writeString(tls.certFile(), next.certificatePem());
    assertThat(allowedOverTls(server, old, null)).isTrue();
    Files.writeString(tls.keyFile(), next.keyPem());
    while (!allowedOverTls(server, next, null)) {
      Thread.onSpinWait();
    }
    assertThat(allowedOverTls(server, old, null)).isFalse();
  }

  @Test
  void aClientNeedsACertificateOfTheAuthorityOfTheMoment() throws Exception {
    Issued own = rsa;
    Issued client = first;
    Issued stranger = second;
    Tls tls = write(own, client);
    GrpcServer server = serve(ANY_PORT, tls, ALLOWS, Duration.ZERO);

    assertThat(allowedOverTls(server, own, client)).isTrue();
    assertThat(allowedOverTls(server, own, stranger)).isFalse();
    assertThat(allowedOverTls(server, own, null)).isFalse();
    Files.writeString(folder.resolve("ca.pem"), stranger.certificatePem());
    while (!allowedOverTls(server, own, stranger)) {
      Thread.onSpinWait();
    }
    assertThat(allowedOverTls(server, own, client)).isFalse();
  }

  @Test
  void keysOfTheOlderFormsAreRead() throws Exception {
    // A PrivateKeyInfo ends in an octet string that is the older form; an EC key lacks its curve.
    byte[] info = rsa.key().getEncoded();
    Path rsaFile =
        Files.writeString(
            folder.resolve("rsa.pem"),
            Certificates.pem("RSA PRIVATE KEY", Arrays.copyOfRange(info, 26, info.length)));
    Path ecFile = folder.resolve("ec.pem");
    Process openssl =
        new ProcessBuilder("openssl", "ec", "-out", ecFile.toString())
            .redirectInput(Files.writeString(folder.resolve("ec8.pem"), first.keyPem()).toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();

    assertThat(PemFile.read(rsaFile).privateKey("RSA")).isEqualTo(rsa.key());
    Assumptions.assumeTrue(
        openssl.waitFor() == 0, "SKIPPED: no openssl here: no SEC1 key was read");
    assertThat(Files.readString(ecFile)).contains("BEGIN EC PRIVATE KEY");
    assertThat(PemFile.read(ecFile).privateKey("EC").getEncoded()).isNotEmpty();
  }

  @Test
  void filesThatDoNotFitTogetherAreRefusedAtTheStart() throws Exception {
    Tls tls = write(first, null);
    Files.writeString(tls.keyFile(), second.keyPem());

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> serve(ANY_PORT, tls, ALLOWS, Duration.ZERO))
        .withMessageContaining("`grpc.tls`")
        .withMessageContaining(tls.keyFile().toString());
  }

  @Test
  void aUnixSocketIsServedAndRemoved() throws Exception {
    Assumptions.assumeTrue(Epoll.isAvailable(), "SKIPPED: no epoll here, so no Unix socket");
    Path socket = folder.resolve("s");
    // One that a killed process left behind.
    try (ServerSocketChannel stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      stale.bind(UnixDomainSocketAddress.of(socket));
    }
    GrpcServer server = serve(new Address.UnixSocket(socket), null, ALLOWS, Duration.ZERO);
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    resources.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(2000));
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
            .channelType(EpollDomainSocketChannel.class)
            .eventLoopGroup(loops)
            .usePlaintext()
            .build();
    resources.add(channel::shutdownNow);

    assertThat(Checks.letsThrough(check(channel))).isTrue();
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> serve(new Address.UnixSocket(socket), null, ALLOWS, Duration.ZERO))
        .withMessageContaining("already in use");
    server.close();
    assertThat(socket).doesNotExist();
  }

  @Test
  void aFileInTheSocketsPlaceIsLeftAlone() throws Exception {
    Assumptions.assumeTrue(Epoll.isAvailable(), "SKIPPED: no epoll here, so no Unix socket");
    Path file = Files.writeString(folder.resolve("file"), "precious");

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> serve(new Address.UnixSocket(file), null, ALLOWS, Duration.ZERO))
        .withMessageContaining("no socket");
    assertThat(file).hasContent("precious");
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      assertThatExceptionOfType(ConfigurationException.class)
          .isThrownBy(() ->
              serve(new Address.Tcp("0.0.0.0", taken.getLocalPort()), null, ALLOWS, Duration.ZERO))
          .withMessageContaining("`grpc.address`")
          .withMessageContaining(Integer.toString(taken.getLocalPort()));
    }
  }

  private GrpcServer serve(Address address, @Nullable Tls tls, Decider decider, Duration drain)
      throws Exception {
    CheckService service =
        new CheckService(
            decider,
            () ->
                new Snapshot(
                    1,
                    Snapshot.EMPTY.policies(),
                    Snapshot.EMPTY.identities(),
                    Snapshot.EMPTY.issuers()),
            DecisionListener.NONE,
            100,
            Duration.ofSeconds(20),
            InstantSource.fixed(Checks.NOW),
            System::nanoTime);
    resources.add(service);
    GrpcServer server = GrpcServer.start(new Configuration.Grpc(address, tls, 1), service, drain);
    resources.add(server);
    return server;
  }

  private Tls write(Issued own, @Nullable Issued authority) throws Exception {
    Path certFile = Files.writeString(folder.resolve("cert.pem"), own.certificatePem());
    Path keyFile = Files.writeString(folder.resolve("key.pem"), own.keyPem());
    return new Tls(
        certFile,
        keyFile,
        authority == null
            ? null
            : Files.writeString(folder.resolve("ca.pem"), authority.certificatePem()));
  }

  private ManagedChannel plaintext(GrpcServer server) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    resources.add(channel::shutdownNow);
    return channel;
  }

  private static boolean allowedOverTls(GrpcServer server, Issued expected, @Nullable Issued client)
      throws IOException {
    SslContextBuilder context =
        GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
            .trustManager(expected.certificate());
    if (client != null) {
      context.keyManager(client.key(), client.certificate());
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port())
            .sslContext(context.build())
            .build();
    try {
      return answers(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  private static boolean answers(ManagedChannel channel) {
    try {
      return Checks.letsThrough(check(channel));
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private static CheckResponse check(ManagedChannel channel) {
    return AuthorizationGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .check(Checks.get("/"));
  }

  private static ServingStatus health(ManagedChannel channel, String service) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Collector<T>(BlockingQueue<T> received) implements StreamObserver<T> {
    @Override
    public void onNext(T value) {
      received.add(value);
    }

    @Override
    public void onError(Throwable e) {}

    @Override
    public void onCompleted() {}
  }
}
