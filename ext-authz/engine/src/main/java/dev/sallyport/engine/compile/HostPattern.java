package dev.sallyport.engine.compile;

import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the hosts of a policy into the form that requests are looked up by. */
public final class HostPattern {
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*");
  private static final Pattern V6 = Pattern.compile("\\[[0-9a-f:.]+]");

  private HostPattern() {}

  /** Whether a policy can have it as a host. */
  public static boolean isHost(String text) {
    return canonical(text) != null;
  }

  /** The canonical pattern; null where the text is none. */
  static @Nullable String canonical(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.length() > 253) {
      return null;
    }
    if (V6.matcher(lower).matches()) {
      return canonicalV6(lower);
    }
    String name = lower.startsWith("*.") ? lower.substring(2) : lower;
    return NAME.matcher(name).matches() ? lower : null;
  }

  private static @Nullable String canonicalV6(String bracketed) {
    try {
      var address = InetAddress.ofLiteral(bracketed.substring(1, bracketed.length() - 1));
      return '[' + address.getHostAddress() + ']';
    } catch (IllegalArgumentException _) {
      return null;
    }
  }
}
