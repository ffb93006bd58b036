package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.authenticate.CompiledIssuer.Profile;
import dev.sallyport.engine.authenticate.Subject.TokenSubject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a token says, or its issuer says of it, in the form that the issuer's rules want. Whether
 * the issuer said it, a token's signature shows.
 *
 * @param issuer whose rules it meets
 * @param audiences {@code aud}
 * @param notBefore {@code nbf}
 * @param issuedAt {@code iat}
 */
record Assertion(
    CompiledIssuer issuer,
    TokenSubject subject,
    Set<String> audiences,
    Optional<Instant> notBefore,
    Optional<Instant> issuedAt) {
  /**
   * The types that may carry access, lower case; a list of those that may not would never end (RFC
   * 8725 section 3.11).
   */
  private static final Set<String> GENERIC_TYPES = Set.of("", "jwt", "jose", "at+jwt");

  private static final Set<String> ACCESS_TOKEN_TYPES = Set.of("at+jwt");
  private static final Set<String> SVID_TYPES = Set.of("", "jwt", "jose");

  /** RFC 9068 section 2.2; {@code iss}, {@code aud} and {@code exp} are for every token. */
  private static final List<String> ACCESS_TOKEN_CLAIMS = List.of("sub", "client_id", "iat", "jti");

  /** Of all that is no claim: this, its subject and dates, and its place in a cache. */
  private static final long OWN_BYTES = 640;

  /** The kinds of token that an answer may name, lower case (RFC 6750, RFC 9449). */
  private static final Set<String> TOKEN_TYPES = Set.of("bearer", "dpop");

  /** What some issuers call an access token, lower case, to tell it from the others of theirs. */
  private static final Set<String> ACCESS_USES = Set.of("access", "access_token");

  /** What an unverified token says, held against its issuer's rules. */
  sealed interface Reading {
    /** It meets them; signature, times and audience are to be checked yet. */
    record Read(Assertion assertion) implements Reading {}

    /**
     * It does not.
     *
     * @param why for the policy's author; never a claim's value
     */
    record Refused(String why) implements Reading {}
  }

  /** Reads a token by its issuer's rules. */
  static Reading read(SignedToken token, CompiledIssuer issuer) {
    if (!issuer.algorithms().contains(token.algorithm())) {
      return new Reading.Refused("the token's `alg` is not one of the issuer's");
    }
    if (!types(issuer.profile()).contains(token.type().map(SignedToken::shortType).orElse(""))) {
      return new Reading.Refused("the token's `typ` is of another kind of token");
    }
    Optional<Map<String, @Nullable Object>> payload = token.claims();
    if (payload.isEmpty()) {
      return new Reading.Refused("the token's payload is not a JSON object with unique names");
    }
    Claims claims = Claims.of(payload.get());
    List<String> objections = new ArrayList<>();
    if (!claims.says("iss", issuer.issuer())) {
      objections.add("the token's `iss` is not the issuer's");
    }
    return read(claims, issuer, objections);
  }

  /**
   * Reads what an issuer says of an active token, by the rules for what a token says itself. Its
   * {@code iss} may be left out: the issuer was asked. Of the token's header nothing is known, so
   * of RFC 9068 the claims are asked for and not the {@code typ}.
   */
  static Reading read(TokenIntrospector.Answer.Active answer, CompiledIssuer issuer) {
    Claims claims = new Claims(answer.members());
    List<String> objections = new ArrayList<>();
    if (claims.has("active") && !claims.says("active", "true")) {
      objections.add("the token is not active");
    }
    if (claims.has("iss") && !claims.says("iss", issuer.issuer())) {
      objections.add("the token's `iss` is not the issuer's");
    }
    checkKind(claims, objections);
    return switch (read(claims, issuer, objections)) {
      case Reading.Refused(var why) -> new Reading.Refused("as the issuer answers, " + why);
      case Reading.Read read -> read;
    };
  }

  /** A refresh token may be active too. */
  private static void checkKind(Claims claims, List<String> objections) {
    if (claims.has("token_use") && !ACCESS_USES.contains(lower(claims.text("token_use")))) {
      objections.add("the token's `token_use` is of another kind of token");
    }
    if (!claims.has("token_type")) {
      return;
    }
    String type = lower(claims.text("token_type"));
    if (!TOKEN_TYPES.contains(type)) {
      objections.add("the token's `token_type` is neither Bearer nor DPoP");
    }
    // RFC 9449 section 6.2.
    boolean bound =
        Confirmation.read(claims.all().get("cnf")).flatMap(Confirmation::key).isPresent();
    if (type.equals("dpop") != bound) {
      objections.add("the token's `token_type` and `cnf` do not say the same");
    }
  }

  private static String lower(Optional<String> text) {
    return text.orElse("").toLowerCase(Locale.ROOT);
  }

  private static Reading read(Claims claims, CompiledIssuer issuer, List<String> objections) {
    checkShapes(claims, issuer, objections);
    checkRules(claims, issuer, objections);
    Optional<Instant> expiresAt = claims.date("exp");
    if (expiresAt.isEmpty()) {
      objections.add("the token has no usable `exp`");
    }
    if (!objections.isEmpty() || expiresAt.isEmpty()) {
      return new Reading.Refused(objections.getFirst());
    }
    return new Reading.Read(
        new Assertion(
            issuer,
            subject(claims, issuer, expiresAt.get()),
            Set.copyOf(claims.texts("aud").orElse(List.of())),
            claims.date("nbf"),
            claims.date("iat")));
  }

  private static Set<String> types(Profile profile) {
    return switch (profile) {
      case GENERIC -> GENERIC_TYPES;
      case ACCESS_TOKEN -> ACCESS_TOKEN_TYPES;
      case JWT_SVID -> SVID_TYPES;
    };
  }

  /** A claim that is there has its own shape, whether or not anyone asks for it. */
  private static void checkShapes(Claims claims, CompiledIssuer issuer, List<String> objections) {
    List<String> texts = new ArrayList<>(List.of("iss", "sub", "jti"));
    texts.addAll(issuer.identityClaims());
    texts.stream()
        .filter(name -> claims.has(name) && claims.text(name).isEmpty())
        .forEach(name -> objections.add("the token's `" + name + "` is not text, or empty"));
    for (String name : List.of("exp", "nbf", "iat")) {
      if (claims.has(name) && claims.date(name).isEmpty()) {
        objections.add("the token's `" + name + "` is not a date");
      }
    }
    List<String> lists = new ArrayList<>(List.of("aud"));
    lists.addAll(issuer.scopeClaims());
    lists.stream()
        .filter(name -> claims.has(name) && claims.texts(name).isEmpty())
        .forEach(name -> objections.add("the token's `" + name + "` is not text or a list of it"));
  }

  private static void checkRules(Claims claims, CompiledIssuer issuer, List<String> objections) {
    if (!claims.has("aud")) {
      objections.add("the token has no `aud`");
    }
    // RFC 9449 section 7.2, RFC 8705 section 3: without its proof a bound token is a stolen one.
    if (Confirmation.read(claims.all().get("cnf")).isEmpty()) {
      objections.add("the token is bound to its sender (`cnf`) in a way that can't be shown here");
    }
    if (issuer.maxTokenAge().isPresent() && !claims.has("iat")) {
      objections.add("the token has no `iat`, and the issuer has a `maxTokenAge`");
    }
    issuer.requiredClaims().entrySet().stream()
        .filter(required -> !claims.says(required.getKey(), required.getValue()))
        .map(Map.Entry::getKey)
        .sorted()
        .forEach(name -> objections.add("the token's `" + name + "` is not as required"));
    switch (issuer.profile()) {
      case GENERIC -> {}
      case ACCESS_TOKEN ->
          ACCESS_TOKEN_CLAIMS.stream()
              .filter(name -> !claims.has(name))
              .forEach(name -> objections.add("the token has no `" + name + "`"));
      case JWT_SVID -> {
        if (claims.text("sub").flatMap(SpiffeId::parse).isEmpty()) {
          objections.add("the token's `sub` is not a SPIFFE ID");
        }
      }
    }
  }

  private static TokenSubject subject(Claims claims, CompiledIssuer issuer, Instant expiresAt) {
    Optional<String> client = claims.first(issuer.identityClaims());
    List<String> scopes =
        issuer.scopeClaims().stream()
            .filter(claims::has)
            .findFirst()
            .flatMap(claims::texts)
            .orElse(List.of());
    return new TokenSubject(
        issuer.key(),
        claims.text("sub").orElse(null),
        client.orElse(null),
        scopes.stream().flatMap(Assertion::words).distinct().toList(),
        expiresAt,
        Confirmation.read(claims.all().get("cnf")).orElseThrow(),
        claims.all());
  }

  /** RFC 6749 section 3.3: scopes are separated by spaces. */
  private static Stream<String> words(String scopes) {
    return Arrays.stream(scopes.split(" ")).filter(word -> !word.isEmpty());
  }

  /**
   * What it is worth now, if the issuer said it.
   *
   * @param wanted the audiences that the token may be for; none is an error of the configuration
   */
  Verification judge(Collection<String> wanted, Instant now) {
    if (wanted.isEmpty()) {
      return new Verification.Untrusted(
          "no audience is configured: name one in the method or in the issuer");
    }
    if (Collections.disjoint(audiences, wanted)) {
      return new Verification.Untrusted("the token is for another audience");
    }
    Instant latest = now.plus(issuer.clockSkew());
    if (notBefore.isPresent() && notBefore.get().isAfter(latest)) {
      return new Verification.Untrusted("the token is not valid yet (`nbf`)");
    }
    if (issuedAt.isPresent() && issuedAt.get().isAfter(latest)) {
      return new Verification.Untrusted("the token is from the future (`iat`)");
    }
    Instant earliest = now.minus(issuer.clockSkew());
    if (!subject.expiresAt().isAfter(earliest) || isTooOld(earliest)) {
      return new Verification.Expired();
    }
    return new Verification.Verified(subject);
  }

  /** When it is of no use any more, clocks that differ aside. */
  Instant endsAt() {
    Instant expiry = subject.expiresAt();
    return issuedAt
        .flatMap(at -> issuer.maxTokenAge().map(at::plus))
        .filter(expiry::isAfter)
        .orElse(expiry);
  }

  /** About how many bytes it takes, and not less. */
  long bytes() {
    return OWN_BYTES
        + new Claims(subject.claims()).bytes()
        + Claims.bytes(subject.scopes())
        + 16L * audiences.size();
  }

  private boolean isTooOld(Instant earliest) {
    return issuer
        .maxTokenAge()
        .filter(age -> issuedAt.map(at -> at.plus(age).isBefore(earliest)).orElse(true))
        .isPresent();
  }
}
