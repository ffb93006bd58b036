package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.crd.RateLimitSpec.Dimension;
import dev.sallyport.engine.compile.LimitCompilation.Compiled;
import dev.sallyport.engine.compile.LimitCompilation.Refused;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.quota.Limit;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitCompilationTest {
  private static final ObjectKey POLICY = new ObjectKey("ApiPolicy", "payments", "payments");
  private static final List<Dimension> IDENTITY = List.of(Dimension.IDENTITY);

  @Test
  void aLimitIsCompiledAsWritten() {
    RateLimitSpec spec =
        new RateLimitSpec(
            "per-caller",
            List.of(Dimension.IDENTITY, Dimension.SOURCE_ADDRESS),
            100L,
            "1m",
            20L,
            Enforcement.Shadow);
    assertThat(compile(spec))
        .isEqualTo(
            new Compiled(
                List.of(
                    new Limit(
                        "payments/payments/per-caller",
                        "per-caller",
                        Set.of(Dimension.SOURCE_ADDRESS, Dimension.IDENTITY),
                        100,
                        Duration.ofMinutes(1),
                        20,
                        true))));
  }

  @Test
  void withoutABurstAllRequestsMayComeAtOnce() {
    assertThat(compile(spec("a", 100L, "1m")))
        .asInstanceOf(type(Compiled.class))
        .extracting(compiled -> compiled.limits().getFirst().burst())
        .isEqualTo(100L);
  }

  @Test
  void noLimitsAreNoLimits() {
    assertThat(compile()).isEqualTo(new Compiled(List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1s",
    "1, 31d",
    "1000000, 1s",
    "1000000, 1000ms",
    "1000000000, 31d",
    "1000000000, 1000s"
  })
  void theExtremesAreTaken(long requests, String window) {
    assertThat(compile(spec("a", requests, window))).isInstanceOf(Compiled.class);
  }

  @ParameterizedTest
  @CsvSource({
    ", 1m, requests",
    "0, 1m, requests",
    "-1, 1m, requests",
    "1000000001, 31d, requests",
    "1000000000000000000, 1m, requests",
    "1000001, 1s, requests",
    "1000000000, 999s, requests",
    "100, , window",
    "100, '', window",
    "100, 0s, window",
    "100, 0, window",
    "100, 60, window",
    "100, 1 m, window",
    "100, -1m, window",
    "100, 1M, window",
    "100, PT1M, window",
    "100, 999ms, window",
    "100, 32d, window",
    "100, 999999999999999999d, window",
    "100, 99999999999999999999d, window",
  })
  void whatCannotBeCountedIsRefusedAtItsField(Long requests, String window, String field) {
    assertThat(fields(spec("a", requests, window))).containsExactly("spec.rateLimits[0]." + field);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 1_000_000_001, Long.MAX_VALUE, Long.MIN_VALUE})
  void aBurstOutOfRangeIsRefused(long burst) {
    RateLimitSpec spec = new RateLimitSpec("a", IDENTITY, 1L, "1m", burst, null);
    assertThat(fields(spec)).containsExactly("spec.rateLimits[0].burst");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "A", "per identity", "a\"", "a.b", "ä", "per_identity"})
  void aBadNameIsRefused(String name) {
    assertThat(fields(spec(name, 1L, "1m"))).containsExactly("spec.rateLimits[0].name");
  }

  @Test
  void aNameHasAtMost63Characters() {
    assertThat(fields(spec("a".repeat(63), 1L, "1m"))).isEmpty();
    assertThat(fields(spec("a".repeat(64), 1L, "1m"))).containsExactly("spec.rateLimits[0].name");
  }

  @Test
  void aNameUsedTwiceIsRefusedAtTheSecond() {
    assertThat(fields(spec("a", 1L, "1m"), spec("b", 1L, "1m"), spec("a", 2L, "1m")))
        .containsExactly("spec.rateLimits[2].name");
  }

  @Test
  void aLimitCountsBySomethingAndBySomethingOnce() {
    assertThat(fields(new RateLimitSpec("a", List.of(), 1L, "1m", null, null)))
        .containsExactly("spec.rateLimits[0].per");
    List<Dimension> twice = List.of(Dimension.IDENTITY, Dimension.OPERATION, Dimension.IDENTITY);
    assertThat(fields(new RateLimitSpec("a", twice, 1L, "1m", null, null)))
        .containsExactly("spec.rateLimits[0].per[2]");
  }

  @Test
  void everythingWrongIsSaidAtOnceAndNothingIsCompiled() {
    assertThat(fields(spec("a", 1L, "1m"), spec("B", 0L, "soon")))
        .containsExactly(
            "spec.rateLimits[1].name", "spec.rateLimits[1].requests", "spec.rateLimits[1].window");
  }

  private static RateLimitSpec spec(String name, Long requests, String window) {
    return new RateLimitSpec(name, IDENTITY, requests, window, null, null);
  }

  private static LimitCompilation compile(RateLimitSpec... specs) {
    return LimitCompilation.compile(
        Arrays.asList(specs), POLICY, "spec.rateLimits", "payments/payments/");
  }

  private static List<String> fields(RateLimitSpec... specs) {
    return switch (compile(specs)) {
      case Compiled _ -> List.of();
      case Refused(List<Diagnostic> diagnostics) ->
          diagnostics.stream().map(Diagnostic::field).toList();
    };
  }
}
