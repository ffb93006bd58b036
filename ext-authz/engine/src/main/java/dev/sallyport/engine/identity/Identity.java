package dev.sallyport.engine.identity;

import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.authenticate.Pins;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A NonHumanIdentity, compiled.
 *
 * @param created the older of two that claim one credential keeps it
 * @param type such as {@code Partner}; null where the object says none
 * @param environment null where the object says none
 * @param expiresAt the first instant at which it may not call; null where it never expires
 * @param scopes granted, in declared order
 * @param constraints where it may call from
 */
public record Identity(
    ObjectKey key,
    Instant created,
    @Nullable String type,
    @Nullable String environment,
    State state,
    @Nullable Instant expiresAt,
    List<String> scopes,
    Constraints constraints) {
  public Identity {
    scopes = List.copyOf(scopes);
  }

  /**
   * Where and how it may call.
   *
   * @param regions any where it is empty
   * @param networks null where any will do
   * @param senderConstrained whether only sender-constrained credentials are taken
   * @param flagOnly whether a violation is only recorded
   */
  public record Constraints(
      Set<String> regions,
      @Nullable Networks networks,
      boolean senderConstrained,
      boolean flagOnly) {
    public static final Constraints NONE = new Constraints(Set.of(), null, false, false);

    public Constraints {
      regions = Set.copyOf(regions);
    }
  }

  /**
   * One of its credentials.
   *
   * @param name in the NonHumanIdentity
   * @param lookup what a request is recognised by
   * @param notBefore null where it is good from the start
   * @param expiresAt the first instant at which it is expired; null where it never is
   * @param pins what else a token must say to be it
   */
  public record Credential(
      String name,
      Lookup lookup,
      boolean revoked,
      @Nullable Instant notBefore,
      @Nullable Instant expiresAt,
      Pins pins) {}

  /** A credential and whose it is. */
  public record Enrolled(Identity identity, Credential credential) {}
}
