package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.server.kubernetes.ServiceAccounts.Standing;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class ServiceAccountsTest {
  private final ServiceAccounts accounts =
      new ServiceAccounts(InstantSource.fixed(Instant.parse("2026-11-25T12:00:00Z")));

  private Standing standing(String uid) {
    return accounts.standing("payments", "exporter", uid);
  }

  @Test
  void whatWasNotSeenIsUnknown() {
    assertThat(standing("1")).isEqualTo(Standing.Unknown);
    accounts.seen("payments", "other", "1");
    accounts.seen("reporting", "exporter", "2");
    assertThat(standing("1")).isEqualTo(Standing.Unknown);
    assertThat(standing("2")).isEqualTo(Standing.Unknown);
  }

  @Test
  void oneThatIsThereIsAliveUntilItIsGone() {
    accounts.seen("payments", "exporter", "1");
    assertThat(standing("1")).isEqualTo(Standing.Alive);
    accounts.gone("payments", "exporter", "1");
    assertThat(standing("1")).isEqualTo(Standing.Deleted);
  }

  @Test
  void oneThatWasMadeAnewIsAnother() {
    accounts.seen("payments", "exporter", "1");
    accounts.seen("payments", "exporter", "2");
    assertThat(standing("1")).isEqualTo(Standing.Deleted);
    assertThat(standing("2")).isEqualTo(Standing.Alive);
    accounts.gone("payments", "exporter", "1");
    assertThat(standing("2")).isEqualTo(Standing.Alive);
  }

  @Test
  void oneThatIsNewerThanWhatWasSeenIsNotTakenForDeleted() {
    accounts.seen("payments", "exporter", "1");
    assertThat(standing("2")).isEqualTo(Standing.Unknown);
  }

  @Test
  void oneThatVanishedUnseenIsDeleted() {
    accounts.seen("payments", "exporter", "1");
    accounts.gone("payments", "exporter", null);
    assertThat(standing("1")).isEqualTo(Standing.Deleted);
  }

  @Test
  void waitingEndsWithPatience() throws InterruptedException {
    assertThat(accounts.standing("payments", "exporter", "1", Duration.ZERO))
        .isEqualTo(Standing.Unknown);
    assertThat(accounts.standing("payments", "exporter", "1", Duration.ofMillis(20)))
        .isEqualTo(Standing.Unknown);
    accounts.seen("payments", "exporter", "1");
    assertThat(accounts.standing("payments", "exporter", "1", Duration.ofDays(1)))
        .isEqualTo(Standing.Alive);
  }
}
