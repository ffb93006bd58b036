package dev.sallyport.server.issuers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CircuitTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  /** Makes every pause the shortest: half of its length. */
  private final Circuit circuit = new Circuit(() -> 0);

  private long now = Long.MAX_VALUE - SECOND;

  private boolean fails() {
    boolean admitted = circuit.admits(now);
    if (admitted) {
      circuit.failed(now);
    }
    return admitted;
  }

  private void open() {
    for (int i = 0; i < 5; i++) {
      assertThat(fails()).isTrue();
    }
  }

  @Test
  void aFewFailuresAreBadLuck() {
    for (int i = 0; i < 100; i++) {
      for (int j = 0; j < 4; j++) {
        assertThat(fails()).isTrue();
      }
      assertThat(circuit.admits(now)).isTrue();
      circuit.succeeded();
    }
  }

  @Test
  void endpointThatFailsIsAskedNowAndThenAndSeldomer() {
    open();

    List<Long> asked = new ArrayList<>();
    for (int tenth = 1; tenth <= 1200; tenth++) {
      now += SECOND / 10;
      boolean open = circuit.isOpen(now);
      boolean admitted = fails();
      assertThat(admitted).isNotEqualTo(open);
      if (admitted) {
        asked.add((long) tenth);
      }
    }

    assertThat(asked).startsWith(5L, 15L, 35L, 75L, 155L, 305L, 455L);
    assertThat(asked.getLast() - asked.get(asked.size() - 2)).isEqualTo(150);
  }

  @Test
  void oneCallAtATimeFindsOutWhetherItIsBack() {
    open();
    now += SECOND;

    assertThat(circuit.admits(now)).isTrue();
    assertThat(circuit.admits(now)).isFalse();
    assertThat(circuit.isOpen(now)).isTrue();
    circuit.succeeded();
    assertThat(circuit.admits(now)).isTrue();
    assertThat(circuit.admits(now)).isTrue();
    assertThat(circuit.isOpen(now)).isFalse();
  }

  @Test
  void callsThatWereUnderWayMakeThePauseNoLonger() {
    for (int i = 0; i < 64; i++) {
      assertThat(circuit.admits(now)).isTrue();
    }
    for (int i = 0; i < 64; i++) {
      circuit.failed(now);
    }

    now += SECOND / 2 - 1;
    assertThat(circuit.admits(now)).isFalse();
    now += 1;
    assertThat(circuit.admits(now)).isTrue();
  }
}
