package dev.sallyport.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ExportersTest {
  @Test
  void nothingIsSentUnlessAVariableSaysSo() {
    Exporters exporters = Exporters.of(Map.of("PATH", "/bin", "OTEL_SERVICE_NAME", "x"), false);

    assertExporters(exporters, "none", "none", "none");
    assertThat(exporters.traces()).isFalse();
    assertThat(exporters.properties()).containsEntry("otel.service.name", "x");
  }

  @Test
  void endpointSwitchesItsSignalsOn() {
    assertExporters(
        Exporters.of(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), true),
        "otlp",
        "otlp",
        "otlp");
    assertExporters(
        Exporters.of(Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318"), false),
        "otlp",
        "none",
        "none");
  }

  @Test
  void namedExporterBeatsTheEndpoint() {
    Map<String, String> environment =
        Map.of(
            "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318",
            "OTEL_TRACES_EXPORTER", "none",
            "OTEL_METRICS_EXPORTER", "console");

    Exporters exporters = Exporters.of(environment, false);

    assertExporters(exporters, "none", "console", "none");
    assertThat(exporters.traces()).isFalse();
  }

  @Test
  void logsAreSentOnlyWhereTheSinkIsAskedFor() {
    assertExporters(
        Exporters.of(Map.of("OTEL_LOGS_EXPORTER", "otlp"), false), "none", "none", "none");
    assertExporters(Exporters.of(Map.of(), true), "none", "none", "otlp");
  }

  @Test
  void prometheusOpensNoServerOfItsOwn() {
    assertExporters(
        Exporters.of(Map.of("OTEL_METRICS_EXPORTER", "prometheus, otlp"), false),
        "none",
        "otlp",
        "none");
    assertExporters(
        Exporters.of(Map.of("OTEL_METRICS_EXPORTER", "prometheus"), false), "none", "none", "none");
  }

  @Test
  void disabledSdkMakesNoSpans() {
    Map<String, String> environment =
        Map.of("OTEL_SDK_DISABLED", "true", "OTEL_TRACES_EXPORTER", "otlp");

    assertThat(Exporters.of(environment, false).traces()).isFalse();
  }

  @Test
  void protocolIsTheOneThatIsOnTheClassPath() {
    assertThat(Exporters.of(Map.of(), false).properties())
        .containsEntry("otel.exporter.otlp.protocol", "http/protobuf");
  }

  private static void assertExporters(
      Exporters exporters, String traces, String metrics, String logs) {
    assertThat(exporters.properties())
        .containsEntry("otel.traces.exporter", traces)
        .containsEntry("otel.metrics.exporter", metrics)
        .containsEntry("otel.logs.exporter", logs);
  }
}
