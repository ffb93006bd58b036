package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.JWSAlgorithm;
import dev.sallyport.engine.receive.Request;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A DPoP proof (RFC 9449 section 4.2), taken apart and not yet believed.
 *
 * @param algorithm {@code alg}, as the proof claims it
 * @param key the members of {@code jwk} that make the key, and no other
 * @param thumbprint of the key (RFC 7638), base64url
 * @param id {@code jti}
 * @param method {@code htm}
 * @param target {@code htu}
 * @param issuedAt {@code iat}
 * @param notBefore {@code nbf}
 * @param expiresAt {@code exp}
 * @param tokenDigest {@code ath}
 * @param nonce {@code nonce}
 * @param signingInput header and payload as they were signed, ASCII
 * @param signature base64url
 */
record Proof(
    JWSAlgorithm algorithm,
    Map<String, Object> key,
    String thumbprint,
    String id,
    String method,
    String target,
    Instant issuedAt,
    Optional<Instant> notBefore,
    Optional<Instant> expiresAt,
    String tokenDigest,
    Optional<String> nonce,
    String signingInput,
    String signature) {
  /** Longer ones are not looked at; one with an RSA key of 8192 bits has 4 KiB. */
  static final int MAX_CHARS = 8 * 1024;

  private static final int MAX_ID_CHARS = 256;

  private static final String TYPE = "dpop+jwt";

  /** Header members that change what is signed, or how it is to be read. */
  private static final List<String> REFUSED = List.of("crit", "b64", "zip");

  /** Key members that only a private or a symmetric key has (RFC 7518 section 6). */
  private static final Set<String> SECRET = Set.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");

  /** RFC 7638 section 3.2 and RFC 8037 section 2, in the order in which they are hashed. */
  private static final Map<String, List<String>> REQUIRED =
      Map.of(
          "EC", List.of("crv", "kty", "x", "y"),
          "OKP", List.of("crv", "kty", "x"),
          "RSA", List.of("e", "kty", "n"));

  /** What stands in these members; nothing of it would have to be escaped in JSON. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-]+");

  /** What the values of {@code DPoP} are, read as a proof. */
  sealed interface Reading {
    /** It has the form. */
    record Read(Proof proof) implements Reading {}

    /**
     * It has not.
     *
     * @param why for the policy's author; nothing of the proof
     */
    record Malformed(String why) implements Reading {}
  }

  /** Reads the header {@code DPoP} of a request: one line with one JWT. */
  static Reading read(List<String> values) {
    if (values.isEmpty()) {
      return malformed("the request has no `DPoP` header");
    }
    // Envoy may have joined two lines with a comma, which no JWT holds.
    if (values.size() > 1 || values.getFirst().indexOf(',') >= 0) {
      return malformed("the request has more than one `DPoP` header");
    }
    String proof = values.getFirst();
    if (proof.length() > MAX_CHARS) {
      return malformed("the proof is longer than " + MAX_CHARS + " characters");
    }
    String[] parts = proof.split("\\.", 4);
    if (parts.length != 3) {
      return malformed("the proof is not a signed JWT: it has not three parts");
    }
    for (String part : parts) {
      if (part.isEmpty() || SignedToken.decode(part).isEmpty()) {
        return malformed("a part of the proof is not canonical base64url");
      }
    }
    Optional<Map<String, @Nullable Object>> header = object(parts[0]);
    Optional<Map<String, @Nullable Object>> payload = object(parts[1]);
    if (header.isEmpty() || payload.isEmpty()) {
      return malformed("the proof's header or payload is not a JSON object with unique names");
    }
    return read(header.get(), Claims.of(payload.get()), proof);
  }

  private static Optional<Map<String, @Nullable Object>> object(String part) {
    return SignedToken.decode(part).flatMap(StrictJson::object);
  }

  private static Reading read(Map<String, @Nullable Object> header, Claims claims, String proof) {
    Optional<String> refused = REFUSED.stream().filter(header::containsKey).findFirst();
    if (refused.isPresent()) {
      return malformed("the proof's header has `" + refused.get() + "`");
    }
    if (!TYPE.equals(header.get("typ"))) {
      return malformed("the proof's `typ` is not `dpop+jwt`");
    }
    if (!(header.get("alg") instanceof String algorithm)) {
      return malformed("the proof's header has no `alg`");
    }
    if (!(header.get("jwk") instanceof Map<?, ?> jwk)) {
      return malformed("the proof's header has no `jwk`");
    }
    if (jwk.keySet().stream().anyMatch(SECRET::contains)) {
      return malformed("the proof shows a private or symmetric key, which is no secret any more");
    }
    if (!isForProofs(jwk, algorithm)) {
      return malformed("the proof's key is not for this signature: see `use`, `key_ops`, `alg`");
    }
    Map<String, Object> key = key(jwk);
    if (key.isEmpty()) {
      return malformed("the proof's `jwk` is not of a known type with all its members");
    }
    int dot = proof.lastIndexOf('.');
    return read(
        claims,
        JWSAlgorithm.parse(algorithm),
        key,
        proof.substring(0, dot),
        proof.substring(dot + 1));
  }

  private static Reading read(
      Claims claims,
      JWSAlgorithm algorithm,
      Map<String, Object> key,
      String signingInput,
      String signature) {
    for (String name : List.of("jti", "htm", "htu", "ath")) {
      if (claims.text(name).isEmpty()) {
        return malformed("the proof has no `" + name + "`");
      }
    }
    if (claims.text("jti").orElse("").length() > MAX_ID_CHARS) {
      return malformed("the proof's `jti` is longer than " + MAX_ID_CHARS + " characters");
    }
    if (claims.date("iat").isEmpty()) {
      return malformed("the proof has no usable `iat`");
    }
    for (String name : List.of("exp", "nbf")) {
      if (claims.has(name) && claims.date(name).isEmpty()) {
        return malformed("the proof's `" + name + "` is not a date");
      }
    }
    if (claims.has("nonce") && claims.text("nonce").isEmpty()) {
      return malformed("the proof's `nonce` is not text, or empty");
    }
    return new Reading.Read(
        new Proof(
            algorithm,
            key,
            thumbprint(key),
            claims.text("jti").orElseThrow(),
            claims.text("htm").orElseThrow(),
            claims.text("htu").orElseThrow(),
            claims.date("iat").orElseThrow(),
            claims.date("nbf"),
            claims.date("exp"),
            claims.text("ath").orElseThrow(),
            claims.text("nonce"),
            signingInput,
            signature));
  }

  private static Reading malformed(String why) {
    return new Reading.Malformed(why);
  }

  /** Whether nothing in the key speaks against it (RFC 7517 section 4.2 to 4.4). */
  private static boolean isForProofs(Map<?, ?> jwk, String algorithm) {
    boolean use = !jwk.containsKey("use") || "sig".equals(jwk.get("use"));
    boolean alg = !jwk.containsKey("alg") || algorithm.equals(jwk.get("alg"));
    boolean operations =
        !jwk.containsKey("key_ops")
            || (jwk.get("key_ops") instanceof Collection<?> names && names.contains("verify"));
    return use && alg && operations;
  }

  /** The members that make the key, in their order; empty where one is missing or not plain. */
  private static Map<String, Object> key(Map<?, ?> jwk) {
    List<String> names =
        jwk.get("kty") instanceof String type ? REQUIRED.getOrDefault(type, List.of()) : List.of();
    Map<String, Object> key = new LinkedHashMap<>();
    for (String name : names) {
      if (!(jwk.get(name) instanceof String text) || !PLAIN.matcher(text).matches()) {
        return Map.of();
      }
      key.put(name, text);
    }
    return key;
  }

  private static String thumbprint(Map<String, Object> key) {
    StringBuilder json = new StringBuilder("{");
    key.forEach((name, value) ->
        json.append(json.length() == 1 ? "\"" : ",\"")
            .append(name)
            .append("\":\"")
            .append(value)
            .append('"'));
    return KeyDigest.of(json.append('}').toString()).base64Url();
  }

  /**
   * What speaks against the proof before its signature is looked at; empty where nothing does. Of a
   * nonce nothing is said here.
   *
   * @param token that it came with
   */
  Optional<String> objection(Request request, String token, ProofRules rules) {
    Instant now = request.inbound().at();
    Instant latest = now.plus(rules.maxAge());
    if (!rules.algorithms().contains(algorithm)) {
      return Optional.of("the proof's `alg` is not one of the policy's");
    }
    if (!method.equals(request.method())) {
      return Optional.of("the proof is for another method (`htm`)");
    }
    if (!rules.isTarget(target, request)) {
      return Optional.of("the proof is for another URI (`htu`): see `authentication.dpop.origins`");
    }
    if (!tokenDigest.equals(KeyDigest.of(token).base64Url())) {
      return Optional.of("the proof is for another token (`ath`)");
    }
    if (issuedAt.isAfter(latest) || notBefore.filter(from -> from.isAfter(latest)).isPresent()) {
      return Optional.of("the proof is from the future (`iat`, `nbf`)");
    }
    if (issuedAt.isBefore(now.minus(rules.maxAge()))
        || expiresAt.filter(end -> !end.isAfter(now)).isPresent()) {
      return Optional.of("the proof is too old (`iat`, `exp`)");
    }
    return Optional.empty();
  }

  /** What the signature is over. */
  byte[] signedBytes() {
    return signingInput.getBytes(StandardCharsets.US_ASCII);
  }

  /** What tells this proof from any other: two with the same key and {@code jti} are one. */
  KeyDigest digest() {
    // INVARIANT: a thumbprint has 43 characters, so no two pairs make the same text.
    return KeyDigest.of(thumbprint + id);
  }

  /** Never prints a proof. */
  @Override
  public String toString() {
    return "Proof[redacted]";
  }
}
