package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.server.kubernetes.ApiFailure.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TroublesTest {
  private static final Logger LOGGER = Logger.getLogger(Troubles.class.getName());
  private static final ApiFailure AWAY =
      new ApiFailure(Kind.UNREACHABLE, "the connection is refused");
  private static final ApiFailure MISSING = new ApiFailure(Kind.MISSING, "404");

  private final List<String> lines = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          lines.add(new SimpleFormatter().formatMessage(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private Instant now = Instant.parse("2026-11-26T00:00:00Z");
  private final Troubles troubles = new Troubles("https://api:6443", () -> now);

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

  private static Followed kind(int index) {
    return new Followed(WatchedKind.DECLARED.get(index), null);
  }

  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      now = now.plus(Duration.ofSeconds(1));
      troubles.tell();
    }
  }

  @Test
  void whatPassesWithinAMomentIsNotWorthALine() {
    troubles.begins(kind(0), AWAY);
    pass(2);
    troubles.ends(kind(0));
    pass(5);

    assertThat(lines).isEmpty();
  }

  @Test
  void anAbsenceIsOneLineAndItsEndAnother() {
    for (int i = 0; i < 8; i++) {
      troubles.begins(kind(i), AWAY);
    }
    pass(60);
    for (int i = 0; i < 8; i++) {
      troubles.begins(kind(i), AWAY);
      troubles.ends(kind(i));
    }
    pass(5);

    assertThat(lines)
        .containsExactly(
            "the API server https://api:6443 can't be reached: the connection is refused; what is"
                + " in force stays, and it is tried again",
            "the API server https://api:6443 answers again after 61 s; changes are caught up with");
  }

  @Test
  void missingDefinitionsAreOneLineThatSaysWhatToDo() {
    for (int i = 0; i < 4; i++) {
      troubles.begins(kind(i), MISSING);
    }
    pass(60);

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst())
        .startsWith(
            "the API server does not know apipolicies.sallyport.dev,"
                + " detectionpolicies.sallyport.dev, nonhumanidentities.sallyport.dev,"
                + " tokenissuers.sallyport.dev; install")
        .contains("kubectl apply --server-side");

    troubles.ends(kind(0));
    pass(1);
    assertThat(lines.getLast()).isEqualTo("apipolicies.sallyport.dev can be read now");
  }

  @Test
  void routesThatAreNotInstalledAreNoTrouble() {
    troubles.begins(kind(6), MISSING);
    pass(60);

    assertThat(lines).isEmpty();
  }

  @Test
  void whatIsForbiddenIsNamedWithItsNamespace() {
    Followed secrets = new Followed(WatchedKind.DECLARED.get(4), "shop");
    troubles.begins(secrets, new ApiFailure(Kind.FORBIDDEN, "secrets is forbidden: User \"x\""));
    pass(60);

    assertThat(lines)
        .containsExactly(
            "secrets in shop can't be read, and is tried again: secrets is forbidden: User \"x\"");
  }

  @Test
  void whatWasMissingBeforeAnAbsenceIsNotToldAnewAfterIt() {
    troubles.begins(kind(0), MISSING);
    pass(5);
    troubles.begins(kind(0), AWAY);
    pass(10);
    troubles.begins(kind(0), MISSING);
    pass(10);

    assertThat(lines).hasSize(3);
    assertThat(lines).filteredOn(line -> line.contains("does not know")).hasSize(1);
  }
}
