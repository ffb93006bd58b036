package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Reason;
import org.junit.jupiter.api.Test;

/** What a token says of its client counts beside what it says of its subject. */
class RevokedClientTest {
  private static final SigningKey KEY = SigningKey.ec("k1");

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
    String token =
        KEY.sign(
            "{\"iss\":\"https://corp.example\",\"aud\":\"api\",\"sub\":\"svc:acme\",\"azp\":\"acme-prod\",\"exp\":"
                + (TokenRequest.NOW.getEpochSecond() + 60)
                + "}");
    return TokenRequest.decide(objects, token);
  }
}
