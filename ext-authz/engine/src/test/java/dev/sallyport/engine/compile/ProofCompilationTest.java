package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.authenticate.ProofRules;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProofCompilationTest {
  private static final ObjectKey POLICY = new ObjectKey("ApiPolicy", "payments", "api");

  private static Compilation compile(String dpop) {
    return compile("jwt: {issuerRef: {name: corp}}", dpop);
  }

  private static Compilation compile(String method, String dpop) {
    return Compiler.compile(
        new Changes(
            CaseObjects.parse(
                """
                - kind: ApiPolicy
                  metadata: {name: api, namespace: payments}
                  spec:
                    hosts: [api.example.com, '*.inner.example.com', '[::1]']
                    authentication: {methods: [{name: a, %s}], dpop: %s}
                    operations: [{name: x, match: [{methods: [GET], path: /x}]}]
                - kind: TokenIssuer
                  metadata: {name: corp, namespace: payments}
                  spec: {issuer: 'https://corp.example', audiences: [api], jwks: {uri: 'https://corp.example/keys'}}
                """
                    .formatted(method, dpop)),
            List.of()),
        Compilation.EMPTY);
  }

  private static List<String> found(String dpop) {
    return compile(dpop).diagnostics().stream()
        .map(found -> found.severity() + " " + found.field() + " " + found.code())
        .toList();
  }

  private static @Nullable ProofRules rules(String dpop) {
    Compilation compilation = compile(dpop);
    assertThat(compilation.diagnostics()).isEmpty();
    return ((Entry.Ready) compilation.snapshot().policies().entry(POLICY))
        .policy()
        .authentication()
        .proofs();
  }

  @Test
  void originAloneIsEnough() {
    assertThat(rules("{origins: ['https://API.example.com:443/']}"))
        .isEqualTo(
            new ProofRules(
                List.of("https://api.example.com"),
                ProofRules.DEFAULT_ALGORITHMS,
                Duration.ofSeconds(60),
                false));
  }

  @Test
  void everythingIsTakenAsItIsSaid() {
    assertThat(
            rules(
                "{origins: ['https://a.inner.example.com:8443/base', 'https://[::1]'],"
                    + " algorithms: [PS512, Ed25519], maxAge: 10m, nonce: Required}"))
        .isEqualTo(
            new ProofRules(
                List.of("https://a.inner.example.com:8443/base", "https://[0:0:0:0:0:0:0:1]"),
                Set.of(JWSAlgorithm.PS512, JWSAlgorithm.Ed25519),
                Duration.ofMinutes(10),
                true));
  }

  @Test
  void policyWithoutProofsTakesNone() {
    assertThat(rules("null")).isNull();
  }

  @Test
  void whatIsNoOriginIsRefused() {
    for (String origin :
        List.of(
            "http://api.example.com",
            "api.example.com",
            "https://",
            "https://user@api.example.com",
            "https://api.example.com?x",
            "https://api.example.com/#x",
            "https://*.example.com",
            "https://api_.example.com",
            "https://api.example.com:99999999",
            "https://api.example.com/%zz",
            "https://api.example.com/\"",
            "https://api.example.com/" + "x".repeat(500))) {
      String dpop = "{origins: ['https://api.example.com', '" + origin + "']}";
      assertThat(found(dpop))
          .as(origin)
          .containsExactly("ERROR spec.authentication.dpop.origins[1] Invalid");
      assertThat(compile(dpop).snapshot().policies().entry(POLICY))
          .isInstanceOf(Entry.Unready.class);
    }
  }

  @Test
  void noOriginOrTooManyAreRefused() {
    String many =
        String.join(
            ", ",
            IntStream.range(0, 17).mapToObj(i -> "'https://api.example.com/" + i + "'").toList());
    for (String origins : List.of("", many)) {
      assertThat(found("{origins: [" + origins + "]}"))
          .containsExactly("ERROR spec.authentication.dpop.origins Invalid");
    }
    assertThat(found("{}")).containsExactly("ERROR spec.authentication.dpop.origins Invalid");
  }

  @Test
  void originThatStandsTwiceIsReported() {
    assertThat(found("{origins: ['https://api.example.com', 'https://API.example.com:443/']}"))
        .containsExactly("WARNING spec.authentication.dpop.origins[1] Invalid");
  }

  @Test
  void originOnNoHostOfThePolicyIsReported() {
    assertThat(
            found(
                "{origins: ['https://api.example.com', 'https://api.example.org',"
                    + " 'https://inner.example.com', 'https://x.y.inner.example.com']}"))
        .containsExactly(
            "WARNING spec.authentication.dpop.origins[1] Risky",
            "WARNING spec.authentication.dpop.origins[2] Risky");
  }

  @Test
  void proofsThatNobodyLooksAtAreReported() {
    String dpop = "{origins: ['https://api.example.com']}";
    for (String method :
        List.of(
            "apiKey: {header: x-api-key}",
            "serviceAccount: {audiences: [api]}",
            "jwt: {issuerRef: {name: corp}, header: x-token}",
            "jwt: {issuerRef: {name: corp}, cookie: token}")) {
      assertThat(compile(method, dpop).diagnostics())
          .as(method)
          .extracting(found -> found.severity() + " " + found.field() + " " + found.code())
          .containsExactly("WARNING spec.authentication.dpop Unreachable");
    }
  }

  @Test
  void algorithmsThatAreNoSignaturesAreRefused() {
    for (String algorithm : List.of("none", "HS256", "ES256K", "es256", "RSA-OAEP", "''")) {
      assertThat(
              found(
                  "{origins: ['https://api.example.com'], algorithms: [ES256, " + algorithm + "]}"))
          .as(algorithm)
          .containsExactly("ERROR spec.authentication.dpop.algorithms[1] Invalid");
    }
    assertThat(found("{origins: ['https://api.example.com'], algorithms: [ES256, ES256]}"))
        .containsExactly("WARNING spec.authentication.dpop.algorithms[1] Invalid");
  }

  @Test
  void agesThatProtectNobodyAreRefused() {
    for (String age : List.of("0s", "0ms", "11m", "1h", "x", "''", "60", "-1s")) {
      assertThat(found("{origins: ['https://api.example.com'], maxAge: " + age + "}"))
          .as(age)
          .containsExactly("ERROR spec.authentication.dpop.maxAge Invalid");
    }
  }
}
