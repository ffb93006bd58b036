package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.receive.Inbound;

/**
 * Reads the certificate of a caller out of what the configuration trusts and nothing else: what
 * Envoy says of its own connection, or what the proxy before it says in {@code
 * x-forwarded-client-cert}. The one never stands in for the other.
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

  private final Trust trust;

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
    return new Certified.Unusable("certificates are not read: " + trust + inbound.at());
  }
}
