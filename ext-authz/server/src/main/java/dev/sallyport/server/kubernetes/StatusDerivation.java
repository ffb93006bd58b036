package dev.sallyport.server.kubernetes;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.ApiPolicyStatus;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.NonHumanIdentitySpec.CredentialState;
import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.crd.NonHumanIdentityStatus;
import dev.sallyport.crd.NonHumanIdentityStatus.Phase;
import dev.sallyport.crd.TokenIssuerStatus;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.compile.DurationText;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.IdentityIndex.Registration;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import dev.sallyport.server.IssuerState;
import dev.sallyport.server.kubernetes.DerivedStatus.Particulars;
import dev.sallyport.server.kubernetes.DerivedStatus.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Says what the status of one object should be, by what was compiled of it. Pure.
 *
 * <p>{@code Accepted} is false where the object says something that can't be enforced, {@code
 * ResolvedRefs} where something that it refers to is not there, and {@code Ready} is true only if
 * everything that this generation of it says is in force.
 */
final class StatusDerivation {
  static final String ACCEPTED = "Accepted";
  static final String RESOLVED_REFS = "ResolvedRefs";
  static final String READY = "Ready";

  private static final String NOT_FOUND = "RefNotFound";
  private static final String UNSUPPORTED = "Unsupported";

  /** Of several, the one that the author must mend first. */
  private static final List<String> GRAVITY = List.of("Invalid", UNSUPPORTED, "Conflicted");

  private static final int LONGEST_MESSAGE = 1024;
  private static final int MOST_PROBLEMS = 4;
  private static final int MOST_KEY_PROBLEMS = 16;
  private static final int LONGEST_KEY_PROBLEM = 256;
  private static final Duration WARN_BEFORE = Duration.ofDays(14);

  private final Compilation compilation;
  private final Declared declared;
  private final ObjectKey key;
  private final Instant now;
  private final @Nullable IssuerState issuer;
  private final List<Diagnostic> errors;
  private final List<Diagnostic> unresolved;
  private final List<Diagnostic> warnings;

  /** Null for as long as nothing was found that time will change. */
  private @Nullable Instant until;

  private StatusDerivation(
      Compilation compilation, Declared declared, Instant now, @Nullable IssuerState issuer) {
    this.compilation = compilation;
    this.declared = declared;
    this.key = declared.key();
    this.now = now;
    this.issuer = issuer;
    List<Diagnostic> all = compilation.diagnostics(key);
    this.unresolved = all.stream().filter(found -> found.code().equals(NOT_FOUND)).toList();
    List<Diagnostic> others =
        all.stream().filter(found -> !found.code().equals(NOT_FOUND)).toList();
    this.errors = others.stream().filter(found -> found.severity() == Severity.ERROR).toList();
    List<Diagnostic> warnings = new ArrayList<>(remarks(issuer));
    others.stream().filter(found -> found.severity() == Severity.WARNING).forEach(warnings::add);
    this.warnings = warnings;
  }

  /**
   * The status of an object; null where it is not declared or of a kind that has none.
   *
   * @param issuers how it stands with those that have to be asked
   */
  static @Nullable DerivedStatus derive(
      Compilation compilation, ObjectKey key, Instant now, Map<ObjectKey, IssuerState> issuers) {
    Declared declared = compilation.objects().get(key);
    return declared == null
        ? null
        : new StatusDerivation(compilation, declared, now, issuers.get(key)).derive();
  }

  private @Nullable DerivedStatus derive() {
    return switch (key.kind()) {
      case "ApiPolicy" -> policy();
      case "NonHumanIdentity" -> identity();
      case "TokenIssuer" -> issuer();
      case "DetectionPolicy" -> detection();
      default -> null;
    };
  }

  private DerivedStatus status(String remainder, String addition, Particulars particulars) {
    return new DerivedStatus(
        key,
        declared.generation(),
        List.of(accepted(), resolved(), ready(remainder, addition)),
        particulars,
        until);
  }

  private Verdict accepted() {
    return errors.isEmpty()
        ? new Verdict(ACCEPTED, true, ACCEPTED, "the spec is valid")
        : new Verdict(ACCEPTED, false, gravest(errors), message(errors, ""));
  }

