package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationTextTest {
  @ParameterizedTest
  @CsvSource({
    "500ms,PT0.5S",
    "30s,PT30S",
    "1m,PT1M",
    "1h,PT1H",
    "90d,P90D",
    "0s,PT0S",
    "36500d,P36500D"
  })
  void numberAndUnitAreRead(String text, Duration duration) {
    assertThat(DurationText.parse(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "s",
        "1",
        "-1s",
        "+1s",
        "01s",
        "1.5s",
        "1 s",
        " 1s",
        "1s ",
        "1S",
        "1w",
        "1us",
        "1h30m",
        "PT1H",
        "36501d",
        "9999999999999d",
        "99999999999999999999s",
        "1e3s",
        "\u0661s",
        "1s\n"
      })
  void anythingElseIsNot(String text) {
    assertThat(DurationText.parse(text)).isNull();
  }

  @Test
  void everyUnitIsBoundedAlike() {
    assertThat(DurationText.parse("3153600000000ms")).isEqualTo(Duration.ofDays(36_500));
    assertThat(DurationText.parse("3153600000001ms")).isNull();
    assertThat(DurationText.parse("3153600001s")).isNull();
  }
}
