package dev.sallyport.server.telemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;

/** Counts the log records that an exporter could not deliver; the SDK tells nobody but its log. */
final class CountingLogExporter implements LogRecordExporter {
  private final LogRecordExporter exporter;
  private final LongAdder lost;

  CountingLogExporter(LogRecordExporter exporter, LongAdder lost) {
    this.exporter = exporter;
    this.lost = lost;
  }

  @Override
  public CompletableResultCode export(Collection<LogRecordData> records) {
    int count = records.size();
    CompletableResultCode result = exporter.export(records);
    result.whenComplete(() -> {
      if (!result.isSuccess()) {
        lost.add(count);
      }
    });
    return result;
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }

  @Override
  public String toString() {
    return exporter.toString();
  }
}
