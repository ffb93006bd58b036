package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What may be asked of one API.
 *
 * @param hosts exact names, or {@code *.example.com} for one or more labels in front
 * @param targetRefs Gateway API routes that this policy attaches to
 * @param environment an identity of another environment is denied; any where it is null
 * @param enforcement Shadow evaluates and records, and always allows
 * @param paths which ambiguous forms of a path are let through
 * @param preflight whether a CORS preflight on a declared path skips authentication
 * @param authentication the methods, of which a request must satisfy one
 * @param undeclaredOperations what a request that matches no operation gets
 * @param operations what may be asked
 * @param openapi a document that declares operations
 * @param mcp a Model Context Protocol endpoint
 * @param rateLimits limits of the whole API
 */
public record ApiPolicySpec(
    List<String> hosts,
    List<TargetRef> targetRefs,
    @Nullable String environment,
    Enforcement enforcement,
    Paths paths,
    Preflight preflight,
    Authentication authentication,
    Undeclared undeclaredOperations,
    List<Operation> operations,
    @Nullable Map<String, Object> openapi,
    @Nullable Map<String, Object> mcp,
    List<RateLimitSpec> rateLimits) {
  public ApiPolicySpec {
    hosts = Defaults.list(hosts);
    targetRefs = Defaults.list(targetRefs);
    enforcement = Defaults.or(enforcement, Enforcement.Enforce);
    paths = Defaults.or(paths, Paths.STRICT);
    preflight = Defaults.or(preflight, Preflight.Evaluate);
    authentication = Defaults.or(authentication, Authentication.NONE);
    undeclaredOperations = Defaults.or(undeclaredOperations, Undeclared.Deny);
    operations = Defaults.list(operations);
    rateLimits = Defaults.list(rateLimits);
  }

  /** Gateway API policy attachment (GEP-713), in the policy's own namespace. */
  public record TargetRef(String group, String kind, String name, @Nullable String sectionName) {
    public TargetRef {
      group = Defaults.or(group, "gateway.networking.k8s.io");
      kind = Defaults.or(kind, "");
      name = Defaults.or(name, "");
    }
  }

  /** Whether an ambiguous form is refused or let through as the upstream gets it. */
  public enum Ambiguity {
    Deny,
    Allow
  }

  /** How a final slash is matched. */
  public enum TrailingSlash {
    /** {@code /a} and {@code /a/} are two paths. */
    Exact,
    /** {@code /a} and {@code /a/} match the same template. */
    Ignore
  }

  /**
   * Ambiguous forms of a path.
   *
   * @param semicolons {@code ;} and {@code %3B}
   * @param encodedSlashes {@code %2F}
   * @param emptySegments {@code //}
   * @param trailingSlash a final slash
   */
  public record Paths(
      Ambiguity semicolons,
      Ambiguity encodedSlashes,
      Ambiguity emptySegments,
      TrailingSlash trailingSlash) {
    /** Everything denied, exact. */
    public static final Paths STRICT =
        new Paths(Ambiguity.Deny, Ambiguity.Deny, Ambiguity.Deny, TrailingSlash.Exact);

    public Paths {
      semicolons = Defaults.or(semicolons, Ambiguity.Deny);
      encodedSlashes = Defaults.or(encodedSlashes, Ambiguity.Deny);
      emptySegments = Defaults.or(emptySegments, Ambiguity.Deny);
      trailingSlash = Defaults.or(trailingSlash, TrailingSlash.Exact);
    }
  }

  /** What a CORS preflight gets. */
  public enum Preflight {
    Evaluate,
    Allow
  }

  /** What a request that matches no operation gets. */
  public enum Undeclared {
    Deny,
    Allow
  }

  /** Whether a credential must belong to a NonHumanIdentity. */
  public enum Registered {
    Required,
    Optional
  }

  /** Whose NonHumanIdentities may call. */
  public enum IdentityNamespaces {
    Same,
    All
  }

  /** Whether the upstream sees the credential. */
  public enum Credentials {
    Strip,
    Forward
  }

  /** How callers prove who they are. */
  public record Authentication(
      List<Method> methods,
      Registered registered,
      IdentityNamespaces identityNamespaces,
      Credentials credentials) {
    /** No method: only operations without authentication can be reached. */
    public static final Authentication NONE =
        new Authentication(
            List.of(), Registered.Required, IdentityNamespaces.Same, Credentials.Strip);

    public Authentication {
      methods = Defaults.list(methods);
      registered = Defaults.or(registered, Registered.Required);
      identityNamespaces = Defaults.or(identityNamespaces, IdentityNamespaces.Same);
      credentials = Defaults.or(credentials, Credentials.Strip);
    }
  }

  /** One way to authenticate; exactly one of the four members is set. */
  public record Method(
      String name,
      @Nullable ApiKey apiKey,
      @Nullable Jwt jwt,
      @Nullable ServiceAccount serviceAccount,
      @Nullable Mtls mtls) {
    public Method {
      name = Defaults.or(name, "");
    }
  }

  /**
   * Where an API key is found; exactly one of header, query and cookie.
   *
   * @param prefix text before the key in the header, such as {@code "ApiKey "}; its scheme is
   *     compared without case
   */
  public record ApiKey(
      @Nullable String header,
      @Nullable String prefix,
      @Nullable String query,
      @Nullable String cookie) {}

  /**
   * A JWT in {@code Authorization: Bearer}.
   *
   * @param audiences one of them must be in {@code aud}; the issuer's where it is empty
   */
  public record Jwt(@Nullable LocalRef issuerRef, List<String> audiences) {
    public Jwt {
      audiences = Defaults.list(audiences);
    }
  }

  /** A Kubernetes service-account token. */
  public record ServiceAccount(List<String> audiences) {
    public ServiceAccount {
      audiences = Defaults.list(audiences);
    }
  }

  /** The peer certificate. */
  public record Mtls(List<String> trustDomains) {
    public Mtls {
      trustDomains = Defaults.list(trustDomains);
    }
  }

  /** Whether an operation needs a credential. */
  public enum OperationAuthentication {
    Required,
    /** No credential is fine; one that is presented must be valid. */
    Optional,
    /** Credentials are not looked at. */
    None
  }

  /**
   * One thing that may be asked.
   *
   * @param scopes all of them are needed
   * @param anyScope at least one of them is needed, where there are any
   * @param fields field-level scopes
   * @param conditions CEL conditions
   */
  public record Operation(
      String name,
      List<Match> match,
      OperationAuthentication authentication,
      List<String> scopes,
      List<String> anyScope,
      @Nullable Map<String, Object> fields,
      List<Map<String, Object>> conditions,
      @Nullable RequestRules request,
      List<RateLimitSpec> rateLimits) {
    public Operation {
      name = Defaults.or(name, "");
      match = Defaults.list(match);
      authentication = Defaults.or(authentication, OperationAuthentication.Required);
      scopes = Defaults.list(scopes);
      anyScope = Defaults.list(anyScope);
      conditions = Defaults.list(conditions);
      rateLimits = Defaults.list(rateLimits);
    }
  }

  /**
   * Which requests an operation is: methods and path, or a gRPC method.
   *
   * @param path an OpenAPI path template; a last {@code /**} takes the rest
   * @param grpc {@code pkg.Service/Method}, or {@code pkg.Service/*}
   */
  public record Match(List<String> methods, @Nullable String path, @Nullable String grpc) {
    public Match {
      methods = Defaults.list(methods);
    }
  }

  /**
   * What a request may carry.
   *
   * @param contentTypes media types, {@code type/subtype} or {@code application/*+json}; any where
   *     it is empty
   * @param contentEncodings codings that are let through; none where it is empty
   * @param maxBytes the largest body; any where it is null
   */
  public record RequestRules(
      List<String> contentTypes,
      List<String> contentEncodings,
      @Nullable Long maxBytes,
      @Nullable Map<String, Object> query,
      @JsonProperty("body") @Nullable Map<String, Object> body) {
    public RequestRules {
      contentTypes = Defaults.list(contentTypes);
      contentEncodings = Defaults.list(contentEncodings);
    }
  }
}