  private Verdict resolved() {
    return unresolved.isEmpty()
        ? new Verdict(RESOLVED_REFS, true, RESOLVED_REFS, "all that it refers to is there")
        : new Verdict(RESOLVED_REFS, false, NOT_FOUND, message(unresolved, ""));
  }

  /**
   * The verdict on enforcement.
   *
   * @param remainder what holds in place of what is not in force
   * @param addition to be known though everything is in force; may be empty
   */
  private Verdict ready(String remainder, String addition) {
    List<Diagnostic> problems = new ArrayList<>(errors);
    problems.addAll(unresolved);
    if (problems.isEmpty() && issuer != null && !issuer.isUsable()) {
      return unavailable(issuer);
    }
    if (problems.isEmpty()) {
      String message = "this generation is in force" + addition;
      return new Verdict(
          READY,
          true,
          READY,
          warnings.isEmpty() ? message : message(warnings, message + "; mind that "));
    }
    String reason = errors.isEmpty() ? NOT_FOUND : gravest(errors);
    return new Verdict(READY, false, reason, message(problems, remainder + "; "));
  }

  private static String gravest(List<Diagnostic> errors) {
    for (String code : GRAVITY) {
      if (errors.stream().anyMatch(error -> error.code().equals(code))) {
        return code;
      }
    }
    return errors.getFirst().code();
  }

  /** What is wrong, the field first; as much of it as a condition should hold. */
  private static String message(List<Diagnostic> problems, String beginning) {
    StringBuilder message = new StringBuilder(beginning);
    int told = Math.min(problems.size(), MOST_PROBLEMS);
    for (int i = 0; i < told; i++) {
      Diagnostic problem = problems.get(i);
      message
          .append(i == 0 ? "" : "; ")
          .append(problem.field())
          .append(problem.field().isEmpty() ? "" : ": ")
          .append(problem.message());
    }
    if (told < problems.size()) {
      message.append("; and ").append(problems.size() - told).append(" more");
    }
    return bounded(message.toString());
  }

  private static String bounded(String message) {
    return bounded(message, LONGEST_MESSAGE);
  }

  /** Counted in UTF-16 units, of which there are never fewer than characters. */
  private static String bounded(String message, int longest) {
    if (message.length() <= longest) {
      return message;
    }
    int end = longest - 1;
    return message.substring(0, Character.isHighSurrogate(message.charAt(end - 1)) ? end - 1 : end)
        + '…';
  }

  private DerivedStatus policy() {
    Entry entry = compilation.snapshot().policies().entry(key);
    ApiPolicyStatus.Hosts hosts = hosts(entry);
    boolean shadow =
        declared.content() instanceof Declared.ApiPolicy(ApiPolicySpec spec)
            && spec.enforcement() == Enforcement.Shadow;
    return status(
        policyRemainder(entry, hosts),
        shadow ? " as `Shadow`, which denies nothing" : "",
        new Particulars.OfPolicy(hosts));
  }

  private ApiPolicyStatus.Hosts hosts(@Nullable Entry entry) {
    List<String> owned = new ArrayList<>();
    List<ApiPolicyStatus.LostHost> lost = new ArrayList<>();
    for (String host : entry == null ? List.<String>of() : entry.claim().hosts()) {
      ObjectKey owner = compilation.snapshot().policies().claimants(host).getFirst().claim().key();
      if (owner.equals(key)) {
        owned.add(host);
      } else {
        lost.add(new ApiPolicyStatus.LostHost(host, owner.qualifiedName()));
      }
    }
    return new ApiPolicyStatus.Hosts(owned, lost);
  }

  private String policyRemainder(@Nullable Entry entry, ApiPolicyStatus.Hosts hosts) {
    boolean owns =
        !hosts.owned().isEmpty()
            || (entry != null
                && entry.claim().routes().stream()
                    .anyMatch(route ->
                        compilation
                            .snapshot()
                            .policies()
                            .claimants(route)
                            .getFirst()
                            .equals(entry)));
    // A conflict refuses no spec: it is in force wherever no other policy goes before it.
    boolean refused = errors.stream().anyMatch(error -> !error.code().equals("Conflicted"));
    return switch (entry) {
      case Entry.Ready _ when refused -> "the previous version stays in force";
      case Entry.Ready _ -> owns ? "the rest of it is in force" : "nothing of it is in force";
      case Entry.Unready _ ->
          owns
              ? "no version of it was ever in force, and requests to what it owns are denied"
              : "no version of it was ever in force";
      case null -> "nothing of it is in force";
    };
  }

