package dev.sallyport.engine;

import dev.sallyport.engine.TestCertificate.Name;
import dev.sallyport.engine.authenticate.CertificateReader;
import dev.sallyport.engine.authenticate.CertificateReader.Trust;
import dev.sallyport.engine.authenticate.KeyDigest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The certificates of a case file.
 *
 * <pre>
 * xfcc: LastHop                  # `client.xfcc`; Never where absent
 * certificates:
 * - name: exporter
 *   subject: CN=exporter,O=Acme  # `CN=` and its name where absent; may be empty
 *   uris: [spiffe://a/b]
 *   dns: [exporter.example.com]
 *   from: 2026-11-25T11:00:00Z   # the first and the last moment of its validity; these are the
 *   to: 2026-11-25T13:00:00Z     # defaults
 *   ca: true                     # that of an authority
 *   usage: [digitalSignature, keyCertSign, cRLSign]  # the first where absent; [] for no extension
 * </pre>
 *
 * <p>{@code <exporter.pem>} anywhere in the file, as for what a request presents, is one as Envoy
 * sends it, {@code <exporter.hash>} is its SHA-256.
 *
 * @param certificates in DER, by name
 */
record CaseCertificates(Trust trust, Map<String, byte[]> certificates) {
  static final List<String> SECTIONS = List.of("xfcc", "certificates");

  private static final Map<String, Integer> USAGES =
      Map.of(
          "digitalSignature", TestCertificate.DIGITAL_SIGNATURE,
          "keyCertSign", TestCertificate.KEY_CERT_SIGN,
          "cRLSign", TestCertificate.CRL_SIGN);

  static CaseCertificates read(Map<String, Object> file) {
    Map<String, byte[]> certificates = new HashMap<>();
    for (Object each : CaseFile.list(file.get("certificates"))) {
      CaseYaml yaml =
          CaseYaml.of(each, "name", "subject", "uris", "dns", "from", "to", "ca", "usage");
      certificates.put(yaml.text("name"), certificate(yaml).encoded());
    }
    return new CaseCertificates(
        switch (String.valueOf(file.getOrDefault("xfcc", "Never"))) {
          case "Never" -> Trust.CONNECTION;
          case "LastHop" -> Trust.LAST_HOP;
          default -> throw new IllegalArgumentException("`xfcc` is `Never` or `LastHop`");
        },
        certificates);
  }

  private static TestCertificate certificate(CaseYaml yaml) {
    List<Name> names = new ArrayList<>();
    texts(yaml, "uris").forEach(uri -> names.add(Name.uri(uri)));
    texts(yaml, "dns").forEach(dns -> names.add(Name.dns(dns)));
    Object subject = yaml.members().getOrDefault("subject", "CN=" + yaml.text("name"));
    return TestCertificate.of(String.valueOf(subject), CaseFile.DEFAULT_TIME)
        .valid(
            time(yaml, "from", CaseFile.DEFAULT_TIME.minusSeconds(3600)),
            time(yaml, "to", CaseFile.DEFAULT_TIME.plusSeconds(3600)))
        .named(names.toArray(Name[]::new))
        .withAuthority(Boolean.TRUE.equals(yaml.members().get("ca")))
        .usable(
            !yaml.has("usage")
                ? List.of(TestCertificate.DIGITAL_SIGNATURE)
                : texts(yaml, "usage").isEmpty()
                    ? null
                    : texts(yaml, "usage").stream()
                        .map(usage -> CaseCredentials.named(USAGES, usage))
                        .toList());
  }

  private static List<String> texts(CaseYaml yaml, String key) {
    return CaseFile.list(yaml.members().get(key)).stream().map(String::valueOf).toList();
  }

  private static Instant time(CaseYaml yaml, String key, Instant otherwise) {
    return yaml.has(key) ? Instant.parse(yaml.text(key)) : otherwise;
  }

  CertificateReader reader() {
    return new CertificateReader(trust);
  }

  /** Text with certificates and their digests for their names. */
  String written(String text) {
    String written = text;
    for (Map.Entry<String, byte[]> each : certificates.entrySet()) {
      written =
          written
              .replace('<' + each.getKey() + ".pem>", TestCertificate.urlEncoded(each.getValue()))
              .replace('<' + each.getKey() + ".hash>", KeyDigest.of(each.getValue()).hex());
    }
    return written;
  }

  /** The {@code x5t#S256} of a certificate. */
  String thumbprint(String name) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(CaseCredentials.named(certificates, name)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
