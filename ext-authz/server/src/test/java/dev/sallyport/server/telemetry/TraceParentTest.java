package dev.sallyport.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.receive.Headers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";
  private static final String VALID = "00-" + TRACE + "-" + SPAN + "-01";

  @Test
  void validOneIsRead() {
    assertThat(TraceParent.parse(VALID)).isEqualTo(new TraceParent(TRACE, SPAN, true));
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-00"))
        .isEqualTo(new TraceParent(TRACE, SPAN, false));
  }

  @Test
  void unknownFlagsAreIgnored() {
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-ff"))
        .isEqualTo(new TraceParent(TRACE, SPAN, true));
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-02"))
        .isEqualTo(new TraceParent(TRACE, SPAN, false));
  }

  @Test
  void laterVersionIsReadByItsFirstFourFields() {
    TraceParent expected = new TraceParent(TRACE, SPAN, true);

    assertThat(TraceParent.parse("01-" + TRACE + "-" + SPAN + "-01")).isEqualTo(expected);
    assertThat(TraceParent.parse("cc-" + TRACE + "-" + SPAN + "-01-what-is-to-come"))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "00-0af7651916cd43dd8448eb211c8031ü9-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01extra",
        "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      })
  void badOneIsNoTrace(String header) {
    assertThat(TraceParent.parse(header)).isNull();
  }

  @Test
  void twoAreNoTraceInEitherFormOfHeaders() {
    assertThat(TraceParent.of(Headers.joined(Map.of("traceparent", VALID + "," + VALID)))).isNull();
    assertThat(
            TraceParent.of(
                Headers.listed(
                    List.of(Map.entry("traceparent", VALID), Map.entry("traceparent", VALID)))))
        .isNull();
    assertThat(TraceParent.of(Headers.listed(List.of(Map.entry("traceparent", VALID)))))
        .isNotNull();
    assertThat(TraceParent.of(Headers.NONE)).isNull();
  }
}
