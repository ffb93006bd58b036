package dev.sallyport.engine;

import com.nimbusds.jose.util.Base64URL;
import dev.sallyport.engine.CaseIntrospections.Asked;
import dev.sallyport.engine.authenticate.CertificateReader;
import dev.sallyport.engine.authenticate.Possession;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.TokenVerifier;
import dev.sallyport.engine.authenticate.Verifiers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The tokens and proofs of a case file, and what is known of them.
 *
 * <pre>
 * keys: {corp-1: ES256, corp-2: RS256, device: EdDSA}  # always the same of one name
 * keySets:
 * - {name: corp, keys: [corp-1, corp-2]}        # `inline: &lt;corp>` in a TokenIssuer
 * - {issuer: ns/name, keys: [corp-1], answer: Held}  # of a TokenIssuer with a `uri`; Held is the
 *                                # default; or Late (only with patience), Unavailable
 * tokens:                        # JWTs; "Bearer &lt;reader>" in a header presents one
 * - name: reader
 *   key: corp-1                  # that signs it
 *   age: 1m                      # since `iat`, at 12:00; this is the default
 *   lifetime: 1h                 # to `exp`; this is the default
 *   header: {typ: at+jwt}        # beside `alg` and `kid`, or for these; null takes one away
 *   claims: {iss: …, aud: …}     # beside `iat` and `exp`, or for these; null takes one away
 *   cnf: {jkt: device}           # the key, or {x5t: name} the certificate, that it is bound to
 * introspections:                # opaque tokens; "Bearer &lt;opaque>" presents one
 * - name: opaque
 *   issuer: ns/name              # the TokenIssuer that knows it
 *   text: 2YotnFZFEjr1zCsicMWpAA # or &lt;reader>; another of its own where absent
 *   answer: Active               # this is the default; or Late (only with patience), Inactive,
 *                                # Unavailable, NotAsked
 *   members: {aud: …}            # beside `active`, `iat` and `exp`, or for these
 *   (age, lifetime, cnf: as above)
 * proofs:                        # of possession (DPoP); "&lt;proof>" in a header presents one
 * - name: proof
 *   key: device                  # that signs it
 *   of: reader                   # the token that it is for; `ath`
 *   htm: GET                     # this is the default
 *   htu: https://host/path
 *   age: 0s                      # since `iat`, at 12:00; this is the default
 *   jti: proof                   # its name where absent
 *   nonce: nonce-of-now          # the newest; nonce-of-before is good still, others are not
 *   header: {…}, claims: {…}     # beside the usual, or for these; null takes one away
 * replays: Full                  # there is no room to remember proofs
 * </pre>
 *
 * @param texts of tokens and proofs, by name
 */
