package dev.sallyport.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  /** A rehearsal whose callers are all refused would load half of the classes. */
  @Test
  void callersAreAllowedByEachOfTheirCredentials() {
    SourceLocator sources =
        new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE);
    WarmUp warmUp = WarmUp.at(NOW, sources);
    Set<String> allowed = new HashSet<>();
    Set<Reason> denied = new HashSet<>();
    for (Map<String, String> caller : warmUp.callers()) {
      Decision decision = decide(warmUp, caller);
      if (decision.allowed()) {
        allowed.add(String.join(" ", new TreeSet<>(caller.keySet())));
      } else {
        denied.add(decision.reason());
      }
    }
    assertThat(allowed)
        .containsExactlyInAnyOrder("x-api-key", "authorization", "authorization dpop");
    assertThat(denied).containsExactly(Reason.CREDENTIAL_INVALID);
  }

  private static Decision decide(WarmUp warmUp, Map<String, String> headers) {
    Inbound inbound =
        new Inbound(
            "id",
            NOW,
            "GET",
            "/path?query=value",
            warmUp.host(),
            Headers.joined(headers),
            Inbound.Body.NONE,
            null,
            null,
            null,
            List.of());
    return ((Pipeline.Answer.Decided)
            warmUp
                .pipeline()
                .decide(inbound, warmUp.snapshot(), Patience.until(NOW.plusSeconds(9))))
        .decision();
  }
}
