package dev.sallyport.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.net.URLEncoder;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * A certificate to be made, as odd as a test wants it: written octet by octet (RFC 5280 section
 * 4.1), signed by a key that nobody asks about.
 *
 * @param names the tag and the content of each subject alternative name; no extension where empty
 * @param usage the bits of the key usage that are set; null for no extension
 * @param authority the CA flag; null for no extension
 */
public record TestCertificate(
    X500Principal subject,
    Instant notBefore,
    Instant notAfter,
    List<Name> names,
    @Nullable List<Integer> usage,
    @Nullable Boolean authority) {
  public static final int DIGITAL_SIGNATURE = 0;
  public static final int KEY_CERT_SIGN = 5;
  public static final int CRL_SIGN = 6;

  private static final DateTimeFormatter UTC_TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final CaseKey KEY = CaseKey.of("certificates", CaseKey.Algorithm.ES256);
  private static final byte[] ECDSA = der(0x30, oid("1.2.840.10045.4.3.2"));

  /** A subject alternative name. */
  public record Name(int tag, String text) {
    public static Name uri(String text) {
      return new Name(0x86, text);
    }

    public static Name dns(String text) {
      return new Name(0x82, text);
    }
  }

  /** Of a workload, good for an hour on both sides of a time. */
  public static TestCertificate of(String subject, Instant at) {
    return new TestCertificate(
        new X500Principal(subject),
        at.minusSeconds(3600),
        at.plusSeconds(3600),
        List.of(),
        List.of(DIGITAL_SIGNATURE),
        false);
  }

  public TestCertificate named(Name... more) {
    List<Name> all = new ArrayList<>(names);
    all.addAll(List.of(more));
    return new TestCertificate(subject, notBefore, notAfter, all, usage, authority);
  }

  public TestCertificate valid(Instant from, Instant to) {
    return new TestCertificate(subject, from, to, names, usage, authority);
  }

  public TestCertificate usable(@Nullable List<Integer> bits) {
    return new TestCertificate(subject, notBefore, notAfter, names, bits, authority);
  }

  public TestCertificate withAuthority(@Nullable Boolean flag) {
    return new TestCertificate(subject, notBefore, notAfter, names, usage, flag);
  }

  public TestCertificate withSubject(byte[] der) {
    return new TestCertificate(
        new X500Principal(der), notBefore, notAfter, names, usage, authority);
  }

  /** In DER. */
  public byte[] encoded() {
    byte[] signed =
        der(
            0x30,
            der(0xa0, der(0x02, new byte[] {2})),
            der(0x02, BigInteger.valueOf(4711).toByteArray()),
            ECDSA,
            new X500Principal("CN=authority").getEncoded(),
            der(0x30, time(notBefore), time(notAfter)),
            subject.getEncoded(),
            KEY.pair().getPublic().getEncoded(),
            der(0xa3, der(0x30, extensions())));
    return der(0x30, signed, ECDSA, der(0x03, new byte[1], signature(signed)));
  }

  public X509Certificate parsed() {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(encoded()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** As Envoy sends a certificate in DER. */
  public static String urlEncoded(byte[] der) {
    String pem =
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END CERTIFICATE-----\n";
    return URLEncoder.encode(pem, ISO_8859_1).replace("+", "%20");
  }

  /** A value of DER: its tag, and its parts one after the other. */
  public static byte[] der(int tag, byte[]... parts) {
    byte[] content = joined(parts);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      byte[] length = HexFormat.of().parseHex("%06x".formatted(content.length));
      out.write(0x83);
      out.writeBytes(length);
    }
    out.writeBytes(content);
    byte[] all = out.toByteArray();
    return content.length < 0x80 ? all : shortest(all, content.length);
  }

  /** DER takes as few octets for a length as will do. */
  private static byte[] shortest(byte[] all, int length) {
    int spare = length < 0x100 ? 2 : length < 0x10000 ? 1 : 0;
    byte[] shorter = new byte[all.length - spare];
    shorter[0] = all[0];
    shorter[1] = (byte) (0x83 - spare);
    System.arraycopy(all, 2 + spare, shorter, 2, shorter.length - 2);
    return shorter;
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  private byte[] extensions() {
    List<byte[]> extensions = new ArrayList<>();
    if (authority != null) {
      byte[] flag = authority ? der(0x01, new byte[] {-1}) : new byte[0];
      extensions.add(extension("2.5.29.19", der(0x30, flag)));
    }
    if (usage != null) {
      int bits = usage.stream().mapToInt(bit -> 0x80 >> bit).sum();
      extensions.add(extension("2.5.29.15", der(0x03, new byte[] {0, (byte) bits})));
    }
    if (!names.isEmpty()) {
      byte[][] each =
          names.stream()
              .map(name -> der(name.tag(), name.text().getBytes(ISO_8859_1)))
              .toArray(byte[][]::new);
      byte[] value = der(0x30, each);
      // RFC 5280 section 4.2.1.6
      extensions.add(
          subject.getName().isEmpty()
              ? der(0x30, oid("2.5.29.17"), der(0x01, new byte[] {-1}), der(0x04, value))
              : extension("2.5.29.17", value));
    }
    return joined(extensions.toArray(byte[][]::new));
  }

  private static byte[] extension(String oid, byte[] value) {
    return der(0x30, oid(oid), der(0x04, value));
  }

  public static byte[] oid(String dotted) {
    String[] arcs = dotted.split("\\.", -1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(Integer.parseInt(arcs[0]) * 40 + Integer.parseInt(arcs[1]));
    for (int i = 2; i < arcs.length; i++) {
      int arc = Integer.parseInt(arcs[i]);
      for (int shift = 28; shift > 0; shift -= 7) {
        if (arc >> shift != 0) {
          out.write(0x80 | (arc >> shift & 0x7f));
        }
      }
      out.write(arc & 0x7f);
    }
    return der(0x06, out.toByteArray());
  }

  private static byte[] time(Instant at) {
    return der(0x18, UTC_TIME.format(at).getBytes(ISO_8859_1));
  }

  private static byte[] signature(byte[] signed) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(KEY.pair().getPrivate());
      signature.update(signed);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
