package dev.sallyport.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.DecisionListener;
import dev.sallyport.server.config.Address;
import dev.sallyport.server.config.Configuration;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Over a real server and a real channel on the loopback. */
@Timeout(30)
class CheckServiceTest {
  private static final Snapshot READ =
      new Snapshot(
          1, Snapshot.EMPTY.policies(), Snapshot.EMPTY.identities(), Snapshot.EMPTY.issuers());

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final Queue<Decision> heard = new ConcurrentLinkedQueue<>();
  private Supplier<Snapshot> snapshots = () -> READ;
  private DecisionListener listener = (decision, _, _) -> heard.add(decision);
  private int concurrentRequests = 100;
  private Duration decisionTimeout = Duration.ofSeconds(20);

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : resources.reversed()) {
      resource.close();
    }
  }

  @Test
  void aDecisionIsAnsweredAndHeard() throws Exception {
    ManagedChannel channel = serve((inbound, _, _) -> Checks.decided(Checks.allow(inbound)));

    CheckResponse response = check(channel, Checks.get("/v1/payments/7"));

    assertThat(Checks.letsThrough(response)).isTrue();
    assertThat(heard).singleElement().extracting(Decision::allowed).isEqualTo(true);
  }

  @Test
  void bothFormsOfHeadersAreRead() throws Exception {
    Queue<Inbound> seen = new ConcurrentLinkedQueue<>();
    ManagedChannel channel =
        serve((inbound, _, _) -> {
          seen.add(inbound);
          return Checks.decided(Checks.allow(inbound));
        });
    CheckRequest.Builder listed = Checks.get("/").toBuilder();
    var http = listed.getAttributesBuilder().getRequestBuilder().getHttpBuilder().clearHeaders();
    http.getHeaderMapBuilder()
        .addHeadersBuilder()
        .setKey("X-Api-Key")
        .setRawValue(ByteString.copyFromUtf8("a"));
    http.getHeaderMapBuilder()
        .addHeadersBuilder()
        .setKey("x-api-key")
        .setRawValue(ByteString.copyFromUtf8("b"));
    CheckRequest.Builder joined = Checks.get("/").toBuilder();
    joined
        .getAttributesBuilder()
        .getRequestBuilder()
        .getHttpBuilder()
        .putHeaders("X-Api-Key", "a,b");

    check(channel, listed.build());
    check(channel, joined.build());

    assertThat(seen)
        .extracting(inbound -> inbound.headers().values("x-api-key"))
        .containsExactly(List.of("a", "b"), List.of("a,b"));
  }

  static Stream<Named<CheckRequest>> hostileRequests() {
    CheckRequest.Builder noHttp = CheckRequest.newBuilder();
    noHttp.getAttributesBuilder().getRequestBuilder();
    CheckRequest.Builder noHeaders = Checks.get("/").toBuilder();
    noHeaders.getAttributesBuilder().getRequestBuilder().getHttpBuilder().clearHeaders();
    CheckRequest.Builder manyHeaders = Checks.get("/").toBuilder();
    CheckRequest.Builder manyLines = noHeaders.build().toBuilder();
    for (int i = 0; i < 10_000; i++) {
      manyHeaders
          .getAttributesBuilder()
          .getRequestBuilder()
          .getHttpBuilder()
          .putHeaders("x-" + i, "y");
      manyLines
          .getAttributesBuilder()
          .getRequestBuilder()
          .getHttpBuilder()
          .getHeaderMapBuilder()
          .addHeadersBuilder()
          .setKey("x")
          .setRawValue(ByteString.copyFrom(new byte[] {(byte) 0xe9}));
    }
    CheckRequest.Builder longHeader = Checks.get("/").toBuilder();
    longHeader
        .getAttributesBuilder()
        .getRequestBuilder()
        .getHttpBuilder()
        .putHeaders("x-long", "y".repeat(1 << 20));
    return Stream.of(
        Named.of("no attributes", CheckRequest.getDefaultInstance()),
        Named.of("no http", noHttp.build()),
        Named.of("no headers", noHeaders.build()),
        Named.of("10,000 headers", manyHeaders.build()),
        Named.of("10,000 header lines", manyLines.build()),
        Named.of("a header value of 1 MiB", longHeader.build()));
  }

  @ParameterizedTest
  @MethodSource("hostileRequests")
  void aHostileRequestEndsInADenialWithinTheDeadline(CheckRequest request) throws Exception {
    ManagedChannel channel =
        serve((inbound, _, _) -> Checks.decided(Checks.deny(inbound, Reason.REQUEST_MALFORMED)));

    CheckResponse response = check(channel, request);

    assertThat(Checks.letsThrough(response)).isFalse();
    assertThat(Checks.reason(response)).isEqualTo("request_malformed");
  }

  @Test
  void bytesThatAreNoMessageAreDeniedAndNotAnsweredByAnError() throws Exception {
    ManagedChannel channel = serve((inbound, _, _) -> Checks.decided(Checks.allow(inbound)));
    MethodDescriptor<byte[], CheckResponse> method =
        AuthorizationGrpc.getCheckMethod().toBuilder(
                new BytesMarshaller(), AuthorizationGrpc.getCheckMethod().getResponseMarshaller())
            .build();

    CheckResponse response =
        ClientCalls.blockingUnaryCall(
            channel, method, CallOptions.DEFAULT, new byte[] {0x0a, 0x7f, 1});

    assertThat(Checks.letsThrough(response)).isFalse();
    assertThat(Checks.reason(response)).isEqualTo("request_malformed");
  }

  @Test
  void beforeTheFirstReadEverythingIsDenied() throws Exception {
    snapshots = () -> Snapshot.EMPTY;
    ManagedChannel channel = serve((inbound, _, _) -> Checks.decided(Checks.allow(inbound)));

    assertThat(Checks.reason(check(channel, Checks.get("/")))).isEqualTo("policy_not_ready");
  }

  @Test
  void whatIsThrownBecomesADenial() throws Exception {
    ManagedChannel channel =
        serve((_, _, _) -> {
          throw new StackOverflowError();
        });

    CheckResponse response = check(channel, Checks.get("/"));

    assertThat(Checks.letsThrough(response)).isFalse();
    assertThat(Checks.reason(response)).isEqualTo("internal_error");
    assertThat(heard).hasSize(1);
  }

  @Test
  void aListenerThatThrowsHarmsNoOne() throws Exception {
    listener =
        (_, _, _) -> {
          throw new IllegalStateException("a fault of the test");
        };
    ManagedChannel channel = serve((inbound, _, _) -> Checks.decided(Checks.allow(inbound)));

    assertThat(Checks.letsThrough(check(channel, Checks.get("/")))).isTrue();
  }

  @Test
  void aDecisionThatWouldWaitGetsAThreadAndADeadline() throws Exception {
    decisionTimeout = Duration.ofSeconds(2);
    Queue<Patience> patience = new ConcurrentLinkedQueue<>();
    Queue<Boolean> virtual = new ConcurrentLinkedQueue<>();
    ManagedChannel channel =
        serve((inbound, _, given) -> {
          patience.add(given);
          virtual.add(Thread.currentThread().isVirtual());
          return switch (given) {
            case Patience.None _ -> new Pipeline.Answer.Waits();
            case Patience.Until _ -> Checks.decided(Checks.allow(inbound));
          };
        });

    assertThat(Checks.letsThrough(check(channel, Checks.get("/")))).isTrue();
    assertThat(virtual).containsExactly(false, true);
    assertThat(patience).last().isEqualTo(Patience.until(Checks.NOW.plus(decisionTimeout)));
  }

  @Test
  void aCallersShorterDeadlineShortensTheDecisions() throws Exception {
    Queue<Patience> patience = new ConcurrentLinkedQueue<>();
    ManagedChannel channel =
        serve((inbound, _, given) -> {
          patience.add(given);
          return given instanceof Patience.None
              ? new Pipeline.Answer.Waits()
              : Checks.decided(Checks.allow(inbound));
        });

    AuthorizationGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .check(Checks.get("/"));

    assertThat(((Patience.Until) patience.toArray()[1]).left(Checks.NOW))
        .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(9));
  }

  @Test
  void aDecisionThatOverstaysIsDeniedOnce() throws Exception {
    decisionTimeout = Duration.ofMillis(20);
    CountDownLatch interrupted = new CountDownLatch(1);
    ManagedChannel channel =
        serve((inbound, _, given) -> {
          if (given instanceof Patience.None) {
            return new Pipeline.Answer.Waits();
          }
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          return Checks.decided(Checks.allow(inbound));
        });

    CheckResponse response = check(channel, Checks.get("/"));

    assertThat(Checks.letsThrough(response)).isFalse();
    assertThat(Checks.reason(response)).isEqualTo("dependency_unavailable");
    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(heard).hasSize(1);
  }

  @Test
  void oneMoreThanMayWaitIsDeniedAtOnce() throws Exception {
    concurrentRequests = 2;
    CountDownLatch waiting = new CountDownLatch(2);
    CountDownLatch release = new CountDownLatch(1);
    ManagedChannel channel =
        serve((inbound, _, given) -> {
          if (given instanceof Patience.None) {
            return new Pipeline.Answer.Waits();
          }
          waiting.countDown();
          await(release);
          return Checks.decided(Checks.allow(inbound));
        });
    var stub = AuthorizationGrpc.newFutureStub(channel);
    ListenableFuture<CheckResponse> first = stub.check(Checks.get("/"));
    ListenableFuture<CheckResponse> second = stub.check(Checks.get("/"));
    waiting.await();

    CheckResponse third = check(channel, Checks.get("/"));
    release.countDown();

    assertThat(Checks.letsThrough(third)).isFalse();
    assertThat(Checks.reason(third)).isEqualTo("overloaded");
    assertThat(third.getDeniedResponse().getStatus().getCodeValue()).isEqualTo(503);
    assertThat(Checks.letsThrough(first.get())).isTrue();
    assertThat(Checks.letsThrough(second.get())).isTrue();
  }

  @Test
  void aCallerThatLeavesIsNotAnswered() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch decided = new CountDownLatch(1);
    listener = (_, _, _) -> decided.countDown();
    ManagedChannel channel =
        serve((inbound, _, given) -> {
          if (given instanceof Patience.None) {
            return inbound.path().equals("/wait")
                ? new Pipeline.Answer.Waits()
                : Checks.decided(Checks.allow(inbound));
          }
          waiting.countDown();
          await(release);
          return Checks.decided(Checks.allow(inbound));
        });
    ListenableFuture<CheckResponse> left =
        AuthorizationGrpc.newFutureStub(channel).check(Checks.get("/wait"));
    waiting.await();
    left.cancel(true);
    release.countDown();

    assertThat(decided.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(Checks.letsThrough(check(channel, Checks.get("/")))).isTrue();
  }

  private ManagedChannel serve(Decider decider) throws Exception {
    CheckService service =
        new CheckService(
            decider,
            snapshots,
            listener,
            concurrentRequests,
            decisionTimeout,
            InstantSource.fixed(Checks.NOW),
            System::nanoTime);
    resources.add(service);
    GrpcServer server =
        GrpcServer.start(
            new Configuration.Grpc(new Address.Tcp("127.0.0.1", 0), null, 1),
            service,
            Duration.ZERO);
    resources.add(server);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port())
            .usePlaintext()
            .maxInboundMetadataSize(1 << 20)
            .build();
    resources.add(channel::shutdownNow);
    return channel;
  }

  private static CheckResponse check(ManagedChannel channel, CheckRequest request) {
    return AuthorizationGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .check(request);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException();
    }
  }
}
