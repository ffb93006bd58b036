package dev.sallyport.engine.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.crd.RateLimitSpec.Dimension;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.quota.QuotaStore.Taken;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class QuotaTest {
  private static final Caller CALLER = new Caller("payments/acme", "primary", null, "read");
  private static final Limit MINUTE = limit("per-identity", 100, Duration.ofMinutes(1), false);
  private static final Limit DAY = limit("daily", 1000, Duration.ofDays(1), false);
  private static final Limit SHADOW = limit("tryout", 5, Duration.ofSeconds(1), true);

  @Test
  void withoutLimitsTheStoreIsNotAsked() {
    Quota quota = new Quota(_ -> List.of());
    assertThat(quota.take(LimitSet.NONE, CALLER)).isEqualTo(QuotaResult.UNLIMITED);
  }

  @Test
  void aRequestWithinItsLimitsGoesOnAndIsToldWhatIsLeft() {
    QuotaResult result =
        take(LimitSet.merge(List.of(MINUTE), List.of(DAY)), left(50, 29_001), left(7, 40_000_000));
    assertThat(result.denial()).isNull();
    assertThat(result.fields())
        .containsExactly(
            new HttpField("ratelimit", "\"per-identity\";r=50;t=30,\"daily\";r=7;t=40000"),
            new HttpField(
                "ratelimit-policy", "\"per-identity\";q=100;w=60,\"daily\";q=1000;w=86400"));
    assertThat(result.limits())
        .containsExactly(
            new Facts.LimitUse("per-identity", 50, false, false),
            new Facts.LimitUse("daily", 7, false, false));
  }

  @Test
  void anExceededLimitDeniesAndSaysWhenToComeBack() {
    QuotaResult result =
        take(LimitSet.of(List.of(MINUTE, DAY)), left(50, 30_000), exceeded(86_399_001));
    assertThat(result.denial().reason()).isEqualTo(Reason.RATE_LIMITED);
    assertThat(result.denial().detail()).contains("daily");
    assertThat(result.denial().fields())
        .containsExactly(
            new HttpField("retry-after", "86400"),
            new HttpField("ratelimit", "\"per-identity\";r=50;t=30,\"daily\";r=0;t=86400"),
            new HttpField(
                "ratelimit-policy", "\"per-identity\";q=100;w=60,\"daily\";q=1000;w=86400"));
    assertThat(result.fields()).isEmpty();
  }

  @Test
  void ofSeveralExceededLimitsTheLongestWaitCounts() {
    QuotaResult result = take(LimitSet.of(List.of(DAY, MINUTE)), exceeded(2_000), exceeded(1));
    assertThat(result.denial().fields()).contains(new HttpField("retry-after", "2"));
  }

  @Test
  void nobodyIsToldToComeBackAtOnce() {
    QuotaResult result = take(LimitSet.of(List.of(MINUTE)), exceeded(0));
    assertThat(result.denial().fields())
        .contains(
            new HttpField("retry-after", "1"),
            new HttpField("ratelimit", "\"per-identity\";r=0;t=1"));
  }

  @Test
  void aShadowLimitIsRecordedAndNeitherDeniesNorShows() {
    QuotaResult alone = take(LimitSet.of(List.of(SHADOW)), exceeded(500));
    assertThat(alone)
        .isEqualTo(
            new QuotaResult(List.of(new Facts.LimitUse("tryout", 0, true, true)), List.of(), null));
    QuotaResult beside =
        take(LimitSet.of(List.of(SHADOW, MINUTE)), exceeded(500), left(50, 30_000));
    assertThat(beside.denial()).isNull();
    assertThat(beside.fields())
        .containsExactly(
            new HttpField("ratelimit", "\"per-identity\";r=50;t=30"),
            new HttpField("ratelimit-policy", "\"per-identity\";q=100;w=60"));
  }

  @Test
  void aLimitOfTheOperationIsNotMistakenForItsNamesakeOfThePolicy() {
    Limit other = limit("per-identity", 5, Duration.ofSeconds(1), false);
    QuotaResult result =
        take(LimitSet.merge(List.of(MINUTE), List.of(other)), left(50, 30_000), left(4, 200));
    assertThat(result.fields())
        .containsExactly(
            new HttpField("ratelimit", "\"per-identity\";r=50;t=30,\"per-identity.2\";r=4;t=1"),
            new HttpField(
                "ratelimit-policy", "\"per-identity\";q=100;w=60,\"per-identity.2\";q=5;w=1"));
  }

  @Test
  void aStoreThatForgetsAChargeIsABug() {
    LimitSet set = LimitSet.of(List.of(MINUTE, DAY));
    assertThatThrownBy(() -> take(set, left(1, 1))).isInstanceOf(IllegalStateException.class);
  }

  private static QuotaResult take(LimitSet set, Taken... answers) {
    return new Quota(_ -> List.of(answers)).take(set, CALLER);
  }

  private static Limit limit(String name, long requests, Duration window, boolean shadow) {
    return new Limit(
        "test/" + name, name, Set.of(Dimension.IDENTITY), requests, window, requests, shadow);
  }

  private static Taken left(long remaining, long resetMillis) {
    return new Taken(false, remaining, Duration.ZERO, Duration.ofMillis(resetMillis));
  }

  private static Taken exceeded(long retryMillis) {
    return new Taken(true, 0, Duration.ofMillis(retryMillis), Duration.ofMinutes(1));
  }
}
