package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JOSE vectors of C2SP/wycheproof, read from {@code shared/corpora/jose} beside the repository
 * or from the folder that the system property {@code sallyport.corpora} names.
 */
class WycheproofTest {
  private static final ObjectKey ISSUER = new ObjectKey("TokenIssuer", "default", "corp");

  /** What the vectors call invalid and store well-formed: their text lost what was wrong. */
  private static final Set<Integer> WELL_FORMED = Set.of(367, 370);

  /**
   * Valid there and refused here: an empty payload is no JWT (259 to 325); a key's {@code alg}
   * names another algorithm than the token's (346, 350) or one that RFC 7518 does not know (347,
   * 351).
   */
  private static final Set<Integer> REFUSED_ON_PURPOSE =
      Set.of(259, 264, 268, 272, 320, 325, 346, 347, 350, 351);

  @Test
  void noInvalidSignatureIsTakenAndEveryValidOneIs() throws IOException {
    List<String> wrong = new ArrayList<>();
    int judged =
        each(
            "json_web_signature_test.json",
            (set, test) -> {
              int id = test.get("tcId").asInt();
              boolean taken = takes(set, text(test));
              boolean valid = isValid(set, test) && !REFUSED_ON_PURPOSE.contains(id);
              if (taken != valid && !WELL_FORMED.contains(id)) {
                wrong.add(name(test) + ": taken " + taken);
              }
            });
    assertThat(wrong).isEmpty();
    assertThat(judged).isEqualTo(401);
  }

  @Test
  void noUnsafeKeyIsUsed() throws IOException {
    List<String> wrong = new ArrayList<>();
    int judged =
        each(
            "json_web_key_test.json",
            (set, test) -> {
              boolean taken = takes(set, text(test));
              if (taken != isValid(set, test)) {
                wrong.add(name(test) + ": taken " + taken);
              }
            });
    assertThat(wrong).isEmpty();
    assertThat(judged).isEqualTo(26);
  }

  /** As it stands in a TokenIssuer: a set that holds an unsafe key says so, or is not in force. */
  @Test
  void unsafeKeysAreReportedWhenTheSetIsRead() throws IOException {
    List<String> wrong = new ArrayList<>();
    int judged =
        each(
            "json_web_key_test.json",
            (set, test) -> {
              Compilation compilation = compile(set);
              boolean reported = !compilation.diagnostics(ISSUER).isEmpty();
              boolean safe = isValid(set, test);
              // What is wrong with these is the token: an RSA key that signs as ECDSA, for example.
              boolean usable = !compilation.snapshot().issuers().all().isEmpty();
              if (safe ? reported || !usable : !reported && takes(set, text(test))) {
                wrong.add(name(test) + ": " + compilation.diagnostics(ISSUER));
              }
              for (Diagnostic diagnostic : compilation.diagnostics()) {
                assertThat(diagnostic.message()).doesNotContain("\"k\"").doesNotContain("\"n\"");
              }
            });
    assertThat(wrong).isEmpty();
    assertThat(judged).isEqualTo(26);
  }

  /** The answer that a caller gets, whatever the keys are: 401, and nothing is thrown. */
  @Test
  void invalidVectorsAreInvalidCredentials() throws IOException {
    List<String> wrong = new ArrayList<>();
    int[] invalid = new int[1];
    Compilation remote = compile(null);
    for (String file : List.of("json_web_signature_test.json", "json_web_key_test.json")) {
      each(
          file,
          (set, test) -> {
            if (test.get("result").asString().equals("valid")) {
              return;
            }
            invalid[0]++;
            TokenVerifier verifier = new TokenVerifier(held(set), TokenIntrospector.NONE);
            Reason reason = TokenRequest.decide(remote, verifier, text(test)).reason();
            if (reason != Reason.CREDENTIAL_INVALID) {
              wrong.add(file + " " + name(test) + ": " + reason);
            }
          });
    }
    assertThat(wrong).isEmpty();
    assertThat(invalid[0]).isGreaterThan(350);
  }

  private static KeySource held(String set) {
    KeySet keys = ((KeySet.Parsing.Parsed) KeySet.parse(set)).keys();
    return (_, _, _) -> new KeySource.Answer.Held(keys);
  }

  /** An issuer that takes every algorithm there is, with its keys inline or at a URI. */
  private static Compilation compile(String set) {
    String keys = set == null ? "uri: 'https://corp.example/keys'" : "inline: " + set;
    String objects =
        """
        - {kind: TokenIssuer, metadata: {name: corp}, spec: {issuer: 'https://corp.example', audiences: [api], algorithms: [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA], jwks: {%s}}}
        - {kind: ApiPolicy, metadata: {name: api}, spec: {hosts: [api.example.com], authentication: {methods: [{name: corp, jwt: {issuerRef: {name: corp}}}], registered: Optional}, operations: [{name: read, match: [{methods: [GET], path: /x}]}]}}
        """
            .formatted(keys);
    return Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), Compilation.EMPTY);
  }

  /** As for an issuer that takes every algorithm there is: only token and key are in question. */
  private static boolean takes(String set, String token) {
    return KeySet.parse(set) instanceof KeySet.Parsing.Parsed(var keys, _)
        && SignedToken.read(token) instanceof SignedToken.Reading.Read(var signed)
        && CompiledIssuer.SUPPORTED_ALGORITHMS.contains(signed.algorithm())
        && keys.find(signed, false).filter(key -> key.verifies(signed)).isPresent();
  }

  /** To the vectors, and to us, who take no signature by a shared secret. */
  private static boolean isValid(String set, JsonNode test) {
    return test.get("result").asString().equals("valid") && !set.contains("\"oct\"");
  }

  private static String text(JsonNode test) {
    JsonNode jws = test.get("jws");
    return jws.isString() ? jws.asString() : jws.toString();
  }

  private static String name(JsonNode test) {
    return test.get("tcId") + " " + test.get("comment").asString();
  }

  /** Calls with the key set and each vector of a file. */
  private static int each(String file, BiConsumer<String, JsonNode> judge) throws IOException {
    JsonNode vectors = JsonMapper.shared().readTree(Files.readAllBytes(folder().resolve(file)));
    int judged = 0;
    for (JsonNode group : vectors.get("testGroups")) {
      JsonNode key = group.has("public") ? group.get("public") : group.get("private");
      String set = key.has("keys") ? key.toString() : "{\"keys\":[" + key + "]}";
      for (JsonNode test : group.get("tests")) {
        judge.accept(set, test);
        judged++;
      }
    }
    return judged;
  }

  private static Path folder() {
    String named = System.getProperty("sallyport.corpora");
    if (named != null) {
      return Path.of(named, "jose");
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path folder = at.resolve("shared/corpora/jose");
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    String skipped = "SKIPPED: no folder shared/corpora/jose here or above: no vector was judged";
    // Reports keep the reason of what was skipped to themselves.
    System.err.println(skipped);
    return abort(skipped);
  }
}
