package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A certificate authority in a folder, for servers on 127.0.0.1 and for their clients. */
public final class CertificateAuthority {
  private static final String OWN = "authority";

  private final Path folder;
  private final Path store;
  private final Certificates own;

  private CertificateAuthority(Path folder, Path store, Certificates own) {
    this.folder = folder;
    this.store = store;
    this.own = own;
  }

  /** Makes one with a new key. */
  public static CertificateAuthority create(Path folder, String name) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path store = folder.resolve(name + ".p12");
    Certificates.generate(store, OWN, "CN=" + name, "-ext", "bc:c=ca:true", "-ext", "ku:c=kCS");
    return new CertificateAuthority(folder, store, Certificates.export(store, OWN, folder, name));
  }

  /** Its own certificate in PEM: what whoever trusts it is given. */
  public Path certFile() {
    return own.certFile();
  }

  /** A pair for a server on 127.0.0.1. */
  public Certificates server(String name) {
    return issue(name, "CN=" + name, "san=ip:127.0.0.1,dns:localhost");
  }

  /**
   * A pair whose certificate this authority signed.
   *
   * @param name of the files, in lower case
   * @param subject such as {@code CN=exporter,O=Acme}
   * @param extensions as {@code keytool -ext} takes them, such as {@code san=uri:spiffe://a/b}
   */
  public Certificates issue(String name, String subject, String... extensions) {
    List<String> options = new ArrayList<>(List.of("-signer", OWN));
    for (String extension : extensions) {
      options.addAll(List.of("-ext", extension));
    }
    Certificates.generate(store, name, subject, options.toArray(String[]::new));
    return Certificates.export(store, name, folder, name);
  }

  /** A pair whose certificate ran out yesterday. */
  public Certificates expired(String name, String subject, String extension) {
    Certificates.generate(
        store, name, subject, "-signer", OWN, "-startdate", "-3d", "-ext", extension);
    return Certificates.export(store, name, folder, name);
  }
}
