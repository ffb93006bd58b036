package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.quota.QuotaStore;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** With `registered: Optional` a broken identity must not make its callers unknown, and free. */
class BarredSubjectTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final SigningKey KEY = SigningKey.ec("k1");
  private static final QuotaStore NO_LIMITS = charges -> List.of();

  @Test
  void subjectOfAnIdentityThatNeverWasInForceDoesNotPassAsUnknown() {
    assertThat(decide("svc:other", "").reason()).as("nobody's").isEqualTo(Reason.ALLOWED);
    assertThat(decide("svc:acme", "").reason()).as("in force").isEqualTo(Reason.ALLOWED);

    Decision decision = decide("svc:acme", ", constraints: {cidrs: [nonsense]}");

    assertThat(decision.allowed()).isFalse();
    assertThat(decision.reason()).isEqualTo(Reason.IDENTITY_UNREGISTERED);
    assertThat(decide("svc:other", ", constraints: {cidrs: [nonsense]}").allowed()).isTrue();
  }

  @Test
  void subjectOfACredentialWithoutANameDoesNotPassAsUnknown() {
    assertThat(decide("svc:nameless", "").reason()).isEqualTo(Reason.IDENTITY_UNREGISTERED);
  }

  private static Decision decide(String subject, String more) {
    String objects =
        """
        - {kind: TokenIssuer, metadata: {name: corp}, spec: {issuer: 'https://corp.example', audiences: [api], jwks: {inline: %s}}}
        - {kind: ApiPolicy, metadata: {name: api}, spec: {hosts: [api.example.com], authentication: {registered: Optional, methods: [{name: corp, jwt: {issuerRef: {name: corp}}}]}, operations: [{name: read, match: [{methods: [GET], path: /x}]}]}}
        - kind: NonHumanIdentity
          metadata: {name: acme}
          spec:
            {type: Partner, owner: {team: t}, credentials: [
              {name: subject, jwtSubject: {issuerRef: {name: corp}, subject: 'svc:acme'}},
              {jwtSubject: {issuerRef: {name: corp}, subject: 'svc:nameless'}}]%s}
        """
            .formatted(SigningKey.set(KEY), more);
    Compilation compilation =
        Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), Compilation.EMPTY);
    String token =
        KEY.sign(
            "{\"iss\":\"https://corp.example\",\"aud\":\"api\",\"sub\":\""
                + subject
                + "\",\"exp\":"
                + (NOW.getEpochSecond() + 60)
                + "}");
    Inbound inbound =
        new Inbound(
            "id",
            NOW,
            "GET",
            "/x",
            "api.example.com",
            Headers.joined(Map.of("authorization", "Bearer " + token)),
            Inbound.Body.NONE,
            null,
            null,
            List.of());
    Pipeline pipeline =
        new Pipeline(
            new TokenVerifier(KeySource.NONE),
            TokenReviewer.NONE,
            new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
            NO_LIMITS);
    return ((Pipeline.Answer.Decided)
            pipeline.decide(inbound, compilation.snapshot(), Patience.until(NOW.plusSeconds(1))))
        .decision();
  }
}
