package dev.sallyport.server.proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sallyport.engine.authenticate.NonceSource.Standing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HmacNoncesTest {
  /** The first second of five minutes. */
  private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");

  @TempDir Path folder;

  private final HmacNonces nonces = HmacNonces.ofThisProcess(new SecureRandom());

  private HmacNonces withKey(String key) throws IOException {
    return HmacNonces.of(Files.writeString(folder.resolve("key"), key));
  }

  @Test
  void nonceIsOfTheCharactersOfTheStandard() {
    // RFC 9449 section 8: neither quote nor backslash.
    assertThat(nonces.current(START)).matches("[A-Za-z0-9_-]{22}");
  }

  @Test
  void nonceIsTheNewestAndAgesAndIsForgotten() {
    String nonce = nonces.current(START);
    assertThat(nonces.current(START.plusSeconds(299))).isEqualTo(nonce);
    assertThat(nonces.judge(nonce, START)).isEqualTo(Standing.CURRENT);
    assertThat(nonces.judge(nonce, START.plusSeconds(299))).isEqualTo(Standing.CURRENT);
    assertThat(nonces.judge(nonce, START.plusSeconds(300))).isEqualTo(Standing.AGEING);
    assertThat(nonces.judge(nonce, START.plusSeconds(599))).isEqualTo(Standing.AGEING);
    assertThat(nonces.judge(nonce, START.plusSeconds(600))).isEqualTo(Standing.UNKNOWN);
    assertThat(nonces.current(START.plusSeconds(300))).isNotEqualTo(nonce);
  }

  @Test
  void nonceOfAClockThatIsAheadIsKnown() {
    String ahead = nonces.current(START.plusSeconds(300));
    assertThat(nonces.judge(ahead, START.plusSeconds(299))).isEqualTo(Standing.CURRENT);
    assertThat(nonces.judge(ahead, START.minusSeconds(1))).isEqualTo(Standing.UNKNOWN);
  }

  @Test
  void whatWasNotGivenIsUnknown() {
    String nonce = nonces.current(START);
    for (String other :
        List.of(
            "",
            nonce.substring(1),
            nonce + "=",
            nonce + nonce,
            nonce.toUpperCase(Locale.ROOT) + "x",
            "\ud800",
            "n".repeat(100_000),
            HmacNonces.ofThisProcess(new SecureRandom()).current(START))) {
      assertThat(nonces.judge(other, START)).isEqualTo(Standing.UNKNOWN);
    }
  }

  @Test
  void whoSharesTheKeySharesTheNonces() throws Exception {
    String key = "0123456789abcdef0123456789abcdef";
    HmacNonces one = withKey(key);
    HmacNonces other = withKey(key + "\r\n");
    HmacNonces stranger = withKey(key + "0");
    assertThat(other.judge(one.current(START), START)).isEqualTo(Standing.CURRENT);
    assertThat(stranger.judge(one.current(START), START)).isEqualTo(Standing.UNKNOWN);
  }

  @Test
  void keyThatIsNoneStopsTheStart() throws Exception {
    for (String key : List.of("", "\n", "short", "0123456789abcdef0123456789abcde\n")) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> withKey(key))
          .withMessageContaining("holds fewer than 32 bytes")
          .withMessageContaining("openssl rand")
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("0123456789"));
    }
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> withKey("x".repeat(5_000)))
        .withMessageContaining("larger than a key can be");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> HmacNonces.of(folder.resolve("missing")))
        .withMessageContaining("can't be read");
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> HmacNonces.of(folder));
  }

  @Test
  void threadsAtDifferentTimesDoNotDisturbEachOther() throws Exception {
    String nonce = nonces.current(START);
    try (ExecutorService executor = Executors.newFixedThreadPool(3)) {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < 3; t++) {
        Instant at = START.plusSeconds(300L * t);
        Standing standing = List.of(Standing.CURRENT, Standing.AGEING, Standing.UNKNOWN).get(t);
        done.add(
            executor.submit(() -> {
              for (int i = 0; i < 2_000; i++) {
                assertThat(nonces.judge(nonce, at)).isEqualTo(standing);
              }
            }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    }
  }
}
