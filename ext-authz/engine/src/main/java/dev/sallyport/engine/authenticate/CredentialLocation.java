package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.receive.Ascii;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Query;
import dev.sallyport.engine.receive.Request;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where in a request a method's credential is. */
public sealed interface CredentialLocation {
  /** Longest credential that is looked at, in characters. */
  int LONGEST = 16 * 1024;

  /** Where Bearer tokens are (RFC 6750 section 2.1). */
  CredentialLocation BEARER = new InAuthorization(false);

  /** Where access tokens are, bound to a key (RFC 9449 section 7.1) or not. */
  CredentialLocation TOKEN = new InAuthorization(true);

  /** Nowhere in the request: the connection shows it. */
  CredentialLocation CONNECTION = new InConnection();

  /** Finds the credential. */
  Presented find(Request request);

  /**
   * Whether something is there, good or not: what {@link #find} does not call absent. Looks at no
   * more of it than it must.
   */
  boolean isPresent(Request request);

  /** What was found. */
  sealed interface Presented {
    /** Nothing that this method could take. */
    record Absent() implements Presented {}

    /** Exactly one, of visible ASCII. */
    record One(String credential, Scheme scheme) implements Presented {
      @Override
      public String toString() {
        return "One[redacted]";
      }
    }

    /** The header stands twice (RFC 9110 section 5.3: it is no list). */
    record HeaderTwice() implements Presented {}

    /** Two values, of which the upstream may take either. */
    record Ambiguous() implements Presented {}

    /** Empty, too long, or of characters that it can't have. */
    record Unreadable(Scheme scheme) implements Presented {}
  }

  /**
   * The {@code Authorization} header with a token's scheme.
   *
   * @param proofs whether the scheme {@code DPoP} is looked at too
   */
  record InAuthorization(boolean proofs) implements CredentialLocation {
    /** Its name. */
    static final String HEADER = "authorization";

    /** The characters of a token, by their numbers: every request has hundreds of them. */
    private static final boolean[] B64 = b64();

    private static final InHeader BEARER = new InHeader(HEADER, "Bearer ");
    private static final InHeader DPOP = new InHeader(HEADER, "DPoP ");

    @Override
    public Presented find(Request request) {
      Presented bearer = BEARER.find(request, token -> as(Scheme.BEARER, token));
      Presented found =
          proofs && bearer instanceof Presented.Absent
              ? DPOP.find(request, token -> as(Scheme.DPOP, token))
              : bearer;
      return found instanceof Presented.One && InQuery.ACCESS_TOKEN.isNamed(request)
          ? new Presented.Ambiguous()
          : found;
    }

    @Override
    public boolean isPresent(Request request) {
      return BEARER.isPresent(request) || (proofs && DPOP.isPresent(request));
    }

    private static Presented as(Scheme scheme, String token) {
      return token.length() <= LONGEST && isToken(token)
          ? new Presented.One(token, scheme)
          : new Presented.Unreadable(scheme);
    }

    /** A {@code b64token} (RFC 6750 section 2.1): in it no second credential can hide. */
    private static boolean isToken(String token) {
      int end = token.length();
      while (end > 0 && token.charAt(end - 1) == '=') {
        end--;
      }
      for (int i = 0; i < end; i++) {
        char c = token.charAt(i);
        if (c >= B64.length || !B64[c]) {
          return false;
        }
      }
      return end > 0;
    }

    private static boolean[] b64() {
      boolean[] characters = new boolean[128];
      for (char c = 0; c < characters.length; c++) {
        characters[c] = Ascii.isLetterOrDigit(c) || "-._~+/".indexOf(c) >= 0;
      }
      return characters;
    }
  }

  /** The connection, of which the request itself says nothing. */
  record InConnection() implements CredentialLocation {
    @Override
    public Presented find(Request request) {
      return new Presented.Absent();
    }

    @Override
    public boolean isPresent(Request request) {
      return false;
    }
  }

  /**
   * A header, whole or after a prefix.
   *
   * @param name lower case
   * @param prefix compared without case; a value without it is another method's. Empty where the
   *     whole value is the credential. One that ends with a space takes several (RFC 9110 section
   *     11.4)
   */
  record InHeader(String name, String prefix) implements CredentialLocation {
    @Override
    public Presented find(Request request) {
      return find(request, CredentialLocation::one);
    }

