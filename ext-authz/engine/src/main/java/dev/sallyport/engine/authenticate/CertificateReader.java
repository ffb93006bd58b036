package dev.sallyport.engine.authenticate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sallyport.engine.receive.Inbound;
import java.util.List;

/**
 * Reads the certificate of a caller out of what the configuration trusts and nothing else: what
 * Envoy says of its own connection, or what the proxy before it says in {@code
 * x-forwarded-client-cert}. The one never stands in for the other. Safe for use by many threads.
 *
 * <p>Every request of a connection brings the same text, so what was read of it is remembered by
 * its digest; the validity is judged each time.
 */
public final class CertificateReader {
  /** Believes Envoy alone. */
  public static final CertificateReader OF_CONNECTION = new CertificateReader(Trust.CONNECTION);

  /** Whose word is taken. */
  public enum Trust {
    /** {@code source.certificate}: the peer of Envoy's own connection. */
    CONNECTION,
    /** The last element of {@code x-forwarded-client-cert}. */
    LAST_HOP
  }

  private static final String FORWARDED = "x-forwarded-client-cert";

  /** In characters of what was sent: 4,000 certificates of a usual size. */
  private static final long CACHE_WEIGHT = 16L << 20;

  /** What an entry weighs beyond its text. */
  private static final int ENTRY_WEIGHT = 1024;

  private final Trust trust;

  private final Cache<KeyDigest, Entry> entries =
      Caffeine.newBuilder()
          .maximumWeight(CACHE_WEIGHT)
          .<KeyDigest, Entry>weigher((_, entry) -> ENTRY_WEIGHT + entry.chars())
          // The engine starts no thread.
          .executor(Runnable::run)
          .build();

  private record Entry(CertificateReading reading, int chars) {}

  /** A reader that takes one word and no other. */
  public CertificateReader(Trust trust) {
    this.trust = trust;
  }

  /** What was found. */
  public sealed interface Certified {
    /** The caller presented none. */
    record Absent() implements Certified {}

    /** One that holds now. */
    record Valid(ClientCertificate certificate) implements Certified {}

    /** One that has expired. */
    record Expired() implements Certified {}

    /**
     * One that can't be used.
     *
     * @param why for the policy's author; nothing of the certificate
     */
    record Unusable(String why) implements Certified {}
  }

  /** Reads it; its validity is judged at {@link Inbound#at()}. */
  public Certified read(Inbound inbound) {
    return switch (trust) {
      case CONNECTION -> {
        String encoded = inbound.peerCertificate();
        yield encoded == null ? new Certified.Absent() : judge(remembered(encoded), inbound);
      }
      case LAST_HOP -> {
        List<String> lines = inbound.headers().values(FORWARDED);
        yield lines.isEmpty()
            ? new Certified.Absent()
            : judge(remembered(String.join(",", lines)), inbound);
      }
    };
  }

  private CertificateReading remembered(String text) {
    KeyDigest digest = KeyDigest.of(text);
    Entry known = entries.getIfPresent(digest);
    if (known != null) {
      return known.reading();
    }
    CertificateReading reading =
        switch (trust) {
          case CONNECTION -> CertificateReading.of(text);
          case LAST_HOP -> ForwardedCertificate.read(text);
        };
    entries.put(digest, new Entry(reading, text.length()));
    return reading;
  }

  /** RFC 5280 section 4.1.2.5: both ends of its validity are in it. */
  private static Certified judge(CertificateReading reading, Inbound inbound) {
    return switch (reading) {
      case CertificateReading.Unusable(var why) -> new Certified.Unusable(why);
      case CertificateReading.Read(_, var notBefore, _) when inbound.at().isBefore(notBefore) ->
          new Certified.Unusable("the certificate is not valid yet");
      case CertificateReading.Read(_, _, var notAfter) when inbound.at().isAfter(notAfter) ->
          new Certified.Expired();
      case CertificateReading.Read(var certificate, _, _) -> new Certified.Valid(certificate);
    };
  }
}
