package dev.sallyport.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Verdict.Changes;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.receive.Headers;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class EncodedResponsesTest {
  private static final Instant AT = Instant.parse("2026-11-25T12:00:00Z");

  private final EncodedResponses responses = new EncodedResponses();

  /** A decision without its id, and the headers of its request. */
  record Answered(Verdict verdict, Facts facts, Headers headers) {}

  @Property(tries = 2000)
  void theQuickResponseIsTheSlowOne(@ForAll("answered") Answered answered)
      throws InvalidProtocolBufferException {
    // The first makes the template, the second uses it.
    for (int i = 0; i < 2; i++) {
      Decision decision =
          new Decision(DecisionIds.at(AT), AT, answered.verdict(), answered.facts(), 7);
      assertThat(CheckResponse.parseFrom(responses.of(decision, answered.headers())))
          .isEqualTo(CheckResponses.of(decision, answered.headers()));
    }
  }

  @Provide
  static Arbitrary<Answered> answered() {
    return Combinators.combine(verdicts(), facts(), headers()).as(Answered::new);
  }

  private static Arbitrary<Verdict> verdicts() {
    Arbitrary<Denial> denials =
        Combinators.combine(
                Arbitraries.of(Reason.values()).filter(reason -> reason != Reason.ALLOWED),
                Arbitraries.of("", "why", "a \"quoted\" reason", "~".repeat(40)),
                fields(),
                Arbitraries.of("/a", "/b\"")
                    .map(at -> new Violation(Violation.Part.BODY, at, "type", "must be a string"))
                    .list()
                    .ofMaxSize(2))
            .as(Denial::new);
    Arbitrary<Changes> changes =
        Combinators.combine(
                Arbitraries.of("x-api-key", "authorization").list().ofMaxSize(2),
                Arbitraries.of("key", "api_key").list().ofMaxSize(2),
                Arbitraries.of("", "a=1", "a=1; b=2").injectNull(0.7),
                Arbitraries.of("/x?fields=id", "/x").injectNull(0.7),
                fields())
            .as(Changes::new);
    return Arbitraries.oneOf(
        denials.map(Verdict.Deny::new),
        Combinators.combine(denials.injectNull(0.7), changes).as(Verdict.Allow::new));
  }

  private static Arbitrary<List<HttpField>> fields() {
    return Arbitraries.of(
            new HttpField("ratelimit", "\"a\";r=1;t=2"),
            new HttpField("ratelimit-policy", "\"a\";q=" + "9".repeat(130) + ";w=60"),
            new HttpField("www-authenticate", "Bearer realm=\"a\""),
            new HttpField("x-tildes", "~".repeat(36)))
        .list()
        .ofMaxSize(3);
  }

  private static Arbitrary<Facts> facts() {
    return Combinators.combine(
            Arbitraries.of("a", "b")
                .map(name -> new ObjectKey("ApiPolicy", "ns", name))
                .injectNull(0.3),
            Arbitraries.of("read", "", "~".repeat(36)).injectNull(0.3),
            Arbitraries.of("acme", "other")
                .map(name -> new ObjectKey("NonHumanIdentity", "ns", name))
                .injectNull(0.3),
            Arbitraries.of("primary", "second").injectNull(0.3),
            Arbitraries.of("", "dpop", "mtls"),
            Arbitraries.of("1", "\"a\"", "\"b\"")
                .injectNull(0.3)
                .map(id -> new Facts.Rpc("2025-06-18", "tools/call", id, 0))
                .injectNull(0.7))
        .as((policy, operation, identity, credential, constraint, rpc) ->
            new Facts(
                "GET",
                "api.example.com",
                policy,
                "host",
                false,
                operation,
                "/x",
                List.of(),
                new Facts.CredentialUse("keys", "apiKey", constraint, credential),
                new Facts.IdentityUse(identity, "Partner"),
                null,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                rpc,
                List.of(),
                List.of()));
  }

  private static Arbitrary<Headers> headers() {
    return Arbitraries.of(
        Headers.NONE,
        Headers.joined(Map.of("content-type", "application/grpc")),
        Headers.joined(Map.of("x-sallyport-identity", "me")),
        Headers.joined(Map.of("x-sallyport-admin", "true")),
        Headers.joined(Map.of("x_sallyport_identity", "me", "accept", "*/*")));
  }
}
