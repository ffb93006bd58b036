package dev.sallyport.engine.authenticate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/**
 * A name of the directory (RFC 4514), of which two are equal that RFC 5280 section 7.1 takes for
 * the same, other letters than those of ASCII aside: the type in which a certificate holds a value,
 * the case and the number of spaces don't count. Never empty, never compared in part.
 *
 * @param canonical its attributes by their numbers; for comparing only
 */
public record DistinguishedName(String canonical) {
  private static final int MAX_CHARS = 8 * 1024;

  /** As Envoy's TLS library prints attributes beyond those that Java knows. */
  private static final Map<String, String> KEYWORDS =
      Map.ofEntries(
          Map.entry("SN", "2.5.4.4"),
          Map.entry("DESCRIPTION", "2.5.4.13"),
          Map.entry("BUSINESSCATEGORY", "2.5.4.15"),
          Map.entry("POSTALCODE", "2.5.4.17"),
          Map.entry("TITLE", "2.5.4.12"),
          Map.entry("NAME", "2.5.4.41"),
          Map.entry("GN", "2.5.4.42"),
          Map.entry("GENERATIONQUALIFIER", "2.5.4.44"),
          Map.entry("X500UNIQUEIDENTIFIER", "2.5.4.45"),
          Map.entry("PSEUDONYM", "2.5.4.65"),
          Map.entry("ROLE", "2.5.4.72"),
          Map.entry("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
          Map.entry("UNSTRUCTUREDNAME", "1.2.840.113549.1.9.2"),
          Map.entry("UNSTRUCTUREDADDRESS", "1.2.840.113549.1.9.8"),
          Map.entry("JURISDICTIONL", "1.3.6.1.4.1.311.60.2.1.1"),
          Map.entry("JURISDICTIONST", "1.3.6.1.4.1.311.60.2.1.2"),
          Map.entry("JURISDICTIONC", "1.3.6.1.4.1.311.60.2.1.3"));

  /** Reads what RFC 4514 or RFC 2253 writes; empty where it is neither, or names nobody. */
  public static Optional<DistinguishedName> parse(String text) {
    if (text.length() > MAX_CHARS) {
      return Optional.empty();
    }
    try {
      return of(new X500Principal(text, KEYWORDS));
    } catch (RuntimeException _) {
      // The JDK's parser does not promise that it throws nothing else than what it names.
      return Optional.empty();
    }
  }

  /** A certificate's name; empty where it has none. */
  static Optional<DistinguishedName> of(X500Principal name) {
    List<String> parts = new ArrayList<>();
    for (Der relative : sequence(name.getEncoded())) {
      List<String> attributes = new ArrayList<>();
      for (Der attribute : relative.within(Der.SET).orElseThrow()) {
        attributes.add(attribute(attribute.within(Der.SEQUENCE).orElseThrow()));
      }
      Collections.sort(attributes);
      parts.addFirst(String.join("+", attributes));
    }
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(new DistinguishedName(String.join(",", parts)));
  }

  private static List<Der> sequence(byte[] name) {
    return Der.all(ByteBuffer.wrap(name))
        .orElseThrow()
        .getFirst()
        .within(Der.SEQUENCE)
        .orElseThrow();
  }

  private static String attribute(List<Der> typeAndValue) {
    Der value = typeAndValue.getLast();
    return HexFormat.of().formatHex(typeAndValue.getFirst().bytes())
        + '='
        + text(value)
            .map(DistinguishedName::folded)
            .orElseGet(() -> "#" + value.tag() + ':' + HexFormat.of().formatHex(value.bytes()));
  }

  /** What it says; empty where it is no text. */
  private static Optional<String> text(Der value) {
    return switch (value.tag()) {
      case 12 -> decoded(value, UTF_8);
      case 18, 19, 20, 22, 26 -> decoded(value, ISO_8859_1);
      case 30 -> decoded(value, UTF_16BE);
      default -> Optional.empty();
    };
  }

  private static Optional<String> decoded(Der value, Charset charset) {
    try {
      return Optional.of(charset.newDecoder().decode(value.content().duplicate()).toString());
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  /** Without case and needless spaces; what separates attributes is escaped. */
  private static String folded(String value) {
    StringBuilder folded = new StringBuilder(value.length() + 8);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == ' ') {
        if (!folded.isEmpty() && folded.charAt(folded.length() - 1) != ' ') {
          folded.append(c);
        }
        continue;
      }
      if (c == '\\' || c == ',' || c == '+' || c == '#') {
        folded.append('\\');
      }
      folded.append(ClientCertificate.lowerCase(c));
    }
    boolean spaced = !folded.isEmpty() && folded.charAt(folded.length() - 1) == ' ';
    return spaced ? folded.substring(0, folded.length() - 1) : folded.toString();
  }
}
