package dev.sallyport.server.grpc;

import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.DecisionListener;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext.HttpRequest;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code envoy.service.auth.v3.Authorization/Check}.
 *
 * <p>A call arrives on an event loop and is decided there, without waiting for anyone. Where the
 * decision would have to wait, it moves to a virtual thread and has {@code decisionTimeout}, or
 * what the caller's deadline leaves if that is less. A timer answers for a thread that overstays,
 * and the thread's own answer is then dropped: {@link Waiting} lets exactly one of the two through.
 *
 * <p>A call that was admitted counts against {@code limits.concurrentRequests} until its thread is
 * done with it, answered or not, so that a dependency that hangs cannot pile up threads.
 *
 * <p>Every call is answered by a response, never by a gRPC error, which Envoy may take for an
 * allow.
 */
public final class CheckService implements BindableService, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CheckService.class);
  private static final Thread.Builder DECISION_THREADS = Thread.ofVirtual().name("decision");
  private static final int REHEARSALS = 200;
  private static final String UNFORESEEN = "the request could not be decided";
  private static final String LATE = "the decision did not fall in time";

  private final Decider decider;
  private final Supplier<Snapshot> snapshots;
  private final DecisionListener listener;
  private final int concurrentRequests;
  private final Duration decisionTimeout;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  private final EncodedResponses responses = new EncodedResponses();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("decision-timer").daemon().factory());

  /**
   * A service that is not yet bound to a server.
   *
   * @param snapshots what is in force; version zero means that nothing was read yet
   * @param listener hears of every decision
   * @param nanoTime a clock for durations, such as {@link System#nanoTime}
   */
  public CheckService(
      Decider decider,
      Supplier<Snapshot> snapshots,
      DecisionListener listener,
      int concurrentRequests,
      Duration decisionTimeout,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.decider = decider;
    this.snapshots = snapshots;
    this.listener = listener;
    this.concurrentRequests = concurrentRequests;
    this.decisionTimeout = decisionTimeout;
    this.clock = clock;
    this.nanoTime = nanoTime;
    timer.setRemoveOnCancelPolicy(true);
  }

  @Override
  public ServerServiceDefinition bindService() {
    // The generated binding answers a message that it can't parse with a gRPC error.
    MethodDescriptor<CheckRequest, byte[]> method =
        AuthorizationGrpc.getCheckMethod().toBuilder(
                new TolerantMarshaller(AuthorizationGrpc.getCheckMethod().getRequestMarshaller()),
                new EncodedMarshaller())
            .build();
    ServiceDescriptor generated = AuthorizationGrpc.getServiceDescriptor();
    return ServerServiceDefinition.builder(
            ServiceDescriptor.newBuilder(generated.getName())
                .setSchemaDescriptor(generated.getSchemaDescriptor())
                .addMethod(method)
                .build())
        .addMethod(method, ServerCalls.asyncUnaryCall(this::check))
        .build();
  }

  /**
   * Decides requests that nobody sent, allowed and denied ones, and makes the answers, so that the
   * first real one finds every class loaded. No listener hears of it.
   *
   * @param host of a policy in {@code snapshot}
   * @param callers the headers that each presents, by lower-case name; asked for in turn
   * @return bytes of all answers
   */
  public long rehearse(
      Decider rehearsed, Snapshot snapshot, String host, List<Map<String, String>> callers) {
    long bytes = 0;
    for (int i = 0; i < REHEARSALS; i++) {
      CheckRequest request = CheckRequests.get(host, callers.get(i % callers.size()));
      Instant at = clock.instant();
      Inbound inbound = InboundReader.read(request, DecisionIds.at(at), at);
      Patience patience = Patience.until(at.plus(decisionTimeout));
      if (rehearsed.decide(inbound, snapshot, patience)
          instanceof Pipeline.Answer.Decided(Decision decision)) {
        bytes += responses.of(decision, inbound.headers()).length;
      }
    }
    return bytes;
  }

  /** Stops the timer; nothing may wait any more. */
  @Override
  public void close() {
    timer.shutdownNow();
  }

  private void check(CheckRequest request, StreamObserver<byte[]> observer) {
    Call call = null;
    try {
      call = receive(request, (ServerCallStreamObserver<byte[]>) observer);
      if (TolerantMarshaller.isUnreadable(request)) {
        call.deny(Reason.REQUEST_MALFORMED, "the request could not be read");
        return;
      }
      if (inFlight.incrementAndGet() > concurrentRequests) {
        inFlight.decrementAndGet();
        call.deny(Reason.OVERLOADED, "too many requests are being decided, try again");
        return;
      }
    } catch (Throwable e) {
      LOG.error("a request could not be received", e);
      send((ServerCallStreamObserver<byte[]>) observer, EncodedResponses.closed());
      return;
    }
    boolean waits = false;
    try {
      waits = !decideAtOnce(call);
    } finally {
      if (!waits) {
        inFlight.decrementAndGet();
      }
    }
  }

  private Call receive(CheckRequest request, ServerCallStreamObserver<byte[]> observer) {
    long startedNanos = nanoTime.getAsLong();
    Instant at = clock.instant();
    String id = DecisionIds.at(at);
    Inbound inbound;
    try {
      inbound = InboundReader.read(request, id, at);
    } catch (RuntimeException e) {
      LOG.error("decision {}: the request could not be read", id, e);
      HttpRequest http = request.getAttributes().getRequest().getHttp();
      inbound =
          new Inbound(
              id,
              at,
              http.getMethod(),
              "",
              http.getHost(),
              Headers.NONE,
              Inbound.Body.NONE,
              null,
              null,
              null,
              List.of());
    }
    return new Call(inbound, startedNanos, observer);
  }

  /** Whether the call is answered; otherwise a thread of its own will answer it. */
  private boolean decideAtOnce(Call call) {
    try {
      Snapshot snapshot = snapshots.get();
      if (snapshot.version() == 0) {
        call.deny(Reason.POLICY_NOT_READY, "the policies were not read yet");
        return true;
      }
      return switch (decider.decide(call.inbound, snapshot, Patience.NONE)) {
        case Pipeline.Answer.Decided(Decision decision) -> {
          call.answer(decision);
          yield true;
        }
        case Pipeline.Answer.Waits() -> {
          // The caller may leave while a thread works; without this, answering it would throw.
          call.observer.setOnCancelHandler(() -> {});
          yield !decideOnThread(new Waiting(call));
        }
      };
    } catch (Throwable e) {
      LOG.error("decision {} failed", call.inbound.id(), e);
      call.deny(Reason.INTERNAL_ERROR, UNFORESEEN);
      return true;
    }
  }

  /** Whether a thread took the call. */
  private boolean decideOnThread(Waiting waiting) {
    Duration budget = budget();
    if (!budget.isPositive()) {
      waiting.deny(Reason.DEPENDENCY_UNAVAILABLE, LATE);
      return false;
    }
    Patience patience = Patience.until(clock.instant().plus(budget));
    Thread thread = DECISION_THREADS.unstarted(() -> decideWaiting(waiting, patience));
    // A little after the thread's own deadline: what it has to say by then says more.
    long alarmNanos = budget.toNanos() + budget.toNanos() / 16;
    try {
      waiting.alarm =
          timer.schedule(() -> giveUp(waiting, thread), alarmNanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      waiting.deny(Reason.INTERNAL_ERROR, "the server is going away");
      return false;
    }
    thread.start();
    return true;
  }

  /** What the decision may take: the configured time-out, and less where the caller waits less. */
  private Duration budget() {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return decisionTimeout;
    }
    // A tenth is left for the answer's way back.
    Duration left = Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS) / 10 * 9);
    return left.compareTo(decisionTimeout) < 0 ? left : decisionTimeout;
  }

  private static void giveUp(Waiting waiting, Thread thread) {
    waiting.deny(Reason.DEPENDENCY_UNAVAILABLE, LATE);
    thread.interrupt();
  }

  private void decideWaiting(Waiting waiting, Patience patience) {
    try {
      switch (decider.decide(waiting.call.inbound, snapshots.get(), patience)) {
        case Pipeline.Answer.Decided(Decision decision) -> waiting.answer(decision);
        case Pipeline.Answer.Waits() ->
            throw new IllegalStateException("a decision waits although it may block");
      }
    } catch (Throwable e) {
      LOG.error("decision {} failed", waiting.call.inbound.id(), e);
      waiting.deny(Reason.INTERNAL_ERROR, UNFORESEEN);
    } finally {
      inFlight.decrementAndGet();
    }
  }

  private static void send(ServerCallStreamObserver<byte[]> observer, byte[] response) {
    if (observer.isCancelled()) {
      return;
    }
    try {
      observer.onNext(response);
      observer.onCompleted();
    } catch (RuntimeException e) {
      // The caller went in between; there is nobody left to answer.
      LOG.debug("an answer could not be sent", e);
    }
  }

  /** One call, and how it is answered. */
  private final class Call {
    private final Inbound inbound;
    private final long startedNanos;
    private final ServerCallStreamObserver<byte[]> observer;

    Call(Inbound inbound, long startedNanos, ServerCallStreamObserver<byte[]> observer) {
      this.inbound = inbound;
      this.startedNanos = startedNanos;
      this.observer = observer;
    }

    void answer(Decision decision) {
      try {
        listener.decided(decision, inbound, nanoTime.getAsLong() - startedNanos);
      } catch (Throwable e) {
        LOG.error("decision {}: a listener failed", decision.id(), e);
      }
      byte[] response;
      try {
        response = responses.of(decision, inbound.headers());
      } catch (Throwable e) {
        LOG.error("decision {}: the response could not be built", decision.id(), e);
        response = EncodedResponses.closed();
      }
      send(observer, response);
    }

    void deny(Reason reason, String detail) {
      answer(
          new Decision(
              inbound.id(),
              inbound.at(),
              new Verdict.Deny(Denial.of(reason, detail)),
              Facts.unknown(inbound.method(), inbound.host()),
              snapshots.get().version()));
    }
  }

  /** A call that a thread decides while a timer runs. The first answer counts. */
  private static final class Waiting {
    private final Call call;
    private final AtomicBoolean answered = new AtomicBoolean();
    private volatile @Nullable Future<?> alarm;

    Waiting(Call call) {
      this.call = call;
    }

    void answer(Decision decision) {
      if (answered.compareAndSet(false, true)) {
        stopAlarm();
        call.answer(decision);
      }
    }

    void deny(Reason reason, String detail) {
      if (answered.compareAndSet(false, true)) {
        stopAlarm();
        call.deny(reason, detail);
      }
    }

    private void stopAlarm() {
      Future<?> ringing = alarm;
      if (ringing != null) {
        ringing.cancel(false);
      }
    }
  }
}