    /**
     * Finds what is behind the prefix.
     *
     * @param reading what a credential is read as; it may be empty, or too long
     */
    Presented find(Request request, Function<String, Presented> reading) {
      List<String> values = request.headers().values(name);
      if (values.isEmpty()) {
        return new Presented.Absent();
      }
      if (values.size() > 1) {
        return new Presented.HeaderTwice();
      }
      String value = values.getFirst();
      if (!isPrefixed(value)) {
        return isPrefixedByTab(value)
            ? new Presented.Unreadable(Scheme.OWN)
            : new Presented.Absent();
      }
      int start = prefix.length();
      while (prefix.endsWith(" ") && start < value.length() && value.charAt(start) == ' ') {
        start++;
      }
      return reading.apply(start == 0 ? value : value.substring(start));
    }

    @Override
    public boolean isPresent(Request request) {
      List<String> values = request.headers().values(name);
      return values.size() > 1
          || (values.size() == 1
              && (isPrefixed(values.getFirst()) || isPrefixedByTab(values.getFirst())));
    }

    private boolean isPrefixed(String value) {
      return value.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    /** Not another method's: some servers take a tab for the space after a scheme. */
    private boolean isPrefixedByTab(String value) {
      return prefix.endsWith(" ")
          && value.length() >= prefix.length()
          && isPrefixed(value.substring(0, prefix.length()).replace('\t', ' '));
    }
  }

  /**
   * A query parameter, by its decoded name.
   *
   * @param token whether RFC 6750 section 2 holds for it: no second token in {@code Authorization}
   */
  record InQuery(String name, boolean token) implements CredentialLocation {
    /** Where OAuth clients may put a token (RFC 6750 section 2.3). */
    private static final InQuery ACCESS_TOKEN = new InQuery("access_token", true);

    @Override
    public boolean isPresent(Request request) {
      return !(find(request) instanceof Presented.Absent);
    }

    @Override
    public Presented find(Request request) {
      Query query = request.query();
      List<String> values = query.values(name);
      if (values == null) {
        return new Presented.Unreadable(Scheme.OWN);
      }
      if (values.isEmpty()) {
        return new Presented.Absent();
      }
      // Envoy removes a parameter by its literal name only: an escaped spelling would go upstream.
      if (values.size() > 1 || !query.spellsOut(name)) {
        return new Presented.Ambiguous();
      }
      if (this.equals(ACCESS_TOKEN) && !(TOKEN.find(request) instanceof Presented.Absent)) {
        return new Presented.Ambiguous();
      }
      return one(values.getFirst());
    }

    /** Whether an upstream may find it, be its value a good one or not. */
    private boolean isNamed(Request request) {
      List<String> values = request.query().values(name);
      return values == null || !values.isEmpty();
    }
  }

  /**
   * A cookie (RFC 6265 section 4.2).
   *
   * <p>Two cookie lines of HTTP/1.1 may arrive as one, joined by a comma, while the upstream gets
   * two. So a name counts after a comma too, and its value is then nobody's.
   */
  record InCookie(String name) implements CredentialLocation {
    @Override
    public boolean isPresent(Request request) {
      return !(find(request) instanceof Presented.Absent);
    }

    @Override
    public Presented find(Request request) {
      @Nullable String found = null;
      for (String header : request.headers().values("cookie")) {
        for (String pair : header.split(";", -1)) {
          List<String> names = names(pair);
          int at = names.indexOf(name);
          if (at < 0) {
            continue;
          }
          if (found != null || at > 0 || names.lastIndexOf(name) > at) {
            return new Presented.Ambiguous();
          }
          found = pair.substring(pair.indexOf('=') + 1).stripTrailing();
        }
      }
      return found == null ? new Presented.Absent() : one(found);
    }

    /** The cookies beside those of these names, as one header value; empty where there are none. */
    static String others(Headers headers, Set<String> names) {
      List<String> others = new ArrayList<>();
      for (String header : headers.values("cookie")) {
        for (String pair : header.split(";", -1)) {
          String cookie = pair.strip();
          if (!cookie.isEmpty() && Collections.disjoint(names(pair), names)) {
            others.add(cookie);
          }
        }
      }
      return String.join("; ", others);
    }

    /**
     * What a reader may take for a cookie's name in a pair: the first of them is its own, empty
     * where it has none. Servers trim names.
     */
    private static List<String> names(String pair) {
      List<String> names = new ArrayList<>(1);
      for (String part : pair.split(",", -1)) {
        int equals = part.indexOf('=');
        names.add(equals < 0 ? "" : part.substring(0, equals).strip());
      }
      return names;
    }
  }

  private static Presented one(String credential) {
    if (credential.isEmpty() || credential.length() > LONGEST) {
      return new Presented.Unreadable(Scheme.OWN);
    }
    for (int i = 0; i < credential.length(); i++) {
      char c = credential.charAt(i);
      if (c <= 0x20 || c >= 0x7f) {
        return new Presented.Unreadable(Scheme.OWN);
      }
    }
    return new Presented.One(credential, Scheme.OWN);
  }
}
