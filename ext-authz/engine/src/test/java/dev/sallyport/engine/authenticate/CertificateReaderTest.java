package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.sallyport.engine.TestCertificate;
import dev.sallyport.engine.TestCertificate.Name;
import dev.sallyport.engine.authenticate.CertificateReader.Certified;
import dev.sallyport.engine.authenticate.CertificateReader.Trust;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateReaderTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final String ID = "spiffe://cluster.local/ns/payments/sa/exporter";
  private static final TestCertificate PLAIN =
      TestCertificate.of("CN=exporter,O=Acme", NOW)
          .named(Name.uri(ID), Name.dns("Exporter.Example.com"));
  private static final byte[] DER = PLAIN.encoded();
  private static final String PEM = TestCertificate.urlEncoded(DER);
  private static final String HASH = KeyDigest.of(DER).hex();

  private static Inbound inbound(@Nullable String certificate, Instant at, String... forwarded) {
    return new Inbound(
        "id",
        at,
        "GET",
        "/",
        "api.example.com",
        Headers.listed(
            Stream.of(forwarded).map(line -> Map.entry("x-forwarded-client-cert", line)).toList()),
        Inbound.Body.NONE,
        null,
        certificate,
        null,
        List.of());
  }

  private static Certified ofConnection(String text) {
    return new CertificateReader(Trust.CONNECTION).read(inbound(text, NOW));
  }

  private static Certified forwarded(String... lines) {
    return new CertificateReader(Trust.LAST_HOP).read(inbound(null, NOW, lines));
  }

  private static ClientCertificate certificate(Certified certified) {
    return assertThat(certified).asInstanceOf(type(Certified.Valid.class)).actual().certificate();
  }

  private static String why(Certified certified) {
    return assertThat(certified).asInstanceOf(type(Certified.Unusable.class)).actual().why();
  }

  // ---- of the connection

  @Test
  void certificateIsReadWhole() {
    ClientCertificate certificate = certificate(ofConnection(PEM));

    assertThat(certificate.digest().hex()).isEqualTo(HASH);
    assertThat(certificate.uris()).containsExactly(ID);
    assertThat(certificate.dnsNames()).containsExactly("exporter.example.com");
    assertThat(certificate.subject()).isEqualTo(DistinguishedName.parse("cn=Exporter, o=acme"));
    assertThat(certificate.svid())
        .isEqualTo(new ClientCertificate.Svid.Of(SpiffeId.parse(ID).orElseThrow()));
    assertThat(ClientCertificate.digest(PLAIN.parsed())).isNotNull();
  }

  @Test
  void validityHasBothItsEndsAndIsJudgedEachTime() {
    CertificateReader reader = new CertificateReader(Trust.CONNECTION);

    assertThat(reader.read(inbound(PEM, NOW.minusSeconds(3600))))
        .isInstanceOf(Certified.Valid.class);
    assertThat(reader.read(inbound(PEM, NOW.plusSeconds(3600))))
        .isInstanceOf(Certified.Valid.class);
    assertThat(reader.read(inbound(PEM, NOW.plusSeconds(3600).plusMillis(1))))
        .isInstanceOf(Certified.Expired.class);
    assertThat(why(reader.read(inbound(PEM, NOW.minusSeconds(3600).minusMillis(1)))))
        .isEqualTo("the certificate is not valid yet");
  }

  @Test
  void exactlyOneCertificateIsTaken() {
    assertThat(why(ofConnection(PEM + PEM))).contains("exactly one");
    assertThat(why(ofConnection(PEM + "x"))).contains("exactly one");
    assertThat(why(ofConnection("x" + PEM))).contains("exactly one");
    assertThat(why(ofConnection(""))).contains("exactly one");
    assertThat(why(ofConnection("-----BEGIN%20CERTIFICATE-----"))).contains("exactly one");
    assertThat(why(ofConnection("A".repeat(16 * 1024 + 1)))).contains("16 KiB");
    assertThat(why(ofConnection(PEM.substring(0, 40) + "%4" + PEM.substring(40)))).isNotEmpty();
    byte[] longer = Arrays.copyOf(DER, DER.length + 1);
    assertThat(why(ofConnection(TestCertificate.urlEncoded(longer)))).isNotEmpty();
  }

  @Test
  void plusIsAPlus() {
    String plain = PEM.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");

    assertThat(certificate(ofConnection(plain)).digest().hex()).isEqualTo(HASH);
  }

  @Test
  void connectionCountsForNothingWhereTheHeaderIsBelievedAndTheOtherWayRound() {
    String element = "Hash=" + HASH + ";URI=" + ID;

    assertThat(new CertificateReader(Trust.LAST_HOP).read(inbound(PEM, NOW)))
        .isInstanceOf(Certified.Absent.class);
    assertThat(new CertificateReader(Trust.CONNECTION).read(inbound(null, NOW, element)))
        .isInstanceOf(Certified.Absent.class);
  }

  @Property(tries = 3000)
  void garbageIsUnusableAndNothingWorse(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 700) Integer> places,
      @ForAll @Size(6) List<Byte> values,
      @ForAll @IntRange(max = 40) int cut) {
    byte[] changed = Arrays.copyOf(DER, DER.length - (cut > 20 ? cut : 0));
    for (int i = 0; i < places.size(); i++) {
      changed[places.get(i) % changed.length] = values.get(i);
    }

    assertThat(ofConnection(TestCertificate.urlEncoded(changed)))
        .isNotInstanceOf(Certified.Absent.class);
  }

  // ---- alternative names

  @Test
  void namesAreTakenOctetByOctet() {
    ClientCertificate certificate =
        certificate(
            ofConnection(
                TestCertificate.urlEncoded(
                    TestCertificate.of("CN=x", NOW)
                        .named(
                            Name.uri("not a URI"),
                            Name.uri("spiffe://cluster.local/a\0.b"),
                            Name.dns("good.example\0.evil"),
                            Name.dns("\u00c4.EXAMPLE"))
                        .encoded())));

    assertThat(certificate.uris()).containsExactly("not a URI", "spiffe://cluster.local/a\0.b");
    assertThat(certificate.dnsNames()).containsExactly("good.example\0.evil", "\u00c4.example");
  }

  // ---- SVID

  private static String notAnSvid(TestCertificate form) {
    return switch (certificate(ofConnection(TestCertificate.urlEncoded(form.encoded()))).svid()) {
      case ClientCertificate.Svid.None(var why) -> why;
      case ClientCertificate.Svid.Of of -> throw new AssertionError("an SVID: " + of);
    };
  }

  @Test
  void svidHasOneUriWhichIsTheNameOfAWorkload() {
    TestCertificate nameless = TestCertificate.of("CN=x", NOW);

    assertThat(notAnSvid(nameless)).contains("no SPIFFE ID");
    assertThat(notAnSvid(nameless.named(Name.uri(ID), Name.uri("https://x"))))
        .contains("more than");
    assertThat(notAnSvid(nameless.named(Name.uri("not a URI"), Name.uri(ID))))
        .contains("more than");
    assertThat(
            Stream.of(
                "https://cluster.local/a",
                "spiffe://cluster.local",
                "spiffe://cluster.local/",
                "spiffe://Cluster.local/a",
                "SPIFFE://cluster.local/a",
                "spiffe://cluster.local:80/a",
                "spiffe://u@cluster.local/a",
                "spiffe://cluster.local/a/",
                "spiffe://cluster.local//a",
                "spiffe://cluster.local/./a",
                "spiffe://cluster.local/..",
                "spiffe://cluster.local/%61",
                "spiffe://cluster.local/a?b",
                "spiffe://cluster.local/a#b",
                "spiffe://cluster.local/a\0",
                "spiffe:///a",
                "spiffe://cluster.local/" + "a".repeat(2048)))
        .allSatisfy(
            uri -> assertThat(notAnSvid(nameless.named(Name.uri(uri)))).contains("URI is not"));
  }

  @Test
  void svidIsNoAuthorityAndSignsNoCertificates() {
    assertThat(notAnSvid(PLAIN.withAuthority(true))).contains("authority");
    assertThat(notAnSvid(PLAIN.usable(List.of(0, TestCertificate.KEY_CERT_SIGN))))
        .contains("usage");
    assertThat(notAnSvid(PLAIN.usable(List.of(0, TestCertificate.CRL_SIGN)))).contains("usage");
    assertThat(notAnSvid(PLAIN.usable(List.of(2)))).contains("usage");
    assertThat(
            certificate(
                    ofConnection(
                        TestCertificate.urlEncoded(
                            PLAIN.usable(null).withAuthority(null).encoded())))
                .svid())
        .isInstanceOf(ClientCertificate.Svid.Of.class);
  }

  // ---- x-forwarded-client-cert

  @Test
  void lastElementIsTheNearestHops() {
    String first = "By=spiffe://td/a;Hash=" + "0".repeat(64) + ";Subject=\"CN=a,O=b\";URI=" + ID;
    String last =
        "By=spiffe://td/b;Hash=" + HASH + ";Subject=\"\";URI=;DNS=A.example;DNS=b.example";

    ClientCertificate one = certificate(forwarded(first + "," + last));

    assertThat(one.digest().hex()).isEqualTo(HASH);
    assertThat(one.uris()).isEmpty();
    assertThat(one.dnsNames()).containsExactly("a.example", "b.example");
    assertThat(one.subject()).isEmpty();
    assertThat(certificate(forwarded(first, last))).isEqualTo(one);
    assertThat(certificate(forwarded(first + " , " + last))).isEqualTo(one);
    assertThat(certificate(forwarded(last, first)).uris()).containsExactly(ID);
  }

  @Test
  void elementSaysWhatItsCertificateSays() {
    String subject = "Subject=\"CN=exporter,O=Acme\"";
    String names = ";URI=" + ID + ";DNS=Exporter.Example.com";

    ClientCertificate certificate =
        certificate(forwarded("Hash=" + HASH + ";Cert=\"" + PEM + "\";" + subject + names));

    assertThat(certificate).isEqualTo(certificate(ofConnection(PEM)));
    assertThat(certificate(forwarded("cert=\"" + PEM + '"'))).isEqualTo(certificate);
    assertThat(
            Stream.of(
                "Hash=" + "0".repeat(64),
                "Subject=\"CN=other,O=Acme\"",
                "Subject=\"\"",
                "URI=",
                "URI=" + ID + ";URI=https://x",
                "URI=" + ID + "x",
                "DNS=other.example.com"))
        .allSatisfy(lie ->
            assertThat(why(forwarded("Cert=\"" + PEM + "\";" + lie))).contains("other things"));
    assertThat(
            new CertificateReader(Trust.LAST_HOP)
                .read(inbound(null, NOW.plusSeconds(3601), "Cert=\"" + PEM + '"')))
        .isInstanceOf(Certified.Expired.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ",",
        ";",
        "Hash",
        "Hash=#;",
        "Hash=#,",
        ",Hash=#",
        "Hash=#;;URI=a",
        "Hash=#;Subject=\"CN=a",
        "Hash=#;Subject=\"CN=a\\\"",
        "Hash=#;Subject=\"CN=a\"x",
        "Hash=#;Subject=\"CN=a\" ;URI=a",
        "Hash=#;Subject=CN=a\"b\"",
        "Hash=#;URI=a\\b",
        "Hash=#;URI=a\u0001b",
        "Hash=#;URI=\u212a",
        "Hash=#;Subject=\"CN=\u00e4\"",
        "Hash=#;Hash=#",
        "Hash=#;Subject=\"CN=a\";Subject=\"CN=a\"",
        "Hash=#;San=a",
        "Hash=#;Subject=\"nonsense\"",
        "Hash=12",
        "URI=a",
        "Hash=#;Cert=\"x\"",
        "Hash=#;x=1",
        "Hash=#;=1",
        "Hash=#;é=1",
      })
  void whatIsNotWellFormedIsUnusable(String text) {
    assertThat(why(forwarded(text.replace("#", HASH)))).isNotEmpty();
  }

  @Test
  void whatACallerSentBeforeItCanNotReachTheProxysWords() {
    String proxy = "By=spiffe://td/srv;Hash=" + HASH + ";Subject=\"CN=exporter,O=Acme\";URI=" + ID;

    for (String caller :
        List.of("By=a;Subject=\"x", "By=a;Subject=\"\\", "By=a;Subject=\"", "\"", "a=\"b\\\"")) {
      assertThat(why(forwarded(caller + "," + proxy))).as(caller).isNotEmpty();
    }
    assertThat(certificate(forwarded("By=a;Subject=\"x,URI=y\"," + proxy)).uris())
        .containsExactly(ID);
  }

  @Test
  void jsonFormIsNotRead() {
    assertThat(why(forwarded("[{\"hash\":\"" + HASH + "\"}]"))).contains("JSON form");
    assertThat(why(forwarded("{\"hash\":\"" + HASH + "\"}"))).contains("JSON form");
  }

  @Property(tries = 3000)
  void anyHeaderIsReadWithoutHarm(@ForAll String text) {
    assertThat(forwarded(text)).isNotInstanceOf(Certified.Expired.class);
    assertThat(forwarded("Hash=" + HASH + ";Subject=\"" + text + '"')).isNotNull();
  }

  // ---- subjects

  /** As Envoy 1.40 writes the subject of a certificate that OpenSSL made. */
  private static final String AS_ENVOY_WRITES =
      "unstructuredName=un,name=n,generationQualifier=gq,initials=i,pseudonym=ps,dnQualifier=q,"
          + "CN=\\ sp\\ ,CN=\\#lead,L=l,ST=st,street=s,2.5.4.97=#0C026F69,businessCategory=b,"
          + "postalCode=1,title=T,GN=giv,SN=sur,UID=u1,serialNumber=12,emailAddress=a@b.c,"
          + "CN=M\\C3\\BCller  two+OU=x,O=A\\, \\\"Co\\\" \\\\\\; \\<b\\>=#c,DC=example,C=DE";

  @Test
  void subjectOfEnvoyIsTheCertificatesOwn() {
    byte[] subject =
        TestCertificate.der(
            0x30,
            rdn(attribute("2.5.4.6", 0x13, "DE")),
            rdn(attribute("0.9.2342.19200300.100.1.25", 0x16, "example")),
            rdn(attribute("2.5.4.10", 0x0c, "A, \"Co\" \\; <b>=#c")),
            rdn(attribute("2.5.4.11", 0x0c, "x"), attribute("2.5.4.3", 0x0c, "Müller  two")),
            rdn(attribute("1.2.840.113549.1.9.1", 0x16, "a@b.c")),
            rdn(attribute("2.5.4.5", 0x13, "12")),
            rdn(attribute("0.9.2342.19200300.100.1.1", 0x0c, "u1")),
            rdn(attribute("2.5.4.4", 0x0c, "sur")),
            rdn(attribute("2.5.4.42", 0x0c, "giv")),
            rdn(attribute("2.5.4.12", 0x0c, "T")),
            rdn(attribute("2.5.4.17", 0x0c, "1")),
            rdn(attribute("2.5.4.15", 0x0c, "b")),
            rdn(attribute("2.5.4.97", 0x0c, "oi")),
            rdn(attribute("2.5.4.9", 0x0c, "s")),
            rdn(attribute("2.5.4.8", 0x0c, "st")),
            rdn(attribute("2.5.4.7", 0x0c, "l")),
            rdn(attribute("2.5.4.3", 0x0c, "#lead")),
            rdn(attribute("2.5.4.3", 0x0c, " sp ")),
            rdn(attribute("2.5.4.46", 0x13, "q")),
            rdn(attribute("2.5.4.65", 0x0c, "ps")),
            rdn(attribute("2.5.4.43", 0x0c, "i")),
            rdn(attribute("2.5.4.44", 0x0c, "gq")),
            rdn(attribute("2.5.4.41", 0x0c, "n")),
            rdn(attribute("1.2.840.113549.1.9.2", 0x0c, "un")));
    byte[] der = PLAIN.withSubject(subject).encoded();
    String cert = "Cert=\"" + TestCertificate.urlEncoded(der) + "\";Subject=\"";

    assertThat(certificate(forwarded(cert + AS_ENVOY_WRITES + '"')).subject()).isPresent();
    assertThat(why(forwarded(cert + AS_ENVOY_WRITES.replace("two", "tow") + '"')))
        .contains("other things");
  }

  private static byte[] rdn(byte[]... attributes) {
    return TestCertificate.der(0x31, attributes);
  }

  private static byte[] attribute(String oid, int tag, String text) {
    return TestCertificate.der(
        0x30,
        TestCertificate.oid(oid),
        TestCertificate.der(tag, text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void namesAreEqualWhateverTheFormOfTheirValues() {
    Optional<DistinguishedName> name = DistinguishedName.parse("CN=exporter two,O=Acme");

    assertThat(name).isPresent();
    assertThat(
            Stream.of(
                "cn=Exporter  Two , o=ACME",
                "2.5.4.3=exporter two,O=Acme",
                "CN=#0c0c6578706f727465722074776f,O=Acme",
                "CN=\"exporter two\",O=Acme"))
        .allSatisfy(text -> assertThat(DistinguishedName.parse(text)).isEqualTo(name));
    assertThat(
            Stream.of(
                "O=Acme,CN=exporter two",
                "CN=exporter two",
                "CN=exporter two+O=Acme",
                "CN=exporter two\\,O\\=Acme",
                "CN=exportertwo,O=Acme",
                "CN=exporter two,O=Acme,O=Acme"))
        .allSatisfy(
            text -> assertThat(DistinguishedName.parse(text)).isPresent().isNotEqualTo(name));
    assertThat(DistinguishedName.parse("CN=\u212a")).isNotEqualTo(DistinguishedName.parse("CN=k"));
    assertThat(Stream.of("", "exporter", "CN", "FOO=a", "CN=a,", "CN=a\\", "=a"))
        .allSatisfy(text -> assertThat(DistinguishedName.parse(text)).isEmpty());
  }

  @Property
  void everyNameIsItsOwnText(@ForAll String common) {
    X500Principal name = new X500Principal("CN=x,O=y");
    byte[] subject = TestCertificate.der(0x30, rdn(attribute("2.5.4.3", 0x0c, common)));
    X500Principal odd = new X500Principal(subject);

    assertThat(DistinguishedName.parse(odd.getName(X500Principal.RFC2253)))
        .isEqualTo(DistinguishedName.of(odd));
    assertThat(DistinguishedName.of(name)).isEqualTo(DistinguishedName.parse("CN=x,O=y"));
  }
}
