package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JOSE vectors of C2SP/wycheproof, read from {@code shared/corpora/jose} beside the repository
 * or from the folder that the system property {@code sallyport.corpora} names.
 */
class WycheproofTest {
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
    int judged = 0;
    for (JsonNode group : vectors("json_web_signature_test.json").get("testGroups")) {
      JsonNode key = group.has("public") ? group.get("public") : group.get("private");
      String set = "{\"keys\":[" + key + "]}";
      for (JsonNode test : group.get("tests")) {
        int id = test.get("tcId").asInt();
        boolean taken = takes(set, test.get("jws"));
        boolean symmetric = key.get("kty").asString().equals("oct");
        boolean valid =
            test.get("result").asString().equals("valid")
                && !symmetric
                && !REFUSED_ON_PURPOSE.contains(id);
        if (taken != valid && !WELL_FORMED.contains(id)) {
          wrong.add(id + " " + test.get("comment").asString() + ": taken " + taken);
        }
        judged++;
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(judged).isEqualTo(401);
  }

  @Test
  void noUnsafeKeyIsUsed() throws IOException {
    List<String> wrong = new ArrayList<>();
    int judged = 0;
    for (JsonNode group : vectors("json_web_key_test.json").get("testGroups")) {
      JsonNode key = group.has("public") ? group.get("public") : group.get("private");
      String set = key.has("keys") ? key.toString() : "{\"keys\":[" + key + "]}";
      boolean symmetric = set.contains("\"oct\"");
      for (JsonNode test : group.get("tests")) {
        boolean taken = takes(set, test.get("jws"));
        boolean valid = test.get("result").asString().equals("valid") && !symmetric;
        if (taken != valid) {
          wrong.add(test.get("tcId") + " " + test.get("comment").asString() + ": taken " + taken);
        }
        judged++;
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(judged).isEqualTo(26);
  }

  /** As for an issuer that takes every algorithm there is: only token and key are in question. */
  private static boolean takes(String set, JsonNode jws) {
    String token = jws.isString() ? jws.asString() : jws.toString();
    return KeySet.parse(set) instanceof KeySet.Parsing.Parsed(var keys, _)
        && SignedToken.read(token) instanceof SignedToken.Reading.Read(var signed)
        && CompiledIssuer.SUPPORTED_ALGORITHMS.contains(signed.algorithm())
        && keys.find(signed, false).filter(key -> key.verifies(signed)).isPresent();
  }

  private static JsonNode vectors(String name) throws IOException {
    Path file = folder().resolve(name);
    return JsonMapper.shared().readTree(Files.readAllBytes(file));
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
    return abort("SKIPPED: no folder shared/corpora/jose here or above: no vector was judged");
  }
}