  private static Verdict unavailable(IssuerState issuer) {
    String why = issuer.failure().orElse("it did not answer");
    return switch (issuer) {
      case IssuerState.KeySet keys when keys.failure().isEmpty() ->
          new Verdict(
              READY,
              false,
              "KeysUnavailable",
              "the key set has no key that can be used; its tokens are refused");
      case IssuerState.KeySet _ ->
          new Verdict(
              READY,
              false,
              "KeysUnavailable",
              bounded(
                  "the key set can't be fetched: "
                      + why
                      + "; requests with its tokens get 503 until it can"));
      case IssuerState.Introspection _ ->
          new Verdict(
              READY,
              false,
              "IntrospectionUnavailable",
              bounded(
                  "spec.introspection.endpoint: "
                      + why
                      + "; requests with tokens that are not remembered get 503 until it answers"));
    };
  }

  private DerivedStatus issuer() {
    if (!(issuer instanceof IssuerState.KeySet(var usable, var problems, _))) {
      return status(issuerRemainder(), "", new Particulars.OfIssuer(null));
    }
    List<String> briefly =
        problems.stream()
            .limit(MOST_KEY_PROBLEMS)
            .map(problem -> bounded(problem, LONGEST_KEY_PROBLEM))
            .toList();
    return status(
        issuerRemainder(),
        "",
        new Particulars.OfIssuer(new TokenIssuerStatus.Keys((long) usable, briefly)));
  }

  /** What is to be known of an issuer though its tokens can be judged. */
  private List<Diagnostic> remarks(@Nullable IssuerState issuer) {
    List<Diagnostic> remarks = new ArrayList<>();
    if (issuer instanceof IssuerState.KeySet(_, var problems, var failure)) {
      failure.ifPresent(why ->
          remarks.add(
              remark("its key set could not be fetched again, so the last one is used: " + why)));
      if (!problems.isEmpty()) {
        remarks.add(remark("its key set has keys that can't be used"));
      }
    }
    return remarks;
  }

  private Diagnostic remark(String what) {
    return new Diagnostic(Severity.WARNING, key, "", "Risky", what);
  }

  private String issuerRemainder() {
    if (compilation.snapshot().issuers().find(key).isEmpty()) {
      return "no version of it was ever in force, and its tokens are refused";
    }
    return errors.isEmpty() ? "the rest of it is in force" : "the previous version stays in force";
  }

  /** It can be valid, and yet nothing acts on it in this version. */
  private DerivedStatus detection() {
    List<Diagnostic> missing =
        warnings.stream().filter(warning -> warning.code().equals(UNSUPPORTED)).toList();
    DerivedStatus status = status("nothing of it is in force", "", new Particulars.OfDetection());
    if (missing.isEmpty() || !status.verdict(READY).holds()) {
      return status;
    }
    return new DerivedStatus(
        key,
        declared.generation(),
        List.of(
            accepted(), resolved(), new Verdict(READY, false, UNSUPPORTED, message(missing, ""))),
        status.particulars(),
        status.until());
  }

  private DerivedStatus identity() {
    Registration registration = compilation.snapshot().identities().registration(key);
    NonHumanIdentitySpec spec =
        declared.content() instanceof Declared.NonHumanIdentity(var read) ? read : null;
    Duration warnBefore = warnBefore(spec);
    Phase phase = registration == null ? null : phase(registration.identity(), warnBefore);
    return status(
        identityRemainder(registration),
        "",
        new Particulars.OfIdentity(
            phase,
            credentials(declared(spec, registration), registration, phase, warnBefore),
            registration == null
                ? null
                : new NonHumanIdentityStatus.Scopes(
                    registration.identity().scopes().stream().distinct().count(),
                    null,
                    List.of())));
  }

  private static Duration warnBefore(@Nullable NonHumanIdentitySpec spec) {
    NonHumanIdentitySpec.Rotation rotation = spec == null ? null : spec.rotation();
    String text = rotation == null ? null : rotation.warnBefore();
    Duration declared = text == null ? null : DurationText.parse(text);
    return declared == null ? WARN_BEFORE : declared;
  }

