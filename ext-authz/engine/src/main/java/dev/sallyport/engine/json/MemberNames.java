package dev.sallyport.engine.json;

/** Names of members as servers read them, some of which take two that differ for one. */
public final class MemberNames {
  private MemberNames() {}

  /**
   * Whether a server may take what was sent for a name that it is not: it ignores case (Go, .NET),
   * reads {@code dry_run} as {@code dryRun} (JSON of Protocol Buffers), or, of forms, {@code
   * amount[]} as more of {@code amount} (PHP, Rails, Express).
   */
  public static boolean mayBeTaken(String sent, String wanted) {
    int i = 0;
    int j = 0;
    while (true) {
      i = skip(sent, i);
      j = skip(wanted, j);
      if (i == sent.length() || j == wanted.length()) {
        return j == wanted.length()
            && (i == sent.length() || sent.charAt(i) == '[')
            && !sent.equals(wanted);
      }
      char one = sent.charAt(i++);
      char two = wanted.charAt(j++);
      if (one != two && fold(one) != fold(two)) {
        return false;
      }
    }
  }

  /** Behind characters that only separate words. */
  private static int skip(String name, int from) {
    int at = from;
    while (at < name.length() && "_-. $".indexOf(name.charAt(at)) >= 0) {
      at++;
    }
    return at;
  }

  private static char fold(char c) {
    return Character.toLowerCase(Character.toUpperCase(c));
  }
}
