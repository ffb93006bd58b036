package dev.sallyport.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.DetectionPolicySpec;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DiagnosticLogTest {
  private static final ObjectKey KEY = new ObjectKey("DetectionPolicy", "payments", "spikes");
  private static final Logger LOGGER = Logger.getLogger(DiagnosticLog.class.getName());

  private final List<String> warnings = new ArrayList<>();
  private final List<String> mended = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          String message = new SimpleFormatter().formatMessage(record);
          if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
            warnings.add(message);
          } else if (message.contains("nothing is wrong")) {
            mended.add(message);
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final DiagnosticLog log = new DiagnosticLog((_, _) -> "policies/a.yaml:3:1");
  private Compilation compilation = Compilation.EMPTY;

  @BeforeEach
  void listen() {
    LOGGER.setUseParentHandlers(false);
    LOGGER.addHandler(handler);
  }

  @AfterEach
  void stop() {
    LOGGER.removeHandler(handler);
    LOGGER.setUseParentHandlers(true);
  }

  @Test
  void whatIsWrongIsSaidOnceWithItsPlace() {
    publish(new Changes(List.of(unsupported()), List.of()));
    publish(new Changes(List.of(unsupported()), List.of()));

    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("policies/a.yaml:3:1: DetectionPolicy payments/spikes: ");
  }

  @Test
  void whatComesBackIsSaidAgain() {
    publish(new Changes(List.of(unsupported()), List.of()));
    publish(new Changes(List.of(), List.of(KEY)));
    publish(new Changes(List.of(unsupported()), List.of()));

    assertThat(warnings).hasSize(2);
    assertThat(mended).as("an object that is gone is not mended").isEmpty();
  }

  @Test
  void whatIsMendedIsSaidOnce() {
    Declared.Fault fault = new Declared.Fault("data", "is no map");
    publish(secret(new Declared.Unreadable(null, List.of(fault))));
    publish(secret(new Declared.Secret(Map.of())));
    publish(secret(new Declared.Secret(Map.of())));

    assertThat(warnings).hasSize(1);
    assertThat(mended).containsExactly("Secret payments/key: nothing is wrong any more");
  }

  private void publish(Changes changes) {
    compilation = Compiler.compile(changes, compilation);
    log.published(compilation, changes, Instant.EPOCH, Instant.EPOCH);
  }

  private static Changes secret(Declared.Content content) {
    ObjectKey key = new ObjectKey("Secret", "payments", "key");
    return new Changes(List.of(new Declared(key, Instant.EPOCH, 1, content)), List.of());
  }

  private static Declared unsupported() {
    return new Declared(
        KEY,
        Instant.EPOCH,
        1,
        new Declared.DetectionPolicy(new DetectionPolicySpec(null, List.of(), null, List.of())));
  }
}
