package dev.sallyport.server.issuers;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets a few tasks run at a time, in the order in which they came.
 *
 * <p>A thousand issuers fetched at once, as after a start, would take each other's time until all
 * of them ran out of it.
 *
 * <p>Safe for use by many threads.
 */
final class Turns {
  private final Executor threads;
  private final Queue<CompletableFuture<Void>> waiting = new ArrayDeque<>();
  private int free;

  /**
   * All are free.
   *
   * @param most how many run at a time
   * @param threads where a task begins that had to wait
   */
  Turns(int most, Executor threads) {
    this.free = most;
    this.threads = threads;
  }

  /**
   * Runs a task, now or when others have ended.
   *
   * @param task begins it; it runs until the future ends
   */
  <T> CompletableFuture<T> run(Supplier<CompletableFuture<T>> task) {
    return take().thenCompose(_ -> task.get()).whenComplete((_, _) -> giveBack());
  }

  private synchronized CompletableFuture<Void> take() {
    CompletableFuture<Void> turn = new CompletableFuture<>();
    if (free > 0) {
      free--;
      turn.complete(null);
    } else {
      waiting.add(turn);
    }
    return turn;
  }

  private synchronized @Nullable CompletableFuture<Void> next() {
    CompletableFuture<Void> turn = waiting.poll();
    if (turn == null) {
      free++;
    }
    return turn;
  }

  private void giveBack() {
    CompletableFuture<Void> turn = next();
    if (turn == null) {
      return;
    }
    try {
      // Not here: tasks that end at once would pile up on this stack.
      threads.execute(() -> turn.complete(null));
    } catch (RejectedExecutionException _) {
      turn.complete(null);
    }
  }
}
