package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.authenticate.CredentialLocation.InAuthorization;
import dev.sallyport.engine.authenticate.CredentialLocation.InConnection;
import dev.sallyport.engine.authenticate.CredentialLocation.InCookie;
import dev.sallyport.engine.authenticate.CredentialLocation.InHeader;
import dev.sallyport.engine.authenticate.CredentialLocation.InQuery;
import dev.sallyport.engine.authenticate.CredentialLocation.Presented;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict.Changes;
import dev.sallyport.engine.receive.Request;
import java.util.ArrayList;
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
  public AuthenticationRules {
    methods = List.copyOf(methods);
  }

  /**
   * A denial with a challenge for every method: RFC 9110 section 15.5.2 asks for at least one.
   *
   * @param refused the method whose credential was refused; null where none was presented, and then
   *     no challenge names an error (RFC 6750 section 3.1)
   * @param challenged what is said of it
   */
  public Denial unauthorized(
      Reason reason, String detail, @Nullable AuthenticationMethod refused, Challenged challenged) {
    List<HttpField> challenges = new ArrayList<>(methods.size());
    for (AuthenticationMethod method : methods) {
      String challenge = method.equals(refused) ? method.refusal() : method.challenge();
      HttpField field = new HttpField("www-authenticate", challenge);
      if (!challenges.contains(field)) {
        challenges.add(field);
      }
    }
    if (challenged.nonce() != null) {
      challenges.add(new HttpField("dpop-nonce", challenged.nonce()));
    }
    return new Denial(reason, detail, challenges);
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
      CredentialLocation location = method.location();
      if (location.find(request) instanceof Presented.Absent) {
        continue;
      }
      switch (location) {
        case InHeader(var name, _) -> {
          // Two methods may share one.
          if (!headers.contains(name)) {
            headers.add(name);
          }
        }
        case InAuthorization _ -> {
          if (!headers.contains(InAuthorization.HEADER)) {
            headers.add(InAuthorization.HEADER);
          }
        }
        case InConnection() -> {}
        case InQuery(var name) -> {
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
      return new Changes(headers, parameters, null, List.of());
    }
    // Of all methods at once: what one leaves may be another's credential.
    String others = InCookie.others(request.headers(), cookies);
    if (!others.isEmpty()) {
      return new Changes(headers, parameters, others, List.of());
    }
    headers.add("cookie");
    return new Changes(headers, parameters, null, List.of());
  }
}
