package dev.sallyport.engine.authenticate;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a workload (SPIFFE ID section 2), compared byte by byte.
 *
 * @param text the whole of it, as {@code spiffe://cluster.local/ns/payments/sa/exporter}
 */
public record SpiffeId(String text) {
  private static final String SCHEME = "spiffe://";

  private static final String DOMAIN = "[a-z0-9._-]{1,255}";
  private static final Pattern TRUST_DOMAIN = Pattern.compile(DOMAIN);

  /** Never of a trust domain itself: no empty segment, no dot segment, no escape, no port. */
  private static final Pattern FORM =
      Pattern.compile(SCHEME + DOMAIN + "(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._-]++)++");

  private static final int MAX_CHARS = 2048;

  public SpiffeId {
    if (!isOne(text)) {
      throw new IllegalArgumentException("no SPIFFE ID of a workload");
    }
  }

  /** Reads one; empty where it is anything else. */
  public static Optional<SpiffeId> parse(String text) {
    return isOne(text) ? Optional.of(new SpiffeId(text)) : Optional.empty();
  }

  private static boolean isOne(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches();
  }

  /** Whether a text names a trust domain (section 2.1). */
  public static boolean isTrustDomain(String text) {
    return TRUST_DOMAIN.matcher(text).matches();
  }

  /** Who vouches for it, as {@code cluster.local}. */
  public String trustDomain() {
    return text.substring(SCHEME.length(), text.indexOf('/', SCHEME.length()));
  }

  @Override
  public String toString() {
    return text;
  }
}
