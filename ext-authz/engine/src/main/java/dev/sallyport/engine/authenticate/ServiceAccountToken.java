package dev.sallyport.engine.authenticate;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes service-account token, read and not yet believed: only the API server of its cluster
 * can say whether it signed it, and whether what it is bound to still exists.
 *
 * @param text as it was presented, without a scheme
 * @param namespace of the service account that it claims to be of
 * @param name of that service account
 * @param expiresAt the first instant at which it is expired
 */
public record ServiceAccountToken(String text, String namespace, String name, Instant expiresAt) {
  /** {@code serviceaccount.MakeUsername} of Kubernetes: a label and a subdomain (RFC 1123). */
  private static final Pattern SUBJECT =
      Pattern.compile(
          "system:serviceaccount:([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)"
              + ":([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)");

  /**
   * How far the API server's clock may be ahead. A token is valid from the second in which it was
   * made, and is used at once. For its end there is no such leeway: whoever holds it renews it long
   * before, and the API server's own is why its end is judged here.
   */
  private static final Duration SKEW = Duration.ofSeconds(30);

  /** What a text is, before anybody is asked about it. */
  public sealed interface Reading {
    /** It may be good: the API server can tell. */
    record Plausible(ServiceAccountToken token) implements Reading {}

    /** It is over by what it says itself, whoever said it. */
    record Expired() implements Reading {}

    /**
     * No API server could make it good.
     *
     * @param why for the policy's author; never a claim's value
     */
    record Refused(String why) implements Reading {}
  }

  /**
   * Reads a token, so that one of another issuer costs no call.
   *
   * @param audiences of which it must be for one
   * @param now the time of the decision
   */
  public static Reading read(String text, List<String> audiences, Instant now) {
    return switch (SignedToken.read(text)) {
      case SignedToken.Reading.Malformed(var why) -> new Reading.Refused(why);
      case SignedToken.Reading.Read(var signed) -> {
        Optional<Map<String, @Nullable Object>> payload = signed.claims();
        yield payload.isEmpty()
            ? new Reading.Refused("the token's payload is not a JSON object with unique names")
            : read(text, Claims.of(payload.get()), audiences, now);
      }
    };
  }

  private static Reading read(String text, Claims claims, List<String> audiences, Instant now) {
    Matcher subject = SUBJECT.matcher(claims.text("sub").orElse(""));
    if (!subject.matches()) {
      return new Reading.Refused("the token's `sub` is not a Kubernetes service account");
    }
    Optional<Instant> expiresAt = claims.date("exp");
    if (expiresAt.isEmpty()) {
      // Tokens of the old kind, from Secrets, live for ever and are for no audience.
      return new Reading.Refused("the token has no usable `exp`");
    }
    if (Collections.disjoint(claims.texts("aud").orElse(List.of()), audiences)) {
      return new Reading.Refused("the token is for another audience");
    }
    if (!now.isBefore(expiresAt.get())) {
      return new Reading.Expired();
    }
    Optional<Instant> notBefore = claims.date("nbf");
    if (claims.has("nbf") && notBefore.isEmpty()) {
      return new Reading.Refused("the token's `nbf` is not a date");
    }
    if (notBefore.isPresent() && notBefore.get().isAfter(now.plus(SKEW))) {
      return new Reading.Refused("the token is not valid yet (`nbf`)");
    }
    return new Reading.Plausible(
        new ServiceAccountToken(text, subject.group(1), subject.group(2), expiresAt.get()));
  }

  /** Whether it claims to be of that service account. */
  public boolean isOf(Subject.ServiceAccount account) {
    return account.namespace().equals(namespace) && account.name().equals(name);
  }

  /** Never prints a token. */
  @Override
  public String toString() {
    return "ServiceAccountToken[redacted]";
  }
}
