package dev.sallyport.engine.decision;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was known when a decision fell; a null or empty member was not reached or does not apply.
 *
 * <p>Holds no credential and no claim value beyond names.
 *
 * @param method as sent
 * @param host canonical, or as sent where it is malformed
 * @param policy the policy's key
 * @param policyFoundBy how it was found: {@code extension}, {@code route}, {@code host}
 * @param shadow whether the policy only records
 * @param operation the operation's name
 * @param template the path template or gRPC method that matched
 * @param attempts what came of each authentication method, in declared order
 * @param credential how the caller authenticated
 * @param identity whose credential it is
 * @param source where the call came from
 * @param violations constraints that were not met and only flagged
 * @param scopesNeeded all of the operation's scopes
 * @param scopesHeld the effective scopes
 * @param limits the rate limits touched
 * @param rpc the JSON-RPC message; null where the request is no MCP request
 * @param fieldsDenied fields of the policy that were asked for beyond scope; of other fields none
 *     is named
 * @param conditions the conditions that were evaluated, in declared order
 */
public record Facts(
    String method,
    String host,
    @Nullable ObjectKey policy,
    @Nullable String policyFoundBy,
    boolean shadow,
    @Nullable String operation,
    @Nullable String template,
    List<Attempt> attempts,
    @Nullable CredentialUse credential,
    @Nullable IdentityUse identity,
    @Nullable Source source,
    List<Reason> violations,
    List<String> scopesNeeded,
    List<String> scopesHeld,
    List<LimitUse> limits,
    @Nullable Rpc rpc,
    List<String> fieldsDenied,
    List<ConditionUse> conditions) {
  /** Nothing but what was asked. */
  public static Facts unknown(String method, String host) {
    return new Facts(
        method, host, null, null, false, null, null, List.of(), null, null, null, List.of(),
        List.of(), List.of(), List.of(), null, List.of(), List.of());
  }

  /**
   * One authentication method and what came of it.
   *
   * @param method the method's name in the policy
   * @param result {@code absent}, {@code verified} or a reason code
   * @param detail why, for the policy's author; empty where the result says it all
   */
  public record Attempt(String method, String result, String detail) {}

  /**
   * The credential that was used.
   *
   * @param method the authentication method's name in the policy
   * @param kind {@code apiKey}, {@code jwt}, {@code serviceAccount} or {@code mtls}
   * @param constraint what shows that its bearer is whom it was given to: {@code mtls} or {@code
   *     dpop}; empty where nothing does
   * @param name the credential's name in its NonHumanIdentity, null where it is unregistered
   */
  public record CredentialUse(
      String method, String kind, String constraint, @Nullable String name) {
    /** Whether it is good, and belongs to no NonHumanIdentity. */
    public boolean unregistered() {
      return name == null;
    }
  }

  /**
   * The identity.
   *
   * @param key null for a valid credential that belongs to no NonHumanIdentity
   * @param type such as {@code Partner}, null where the object says none
   */
  public record IdentityUse(@Nullable ObjectKey key, @Nullable String type) {}

  /**
   * Where the call came from.
   *
   * @param address textual, null where it is unknown
   * @param addressFrom {@code peer}, {@code x-forwarded-for} or {@code unknown}
   * @param region null where it is unknown
   * @param regionFrom {@code header}, {@code ranges}, {@code mmdb} or {@code unknown}
   */
  public record Source(
      @Nullable String address, String addressFrom, @Nullable String region, String regionFrom) {}

  /**
   * One rate limit that the request touched.
   *
   * @param name the limit's name
   * @param remaining requests left, zero when it denied
   * @param exceeded whether it was exceeded
   * @param shadow whether it only records
   */
  public record LimitUse(String name, long remaining, boolean exceeded, boolean shadow) {}

  /**
   * The JSON-RPC message of an MCP request, as far as it could be read.
   *
   * @param revision the protocol's revision, such as {@code 2025-06-18}; null where it is unknown
   * @param method such as {@code tools/call}, of the methods that the policy names; null for others
   * @param id the request's id as JSON, a number or a string with its quotes; null where there is
   *     none, or none that an answer may repeat
   * @param code the error code that the protocol wants for this denial; 0 where it wants none
   */
  public record Rpc(
      @Nullable String revision, @Nullable String method, @Nullable String id, int code) {}

  /**
   * One condition and what came of it.
   *
   * @param name the condition's name in the policy
   * @param met whether it was true
   * @param why what kept it from being evaluated, for the policy's author, without a value of the
   *     request; empty where it was evaluated
   */
  public record ConditionUse(String name, boolean met, String why) {}
}
