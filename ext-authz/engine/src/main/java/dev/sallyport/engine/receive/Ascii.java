package dev.sallyport.engine.receive;

/** Characters as the grammars of protocols name them: those of ASCII alone. */
public final class Ascii {
  private static final String TOKEN_SIGNS = "!#$%&'*+-.^_`|~";

  private Ascii() {}

  /** {@code ALPHA / DIGIT} (RFC 5234 appendix B.1). */
  public static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** {@code tchar} (RFC 9110 section 5.6.2). */
  public static boolean isTokenCharacter(int c) {
    return isLetterOrDigit(c) || TOKEN_SIGNS.indexOf(c) >= 0;
  }
}
