package dev.sallyport.server.proofs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.ReplayStore.Answer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class LocalReplayStoreTest {
  private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");
  private static final KeyDigest KEY = KeyDigest.of("key");

  private final LocalReplayStore store = new LocalReplayStore(10, 7);
  private int decisions;

  private Answer use(KeyDigest key, String proof, Instant now, long seconds) {
    return store.use(
        key, KeyDigest.of(proof), "decision-" + decisions++, now, now.plusSeconds(seconds));
  }

  private Answer use(String proof, Instant now) {
    // Another key each time: how much of the room one may have is not what is asked.
    return use(KeyDigest.of(proof), proof, now, 60);
  }

  @Example
  void proofIsGoodOnce() {
    assertThat(use("a", START)).isEqualTo(Answer.FIRST);
    assertThat(use("a", START)).isEqualTo(Answer.REPLAYED);
    assertThat(use("b", START)).isEqualTo(Answer.FIRST);
    assertThat(use("a", START.plusSeconds(59))).isEqualTo(Answer.REPLAYED);
    assertThat(store.size()).isEqualTo(2);
  }

  @Example
  void decisionThatIsRunAgainUsesItsProofOnce() {
    KeyDigest proof = KeyDigest.of("a");
    for (int i = 0; i < 3; i++) {
      assertThat(store.use(KEY, proof, "same", START, START.plusSeconds(60)))
          .isEqualTo(Answer.FIRST);
    }
    assertThat(store.use(KEY, proof, "other", START, START.plusSeconds(60)))
        .isEqualTo(Answer.REPLAYED);
    assertThat(store.size()).isEqualTo(1);
  }

  @Example
  void fullStoreTakesNoOtherProofAndForgetsNone() {
    for (int i = 0; i < 10; i++) {
      assertThat(use("proof-" + i, START)).isEqualTo(Answer.FIRST);
    }
    assertThat(use("another", START)).isEqualTo(Answer.UNAVAILABLE);
    assertThat(use("another", START.plusSeconds(60))).isEqualTo(Answer.UNAVAILABLE);
    assertThat(store.turnedAway()).isEqualTo(2);
    for (int i = 0; i < 10; i++) {
      assertThat(use("proof-" + i, START.plusSeconds(60))).isEqualTo(Answer.REPLAYED);
    }
    assertThat(store.size()).isEqualTo(10);
  }

  @Example
  void roomComesBackWhenProofsAreOver() {
    for (int i = 0; i < 10; i++) {
      use("proof-" + i, START);
    }
    Instant over = START.plusSeconds(60).plusMillis(1);
    assertThat(use("another", over)).isEqualTo(Answer.FIRST);
    for (int i = 0; i < 9; i++) {
      assertThat(use("more-" + i, over)).isEqualTo(Answer.FIRST);
    }
    assertThat(use("one-too-many", over)).isEqualTo(Answer.UNAVAILABLE);
  }

  @Example
  void oneKeyHasHalfOfTheRoom() {
    for (int i = 0; i < 5; i++) {
      assertThat(use(KEY, "proof-" + i, START, 60)).isEqualTo(Answer.FIRST);
    }
    assertThat(use(KEY, "proof-5", START, 60)).isEqualTo(Answer.UNAVAILABLE);
    assertThat(use(KeyDigest.of("other"), "proof-6", START, 60)).isEqualTo(Answer.FIRST);
    assertThat(use(KEY, "proof-7", START.plusSeconds(61), 60)).isEqualTo(Answer.FIRST);
  }

  @Example
  void storeOfOneTakesOne() {
    LocalReplayStore one = new LocalReplayStore(1, 0);
    assertThat(one.use(KEY, KeyDigest.of("a"), "1", START, START)).isEqualTo(Answer.FIRST);
    assertThat(one.use(KEY, KeyDigest.of("b"), "2", START, START)).isEqualTo(Answer.UNAVAILABLE);
  }

  @Example
  void proofsThatAreOverDoNotPileUp() {
    LocalReplayStore large = new LocalReplayStore(1_000_000, 7);
    for (int i = 0; i < 50_000; i++) {
      KeyDigest proof = KeyDigest.of("proof-" + i);
      Instant now = START.plusMillis(i);
      large.use(proof, proof, "decision", now, now.plusSeconds(1));
    }
    // A thousand are not over.
    assertThat(large.size()).isBetween(1_000L, 3_000L);
  }

  /** Against a list of what was used: never forgetful, never a false alarm. */
  @Property(tries = 300)
  void answersAsAnExactMemory(
      @ForAll @Size(max = 120) List<@IntRange(max = 19) Integer> proofs,
      @ForAll @Size(min = 120, max = 120) List<@IntRange(max = 12) Integer> pauses) {
    LocalReplayStore tested = new LocalReplayStore(8, 7);
    Map<Integer, Instant> until = new HashMap<>();
    Instant now = START;
    for (int i = 0; i < proofs.size(); i++) {
      int number = proofs.get(i);
      now = now.plusSeconds(pauses.get(i));
      Instant at = now;
      KeyDigest proof = KeyDigest.of("proof-" + number);
      Answer answer = tested.use(proof, proof, "decision-" + i, now, now.plusSeconds(30));
      long held = until.values().stream().filter(end -> !end.isBefore(at)).count();
      if (until.containsKey(number) && !until.get(number).isBefore(now)) {
        assertThat(answer).isEqualTo(Answer.REPLAYED);
        continue;
      }
      if (answer == Answer.FIRST) {
        assertThat(held).isLessThan(8);
        until.put(number, now.plusSeconds(30));
      }
      assertThat(tested.size()).isLessThanOrEqualTo(8);
    }
  }

  @Example
  void ofManyThreadsOneIsFirst() throws Exception {
    int threads = 4;
    int rounds = 2_000;
    LocalReplayStore shared = new LocalReplayStore(rounds, 7);
    CyclicBarrier start = new CyclicBarrier(threads);
    List<Future<Integer>> firsts = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (int t = 0; t < threads; t++) {
        String decision = "decision-" + t;
        firsts.add(
            executor.submit(() -> {
              int first = 0;
              for (int i = 0; i < rounds; i++) {
                start.await();
                KeyDigest proof = KeyDigest.of("proof-" + i);
                // Half of the proofs are over soon, so that others sweep meanwhile.
                Instant now = START.plusSeconds(i);
                Answer answer =
                    shared.use(
                        proof, proof, decision, now, now.plusSeconds(i % 2 == 0 ? 2 : 10_000));
                first += answer == Answer.FIRST ? 1 : 0;
              }
              return first;
            }));
      }
    }
    int sum = 0;
    for (Future<Integer> first : firsts) {
      sum += first.get();
    }
    assertThat(sum).isEqualTo(rounds);
    assertThat(shared.turnedAway()).isZero();
  }

  @Example
  void roomIsCountedRightWhateverThreadsDo() throws Exception {
    LocalReplayStore shared = new LocalReplayStore(100, 7);
    try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int thread = t;
        done.add(
            executor.submit(() -> {
              for (int i = 0; i < 20_000; i++) {
                KeyDigest proof = KeyDigest.of("proof-" + i % 500);
                Instant now = START.plusMillis(i);
                shared.use(proof, proof, thread + "-" + i, now, now.plusMillis(i % 50));
                assertThat(shared.size()).isLessThanOrEqualTo(104);
              }
            }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    }
    // All are over by now: there is room for as many as ever.
    Instant later = START.plusSeconds(3600);
    for (int i = 0; i < 100; i++) {
      KeyDigest proof = KeyDigest.of("new-" + i);
      assertThat(shared.use(proof, proof, "new-" + i, later, later.plusSeconds(60)))
          .isEqualTo(Answer.FIRST);
    }
    assertThat(shared.size()).isEqualTo(100);
  }
}
