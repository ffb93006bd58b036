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

/** What a token says of its client counts beside what it says of its subject. */
class RevokedClientTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final SigningKey KEY = SigningKey.ec("k1");
  private static final QuotaStore NO_LIMITS = charges -> List.of();

  @Test
  void tokenOfARevokedClientIsRefusedWhoeverItsSubjectIs() {
    assertThat(decide("Active").reason()).isEqualTo(Reason.ALLOWED);

    Decision decision = decide("Revoked");

    assertThat(decision.allowed()).isFalse();
    assertThat(decision.reason()).isEqualTo(Reason.CREDENTIAL_REVOKED);
  }

  private static Decision decide(String stateOfClient) {
    String objects =
        """
        - {kind: TokenIssuer, metadata: {name: corp}, spec: {issuer: 'https://corp.example', audiences: [api], jwks: {inline: %s}}}
        - {kind: ApiPolicy, metadata: {name: api}, spec: {hosts: [api.example.com], authentication: {methods: [{name: corp, jwt: {issuerRef: {name: corp}}}]}, operations: [{name: read, match: [{methods: [GET], path: /x}]}]}}
        - kind: NonHumanIdentity
          metadata: {name: acme}
          spec:
            type: Partner
            owner: {team: t}
            credentials:
            - {name: subject, jwtSubject: {issuerRef: {name: corp}, subject: 'svc:acme'}}
            - {name: client, oauthClient: {issuerRef: {name: corp}, clientId: acme-prod}, state: %s}
        """
            .formatted(SigningKey.set(KEY), stateOfClient);
    Compilation compilation =
        Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), Compilation.EMPTY);
    String token =
        KEY.sign(
            "{\"iss\":\"https://corp.example\",\"aud\":\"api\",\"sub\":\"svc:acme\",\"azp\":\"acme-prod\",\"exp\":"
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
