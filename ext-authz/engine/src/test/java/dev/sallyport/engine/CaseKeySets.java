package dev.sallyport.engine;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.KeySet;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.decision.Patience;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The key sets of a case file.
 *
 * @param texts of those that stand in a TokenIssuer, by name
 * @param held what is held of the issuers that are fetched from, by {@code namespace/name}
 */
record CaseKeySets(Map<String, String> texts, Map<String, Held> held) implements KeySource {
  /** How a set can be had. */
  enum Says {
    Held,
    /** Only by whom can wait. */
    Late,
    Unavailable
  }

  record Held(Says says, KeySet keys) {}

  static CaseKeySets read(List<Object> sets, Map<String, CaseKey> keys) {
    Map<String, String> texts = new HashMap<>();
    Map<String, Held> held = new HashMap<>();
    for (Object each : sets) {
      CaseYaml set = CaseYaml.of(each, "name", "issuer", "keys", "answer");
      List<JWK> jwks =
          set.texts("keys").stream().map(name -> CaseCredentials.named(keys, name).jwk()).toList();
      String text = new JWKSet(jwks).toString();
      if (set.has("name")) {
        texts.put(set.text("name"), text);
      }
      if (set.has("issuer")) {
        Says says = set.one("answer", Says.Held);
        KeySet parsed = ((KeySet.Parsing.Parsed) KeySet.parse(text)).keys();
        held.put(set.text("issuer"), new Held(says, parsed));
      }
    }
    return new CaseKeySets(texts, held);
  }

  @Override
  public Answer keys(CompiledIssuer issuer, String keyId, Patience patience) {
    Held set = held.get(issuer.key().qualifiedName());
    if (set == null || set.says == Says.Unavailable) {
      return new Answer.Unavailable();
    }
    return set.says == Says.Late && patience instanceof Patience.None
        ? new Answer.WouldWait()
        : new Answer.Held(set.keys);
  }
}
