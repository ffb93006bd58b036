package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.SignedJWT;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/partner-oauth} on a day when its issuer changes its keys. */
class PartnerOAuthIT {
  private static final int CALLERS = 4;

  /** Calls with one token before a caller asks for the next. */
  private static final int CALLS = 25;

  /**
   * Callers that go on calling, each with a new token now and then.
   *
   * @param accepted the key of the token that passed last, for each caller
   * @param refused every answer that was no 200
   */
  private record Load(
      ExampleIssuers issuers,
      Boundary boundary,
      AtomicBoolean ending,
      Map<Integer, String> accepted,
      Queue<Reply> refused) {
    void run(int caller) throws ParseException {
      while (!ending.get()) {
        String token = TokenRequest.of(ExampleIssuers.ACME).send(issuers.partners());
        for (int i = 0; i < CALLS && !ending.get(); i++) {
          Reply reply = boundary.send(tracking(token));
          if (reply.status() == 200) {
            accepted.put(caller, SignedJWT.parse(token).getHeader().getKeyID());
          } else {
            refused.add(reply);
          }
        }
      }
    }
  }

  @Test
  void keysChangeUnderLoadAndNobodyNoticesButWhoHoldsATokenOfAWithdrawnKey(@TempDir Path work)
      throws Exception {
    try (ExampleIssuers issuers = ExampleIssuers.start(work);
        Boundary boundary =
            Boundary.start(work, issuers.examples(), ExampleIssuers::of, issuers::of);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      TokenServer partners = issuers.partners();
      String old = TokenRequest.of(ExampleIssuers.ACME).send(partners);
      Await.untilTrue("the first key is there", () -> boundary.send(tracking(old)).status() == 200);
      Load load =
          new Load(
              issuers,
              boundary,
              new AtomicBoolean(),
              new ConcurrentHashMap<>(),
              new ConcurrentLinkedQueue<>());
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int caller = i;
        callers.add(
            threads.submit(() -> {
              load.run(caller);
              return null;
            }));
      }
      try {
        awaitAccepted(load, partners.keys().signingKeyId());
        String next = partners.keys().announce(SigningKeys.Kind.ES256);
        partners.keys().useNewest();
        awaitAccepted(load, next);
        assertThat(boundary.send(tracking(old)).status()).isEqualTo(200);

        partners.keys().retireOthers();

        Reply late =
            Await.until(
                "the withdrawn key is forgotten",
                Duration.ofMinutes(3),
                () -> Optional.of(boundary.send(tracking(old))).filter(it -> it.status() != 200));
        assertThat(late.status()).isEqualTo(401);
        assertThat(late.reason()).isEqualTo("credential_invalid");
      } finally {
        load.ending().set(true);
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
      assertThat(load.refused()).isEmpty();
      assertThat(boundary.sallyport().process().output()).doesNotContain(old);
    }
  }

  private static void awaitAccepted(Load load, String keyId) {
    Await.untilTrue(
        "tokens of key `" + keyId + "` pass for every caller",
        () -> Collections.frequency(load.accepted().values(), keyId) == CALLERS);
    assertThat(load.refused()).isEmpty();
  }

  private static RawRequest tracking(String token) {
    return RawRequest.get("freight.example.com", "/v1/shipments/4711")
        .with("Authorization", "Bearer " + token);
  }
}
