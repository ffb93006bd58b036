package dev.sallyport.server.issuers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private final Queue<Runnable> later = new ArrayDeque<>();
  private final Turns turns = new Turns(2, later::add);
  private final List<CompletableFuture<Integer>> begun = new ArrayList<>();

  private CompletableFuture<Integer> run() {
    return turns.run(() -> {
      CompletableFuture<Integer> task = new CompletableFuture<>();
      begun.add(task);
      return task;
    });
  }

  private void runLater() {
    for (Runnable next = later.poll(); next != null; next = later.poll()) {
      next.run();
    }
  }

  @Test
  void aFewRunAtATimeInTheirOrder() {
    List<CompletableFuture<Integer>> all = List.of(run(), run(), run(), run());
    assertThat(begun).hasSize(2);

    begun.get(1).complete(1);
    runLater();
    assertThat(begun).hasSize(3);
    assertThat(all.get(1)).isCompletedWithValue(1);
    begun.get(2).complete(2);
    assertThat(all.get(2)).isCompletedWithValue(2);
    begun.get(0).completeExceptionally(new IllegalStateException());
    runLater();
    assertThat(all.get(0)).isCompletedExceptionally();
    assertThat(begun).hasSize(4);
  }

  @Test
  void turnIsFreeAgainWhenNobodyWaits() {
    for (int i = 0; i < 10; i++) {
      CompletableFuture<Integer> task = run();
      begun.getLast().complete(i);
      assertThat(task).isCompletedWithValue(i);
    }
  }

  @Test
  void taskThatDoesNotEvenBeginGivesItsTurnBack() {
    Supplier<CompletableFuture<Integer>> broken =
        () -> {
          throw new IllegalStateException();
        };
    for (int i = 0; i < 10; i++) {
      assertThat(turns.run(broken)).isCompletedExceptionally();
    }
    CompletableFuture<Integer> _ = run();
    assertThat(begun).hasSize(1);
  }

  @Test
  void tasksThatEndAtOnceDoNotPileUp() {
    List<CompletableFuture<Integer>> all = new ArrayList<>(List.of(run(), run()));
    for (int i = 0; i < 100_000; i++) {
      all.add(turns.run(() -> CompletableFuture.completedFuture(7)));
    }
    begun.get(0).complete(7);
    begun.get(1).complete(7);
    runLater();

    assertThat(all).allSatisfy(task -> assertThat(task).isCompletedWithValue(7));
  }

  @Test
  void whoWaitsGoesOnWhereNothingRunsLater() {
    Turns ended =
        new Turns(
            1,
            _ -> {
              throw new RejectedExecutionException();
            });
    CompletableFuture<Integer> first = new CompletableFuture<>();
    CompletableFuture<Integer> one = ended.run(() -> first);
    CompletableFuture<Integer> two = ended.run(() -> CompletableFuture.completedFuture(2));
    first.complete(1);

    assertThat(one).isCompletedWithValue(1);
    assertThat(two).isCompletedWithValue(2);
  }
}
