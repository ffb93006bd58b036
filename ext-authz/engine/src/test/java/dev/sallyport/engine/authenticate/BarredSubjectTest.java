package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Reason;
import org.junit.jupiter.api.Test;

/** With `registered: Optional` a broken identity must not make its callers unknown, and free. */
class BarredSubjectTest {
  private static final SigningKey KEY = SigningKey.ec("k1");

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
    String token =
        KEY.sign(
            "{\"iss\":\"https://corp.example\",\"aud\":\"api\",\"sub\":\""
                + subject
                + "\",\"exp\":"
                + (TokenRequest.NOW.getEpochSecond() + 60)
                + "}");
    return TokenRequest.decide(objects, token);
  }
}
