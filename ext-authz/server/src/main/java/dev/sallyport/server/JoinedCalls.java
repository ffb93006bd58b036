package dev.sallyport.server;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls to others whose answers are remembered. Those for one question are joined, and a call whose
 * decision gave up may still end and be of use to the next.
 *
 * <p>Safe for use by many threads.
 *
 * @param <Q> what is asked; equal values, equal questions
 * @param <A> what is answered
 */
public final class JoinedCalls<Q, A> {
  private final Map<Q, CompletableFuture<A>> underWay = new ConcurrentHashMap<>();
  private final Function<Q, @Nullable A> remembered;
  private final A busy;

  /**
   * None is under way.
   *
   * @param remembered what is remembered of a question; null for nothing
   * @param busy the answer where a call broke off, or there was no time for it
   */
  public JoinedCalls(Function<Q, @Nullable A> remembered, A busy) {
    this.remembered = remembered;
    this.busy = busy;
  }

  /**
   * Asks, or waits for who asks already.
   *
   * @param waiting a permit for each that may wait
   * @param left how long that may take, from then on
   * @param call makes a call; INVARIANT: its future ends once its answer is remembered
   */
  public A ask(
      Q question, Semaphore waiting, Supplier<Duration> left, Supplier<CompletableFuture<A>> call) {
    if (!waiting.tryAcquire()) {
      return busy;
    }
    try {
      return join(question, call).get(left.get().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException _) {
      return busy;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return busy;
    } finally {
      waiting.release();
    }
  }

  private CompletableFuture<A> join(Q question, Supplier<CompletableFuture<A>> call) {
    CompletableFuture<A> mine = new CompletableFuture<>();
    CompletableFuture<A> other = underWay.putIfAbsent(question, mine);
    if (other != null) {
      return other;
    }
    // One may have ended since it was looked up: it remembered before it left.
    A known = remembered.apply(question);
    if (known != null) {
      end(question, mine, known);
      return mine;
    }
    CompletableFuture<A> _ =
        begin(call)
            .whenComplete((said, broken) -> end(question, mine, broken == null ? said : busy));
    return mine;
  }

  /** Whatever happens, whoever waits must hear something, and the next may ask again. */
  private CompletableFuture<A> begin(Supplier<CompletableFuture<A>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void end(Q question, CompletableFuture<A> call, A said) {
    underWay.remove(question, call);
    call.complete(said);
  }
}
