package dev.sallyport.server.issuers;

import java.security.Security;
import org.conscrypt.Conscrypt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Elliptic-curve signatures by native code: the JDK's own take ten times as long to check. */
public final class NativeSignatures {
  private static final Logger LOG = LoggerFactory.getLogger(NativeSignatures.class);

  private NativeSignatures() {}

  /**
   * Makes them available to keys that are read from now on; where the machine has none, says so.
   * Last among the providers: who does not ask for it by name, TLS among them, does not get it.
   */
  public static void install() {
    try {
      Security.addProvider(
          Conscrypt.newProviderBuilder().setName("Conscrypt").provideTrustManager(false).build());
    } catch (LinkageError | RuntimeException e) {
      LOG.info(
          "no native signatures here; new ES256 tokens take longer to verify: {}", e.toString());
    }
  }
}
