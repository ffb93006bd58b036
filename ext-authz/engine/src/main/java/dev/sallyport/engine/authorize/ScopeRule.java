package dev.sallyport.engine.authorize;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The scopes that an operation needs (RFC 6749 section 3.3: compared exactly, order without
 * meaning).
 */
public final class ScopeRule {
  /** Needs no scope. */
  public static final ScopeRule NONE = new ScopeRule(List.of(), List.of());

  private final List<String> all;
  private final List<String> any;
  private final List<String> named;

  /**
   * A rule.
   *
   * @param all every one of them is needed
   * @param any at least one of them is needed, where there are any
   */
  public ScopeRule(List<String> all, List<String> any) {
    this.all = List.copyOf(all);
    this.any = List.copyOf(any);
    List<String> both = new ArrayList<>(all);
    both.addAll(any);
    named = both.stream().distinct().toList();
  }

  /** All scopes that the operation names. */
  public List<String> named() {
    return named;
  }

  /** Whether the scopes that a caller holds suffice. */
  public boolean suffices(Collection<String> held) {
    if (!held.containsAll(all)) {
      return false;
    }
    for (String scope : any) {
      if (held.contains(scope)) {
        return true;
      }
    }
    return any.isEmpty();
  }

  /**
   * What a token may use: its own scopes, and no more than was granted.
   *
   * @return in the token's order
   */
  public static List<String> effective(List<String> token, List<String> granted) {
    return token.stream().filter(granted::contains).toList();
  }

  /** Whether a text is one scope (RFC 6749 section 3.3: visible ASCII but quote and backslash). */
  public static boolean isScope(String text) {
    return !text.isEmpty()
        && text.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != '"' && c != '\\');
  }
}
