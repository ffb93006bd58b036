package dev.sallyport.server.telemetry;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Writes lines to the process's standard output, past {@code System.out} and its encoding. */
final class StandardOutputSink implements DecisionSink {
  private final OutputStream out = new FileOutputStream(FileDescriptor.out);

  @Override
  public String name() {
    return "stdout";
  }

  @Override
  public void write(List<DecisionEntry> batch, byte[] lines, int length) throws IOException {
    out.write(lines, 0, length);
  }

  /** Leaves standard output open: it is not ours alone. */
  @Override
  public void close() {}
}
