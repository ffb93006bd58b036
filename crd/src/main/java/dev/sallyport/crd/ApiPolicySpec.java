package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What may be asked of one API. */
@ValidationRule(
    value =
        "has(self.hosts) && size(self.hosts) > 0"
            + " || has(self.targetRefs) && size(self.targetRefs) > 0",
    message = "a policy needs `hosts`, `targetRefs` or both",
    fieldPath = ".hosts")
@ValidationRule(
    value =
        "self.undeclaredOperations != 'Allow' || has(self.authentication)"
            + " && has(self.authentication.methods) && size(self.authentication.methods) > 0",
    message = "undeclared operations need a credential, and `authentication.methods` is empty",
    fieldPath = ".undeclaredOperations")
@ValidationRule(
    value =
        "!has(self.operations) || has(self.authentication)"
            + " && has(self.authentication.methods) && size(self.authentication.methods) > 0"
            + " || self.operations.all(o, o.authentication == 'None')",
    message =
        "`authentication.methods` is empty, so nobody could call an operation; declare a method, or"
            + " `authentication: None` for every operation",
    fieldPath = ".authentication")
@ValidationRule(
    value =
        "!has(self.mcp) || has(self.authentication)"
            + " && has(self.authentication.methods) && size(self.authentication.methods) > 0",
    message =
        "`authentication.methods` is empty, so nobody could call the endpoint; declare a method",
    fieldPath = ".mcp")
@ValidationRule(
    value =
        "!has(self.mcp) || !has(self.authentication) || !has(self.authentication.methods)"
            + " || self.authentication.credentials != 'Forward'"
            + " || self.authentication.methods.all(m, !has(m.jwt) && !has(m.serviceAccount))",
    message =
        "an MCP server must not be passed the tokens of its callers; write `Strip`, or give the"
            + " endpoint a policy of its own",
    fieldPath = ".authentication.credentials")
