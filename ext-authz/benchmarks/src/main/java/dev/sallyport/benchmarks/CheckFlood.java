package dev.sallyport.benchmarks;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc.AuthorizationFutureStub;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Sends requests of which each is another, which h2load can't. */
final class CheckFlood implements AutoCloseable {
  private static final int CONNECTIONS = 4;
  private static final int IN_FLIGHT = 32;

  private final List<ManagedChannel> channels;
  private final List<AuthorizationFutureStub> stubs;

  CheckFlood(int port) {
    channels =
        Stream.generate(() ->
                NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .directExecutor()
                    .build())
            .limit(CONNECTIONS)
            .<ManagedChannel>map(channel -> channel)
            .toList();
    stubs = channels.stream().map(AuthorizationGrpc::newFutureStub).toList();
  }

  /**
   * What came of it.
   *
   * @param rate answers a second
   * @param reasons how many said what
   */
  record Outcome(double rate, Map<String, Long> reasons) {
    long allowed() {
      return reasons.getOrDefault("allowed", 0L);
    }
  }

  /** Sends each once, as fast as they are answered. */
  Outcome all(List<CheckRequest> requests) throws InterruptedException {
    return paced(requests, Double.POSITIVE_INFINITY);
  }

  /** Sends each once, so many a second at most. */
  Outcome paced(List<CheckRequest> requests, double perSecond) throws InterruptedException {
    Semaphore room = new Semaphore(IN_FLIGHT);
    Map<String, LongAdder> reasons = new ConcurrentHashMap<>();
    long began = System.nanoTime();
    for (int i = 0; i < requests.size(); i++) {
      long due = began + (long) (i / perSecond * 1e9);
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      room.acquire();
      Futures.addCallback(
          stubs.get(i % stubs.size()).check(requests.get(i)),
          new FutureCallback<CheckResponse>() {
            @Override
            public void onSuccess(CheckResponse response) {
              said(CheckClient.reason(response));
            }

            @Override
            public void onFailure(Throwable failure) {
              said(failure.toString());
            }

            private void said(String what) {
              reasons.computeIfAbsent(what, _ -> new LongAdder()).increment();
              room.release();
            }
          },
          MoreExecutors.directExecutor());
    }
    room.acquire(IN_FLIGHT);
    double seconds = (System.nanoTime() - began) / 1e9;
    Map<String, Long> counts = new TreeMap<>();
    reasons.forEach((reason, count) -> counts.put(reason, count.sum()));
    return new Outcome(requests.size() / seconds, counts);
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
