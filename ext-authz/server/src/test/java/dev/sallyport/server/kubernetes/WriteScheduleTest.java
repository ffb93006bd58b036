package dev.sallyport.server.kubernetes;

import static dev.sallyport.server.kubernetes.CompiledObjects.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class WriteScheduleTest {
  private static final ObjectKey A = policy("a");
  private static final ObjectKey B = policy("b");
  private static final Instant START = Instant.parse("2026-06-01T12:00:00Z");

  private final WriteSchedule schedule = new WriteSchedule();

  private static Instant at(long millis) {
    return START.plusMillis(millis);
  }

  @Test
  void aChangeWaitsAMomentForMore() {
    schedule.changed(A, at(0));
    schedule.changed(A, at(50));

    assertThat(schedule.next(at(149))).isNull();
    assertThat(schedule.due()).isEqualTo(at(150));
    assertThat(schedule.next(at(150))).isEqualTo(A);
    assertThat(schedule.next(at(10_000))).isNull();
    assertThat(schedule.due()).isNull();
  }

  @Test
  void whatWasWrittenJustNowWaitsUntilItIsLeftAlone() {
    schedule.written(A, at(0));
    for (int i = 1; i <= 8; i++) {
      schedule.changed(A, at(i * 500L));
      assertThat(schedule.next(at(i * 500L))).isNull();
    }

    assertThat(schedule.next(at(4_999))).isNull();
    assertThat(schedule.next(at(5_000))).isEqualTo(A);
  }

  @Test
  void whatNeverRestsIsLookedAtAllTheSame() {
    schedule.written(A, at(0));
    for (int i = 1; i <= 11; i++) {
      schedule.changed(A, at(i * 500L));
    }

    assertThat(schedule.next(at(5_499))).isNull();
    assertThat(schedule.next(at(5_500))).isEqualTo(A);
  }

  @Test
  void aChangeGoesBeforeTheBacklog() {
    schedule.backlog(List.of(A, B));
    schedule.changed(B, at(0));

    assertThat(schedule.next(at(100))).isEqualTo(B);
    assertThat(schedule.next(at(100))).isEqualTo(A);
    assertThat(schedule.next(at(100))).isNull();
  }

  @Test
  void aFailureComesAgainLaterEachTime() {
    schedule.failed(A, at(0));
    assertThat(schedule.due()).isEqualTo(at(1_000));
    schedule.next(at(1_000));
    schedule.failed(A, at(1_000));
    assertThat(schedule.due()).isEqualTo(at(3_000));
    for (int i = 0; i < 20; i++) {
      schedule.failed(A, at(3_000));
    }
    assertThat(schedule.due()).isEqualTo(at(3_000).plus(Duration.ofMinutes(5)));

    schedule.written(A, at(4_000));
    schedule.failed(A, at(4_000));
    assertThat(schedule.due()).isEqualTo(at(5_000));
  }

  @Test
  void aMomentComesOnceAndOnlyIfItWasNotReplaced() {
    schedule.moment(A, at(1_000));
    schedule.moment(A, at(1_000));
    schedule.moment(B, at(2_000));
    schedule.moment(B, at(3_000));

    assertThat(schedule.due()).isEqualTo(at(1_000));
    assertThat(schedule.next(at(999))).isNull();
    assertThat(schedule.next(at(1_000))).isEqualTo(A);
    assertThat(schedule.next(at(2_000))).isNull();
    assertThat(schedule.next(at(3_000))).isEqualTo(B);

    schedule.moment(A, at(4_000));
    schedule.moment(A, null);
    assertThat(schedule.next(at(5_000))).isNull();
  }

  @Test
  void aMomentThatWasReplacedOrForgottenIsNotEvenWaitedFor() {
    schedule.moment(A, at(1_000));
    schedule.moment(A, at(5_000));
    assertThat(schedule.due()).isEqualTo(at(5_000));

    schedule.moment(A, null);
    assertThat(schedule.due()).isNull();

    schedule.moment(A, at(1_000));
    schedule.forget(A);
    assertThat(schedule.due()).isNull();
  }

  @Test
  void whatIsForgottenNeverComes() {
    schedule.changed(A, at(0));
    schedule.moment(A, at(10));
    schedule.forget(A);
    schedule.backlog(List.of(B));
    schedule.forget(B);

    assertThat(schedule.next(at(60_000))).isNull();
    assertThat(schedule.due()).isNull();
  }

  @Test
  void anAllowanceIsABurstAndThenAnEvenPace() {
    Allowance allowance = new Allowance(10, 3);

    assertThat(allowance.take(at(0))).isTrue();
    assertThat(allowance.take(at(0))).isTrue();
    assertThat(allowance.take(at(0))).isTrue();
    assertThat(allowance.take(at(0))).isFalse();
    assertThat(allowance.next(at(0))).isEqualTo(at(100));
    assertThat(allowance.take(at(99))).isFalse();
    assertThat(allowance.take(at(100))).isTrue();
    assertThat(allowance.take(at(100))).isFalse();
  }
}