  private Phase phase(Identity identity, Duration warnBefore) {
    return switch (identity.state()) {
      case Revoked -> Phase.Revoked;
      case Suspended -> Phase.Suspended;
      case Active -> phase(identity.expiresAt(), warnBefore);
    };
  }

  /** By the date alone; notes when the next phase begins. */
  private Phase phase(@Nullable Instant expiresAt, Duration warnBefore) {
    if (expiresAt == null) {
      return Phase.Active;
    }
    if (!now.isBefore(expiresAt)) {
      return Phase.Expired;
    }
    Instant warning = expiresAt.minus(warnBefore);
    if (now.isBefore(warning)) {
      turns(warning);
      return Phase.Active;
    }
    turns(expiresAt);
    return Phase.Expiring;
  }

  private void turns(Instant at) {
    if (until == null || at.isBefore(until)) {
      until = at;
    }
  }

  /**
   * Its credentials by name, and which it declares revoked; of what is in force if none is read.
   */
  private static SequencedMap<String, Boolean> declared(
      @Nullable NonHumanIdentitySpec spec, @Nullable Registration registration) {
    SequencedMap<String, Boolean> revoked = new LinkedHashMap<>();
    if (spec != null) {
      spec.credentials()
          .forEach(credential ->
              revoked.putIfAbsent(
                  credential.name(), credential.state() == CredentialState.Revoked));
    } else if (registration != null) {
      registration
          .credentials()
          .forEach(credential -> revoked.putIfAbsent(credential.name(), credential.revoked()));
    }
    revoked.remove("");
    return revoked;
  }

  private List<NonHumanIdentityStatus.Credential> credentials(
      SequencedMap<String, Boolean> revoked,
      @Nullable Registration registration,
      @Nullable Phase identity,
      Duration warnBefore) {
    List<NonHumanIdentityStatus.Credential> credentials = new ArrayList<>(revoked.size());
    revoked.forEach((name, isRevoked) -> {
      Phase phase = isRevoked ? Phase.Revoked : null;
      Identity.Credential compiled = compiled(registration, name);
      if (phase == null && compiled != null) {
        phase = phase(compiled, identity, warnBefore);
      }
      credentials.add(new NonHumanIdentityStatus.Credential(name, phase, null, null, null));
    });
    return credentials;
  }

  private static Identity.@Nullable Credential compiled(
      @Nullable Registration registration, String name) {
    return registration == null
        ? null
        : registration.credentials().stream()
            .filter(credential -> credential.name().equals(name))
            .findFirst()
            .orElse(null);
  }

  /** A credential lives no longer than its identity. Null where it can't be used yet, or by it. */
  private @Nullable Phase phase(
      Identity.Credential credential, @Nullable Phase identity, Duration warnBefore) {
    if (credential.revoked()) {
      return Phase.Revoked;
    }
    if (credential.notBefore() != null && now.isBefore(credential.notBefore())) {
      turns(credential.notBefore());
      return null;
    }
    Identity holder =
        compilation.snapshot().identities().claimants(credential.lookup()).stream()
            .filter(claimant -> claimant.credential().pins().cover(credential.pins()))
            .map(Identity.Enrolled::identity)
            .filter(claimant -> claimant.key().namespace().equals(key.namespace()))
            .findFirst()
            .orElse(null);
    if (holder != null && !holder.key().equals(key)) {
      return null;
    }
    Phase own = phase(credential.expiresAt(), warnBefore);
    return identity == null || identity.compareTo(own) < 0 ? own : identity;
  }

  private String identityRemainder(@Nullable Registration registration) {
    if (registration == null) {
      return "nothing of it is in force, and its credentials are refused";
    }
    if (declared.content() instanceof Declared.Unreadable) {
      return registration.identity().state() == State.Active
          ? "the previous version stays in force, less what is taken away"
          : "it is refused";
    }
    boolean bounds =
        errors.stream()
            .anyMatch(error ->
                !error.field().startsWith("spec.credentials")
                    && !error.field().startsWith("spec.rotation"));
    return bounds
        ? "its state and credentials are in force, within the bounds of the previous version"
        : "the rest of it is in force";
  }
}
