package dev.sallyport.server.telemetry;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the {@code OTEL_*} variables ask to be sent, as the SDK's own property names.
 *
 * <p>The SDK would send everything to {@code localhost} unless told otherwise; Sallyport sends a
 * signal only where a variable names an exporter or an endpoint for it.
 *
 * @param properties for the SDK; hold against what it reads itself
 * @param traces whether spans go anywhere
 */
record Exporters(Map<String, String> properties, boolean traces) {
  /** How many label sets one metric may have; what comes then is counted together. */
  static final String CARDINALITY_LIMIT = "otel.java.metrics.cardinality.limit";

  private static final String NONE = "none";

  Exporters {
    properties = Map.copyOf(properties);
  }

  /**
   * @param environment variables of the process
   * @param logs whether decisions are to be sent as logs at all
   */
  static Exporters of(Map<String, String> environment, boolean logs) {
    Map<String, String> properties = new HashMap<>();
    environment.forEach((name, value) -> {
      if (name.startsWith("OTEL_") && !value.isBlank()) {
        properties.put(property(name), value);
      }
    });
    // What the specification recommends; the SDK for Java would take gRPC.
    properties.putIfAbsent("otel.exporter.otlp.protocol", "http/protobuf");
    properties.putIfAbsent(CARDINALITY_LIMIT, "20000");
    String traces = exporter(properties, "traces");
    properties.put("otel.traces.exporter", traces);
    properties.put("otel.metrics.exporter", withoutPrometheus(exporter(properties, "metrics")));
    properties.put("otel.logs.exporter", logs ? logExporter(properties) : NONE);
    boolean disabled = "true".equalsIgnoreCase(properties.get("otel.sdk.disabled"));
    return new Exporters(properties, !disabled && !traces.equals(NONE));
  }

  private static String property(String variable) {
    return variable.toLowerCase(Locale.ROOT).replace('_', '.');
  }

  private static String exporter(Map<String, String> properties, String signal) {
    String named = properties.get("otel." + signal + ".exporter");
    if (named != null) {
      return named;
    }
    return endpoint(properties, signal) == null ? NONE : "otlp";
  }

  /** A sink that was asked for is used, at the standard address where none is named. */
  private static String logExporter(Map<String, String> properties) {
    return properties.getOrDefault("otel.logs.exporter", "otlp");
  }

  private static @Nullable String endpoint(Map<String, String> properties, String signal) {
    String own = properties.get("otel.exporter.otlp." + signal + ".endpoint");
    return own != null ? own : properties.get("otel.exporter.otlp.endpoint");
  }

  /** The admin server shows the metrics already; a second server is not opened for them. */
  private static String withoutPrometheus(String exporters) {
    StringBuilder others = new StringBuilder();
    for (String exporter : exporters.split(",", -1)) {
      if (!exporter.strip().equals("prometheus")) {
        others.append(others.isEmpty() ? "" : ",").append(exporter.strip());
      }
    }
    return others.isEmpty() ? NONE : others.toString();
  }
}
