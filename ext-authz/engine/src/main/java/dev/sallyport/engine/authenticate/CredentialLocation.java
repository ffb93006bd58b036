package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Query;
import dev.sallyport.engine.receive.Request;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
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

    /** Empty, too long, or not visible ASCII. */
    record Unreadable() implements Presented {}
  }

  /**
   * The {@code Authorization} header with a token's scheme.
   *
   * @param proofs whether the scheme {@code DPoP} is looked at too
   */
  record InAuthorization(boolean proofs) implements CredentialLocation {
    /** Its name. */
    static final String HEADER = "authorization";

    private static final InHeader BEARER = new InHeader(HEADER, "Bearer ");
    private static final InHeader DPOP = new InHeader(HEADER, "DPoP ");

    @Override
    public Presented find(Request request) {
      Presented bearer = as(Scheme.BEARER, BEARER.find(request));
      return proofs && bearer instanceof Presented.Absent
          ? as(Scheme.DPOP, DPOP.find(request))
          : bearer;
    }

    private static Presented as(Scheme scheme, Presented presented) {
      return presented instanceof Presented.One(var credential, _)
          ? new Presented.One(credential, scheme)
          : presented;
    }
  }

  /** The connection, of which the request itself says nothing. */
  record InConnection() implements CredentialLocation {
    @Override
    public Presented find(Request request) {
      return new Presented.Absent();
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
      List<String> values = request.headers().values(name);
      if (values.isEmpty()) {
        return new Presented.Absent();
      }
      if (values.size() > 1) {
        return new Presented.HeaderTwice();
      }
      String value = values.getFirst();
      if (!value.regionMatches(true, 0, prefix, 0, prefix.length())) {
        // Not another method's: some servers take a tab for the space after a scheme.
        return prefix.endsWith(" ")
                && value.replace('\t', ' ').regionMatches(true, 0, prefix, 0, prefix.length())
            ? new Presented.Unreadable()
            : new Presented.Absent();
      }
      int start = prefix.length();
      while (prefix.endsWith(" ") && start < value.length() && value.charAt(start) == ' ') {
        start++;
      }
      return one(start == 0 ? value : value.substring(start));
    }
  }

  /** A query parameter, by its decoded name. */
  record InQuery(String name) implements CredentialLocation {
    @Override
    public Presented find(Request request) {
      Query query = request.query();
      List<String> values = query.values(name);
      if (values == null) {
        return new Presented.Unreadable();
      }
      if (values.isEmpty()) {
        return new Presented.Absent();
      }
      // Envoy removes a parameter by its literal name only: an escaped spelling would go upstream.
      if (values.size() > 1 || !query.spellsOut(name)) {
        return new Presented.Ambiguous();
      }
      return one(values.getFirst());
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
      return new Presented.Unreadable();
    }
    for (int i = 0; i < credential.length(); i++) {
      char c = credential.charAt(i);
      if (c <= 0x20 || c >= 0x7f) {
        return new Presented.Unreadable();
      }
    }
    return new Presented.One(credential, Scheme.OWN);
  }
}
