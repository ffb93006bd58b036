package dev.sallyport.server;

import dev.sallyport.cli.Sallyport;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Where the process begins. */
public final class Main {
  private Main() {}

  /** Runs a command of {@link Sallyport} and ends with its exit code. */
  public static void main(String[] arguments) {
    PrintStream out = stream(FileDescriptor.out);
    PrintStream err = stream(FileDescriptor.err);
    int code = Sallyport.run(arguments, out, err);
    out.flush();
    err.flush();
    System.exit(code);
  }

  /** UTF-8 whatever the locale says, as there is more than ASCII in what people read. */
  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }
}