public record ApiPolicySpec(
    @JsonPropertyDescription(
            "Hosts that the policy judges requests to: exact names, or *.example.com for one or"
                + " more labels in front, without a port. Of two policies with one host the older"
                + " has it.")
        @ListSet
        @Size(max = 256)
        List<
                @Size(min = 1, max = 253)
                @Pattern(
                    "^((\\*\\.)?[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"
                        + "(\\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*|\\[[0-9A-Fa-f:.]+\\])$")
                String>
            hosts,
    @JsonPropertyDescription(
            "Gateway API routes that the policy attaches to, in its own namespace; their hosts are"
                + " its hosts too.")
        @Size(max = 16)
        List<TargetRef> targetRefs,
    @JsonPropertyDescription(
            "Where the API runs, as production: an identity of another environment is denied."
                + " Absent: any may call.")
        @Size(min = 1, max = Bounds.ENVIRONMENT_LENGTH)
        @Nullable String environment,
    @JsonPropertyDescription(
            "Enforce, or Shadow: everything is evaluated and recorded, and every request passes.")
        @Default("Enforce")
        Enforcement enforcement,
    @JsonPropertyDescription("Which ambiguous forms of a path are let through.") Paths paths,
    @JsonPropertyDescription(
            "A CORS preflight (OPTIONS with Origin and Access-Control-Request-Method) on a declared"
                + " path: Evaluate as any request, or Allow.")
        @Default("Evaluate")
        Preflight preflight,
    @JsonPropertyDescription("How callers prove who they are.") Authentication authentication,
    @JsonPropertyDescription(
            "Requests that match no operation: Deny, or Allow with a credential of a method.")
        @Default("Deny")
        Undeclared undeclaredOperations,
    @JsonPropertyDescription(
            "What may be asked. At most 2000; each has a name of its own. The most"
                + " specific match counts, whatever the order.")
        @ListMap("name")
        @Size(max = Bounds.MOST_OPERATIONS)
        List<Operation> operations,
    @JsonPropertyDescription(
            "The API's own OpenAPI document, of which operations, scopes and schemas are taken."
                + " What the policy says itself goes before.")
        @Nullable OpenApi openapi,
    @JsonPropertyDescription(
            "A Model Context Protocol endpoint, of which each tool is an operation.")
        @Nullable Mcp mcp,
    @JsonPropertyDescription("Limits of the whole API, beside those of operations.")
        @ListMap("name")
        @Size(max = Bounds.MOST_LIMITS)
        List<RateLimitSpec> rateLimits) {
  private static final String HEADER = "^[A-Za-z0-9!#$&'*+.^_`|~-]+$";
  private static final String PREFIX = "^[!#-\\[\\]-~]{1,64} ?$";
  private static final String PARAMETER = "^[A-Za-z0-9_.~-]+$";

  /** CEL: {@code self.header} has no meaning of its own; some of those that have are logged. */
  private static final String CAN_HOLD_CREDENTIAL =
      "!(self.header.lowerAscii() in ['accept', 'connection',"
          + " 'content-encoding', 'content-length', 'content-type', 'cookie', 'dpop',"
          + " 'forwarded', 'host', 'origin', 'referer', 'te', 'traceparent', 'tracestate',"
          + " 'transfer-encoding', 'upgrade', 'user-agent', 'x-forwarded-client-cert',"
          + " 'x-forwarded-for', 'x-request-id'])"
          + " && !self.header.lowerAscii().startsWith('x-sallyport-')"
          + " && !self.header.lowerAscii().startsWith('x-envoy-')";

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
  public record TargetRef(
      @JsonPropertyDescription("The API group of the route.")
          @Default("gateway.networking.k8s.io")
          @OneOf("gateway.networking.k8s.io")
          @Size(max = 253)
          String group,
      @JsonPropertyDescription("The kind of the route.")
          @Required
          @OneOf({"HTTPRoute", "GRPCRoute"})
          @Size(max = 63)
          String kind,
      @JsonPropertyDescription("The name of the route.")
          @Required
          @Size(min = 1, max = Bounds.OBJECT_NAME_LENGTH)
          String name,
      @JsonPropertyDescription("One rule of the route." + Unavailable.REFUSED)
          @Size(min = 1, max = 253)
          @Nullable String sectionName) {
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

  /** Ambiguous forms of a path. */
  public record Paths(
      @JsonPropertyDescription("A path with ; or %3B: Deny, or Allow it as it stands.")
          @Default("Deny")
          Ambiguity semicolons,
      @JsonPropertyDescription("A path with %2F: Deny, or Allow it as it stands.") @Default("Deny")
          Ambiguity encodedSlashes,
      @JsonPropertyDescription("A path with //: Deny, or Allow it as it stands.") @Default("Deny")
          Ambiguity emptySegments,
      @JsonPropertyDescription(
              "A final slash: Exact (/a and /a/ are two paths), or Ignore (they match the same"
                  + " template).")
          @Default("Exact")
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
      @JsonPropertyDescription(
              "Ways to authenticate, of which a request must satisfy one. At most 16; each has a"
                  + " name of its own.")
          @ListMap("name")
          @Size(max = 16)
          List<Method> methods,
      @JsonPropertyDescription(
              "Required: the credential must belong to a NonHumanIdentity. Optional: a valid token"
                  + " of nobody passes with its own scopes.")
          @Default("Required")
          Registered registered,
      @JsonPropertyDescription(
              "Whose NonHumanIdentities may call: those of the Same namespace, or of All.")
          @Default("Same")
          IdentityNamespaces identityNamespaces,
      @JsonPropertyDescription(
              "Whether the upstream sees the credential: Strip removes it, Forward leaves it.")
          @Default("Strip")
          Credentials credentials,
      @JsonPropertyDescription(
              "Proofs of possession (DPoP, RFC 9449). Absent: none are taken, and tokens that are"
                  + " bound to a key are refused.")
          @Nullable Dpop dpop,
      @JsonPropertyDescription(
              "The https URL of the API's protected resource metadata (RFC 9728), which challenges"
                  + " then name.")
          @Size(max = Bounds.URI_LENGTH)
          @Pattern(Bounds.PLAIN_HTTPS)
          @Nullable String resourceMetadata) {
    /** No method: only operations without authentication can be reached. */
    public static final Authentication NONE =
        new Authentication(
            List.of(), Registered.Required, IdentityNamespaces.Same, Credentials.Strip, null, null);

    public Authentication {
      methods = Defaults.list(methods);
      registered = Defaults.or(registered, Registered.Required);
      identityNamespaces = Defaults.or(identityNamespaces, IdentityNamespaces.Same);
      credentials = Defaults.or(credentials, Credentials.Strip);
    }

    /** Without proofs of possession and metadata. */
    public Authentication(
        List<Method> methods,
        Registered registered,
        IdentityNamespaces identityNamespaces,
        Credentials credentials) {
      this(methods, registered, identityNamespaces, credentials, null, null);
    }
  }

  /** How callers prove that a token is theirs (RFC 9449). */
  @ValidationRule(
      value =
          "[self.maxAge].all(d, "
              + Bounds.NO_DURATION
              + " || ("
              + Bounds.MILLIS
              + " > 0 && "
              + Bounds.MILLIS
              + " <= 600000))",
      message = "must be more than `0` and at most `10m`",
      fieldPath = ".maxAge")
  public record Dpop(
      @JsonPropertyDescription(
              "Where callers reach the API, as https://api.example.com: scheme, host, port and what"
                  + " a gateway puts before the path. A proof's htu is one of them and the path.")
          @Required
          @ListSet
          @Size(min = 1, max = 16)
          List<@Size(min = 1, max = 512) @Pattern(Bounds.ORIGIN) String> origins,
      @JsonPropertyDescription("Signatures that proofs may have. Absent: ES256, EdDSA and RS256.")
          @ListSet
          @OneOf({
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
            "EdDSA", "Ed25519"
          })
          @Size(max = 16)
          List<@Size(max = 16) String> algorithms,
      @JsonPropertyDescription("How old a proof may be, and how far ahead, up to 10m.")
          @Default("60s")
          @Size(max = Bounds.DURATION_LENGTH)
          @Pattern(Bounds.DURATION)
          @Nullable String maxAge,
      @JsonPropertyDescription(
              "Whether proofs must hold a nonce that Sallyport gave (RFC 9449 section 9).")
          @Default("Never")
          Nonce nonce) {
    public Dpop {
      origins = Defaults.list(origins);
      algorithms = Defaults.list(algorithms);
      nonce = Defaults.or(nonce, Nonce.Never);
    }
  }

  /** Whether proofs must hold a nonce. */
  public enum Nonce {
    Never,
    Required
  }

  /** One way to authenticate; exactly one of the four members is set. */
  @ValidationRule(
      value =
          "(has(self.apiKey) ? 1 : 0) + (has(self.jwt) ? 1 : 0)"
              + " + (has(self.serviceAccount) ? 1 : 0) + (has(self.mtls) ? 1 : 0) == 1",
      message = "a method has exactly one of `apiKey`, `jwt`, `serviceAccount` and `mtls`")
  public record Method(
      @JsonPropertyDescription(
              "A name that no other method of the policy has; decisions record it.")
          @Required
          @Size(min = 1, max = Bounds.NAME_LENGTH)
          @Pattern(Bounds.NAME)
          String name,
      @JsonPropertyDescription("An API key in a header, the query or a cookie.")
          @Nullable ApiKey apiKey,
      @JsonPropertyDescription(
              "An access token, in Authorization as Bearer or DPoP unless it says another place.")
          @Nullable Jwt jwt,
      @JsonPropertyDescription(
              "A Kubernetes service-account token in Authorization: Bearer, about which the API"
                  + " server is asked (TokenReview).")
          @Nullable ServiceAccount serviceAccount,
      @JsonPropertyDescription(
              "The caller's certificate, as Envoy saw it, or as the proxy before it says where the"
                  + " configuration trusts that.")
          @Nullable Mtls mtls) {
    public Method {
      name = Defaults.or(name, "");
    }
  }

  /** Where an API key is found; exactly one of header, query and cookie. */
  @ValidationRule(
      value =
          "(has(self.header) ? 1 : 0) + (has(self.query) ? 1 : 0)"
              + " + (has(self.cookie) ? 1 : 0) == 1",
      message = "a key is in exactly one of `header`, `query` and `cookie`")
  @ValidationRule(
      value = "!has(self.prefix) || has(self.header)",
      message = "only a key in a `header` has a prefix",
      fieldPath = ".prefix")
  @ValidationRule(
      value =
          "!has(self.header) || self.header.lowerAscii() != 'authorization' || has(self.prefix)",
      message = "a key in `Authorization` needs its scheme as the prefix, as `ApiKey `",
      fieldPath = ".prefix")
  @ValidationRule(
      value = "!has(self.header) || " + CAN_HOLD_CREDENTIAL,
      message = "this header has a meaning of its own and can't hold a key",
      fieldPath = ".header")
  public record ApiKey(
      @JsonPropertyDescription("The header that holds it, as X-API-Key.")
          @Size(min = 1, max = 128)
          @Pattern(HEADER)
          @Nullable String header,
      @JsonPropertyDescription(
              "Text before the key in the header: a scheme and a space, as \"ApiKey \". The scheme is"
                  + " compared without case.")
          @Size(min = 1, max = 65)
          @Pattern(PREFIX)
          @Nullable String prefix,
      @JsonPropertyDescription(
              "The query parameter that holds it. Keys in URLs end up in logs: prefer a header.")
          @Size(min = 1, max = 128)
          @Pattern(PARAMETER)
          @Nullable String query,
      @JsonPropertyDescription("The cookie that holds it.")
          @Size(min = 1, max = 128)
          @Pattern(HEADER)
          @Nullable String cookie) {}

  /** An access token; at most one of header, query and cookie, else it is in Authorization. */
  @ValidationRule(
      value =
          "(has(self.header) ? 1 : 0) + (has(self.query) ? 1 : 0)"
              + " + (has(self.cookie) ? 1 : 0) <= 1",
      message = "a token is in at most one of `header`, `query` and `cookie`")
  @ValidationRule(
      value = "!has(self.prefix) || has(self.header)",
      message = "only a token in a `header` has a prefix",
      fieldPath = ".prefix")
  @ValidationRule(
      value = "!has(self.header) || self.header.lowerAscii() != 'authorization'",
      message = "leave `header` out for `Authorization`: it is where tokens are looked for",
      fieldPath = ".header")
  @ValidationRule(
      value = "!has(self.header) || " + CAN_HOLD_CREDENTIAL,
      message = "this header has a meaning of its own and can't hold a token",
      fieldPath = ".header")
  public record Jwt(
      @JsonPropertyDescription("The TokenIssuer whose tokens are taken, in the same namespace.")
          @Required
          @Nullable LocalRef issuerRef,
      @JsonPropertyDescription(
              "What aud must hold one of. Absent: the audiences of the TokenIssuer, which then"
                  + " must name some.")
          @ListSet
          @Size(max = Bounds.MOST_AUDIENCES)
          List<@Size(min = 1, max = Bounds.AUDIENCE_LENGTH) @Pattern("\\S") String> audiences,
      @JsonPropertyDescription("A header of its own that holds the token, as X-Access-Token.")
          @Size(min = 1, max = 128)
          @Pattern(HEADER)
          @Nullable String header,
      @JsonPropertyDescription(
              "Text before the token in that header: a scheme and a space, as \"Token \".")
          @Size(min = 1, max = 65)
          @Pattern(PREFIX)
          @Nullable String prefix,
      @JsonPropertyDescription(
              "The query parameter that holds it. Tokens in URLs end up in logs: prefer a header.")
          @Size(min = 1, max = 128)
          @Pattern(PARAMETER)
          @Nullable String query,
      @JsonPropertyDescription("The cookie that holds it.")
          @Size(min = 1, max = 128)
          @Pattern(HEADER)
          @Nullable String cookie) {
    public Jwt {
      audiences = Defaults.list(audiences);
    }

    /** A token in Authorization. */
    public Jwt(@Nullable LocalRef issuerRef, List<String> audiences) {
      this(issuerRef, audiences, null, null, null, null);
    }
  }

  /** A Kubernetes service-account token. */
  public record ServiceAccount(
      @JsonPropertyDescription(
              "What the token must be made for, one of them. A token for the API server itself is"
                  + " no credential for anybody else.")
          @Required
          @ListSet
          @Size(min = 1, max = Bounds.MOST_AUDIENCES)
          List<@Size(min = 1, max = Bounds.AUDIENCE_LENGTH) @Pattern("\\S") String> audiences) {
    public ServiceAccount {
      audiences = Defaults.list(audiences);
    }
  }

  /** The peer certificate. */
  public record Mtls(
      @JsonPropertyDescription(
              "SPIFFE trust domains, as cluster.local: the certificate then has a SPIFFE ID of one"
                  + " of them. Absent: any certificate that Envoy verified, and no SPIFFE ID counts.")
          @ListSet
          @Size(max = 32)
          List<@Size(min = 1, max = 255) @Pattern("^[a-z0-9._-]+$") String> trustDomains) {
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

  /** One thing that may be asked. */
  @ValidationRule(
      value = "self.authentication != 'None' || !has(self.scopes) || size(self.scopes) == 0",
      message = "an operation with `authentication: None` has no caller who could hold a scope",
      fieldPath = ".scopes")
  @ValidationRule(
      value = "self.authentication != 'None' || !has(self.anyScope) || size(self.anyScope) == 0",
      message = "an operation with `authentication: None` has no caller who could hold a scope",
      fieldPath = ".anyScope")
  public record Operation(
      @JsonPropertyDescription(
              "A name that no other operation of the policy has; decisions and metrics show it.")
          @Required
          @Size(min = 1, max = Bounds.NAME_LENGTH)
          @Pattern(Bounds.NAME)
          String name,
      @JsonPropertyDescription("Which requests it is; one of them suffices. At most 16.")
          @Required
          @Size(min = 1, max = 16)
          List<Match> match,
      @JsonPropertyDescription(
              "Required; Optional (no credential is fine, one that is presented must be valid); or"
                  + " None (credentials are not looked at).")
          @Default("Required")
          OperationAuthentication authentication,
      @JsonPropertyDescription("Scopes that the caller needs, all of them.")
          @ListSet
          @Size(max = Bounds.MOST_SCOPES)
          List<@Size(min = 1, max = Bounds.SCOPE_LENGTH) @Pattern(Bounds.SCOPE) String> scopes,
      @JsonPropertyDescription("Scopes of which the caller needs at least one.")
          @ListSet
          @Size(max = Bounds.MOST_SCOPES)
          List<@Size(min = 1, max = Bounds.SCOPE_LENGTH) @Pattern(Bounds.SCOPE) String> anyScope,
      @JsonPropertyDescription("Which fields of the resource a caller may ask for or set.")
          @Nullable Fields fields,
      @JsonPropertyDescription("Conditions in CEL, all of which must be true.")
          @ListMap("name")
          @Size(max = Bounds.MOST_CONDITIONS)
          List<CelCondition> conditions,
      @JsonPropertyDescription("What a request may carry.") @Nullable RequestRules request,
      @JsonPropertyDescription("Limits of this operation, beside those of the whole API.")
          @ListMap("name")
          @Size(max = Bounds.MOST_LIMITS)
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

  /** Which requests an operation is: methods and path, or a gRPC method. */
  @ValidationRule(
      value = "has(self.path) != has(self.grpc)",
      message = "a match has either `methods` and `path`, or `grpc`")
  @ValidationRule(
      value = "!has(self.path) || has(self.methods) && size(self.methods) > 0",
      message = "a match needs at least one method",
      fieldPath = ".methods")
  @ValidationRule(
      value = "!has(self.grpc) || !has(self.methods) || size(self.methods) == 0",
      message = "a gRPC method needs no `methods`",
      fieldPath = ".methods")
  @ValidationRule(
      value = "!has(self.methods) || !('CONNECT' in self.methods)",
      message = "`CONNECT` can't be judged: a tunnel hides what is asked",
      fieldPath = ".methods")
  public record Match(
      @JsonPropertyDescription("HTTP methods in capitals, as GET.") @ListSet @Size(max = 16)
          List<@Size(min = 1, max = 32) @Pattern("^[A-Z][A-Z-]*$") String> methods,
      @JsonPropertyDescription(
              "An OpenAPI path template, as /v1/payments/{paymentId}. A parameter is one whole"
                  + " segment; a last /** takes the rest.")
          @Size(min = 1, max = 1024)
          @Pattern(Bounds.PATH)
          @Nullable String path,
      @JsonPropertyDescription("A gRPC method, as pkg.Service/Method, or pkg.Service/*.")
          @Size(min = 3, max = 512)
          @Pattern("^[A-Za-z0-9_.]+/([A-Za-z0-9_]+|\\*)$")
          @Nullable String grpc) {
    public Match {
      methods = Defaults.list(methods);
    }
  }

  /** A condition in CEL (Common Expression Language). */
  public record CelCondition(
      @JsonPropertyDescription("A name that no other condition of the list has.")
          @Required
          @Size(min = 1, max = Bounds.NAME_LENGTH)
          @Pattern(Bounds.NAME)
          String name,
      @JsonPropertyDescription(
              "An expression that yields true or false; one that can't be evaluated counts as"
                  + " false.")
          @Required
          @Size(min = 1, max = 4096)
          String expression) {
    public CelCondition {
      name = Defaults.or(name, "");
      expression = Defaults.or(expression, "");
    }
  }

  /** What a query that selects nothing gets. */
  public enum Unselected {
    /** It is rewritten to what the caller may see. */
    Restrict,
    Deny,
    Allow
  }

  /** What a query gets that selects more than the caller may see. */
  public enum OutOfScope {
    Deny,
    /** It is rewritten without what is beyond. */
    Restrict
  }

  /** Field-level scopes. */
  public record Fields(
      @JsonPropertyDescription("Where a request names fields. At most 8.")
          @Required
          @Size(min = 1, max = 8)
          List<Selector> selectors,
      @JsonPropertyDescription(
              "A request that selects nothing: Restrict (its query is rewritten to what the caller"
                  + " may see), Deny or Allow.")
          @Default("Restrict")
          Unselected unselected,
      @JsonPropertyDescription(
              "A query that selects a field beyond what the caller may see: Deny, or Restrict (the"
                  + " field is left out of the query; a body is never rewritten, so there it is"
                  + " denied).")
          @Default("Deny")
          OutOfScope outOfScope,
      @JsonPropertyDescription(
              "All fields there are, as amount or card.number. In GraphQL a field is named from the"
                  + " root, as payment.card.number.")
          @Required
          @ListSet
          @Size(min = 1, max = 512)
          List<@Size(min = 1, max = 256) @Pattern(Bounds.FIELD) String> available,
      @JsonPropertyDescription("Fields that need scopes of their own; the others need none.")
          @Size(max = 64)
          List<FieldRule> rules) {
    public Fields {
      selectors = Defaults.list(selectors);
      unselected = Defaults.or(unselected, Unselected.Restrict);
      outOfScope = Defaults.or(outOfScope, OutOfScope.Deny);
      available = Defaults.list(available);
      rules = Defaults.list(rules);
    }
  }

  /** Where a request names fields; exactly one of the three. */
  @ValidationRule(
      value =
          "(has(self.query) ? 1 : 0) + (has(self.graphql) ? 1 : 0)"
              + " + (has(self.jsonBody) ? 1 : 0) == 1",
      message = "a selector has exactly one of `query`, `graphql` and `jsonBody`")
  public record Selector(
      @JsonPropertyDescription(
              "A query parameter that lists fields, as fields. $select and $expand are OData's. The"
                  + " first is the one without which the API chooses what it shows.")
          @Size(min = 1, max = 128)
          @Pattern("^[A-Za-z0-9_$@.:\\[\\]-]+$")
          @Nullable String query,
      @JsonPropertyDescription(
              "How the API reads a list in that parameter: fields=a,b (Commas), fields=a%20b"
                  + " (Spaces) or fields=a&fields=b (Repeated). Queries are rewritten to that.")
          @Default("Commas")
          ListStyle list,
      @JsonPropertyDescription(
              "How the API reads a field of an object there: card.number (Dots), card/number"
                  + " (Slashes), card(number) (Parentheses) or card{number} (Braces). Queries are"
                  + " rewritten to that.")
          @Default("Dots")
          Nesting nested,
      @JsonPropertyDescription("The body is a GraphQL request.") @Nullable GraphQl graphql,
      @JsonPropertyDescription(
              "A JSON Pointer (RFC 6901) into the body, to the object whose properties the caller"
                  + " sets; empty for the whole body.")
          @Size(max = 256)
          @Pattern("^(/([^~]|~0|~1)*)?$")
          @Nullable String jsonBody) {
    public Selector {
      list = Defaults.or(list, ListStyle.Commas);
      nested = Defaults.or(nested, Nesting.Dots);
    }
  }

  /** How a query parameter lists fields. */
  public enum ListStyle {
    Commas,
    Spaces,
    /** A parameter for each. */
    Repeated
  }

  /** How a query parameter names a field of an object. */
  public enum Nesting {
    Dots,
    Slashes,
    Parentheses,
    Braces
  }

  /** What a GraphQL document may hold. */
  public enum GraphQlOperation {
    query,
    mutation,
    subscription
  }

  /** A GraphQL request. */
  public record GraphQl(
      @JsonPropertyDescription("Kinds of operations that may be asked for. Absent: query alone.")
          @ListSet
          @Size(max = 3)
          List<GraphQlOperation> operations,
      @JsonPropertyDescription("How deep selections may be nested. Absent: 10.") @Min(1) @Max(64)
          @Nullable Long maxDepth,
      @JsonPropertyDescription("How many aliases a document may have. Absent: 15.")
          @Min(0)
          @Max(1000)
          @Nullable Long maxAliases,
      @JsonPropertyDescription("The schema's own fields, __schema and __type: Deny or Allow.")
          @Default("Deny")
          Ambiguity introspection) {
    public GraphQl {
      operations =
          operations == null || operations.isEmpty()
              ? List.of(GraphQlOperation.query)
              : List.copyOf(operations);
      maxDepth = Defaults.or(maxDepth, 10L);
      maxAliases = Defaults.or(maxAliases, 15L);
      introspection = Defaults.or(introspection, Ambiguity.Deny);
    }
  }

  /** Scopes that fields need. */
  public record FieldRule(
      @JsonPropertyDescription(
              "Fields, as card.number, or card or card.* for all below card, or * for all.")
          @Required
          @ListSet
          @Size(min = 1, max = 256)
          List<@Size(min = 1, max = 256) @Pattern(Bounds.FIELDS) String> fields,
      @JsonPropertyDescription("Scopes that the caller needs for them, all of them.")
          @Required
          @ListSet
          @Size(min = 1, max = Bounds.MOST_SCOPES)
          List<@Size(min = 1, max = Bounds.SCOPE_LENGTH) @Pattern(Bounds.SCOPE) String> scopes) {
    public FieldRule {
      fields = Defaults.list(fields);
      scopes = Defaults.list(scopes);
    }
  }

  /** What a request may carry. */
  public record RequestRules(
      @JsonPropertyDescription(
              "Media types that are taken, as application/json or application/*+json, without"
                  + " parameters. Absent: any.")
          @ListSet
          @Size(max = 32)
          List<
                  @Size(min = 3, max = 255)
                  @Pattern(
                      "^[A-Za-z0-9!#$&^_.-]{1,127}/(\\*|[A-Za-z0-9!#$&^_.+-]{1,127})(\\+[A-Za-z0-9.-]+)?$")
                  String>
              contentTypes,
      @JsonPropertyDescription("Content codings that are taken, as gzip. Absent: none.")
          @ListSet
          @Size(max = 8)
          List<@Size(min = 1, max = 32) @Pattern("^[A-Za-z0-9*_.-]+$") String> contentEncodings,
      @JsonPropertyDescription("The largest body in bytes. Absent: any.") @Min(0)
          @Nullable Long maxBytes,
      @JsonPropertyDescription("What the query may hold.") @Nullable QueryRules query,
      @JsonPropertyDescription("What the body may hold.") @Nullable BodyRules body) {
    public RequestRules {
      contentTypes = Defaults.list(contentTypes);
      contentEncodings = Defaults.list(contentEncodings);
    }
  }

  /** What a query may hold. */
  public record QueryRules(
      @JsonPropertyDescription(
              "A JSON Schema (2020-12) of the query as an object, a property a parameter.")
          @Required
          @Size(max = Bounds.SCHEMA_PROPERTIES)
          Map<String, Object> schema) {}

  /** Whether a property that a schema does not name is refused. */
  public enum UnknownProperties {
    Deny,
    Allow
  }

  /** Whether a request must have a body. */
  public enum Presence {
    Required,
    Optional
  }

  /** What a body may hold; exactly one of schema and schemaRef. */
  @ValidationRule(
      value = "has(self.schema) != has(self.schemaRef)",
      message = "a body has exactly one of `schema` and `schemaRef`")
  public record BodyRules(
      @JsonPropertyDescription("A JSON Schema (2020-12).") @Size(max = Bounds.SCHEMA_PROPERTIES)
          @Nullable Map<String, Object> schema,
      @JsonPropertyDescription("A JSON Schema (2020-12) in a ConfigMap or a file.")
          @Nullable SchemaRef schemaRef,
      @JsonPropertyDescription("Properties that the schema does not name: Deny or Allow.")
          @Default("Deny")
          UnknownProperties unknownProperties,
      @JsonPropertyDescription("Whether a request must have a body: Required or Optional.")
          @Default("Required")
          Presence presence) {
    public BodyRules {
      presence = Defaults.or(presence, Presence.Required);
      unknownProperties = Defaults.or(unknownProperties, UnknownProperties.Deny);
    }
  }

  /** A document: one key of a ConfigMap in the namespace of the policy, or a file. */
  @ValidationRule(
      value = "has(self.configMap) != has(self.file)",
      message = "a reference has exactly one of `configMap` (with `key`) and `file`")
  @ValidationRule(
      value = "has(self.configMap) == has(self.key)",
      message = "`configMap` and `key` go together",
      fieldPath = ".key")
  public record SchemaRef(
      @JsonPropertyDescription(
              "The name of the ConfigMap. In a cluster it is seen only with the label"
                  + " sallyport.dev/watch: \"true\".")
          @Size(min = 1, max = Bounds.OBJECT_NAME_LENGTH)
          @Nullable String configMap,
      @JsonPropertyDescription("The key in its data.")
          @Size(min = 1, max = Bounds.OBJECT_NAME_LENGTH)
          @Nullable String key,
      @JsonPropertyDescription(
              "A file in the folder of policies, by its path from there; only where policies are"
                  + " read from a folder.")
          @Size(min = 1, max = 1024)
          @Pattern(
              "^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\\.(json|yaml|yml)$")
          @Nullable String file) {}

  /** The API's own OpenAPI document. */
  @ValidationRule(
      value = "has(self.configMapRef) != has(self.file)",
      message = "a document is named by exactly one of `configMapRef` and `file`")
  public record OpenApi(
      @JsonPropertyDescription("The ConfigMap that holds it: OpenAPI 3.0 or 3.1, YAML or JSON.")
          @Nullable KeyRef configMapRef,
      @JsonPropertyDescription(
              "A file in the folder of policies, by its path from there; only where policies are"
                  + " read from a folder.")
          @Size(min = 1, max = 1024)
          @Pattern(
              "^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\\.(json|yaml|yml)$")
          @Nullable String file,
      @JsonPropertyDescription(
              "Properties of bodies and parameters of queries that the document does not name:"
                  + " Deny or Allow.")
          @Default("Deny")
          UnknownProperties unknownProperties) {
    public OpenApi {
      unknownProperties = Defaults.or(unknownProperties, UnknownProperties.Deny);
    }
  }

  /** A Model Context Protocol endpoint (JSON-RPC over streamable HTTP). */
  public record Mcp(
      @JsonPropertyDescription("The path of the endpoint.")
          @Default("/mcp")
          @Size(min = 1, max = 1024)
          @Pattern("^/[^{}*?#%\\\\;\\x00-\\x1f\\x7f]*$")
          String path,
      @JsonPropertyDescription(
              "Revisions of the protocol that are served. Absent: 2025-03-26, 2025-06-18,"
                  + " 2025-11-25 and 2026-07-28.")
          @ListSet
          @Size(max = 8)
          List<@Size(max = 10) @Pattern("^(2025-03-26|2025-06-18|2025-11-25|2026-07-28)$") String>
              revisions,
      @JsonPropertyDescription(
              "JSON-RPC methods that may be called beside tools/call, as resources/read or"
                  + " resources/* for all below. Absent: initialize, notifications/*, ping,"
                  + " server/discover and tools/list.")
          @ListSet
          @Size(max = 64)
          List<
                  @Size(min = 1, max = 128)
                  @Pattern("^[A-Za-z][A-Za-z0-9_]*(/[A-Za-z0-9_]+)*(/\\*)?$") String>
              methods,
      @JsonPropertyDescription(
              "Origins of browsers that may call, as https://app.example.com. Absent: none, so a"
                  + " request with an Origin header is denied.")
          @ListSet
          @Size(max = 32)
          List<@Size(min = 1, max = 512) @Pattern("^https?://[a-z0-9.:\\[\\]-]+$") String> origins,
      @JsonPropertyDescription(
              "Scopes that every call needs, whatever it calls, beside those of a tool.")
          @ListSet
          @Size(max = Bounds.MOST_SCOPES)
          List<@Size(min = 1, max = Bounds.SCOPE_LENGTH) @Pattern(Bounds.SCOPE) String> scopes,
      @JsonPropertyDescription("The largest message in bytes. Absent: 65536.")
          @Min(1)
          @Max(16_777_216)
          @Nullable Long maxBytes,
      @JsonPropertyDescription("Tools that are not listed: Deny or Allow.") @Default("Deny")
          Undeclared unlistedTools,
      @JsonPropertyDescription(
              "A saved tools/list result (JSON), of which the schemas of arguments are taken for"
                  + " tools that are listed here without one. Its other tools stay unlisted.")
          @Nullable SchemaRef toolsRef,
      @JsonPropertyDescription(
              "Tools that may be called. At most 1000; each has a name of its own.")
          @ListMap("name")
          @Size(max = Bounds.MOST_TOOLS)
          List<Tool> tools) {
    public Mcp {
      path = Defaults.or(path, "/mcp");
      revisions = Defaults.list(revisions);
      methods = Defaults.list(methods);
      origins = Defaults.list(origins);
      scopes = Defaults.list(scopes);
      maxBytes = Defaults.or(maxBytes, 65_536L);
      unlistedTools = Defaults.or(unlistedTools, Undeclared.Deny);
      tools = Defaults.list(tools);
    }
  }

  /** One tool of an MCP endpoint. */
  public record Tool(
      @JsonPropertyDescription("Its name, as tools/list shows it; case counts.")
          @Required
          @Size(min = 1, max = 128)
          @Pattern(Bounds.NAME)
          String name,
      @JsonPropertyDescription("Scopes that the caller needs, all of them.")
          @ListSet
          @Size(max = Bounds.MOST_SCOPES)
          List<@Size(min = 1, max = Bounds.SCOPE_LENGTH) @Pattern(Bounds.SCOPE) String> scopes,
      @JsonPropertyDescription("Scopes of which the caller needs at least one.")
          @ListSet
          @Size(max = Bounds.MOST_SCOPES)
          List<@Size(min = 1, max = Bounds.SCOPE_LENGTH) @Pattern(Bounds.SCOPE) String> anyScope,
      @JsonPropertyDescription(
              "What its arguments may be. Absent: what the saved tools/list result says; without"
                  + " one, any.")
          @Nullable Arguments arguments,
      @JsonPropertyDescription("Conditions in CEL, all of which must be true.")
          @ListMap("name")
          @Size(max = Bounds.MOST_CONDITIONS)
          List<CelCondition> conditions,
      @JsonPropertyDescription("Limits of this tool, beside those of the whole API.")
          @ListMap("name")
          @Size(max = Bounds.MOST_LIMITS)
          List<RateLimitSpec> rateLimits) {
    public Tool {
      scopes = Defaults.list(scopes);
      anyScope = Defaults.list(anyScope);
      conditions = Defaults.list(conditions);
      rateLimits = Defaults.list(rateLimits);
    }
  }

  /** What a tool's arguments may be; exactly one of schema and schemaRef. */
  @ValidationRule(
      value = "has(self.schema) != has(self.schemaRef)",
      message = "arguments have exactly one of `schema` and `schemaRef`")
  public record Arguments(
      @JsonPropertyDescription("A JSON Schema (2020-12) of the arguments.")
          @Size(max = Bounds.SCHEMA_PROPERTIES)
          @Nullable Map<String, Object> schema,
      @JsonPropertyDescription("A JSON Schema (2020-12) in a ConfigMap or a file.")
          @Nullable SchemaRef schemaRef,
      @JsonPropertyDescription("Arguments that the schema does not name: Deny or Allow.")
          @Default("Deny")
          UnknownProperties unknownProperties) {
    public Arguments {
      unknownProperties = Defaults.or(unknownProperties, UnknownProperties.Deny);
    }
  }
}
