package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.authenticate.CertificateReading.Read;
import dev.sallyport.engine.authenticate.CertificateReading.Unusable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the last element of {@code x-forwarded-client-cert}: what the nearest proxy says of the
 * certificate that it verified.
 *
 * <p>Elements are parted by commas, their pairs by semicolons, and neither counts within quotes. A
 * proxy that appends to what a caller sent gives the caller a say in where quotes begin. So the
 * whole header has to be well-formed: behind a closing quote stands a comma, a semicolon or the
 * end, and a quote that swallows the proxy's own words ends in the midst of a subject or of a
 * certificate, where neither stands.
 *
 * <p>Envoy writes a subject between quotes as RFC 2253 has it and escapes no more: its backslashes
 * are the name's own. It escapes nothing in alternative names; one with a comma ends the element.
 */
final class ForwardedCertificate {
  private static final int MAX_CHARS = 64 * 1024;

  /** Keys that may stand several times: a certificate has as many of those names as it likes. */
  private static final Set<String> REPEATED = Set.of("by", "uri", "dns");

  private static final Set<String> ONCE = Set.of("hash", "cert", "chain", "subject");

  private static final Unusable MALFORMED =
      new Unusable("`x-forwarded-client-cert` is not well-formed");

  /**
   * One key and its value.
   *
   * @param end where what parts it from the next is, or the end of the header
   */
  private record Pair(String key, String value, int end) {}

  private ForwardedCertificate() {}

  /** Reads all lines of the header, joined by commas. */
  static CertificateReading read(String header) {
    if (header.length() > MAX_CHARS) {
      return new Unusable("`x-forwarded-client-cert` is longer than 64 KiB");
    }
    List<Pair> pairs = lastElement(header);
    if (pairs != null) {
      return certificate(pairs);
    }
    String start = header.stripLeading();
    return start.startsWith("{") || start.startsWith("[")
        ? new Unusable(
            "`x-forwarded-client-cert` is in its JSON form, which is not read: have the proxy write"
                + " the plain one")
        : MALFORMED;
  }

  // ---- the form

  /** The pairs of the last element; null where anything in the header is not well-formed. */
  private static @Nullable List<Pair> lastElement(String header) {
    List<Pair> pairs = new ArrayList<>();
    int at = 0;
    while (true) {
      Pair pair = pair(header, pairs.isEmpty() ? afterSpaces(header, at) : at);
      if (pair == null) {
        return null;
      }
      pairs.add(pair);
      if (pair.end == header.length()) {
        return pairs;
      }
      if (header.charAt(pair.end) == ',') {
        pairs.clear();
      }
      at = pair.end + 1;
    }
  }

  private static int afterSpaces(String header, int from) {
    int at = from;
    while (at < header.length() && (header.charAt(at) == ' ' || header.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }

  private static @Nullable Pair pair(String header, int from) {
    int equals = from;
    while (equals < header.length() && isLetter(header.charAt(equals))) {
      equals++;
    }
    if (equals == from || equals == header.length() || header.charAt(equals) != '=') {
      return null;
    }
    String key = header.substring(from, equals).toLowerCase(Locale.ROOT);
    int value = equals + 1;
    return value < header.length() && header.charAt(value) == '"'
        ? quoted(header, key, value + 1)
        : plain(header, key, value);
  }

  private static boolean isLetter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  /** With what stands between quotes, backslashes left in it. */
  private static @Nullable Pair quoted(String header, String key, int from) {
    int to = from;
    while (to < header.length() && header.charAt(to) != '"') {
      if (!isVisible(header.charAt(to))) {
        return null;
      }
      to += header.charAt(to) == '\\' ? 2 : 1;
    }
    if (to >= header.length()) {
      return null;
    }
    // Some join lines with a space.
    int spaced = afterSpaces(header, to + 1);
    int end = spaced == header.length() || header.charAt(spaced) == ',' ? spaced : to + 1;
    return end == header.length() || isSeparator(header.charAt(end))
        ? new Pair(key, header.substring(from, to), end)
        : null;
  }

  private static @Nullable Pair plain(String header, String key, int from) {
    int end = from;
    while (end < header.length() && !isSeparator(header.charAt(end))) {
      char c = header.charAt(end);
      if (!isVisible(c) || c == '"' || c == '\\') {
        return null;
      }
      end++;
    }
    return new Pair(key, header.substring(from, end).stripTrailing(), end);
  }

  private static boolean isSeparator(char c) {
    return c == ',' || c == ';';
  }

  private static boolean isVisible(char c) {
    return c >= 0x20 && c < 0x7f;
  }

  // ---- what it says

  private static CertificateReading certificate(List<Pair> pairs) {
    Set<String> seen = new HashSet<>();
    for (Pair pair : pairs) {
      if (!REPEATED.contains(pair.key) && !ONCE.contains(pair.key)) {
        return new Unusable("`x-forwarded-client-cert` has a key that is not known");
      }
      if (!seen.add(pair.key) && ONCE.contains(pair.key)) {
        return new Unusable("`x-forwarded-client-cert` has a key twice that stands once");
      }
    }
    String hash = value(pairs, "hash");
    Optional<KeyDigest> digest = hash == null ? Optional.empty() : digest(hash);
    if (hash != null && digest.isEmpty()) {
      return new Unusable("the `Hash` of `x-forwarded-client-cert` is no SHA-256");
    }
    String subject = value(pairs, "subject");
    Optional<DistinguishedName> name =
        subject == null || subject.isEmpty() ? Optional.empty() : DistinguishedName.parse(subject);
    if (subject != null && !subject.isEmpty() && name.isEmpty()) {
      return new Unusable("the `Subject` of `x-forwarded-client-cert` is no distinguished name");
    }
    List<String> uris = values(pairs, "uri");
    List<String> dnsNames =
        values(pairs, "dns").stream().map(ClientCertificate::lowerCase).toList();
    String encoded = value(pairs, "cert");
    if (encoded == null) {
      return digest.isEmpty()
          ? new Unusable("`x-forwarded-client-cert` has neither `Hash` nor `Cert`")
          : new Read(
              new ClientCertificate(digest.get(), uris, dnsNames, name, Optional.empty()),
              Instant.MIN,
              Instant.MAX);
    }
    if (!(CertificateReading.of(encoded) instanceof Read read)) {
      return new Unusable("the `Cert` of `x-forwarded-client-cert` can't be read");
    }
    ClientCertificate certificate = read.certificate();
    boolean agrees =
        digest.map(certificate.digest()::equals).orElse(true)
            && (subject == null || name.equals(certificate.subject()))
            && (!seen.contains("uri") || uris.equals(certificate.uris()))
            && (!seen.contains("dns") || dnsNames.equals(certificate.dnsNames()));
    return agrees
        ? read
        : new Unusable("`x-forwarded-client-cert` says other things than its `Cert`");
  }

  private static Optional<KeyDigest> digest(String hex) {
    try {
      return Optional.of(KeyDigest.parse(hex.toLowerCase(Locale.ROOT)));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static @Nullable String value(List<Pair> pairs, String key) {
    for (Pair pair : pairs) {
      if (pair.key.equals(key)) {
        return pair.value;
      }
    }
    return null;
  }

  /** Of alternative names; {@code URI=} says that there is none. */
  private static List<String> values(List<Pair> pairs, String key) {
    return pairs.stream()
        .filter(pair -> pair.key.equals(key) && !pair.value.isEmpty())
        .map(Pair::value)
        .toList();
  }
}
