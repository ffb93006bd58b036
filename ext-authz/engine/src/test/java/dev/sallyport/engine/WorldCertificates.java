package dev.sallyport.engine;

import dev.sallyport.crd.NonHumanIdentitySpec.X509;
import dev.sallyport.engine.TestCertificate.Name;
import dev.sallyport.engine.authenticate.KeyDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** The certificates of random worlds: few, whose names meet those of few credentials. */
final class WorldCertificates {
  static final String TRUST_DOMAIN = "td";

  private static final String A = "spiffe://td/a";
  private static final String B = "spiffe://td/b";

  private static final List<Form> FORMS =
      List.of(
          form("a", List.of(A), List.of(), "CN=a"),
          form("b", List.of(B), List.of("b.test"), "CN=b"),
          form("a-again", List.of(A), List.of("A.test"), "CN=x"),
          form("named", List.of(), List.of("a.test"), "cn=B"),
          form("two-names", List.of(A), List.of("a.test", "b.test"), "CN=a"),
          form("two-ids", List.of(A, B), List.of(), "CN=x"),
          form("elsewhere", List.of("spiffe://other/a"), List.of(), "CN=x"),
          new Form("ending", List.of(A), List.of(), "CN=a", 1, false),
          new Form("signing", List.of(A), List.of("b.test"), "CN=a", 3600, true));

  private WorldCertificates() {}

  /**
   * What a certificate says.
   *
   * @param seconds after {@link Worlds#NOW} at which its last moment is
   * @param signs whether it may sign others
   */
  record Form(
      String name,
      List<String> uris,
      List<String> dnsNames,
      String subject,
      int seconds,
      boolean signs) {
    Instant to() {
      return Worlds.NOW.plusSeconds(seconds);
    }
  }

  /** As Envoy sends it. */
  private record Sent(Form form, String digest, String text) {}

  private static final List<Sent> SENT = FORMS.stream().map(WorldCertificates::sent).toList();

  private static Form form(String name, List<String> uris, List<String> dnsNames, String subject) {
    return new Form(name, uris, dnsNames, subject, 3600, false);
  }

  private static Sent sent(Form form) {
    List<Name> names = new ArrayList<>();
    form.uris().forEach(uri -> names.add(Name.uri(uri)));
    form.dnsNames().forEach(dns -> names.add(Name.dns(dns)));
    byte[] der =
        TestCertificate.of(form.subject(), Worlds.NOW)
            .valid(Worlds.NOW.minusSeconds(60), form.to())
            .named(names.toArray(Name[]::new))
            .withAuthority(form.signs())
            .encoded();
    return new Sent(form, KeyDigest.of(der).hex(), TestCertificate.urlEncoded(der));
  }

  /** What a text is; null where it is no certificate. */
  static @Nullable Form form(String text) {
    for (Sent sent : SENT) {
      if (sent.text().equals(text)) {
        return sent.form();
      }
    }
    return null;
  }

  /** Whether a credential is that of a certificate, by its digest. */
  static boolean isDigest(Form form, @Nullable String digest) {
    return SENT.stream().anyMatch(sent -> sent.form().equals(form) && sent.digest().equals(digest));
  }

  static Arbitrary<X509> credentials() {
    return Arbitraries.frequency(
        Tuple.of(3, new X509(A, null, null, null)),
        Tuple.of(2, new X509(B, null, null, null)),
        Tuple.of(1, new X509(null, SENT.get(0).digest(), null, null)),
        Tuple.of(1, new X509(null, SENT.get(4).digest(), null, null)),
        Tuple.of(2, new X509(null, null, "CN=A", null)),
        Tuple.of(1, new X509(null, null, "cn=b", null)),
        Tuple.of(2, new X509(null, null, null, "a.test")),
        Tuple.of(2, new X509(null, null, null, "b.test")));
  }

  /** Empty where the connection has none. */
  static Arbitrary<String> presented() {
    return Arbitraries.frequencyOf(
        Tuple.of(3, Arbitraries.just("")),
        Tuple.of(4, Arbitraries.of(SENT).map(Sent::text)),
        Tuple.of(1, Arbitraries.just("rubbish")));
  }
}
