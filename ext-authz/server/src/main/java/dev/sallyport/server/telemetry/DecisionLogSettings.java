package dev.sallyport.server.telemetry;

import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where decisions are written and which of them.
 *
 * @param sinks none switches the log off
 * @param file appended to; needed with {@link Sink#FILE}
 * @param sampleAllowed the share of unremarkable allows that is written, 0 to 1; denials, shadow
 *     denials and flagged violations always are
 * @param waiting decisions that may wait for each sink; what comes then is dropped and counted
 */
public record DecisionLogSettings(
    Set<Sink> sinks, @Nullable Path file, double sampleAllowed, int waiting) {
  /** Every decision to standard output. */
  public static final DecisionLogSettings DEFAULT =
      new DecisionLogSettings(Set.of(Sink.STDOUT), null, 1.0, 8192);

  /** Where decisions are written. */
  public enum Sink {
    STDOUT,
    FILE,
    /** OpenTelemetry logs, to where {@code OTEL_*} says. */
    OTLP
  }

  public DecisionLogSettings {
    sinks = Set.copyOf(sinks);
    if (sinks.contains(Sink.FILE) && file == null) {
      throw new IllegalArgumentException("decisionLog.file: the sink `file` needs a path");
    }
    if (!(sampleAllowed >= 0 && sampleAllowed <= 1)) {
      throw new IllegalArgumentException(
          "decisionLog.sampleAllowed: `" + sampleAllowed + "` is not between 0 and 1");
    }
    if (waiting < 1) {
      throw new IllegalArgumentException("decisionLog: room for at least one decision is needed");
    }
  }
}
