package dev.sallyport.engine.authenticate;

import com.nimbusds.jose.Algorithm;
import dev.sallyport.engine.authenticate.AuthenticationMethod.Bearer;
import dev.sallyport.engine.authenticate.AuthenticationMethod.Jwt;
import dev.sallyport.engine.authenticate.Challenged.Fault;
import dev.sallyport.engine.authenticate.CredentialLocation.InAuthorization;
import dev.sallyport.engine.authenticate.CredentialLocation.InConnection;
import dev.sallyport.engine.authenticate.CredentialLocation.InCookie;
import dev.sallyport.engine.authenticate.CredentialLocation.InHeader;
import dev.sallyport.engine.authenticate.CredentialLocation.InQuery;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict.Changes;
import dev.sallyport.engine.receive.Request;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How callers of one policy prove who they are.
 *
 * @param methods in declared order; the first whose credential verifies counts
 * @param registered whether the credential must belong to a NonHumanIdentity
 * @param allNamespaces whether identities of every namespace may call
 * @param strip whether the upstream is kept from seeing credentials
 * @param proofs what proofs of possession are taken; null where none are
 * @param resourceMetadata where the API's metadata is (RFC 9728), in characters that a quoted
 *     string takes; null where the policy does not say
 */
public record AuthenticationRules(
    List<AuthenticationMethod> methods,
    boolean registered,
    boolean allNamespaces,
    boolean strip,
    @Nullable ProofRules proofs,
    @Nullable String resourceMetadata) {
  private static final String BEARER = "Bearer";
  private static final String DPOP = "DPoP";
  private static final String ERROR = "error";

  /** The header of a proof of possession (RFC 9449 section 4.1). */
  private static final String PROOF = "dpop";

  public AuthenticationRules {
    methods = List.copyOf(methods);
  }

  /**
   * A denial with a challenge for every scheme of every method: RFC 9110 section 15.5.2 asks for at
   * least one.
   *
   * @param refused the method whose credential was refused; null where none was presented, and then
   *     no challenge names an error (RFC 6750 section 3.1)
   * @param challenged what is said of it
   * @param scopes that the operation needs
   */
  public Denial unauthorized(
      Reason reason,
      String detail,
      @Nullable AuthenticationMethod refused,
      Challenged challenged,
      List<String> scopes) {
    List<Challenge> offered = offered();
    Challenge faulted =
        refused instanceof Bearer bearer ? presented(bearer, challenged.scheme()) : null;
    List<HttpField> fields = new ArrayList<>(offered.size() + 1);
    for (Challenge challenge : offered) {
      Challenge told =
          challenge.equals(faulted) ? challenge.with(ERROR, challenged.fault().code()) : challenge;
      fields.add((isOfTokens(challenge) ? guided(told, scopes) : told).field());
    }
    if (challenged.nonce() != null) {
      fields.add(new HttpField("dpop-nonce", challenged.nonce()));
    }
    return new Denial(reason, detail, fields);
  }

  /**
   * A denial of a caller whose scopes do not suffice (RFC 6750 section 3.1), with a challenge of
   * the scheme that the caller used and no other: only tokens are told of in that of tokens.
   *
   * @param used the method whose credential was accepted
   * @param scheme as it was presented
   * @param scopes that are needed, all of them
   */
  public Denial forbidden(
      Reason reason, String detail, AuthenticationMethod used, Scheme scheme, List<String> scopes) {
    String fault = Fault.INSUFFICIENT_SCOPE.code();
    Challenge challenge =
        used instanceof Bearer
            ? guided(
                new Challenge(scheme == Scheme.DPOP ? DPOP : BEARER, List.of()).with(ERROR, fault),
                scopes)
            : used.challenge().with(ERROR, fault).with("scope", String.join(" ", scopes));
    return new Denial(reason, detail, List.of(challenge.field()));
  }

  /** Every challenge once, in the order of the methods. */
  private List<Challenge> offered() {
    List<Challenge> offered = new ArrayList<>(methods.size() + 1);
    for (AuthenticationMethod method : methods) {
      add(method.challenge(), offered);
      if (proofs != null && method instanceof Bearer bearer && takesProofs(bearer)) {
        add(proof(proofs, bearer), offered);
      }
    }
    return offered;
  }

  /** Once: two methods may share it. */
  private static <T> void add(T one, List<T> all) {
    if (!all.contains(one)) {
      all.add(one);
    }
  }

  /**
   * The challenge of the scheme that a token was presented under; null where this policy does not
   * offer it: an error under another would be no answer to it.
   */
  private @Nullable Challenge presented(Bearer method, Scheme scheme) {
    return switch (scheme) {
      case BEARER, OWN -> method.challenge();
      case DPOP -> proofs != null && takesProofs(method) ? proof(proofs, method) : null;
    };
  }

  private static boolean takesProofs(Bearer method) {
    return method.location() instanceof InAuthorization(var proofs) && proofs;
  }

  /** RFC 9449 section 7.1. */
  private static Challenge proof(ProofRules rules, Bearer method) {
    List<String> names = new ArrayList<>(rules.algorithms().size());
    for (Algorithm algorithm : rules.algorithms()) {
      names.add(algorithm.getName());
    }
    // In one order, whatever the set's is.
    Collections.sort(names);
    return Challenge.of(DPOP, method.realm()).with("algs", String.join(" ", names));
  }

  private static boolean isOfTokens(Challenge challenge) {
    return challenge.scheme().equals(BEARER) || challenge.scheme().equals(DPOP);
  }

  /** With what helps a client to a token that will do: its scopes, and where the rest is told. */
  private Challenge guided(Challenge challenge, List<String> scopes) {
    Challenge scoped =
        scopes.isEmpty() ? challenge : challenge.with("scope", String.join(" ", scopes));
    return resourceMetadata == null ? scoped : scoped.with("resource_metadata", resourceMetadata);
  }

  /** What must be taken out of a request so that the upstream sees no credential of any method. */
  public Changes stripped(Request request) {
    if (!strip) {
      return Changes.NONE;
    }
    List<String> headers = new ArrayList<>(1);
    List<String> parameters = List.of();
    Set<String> cookies = Set.of();
    for (AuthenticationMethod method : methods) {
      if (method instanceof Jwt && request.headers().has(PROOF)) {
        add(PROOF, headers);
      }
      CredentialLocation location = method.location();
      if (!widest(location).isPresent(request)) {
        continue;
      }
      switch (location) {
        case InHeader(var name, _) -> add(name, headers);
        case InAuthorization _ -> add(InAuthorization.HEADER, headers);
        case InConnection() -> {}
        case InQuery(var name, _) -> {
          parameters = new ArrayList<>(parameters);
          // Envoy removes a parameter by the very text of its name.
          parameters.addAll(request.query().spellings(name));
        }
        case InCookie(var name) -> {
          cookies = new HashSet<>(cookies);
          cookies.add(name);
        }
      }
    }
    if (cookies.isEmpty()) {
      return new Changes(headers, parameters, null, null, List.of());
    }
    // Of all methods at once: what one leaves may be another's credential.
    String others = InCookie.others(request.headers(), cookies);
    if (!others.isEmpty()) {
      return new Changes(headers, parameters, others, null, List.of());
    }
    headers.add("cookie");
    return new Changes(headers, parameters, null, null, List.of());
  }

  /** Where all is that looks like such a credential, be it taken there or not. */
  private static CredentialLocation widest(CredentialLocation location) {
    return location instanceof InAuthorization ? CredentialLocation.TOKEN : location;
  }
}
