package dev.sallyport.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.logging.LogManager;
import org.junit.jupiter.api.Test;

class SteadyLogTest {
  /** In a JVM of its own, since each has one log manager for good. */
  @Test
  void aServerLogsByItEvenWhileTheProcessEnds() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Server.class.getName())
            .redirectErrorStream(true)
            .start();

    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said.strip()).isEqualTo(SteadyLog.class.getName());
  }

  /** What a server begins with. */
  static final class Server {
    private Server() {}

    public static void main(String[] args) {
      Serving.installLog();
      System.out.println(LogManager.getLogManager().getClass().getName());
    }
  }
}
