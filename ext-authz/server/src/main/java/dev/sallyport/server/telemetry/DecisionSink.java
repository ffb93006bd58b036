package dev.sallyport.server.telemetry;

import java.io.IOException;
import java.util.List;

/** Where the decision log is written to. Called by one thread, which it may block. */
interface DecisionSink extends AutoCloseable {
  /** For messages and the metric of failures: {@code stdout}, {@code file}, {@code otlp}. */
  String name();

  /**
   * Writes a batch, all of it or none as far as that can be told.
   *
   * @param batch never empty; valid during the call
   * @param lines a buffer that begins with the batch's JSON lines; valid during the call
   * @param length bytes of lines
   * @throws IOException when the batch is lost
   */
  void write(List<DecisionEntry> batch, byte[] lines, int length) throws IOException;

  @Override
  void close() throws IOException;
}