record CaseCredentials(
    Map<String, String> texts,
    CaseKeySets keySets,
    CaseIntrospections introspections,
    boolean full) {
  static final List<String> SECTIONS =
      List.of("keys", "keySets", "tokens", "introspections", "proofs", "replays");

  private static final Instant NOON = CaseFile.DEFAULT_TIME;

  /** Tokens of nobody. */
  static final CaseCredentials NONE = read(Map.of(), name -> name);

  /**
   * Reads the sections of a file.
   *
   * @param thumbprints the {@code x5t#S256} of a certificate, by its name
   */
  static CaseCredentials read(Map<String, Object> file, UnaryOperator<String> thumbprints) {
    return new Reader(CaseFile.map(file.get("keys")), thumbprints).read(file);
  }

  /** Judges with what the file says, and remembers the proofs of one case. */
  Verifiers verifiers(TokenReviewer reviewer, CertificateReader certificates) {
    CaseProofs proofs = new CaseProofs(full);
    return new Verifiers(
        new TokenVerifier(keySets, introspections),
        reviewer,
        certificates,
        new Possession(proofs, proofs));
  }

  /** Text with tokens and proofs for their names. */
  String written(String text) {
    return replaced(text, texts);
  }

  /** A value of an object, with key sets for their names. */
  Object declared(Object value) {
    return switch (value) {
      case String text -> replaced(text, keySets.texts());
      case List<?> list -> list.stream().map(each -> each == null ? null : declared(each)).toList();
      case Map<?, ?> map -> {
        Map<Object, @Nullable Object> declared = new LinkedHashMap<>();
        map.forEach((key, each) -> declared.put(key, each == null ? null : declared(each)));
        yield declared;
      }
      default -> value;
    };
  }

  static <T> T named(Map<String, T> all, String name) {
    T named = all.get(name);
    if (named == null) {
      throw new IllegalArgumentException("the case file names no `" + name + "`");
    }
    return named;
  }

  private static String replaced(String text, Map<String, String> texts) {
    String replaced = text;
    for (Map.Entry<String, String> each : texts.entrySet()) {
      replaced = replaced.replace('<' + each.getKey() + '>', each.getValue());
    }
    return replaced;
  }

  /** What a proof says of its token ({@code ath}, RFC 9449 section 4.2). */
  static String digest(String token) {
    try {
      return Base64URL.encode(
              MessageDigest.getInstance("SHA-256")
                  .digest(token.getBytes(StandardCharsets.US_ASCII)))
          .toString();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Reads sections, each of which may name what stands in those before it. */
  private static final class Reader {
    private final Map<String, CaseKey> keys = new HashMap<>();
    private final Map<String, String> texts = new HashMap<>();
    private final List<Asked> asked = new ArrayList<>();
    private final UnaryOperator<String> thumbprints;

    Reader(Map<String, Object> algorithms, UnaryOperator<String> thumbprints) {
      this.thumbprints = thumbprints;
      algorithms.forEach((name, algorithm) ->
          keys.put(name, CaseKey.of(name, CaseKey.Algorithm.valueOf(String.valueOf(algorithm)))));
    }

    CaseCredentials read(Map<String, Object> file) {
      CaseKeySets sets = CaseKeySets.read(CaseFile.list(file.get("keySets")), keys);
      CaseFile.list(file.get("tokens")).forEach(this::token);
      CaseFile.list(file.get("introspections")).forEach(this::introspection);
      CaseFile.list(file.get("proofs")).forEach(this::proof);
      Object replays = file.getOrDefault("replays", "");
      if (!List.of("", "Full").contains(replays)) {
        throw new IllegalArgumentException("`replays` is `Full` or absent");
      }
      return new CaseCredentials(
          Map.copyOf(texts), sets, new CaseIntrospections(asked), replays.equals("Full"));
    }

    private void token(Object each) {
      CaseYaml token =
          CaseYaml.of(each, "name", "key", "age", "lifetime", "header", "claims", "cnf");
      CaseKey key = named(keys, token.text("key"));
      Map<String, Object> header = new LinkedHashMap<>();
      header.put("alg", key.algorithm().name());
      header.put("kid", key.name());
      put(
          token.text("name"),
          key.sign(
              CaseYaml.overridden(header, token.map("header")),
              CaseYaml.overridden(lasting(token), token.map("claims"))));
    }

    private void introspection(Object each) {
      CaseYaml token =
          CaseYaml.of(
              each, "name", "issuer", "text", "answer", "age", "lifetime", "members", "cnf");
      String name = token.text("name");
      String text = replaced(token.text("text", "opaque-" + name), texts);
      put(name, text);
      Map<String, Object> members = lasting(token);
      members.put("active", true);
      asked.add(
          new Asked(
              text,
              token.text("issuer"),
              token.one("answer", CaseIntrospections.Says.Active),
              numbered(CaseYaml.overridden(members, token.map("members")))));
    }

    private void proof(Object each) {
      CaseYaml proof =
          CaseYaml.of(
              each, "name", "key", "of", "htm", "htu", "age", "jti", "nonce", "header", "claims");
      CaseKey key = named(keys, proof.text("key"));
      Map<String, Object> header = new LinkedHashMap<>();
      header.put("typ", "dpop+jwt");
      header.put("alg", key.algorithm().name());
      header.put("jwk", key.publicMembers());
      Map<String, Object> claims = new LinkedHashMap<>();
      claims.put("jti", proof.text("jti", proof.text("name")));
      claims.put("htm", proof.text("htm", "GET"));
      claims.put("iat", NOON.minus(proof.duration("age", "0s")).getEpochSecond());
      if (proof.has("htu")) {
        claims.put("htu", proof.text("htu"));
      }
      if (proof.has("of")) {
        claims.put("ath", digest(named(texts, proof.text("of"))));
      }
      if (proof.has("nonce")) {
        claims.put("nonce", proof.text("nonce"));
      }
      put(
          proof.text("name"),
          key.sign(
              CaseYaml.overridden(header, proof.map("header")),
              CaseYaml.overridden(claims, proof.map("claims"))));
    }

    private void put(String name, String text) {
      if (texts.put(name, text) != null) {
        throw new IllegalArgumentException("`" + name + "` stands twice in the case file");
      }
    }

    /** When a token was given and when it ends, and what it is bound to. */
    private Map<String, Object> lasting(CaseYaml token) {
      Instant issued = NOON.minus(token.duration("age", "1m"));
      Map<String, Object> claims = new LinkedHashMap<>();
      claims.put("iat", issued.getEpochSecond());
      claims.put("exp", issued.plus(token.duration("lifetime", "1h")).getEpochSecond());
      if (token.has("cnf")) {
        CaseYaml cnf = CaseYaml.of(token.map("cnf"), "jkt", "x5t");
        Map<String, Object> bound = new LinkedHashMap<>();
        if (cnf.has("jkt")) {
          bound.put("jkt", named(keys, cnf.text("jkt")).thumbprint());
        }
        if (cnf.has("x5t")) {
          bound.put("x5t#S256", thumbprints.apply(cnf.text("x5t")));
        }
        claims.put("cnf", bound);
      }
      return claims;
    }

    /** Whole numbers as the engine reads them out of JSON. */
    private static Map<String, Object> numbered(Map<String, Object> members) {
      Map<String, Object> numbered = new LinkedHashMap<>(members);
      numbered.replaceAll((_, value) -> value instanceof Integer whole ? whole.longValue() : value);
      return numbered;
    }
  }
}
