package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.LocalRef;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.NonHumanIdentitySpec.CredentialState;
import dev.sallyport.crd.NonHumanIdentitySpec.OnViolation;
import dev.sallyport.crd.NonHumanIdentitySpec.SenderConstrained;
import dev.sallyport.crd.NonHumanIdentitySpec.State;
import dev.sallyport.engine.authenticate.CompiledIssuer;
import dev.sallyport.engine.authenticate.DistinguishedName;
import dev.sallyport.engine.authenticate.IssuerIndex;
import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.authenticate.Pins;
import dev.sallyport.engine.authenticate.SpiffeId;
import dev.sallyport.engine.authorize.ScopeRule;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.Identity.Constraints;
import dev.sallyport.engine.identity.Identity.Credential;
import dev.sallyport.engine.identity.IdentityIndex.Registration;
import dev.sallyport.engine.identity.Lookup;
import dev.sallyport.engine.identity.Network;
import dev.sallyport.engine.identity.Networks;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compiles one {@code NonHumanIdentity}.
 *
 * <p>Unlike a policy it is compiled part by part, because revocation must beat everything: a
 * credential with a fault is not in force while the others are, and when what says where and how
 * long the identity may call can't be read, the previous form of that holds, never a looser one.
 * The state and the credentials are always the new ones.
 */
final class IdentityCompilation {
  /** RFC 1123, as Kubernetes wants namespaces and names. */
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private static final Pattern SUBDOMAIN = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  /** RFC 1123 section 2.1, in lower case, of any number of labels. */
  private static final Pattern DNS_NAME =
      Pattern.compile("[a-z0-9]([a-z0-9-]*+(?<!-))?(\\.[a-z0-9]([a-z0-9-]*+(?<!-))?)*+");

  private final NonHumanIdentitySpec spec;
  private final Declared declared;
  private final Report report;
  private final References references;
  private final IssuerIndex issuers;

  /** What was read of the credentials and is not in force. */
  private final Set<Lookup> barred = new HashSet<>();

  IdentityCompilation(
      NonHumanIdentitySpec spec,
      Declared declared,
      Report report,
      References references,
      IssuerIndex issuers) {
    this.spec = spec;
    this.declared = declared;
    this.report = report;
    this.references = references;
    this.issuers = issuers;
  }

  /**
   * The identity as it may be enforced.
   *
   * @param previous its form in force; null where there is none
   * @return null where it can't be in force at all, for want of a previous form
   */
  @Nullable Registration compile(@Nullable Registration previous) {
    List<Credential> credentials = credentials();
    Identity identity = identity();
    if (spec.owner() == null || (spec.owner().contact() == null && spec.owner().team() == null)) {
      report.warning("spec.owner", "Risky", "nobody answers for this identity (OWASP NHI1)");
    }
    checkRotation();
    if (!report.refused()) {
      return new Registration(identity, credentials);
    }
    if (previous == null) {
      credentials.forEach(credential -> barred.add(credential.lookup()));
      return null;
    }
    Identity held = previous.identity();
    Identity kept =
        new Identity(
            held.key(),
            held.created(),
            held.type(),
            held.environment(),
            spec.state(),
            earlier(held.expiresAt(), identity.expiresAt()),
            ScopeRule.effective(held.scopes(), identity.scopes()),
            held.constraints());
    return new Registration(kept, credentials);
  }

  /**
   * What is left of its form in force, by the part of the object that can be read: a credential
   * goes that stands there no longer, or with another key, and what is revoked is revoked.
   */
  Registration narrow(Registration held) {
    List<Credential> read = credentials();
    List<Credential> left = new ArrayList<>(held.credentials().size());
    for (Credential credential : held.credentials()) {
      Credential narrowed = narrow(credential, read);
      if (narrowed == null) {
        barred.add(credential.lookup());
      } else {
        left.add(narrowed);
      }
    }
    State state = spec.state() == State.Active ? held.identity().state() : spec.state();
    return new Registration(held.identity(), left).in(state);
  }

  private @Nullable Credential narrow(Credential held, List<Credential> read) {
    for (Credential same : read) {
      if (same.lookup().equals(held.lookup())) {
        return new Credential(
            held.name(),
            held.lookup(),
            held.revoked() || same.revoked(),
            later(held.notBefore(), same.notBefore()),
            earlier(held.expiresAt(), same.expiresAt()),
            same.pins());
      }
    }
    boolean isNamed = spec.credentials().isEmpty();
    boolean isRevoked = held.revoked();
    for (NonHumanIdentitySpec.Credential credential : spec.credentials()) {
      // One of which only the name could be read may still be the same, and one without a name any.
      boolean mayBeSame = credential.name().equals(held.name()) && kinds(credential) == 0;
      isNamed |= mayBeSame || credential.name().isEmpty();
      isRevoked |= mayBeSame && credential.state() == CredentialState.Revoked;
    }
    return isNamed
        ? new Credential(
            held.name(), held.lookup(), isRevoked, held.notBefore(), held.expiresAt(), held.pins())
        : null;
  }

  /**
   * The credentials that nobody may call with, as they stand in the object and are not in force.
   * Known once it was compiled.
   */
  Set<Lookup> barred() {
    return Set.copyOf(barred);
  }

  /** Nothing acts on it in this version; what can't be read is told all the same. */
  private void checkRotation() {
    NonHumanIdentitySpec.Rotation rotation = spec.rotation();
    if (rotation != null) {
      checkDuration(rotation.maxAge(), "spec.rotation.maxAge");
      checkDuration(rotation.warnBefore(), "spec.rotation.warnBefore");
    }
  }

  private void checkDuration(@Nullable String text, String field) {
    if (text != null && DurationText.parse(text) == null) {
      report.partError(
          field, "Invalid", quote(text) + " is not a duration; write it as `90d` or `12h`");
    }
  }

  private static @Nullable Instant earlier(@Nullable Instant held, @Nullable Instant wanted) {
    if (held == null || wanted == null) {
      return held == null ? wanted : held;
    }
    return held.isBefore(wanted) ? held : wanted;
  }

  private static @Nullable Instant later(@Nullable Instant held, @Nullable Instant wanted) {
    if (held == null || wanted == null) {
      return held == null ? wanted : held;
    }
    return held.isAfter(wanted) ? held : wanted;
  }

  private Identity identity() {
    Instant expiresAt = report.instant(spec.expiresAt(), "spec.expiresAt");
    List<String> scopes = spec.grants().scopes();
    report.requireScopes(scopes, "spec.grants.scopes");
    if (spec.type() == null) {
      report.error("spec.type", "Invalid", "a type is needed, such as `Partner` or `Pipeline`");
    }
    return new Identity(
        declared.key(),
        declared.created(),
        spec.type() == null ? null : spec.type().name(),
        spec.environment(),
        spec.state(),
        expiresAt,
        scopes,
        constraints());
  }

  private Constraints constraints() {
    NonHumanIdentitySpec.Constraints constraints = spec.constraints();
    if (constraints.equals(NonHumanIdentitySpec.Constraints.NONE)) {
      return Constraints.NONE;
    }
    List<Network> networks = new ArrayList<>(constraints.cidrs().size());
    for (int i = 0; i < constraints.cidrs().size(); i++) {
      String cidr = constraints.cidrs().get(i);
      Network network = Network.parse(cidr);
      if (network == null) {
        report.error("spec.constraints.cidrs[" + i + "]", "Invalid", Network.fault(cidr));
      } else {
        networks.add(network);
      }
    }
    for (int i = 0; i < constraints.regions().size(); i++) {
      if (!constraints.regions().get(i).matches("[A-Za-z0-9._-]{1,64}")) {
        report.error(
            "spec.constraints.regions[" + i + "]",
            "Invalid",
            quote(constraints.regions().get(i)) + " is not a region; write `DE` or `eu-central-1`");
      }
    }
    if (constraints.senderConstrained() == SenderConstrained.Required
        && !spec.credentials().isEmpty()
        && spec.credentials().stream().noneMatch(IdentityCompilation::canBeBound)) {
      report.warning(
          "spec.constraints.senderConstrained",
          "Unreachable",
          "no credential of this identity can be bound to its sender, so every call is denied");
    }
    return new Constraints(
        Set.copyOf(constraints.regions()),
        networks.isEmpty() ? null : Networks.of(networks),
        constraints.senderConstrained() == SenderConstrained.Required,
        constraints.onViolation() == OnViolation.Flag);
  }

  private List<Credential> credentials() {
    List<Credential> credentials = new ArrayList<>(spec.credentials().size());
    Set<String> names = new HashSet<>();
    Set<Lookup> lookups = new HashSet<>();
    for (int i = 0; i < spec.credentials().size(); i++) {
      NonHumanIdentitySpec.Credential credential = spec.credentials().get(i);
      String field = "spec.credentials[" + i + "]";
      boolean named = !credential.name().isEmpty() && names.add(credential.name());
      if (!named) {
        report.partError(
            field + ".name",
            "Invalid",
            "a credential needs a name that no other of the identity has");
      }
      // Without a name of its own it is not in force, but what it revokes is revoked.
      Credential compiled = credential(credential, field);
      if (compiled == null) {
        continue;
      }
      if (!named && !compiled.revoked()) {
        barred.add(compiled.lookup());
        continue;
      }
      if (lookups.add(compiled.lookup())) {
        credentials.add(compiled);
        continue;
      }
      report.partError(field, "Conflicted", "another credential of this identity is the same");
      if (compiled.revoked()) {
        // Of two equal credentials one of which is revoked, the revocation holds.
        credentials.replaceAll(
            other -> other.lookup().equals(compiled.lookup()) ? compiled : other);
      }
    }
    return credentials;
  }

  private @Nullable Credential credential(
      NonHumanIdentitySpec.Credential credential, String field) {
    if (kinds(credential) != 1) {
      report.partError(
          field,
          "Invalid",
          "a credential has exactly one of `apiKey`, `oauthClient`, `jwtSubject`,"
              + " `serviceAccount` and `x509`");
      return null;
    }
    boolean revoked = credential.state() == CredentialState.Revoked;
    if (credential.apiKey() != null) {
      return apiKey(credential.name(), credential.apiKey(), revoked, field + ".apiKey");
    }
    if (credential.oauthClient() != null) {
      var client = credential.oauthClient();
      String at = field + ".oauthClient";
      CompiledIssuer issuer = issuer(client.issuerRef(), at);
      String id = required(client.clientId(), at + ".clientId");
      return issuer == null || id == null
          ? null
          : of(
              credential.name(),
              new Lookup.ByClient(issuer.trust(), id),
              revoked,
              new Pins(issuer.requiredClaims(), issuer.identityClaims()));
    }
    if (credential.jwtSubject() != null) {
      var subject = credential.jwtSubject();
      String at = field + ".jwtSubject";
      CompiledIssuer issuer = issuer(subject.issuerRef(), at);
      String id = required(subject.subject(), at + ".subject");
      return issuer == null || id == null
          ? null
          : of(
              credential.name(),
              new Lookup.BySubject(issuer.trust(), id),
              revoked,
              new Pins(issuer.requiredClaims(), List.of()));
    }
    if (credential.serviceAccount() != null) {
      return serviceAccount(credential.name(), credential.serviceAccount(), revoked, field);
    }
    return credential.x509() == null
        ? null
        : x509(credential.name(), credential.x509(), revoked, field + ".x509");
  }

  /** API keys and service-account tokens are good for whoever has them. */
  private static boolean canBeBound(NonHumanIdentitySpec.Credential credential) {
    return credential.oauthClient() != null
        || credential.jwtSubject() != null
        || credential.x509() != null;
  }

  private static long kinds(NonHumanIdentitySpec.Credential credential) {
    return Stream.of(
            credential.apiKey() != null,
            credential.oauthClient() != null,
            credential.jwtSubject() != null,
            credential.serviceAccount() != null,
            credential.x509() != null)
        .filter(set -> set)
        .count();
  }

  private @Nullable Credential serviceAccount(
      String name, NonHumanIdentitySpec.ServiceAccount account, boolean revoked, String field) {
    String at = field + ".serviceAccount";
    String namespace =
        account.namespace() == null ? declared.key().namespace() : account.namespace();
    String accountName = required(account.name(), at + ".name");
    if (accountName == null) {
      return null;
    }
    if (!LABEL.matcher(namespace).matches()) {
      report.partError(at + ".namespace", "Invalid", quote(namespace) + " is not a namespace");
      return null;
    }
    if (!SUBDOMAIN.matcher(accountName).matches()) {
      report.partError(
          at + ".name", "Invalid", quote(accountName) + " is not the name of a service account");
      return null;
    }
    return of(name, new Lookup.ByServiceAccount(namespace, accountName), revoked);
  }

  private @Nullable Credential x509(
      String name, NonHumanIdentitySpec.X509 x509, boolean revoked, String field) {
    long names =
        Stream.of(
                x509.spiffeId() != null,
                x509.sha256() != null,
                x509.subject() != null,
                x509.dnsName() != null)
            .filter(set -> set)
            .count();
    if (names != 1) {
      report.partError(
          field,
          "Invalid",
          "a certificate is known by exactly one of `spiffeId`, `sha256`, `subject` and `dnsName`");
      return null;
    }
    Lookup lookup =
        x509.sha256() != null ? digest(x509.sha256(), field + ".sha256") : named(x509, field);
    return lookup == null ? null : of(name, lookup, revoked);
  }

  private @Nullable Lookup digest(String hex, String field) {
    try {
      return new Lookup.ByCertificate(KeyDigest.parse(hex));
    } catch (IllegalArgumentException _) {
      report.partError(
          field,
          "Invalid",
          "64 lower-case hexadecimal digits are needed: the SHA-256 of the certificate in DER");
      return null;
    }
  }

  private @Nullable Lookup named(NonHumanIdentitySpec.X509 x509, String field) {
    if (x509.spiffeId() != null) {
      SpiffeId id = SpiffeId.parse(x509.spiffeId()).orElse(null);
      if (id == null) {
        report.partError(
            field + ".spiffeId",
            "Invalid",
            quote(x509.spiffeId())
                + " is not a SPIFFE ID; write it as `spiffe://cluster.local/ns/payments/sa/name`");
        return null;
      }
      return new Lookup.BySpiffeId(id);
    }
    if (x509.subject() != null) {
      DistinguishedName subject = DistinguishedName.parse(x509.subject()).orElse(null);
      if (subject == null) {
        report.partError(
            field + ".subject",
            "Invalid",
            quote(x509.subject())
                + " is not a distinguished name; write it as `CN=exporter,O=Example` (RFC 4514)");
        return null;
      }
      return new Lookup.ByDistinguishedName(subject);
    }
    String dnsName = x509.dnsName();
    if (dnsName == null || dnsName.length() > 253 || !DNS_NAME.matcher(dnsName).matches()) {
      report.partError(
          field + ".dnsName",
          "Invalid",
          quote(String.valueOf(dnsName))
              + " is not a DNS name in lower case, without wildcards, as `exporter.example.com`");
      return null;
    }
    return new Lookup.ByDnsName(dnsName);
  }

  private static Credential of(String name, Lookup lookup, boolean revoked) {
    return of(name, lookup, revoked, Pins.NONE);
  }

  private static Credential of(String name, Lookup lookup, boolean revoked, Pins pins) {
    return new Credential(name, lookup, revoked, null, null, pins);
  }

  private @Nullable String required(@Nullable String value, String field) {
    if (value != null && !value.isEmpty()) {
      return value;
    }
    report.partError(field, "Invalid", "a value is needed");
    return null;
  }

  private @Nullable CompiledIssuer issuer(@Nullable LocalRef issuerRef, String field) {
    if (issuerRef == null || issuerRef.name().isEmpty()) {
      report.partError(field + ".issuerRef", "Invalid", "the name of a `TokenIssuer` is needed");
      return null;
    }
    ObjectKey key = new ObjectKey("TokenIssuer", declared.key().namespace(), issuerRef.name());
    if (references.content(key) instanceof Declared.TokenIssuer) {
      CompiledIssuer issuer = issuers.find(key).orElse(null);
      if (issuer != null) {
        return issuer;
      }
    }
    report.partError(
        field + ".issuerRef.name",
        "RefNotFound",
        "there is no TokenIssuer "
            + quote(key.qualifiedName())
            + " in force; the credential is not in force until there is");
    return null;
  }

  private @Nullable Credential apiKey(
      String name, NonHumanIdentitySpec.ApiKey apiKey, boolean revoked, String field) {
    if ((apiKey.sha256() == null) == (apiKey.secretRef() == null)) {
      report.partError(field, "Invalid", "a key has exactly one of `sha256` and `secretRef`");
      return null;
    }
    // Read as parts: a fault in either must not leave a key without its bounds in force.
    Report bounds = new Report(report.object());
    Instant expiresAt = bounds.instant(apiKey.expiresAt(), field + ".expiresAt");
    Instant notBefore = bounds.instant(apiKey.notBefore(), field + ".notBefore");
    for (Diagnostic diagnostic : bounds.diagnostics()) {
      report.partError(diagnostic.field(), diagnostic.code(), diagnostic.message());
    }
    KeyDigest digest =
        apiKey.sha256() != null ? sha256(apiKey.sha256(), field) : secret(apiKey, field);
    if (digest == null || bounds.refused()) {
      return null;
    }
    return new Credential(name, new Lookup.ByKey(digest), revoked, notBefore, expiresAt, Pins.NONE);
  }

  private @Nullable KeyDigest sha256(String hex, String field) {
    try {
      return KeyDigest.parse(hex);
    } catch (IllegalArgumentException _) {
      // Not quoted: somebody may have put the key itself there.
      report.partError(
          field + ".sha256",
          "Invalid",
          "64 lower-case hexadecimal digits are needed; `sallyport keys hash` prints them");
      return null;
    }
  }

  private @Nullable KeyDigest secret(NonHumanIdentitySpec.ApiKey apiKey, String field) {
    var ref = apiKey.secretRef();
    if (ref == null) {
      return null;
    }
    ObjectKey key = new ObjectKey("Secret", declared.key().namespace(), ref.name());
    if (!(references.content(key) instanceof Declared.Secret(var data))) {
      report.partError(
          field + ".secretRef.name",
          "RefNotFound",
          "there is no Secret "
              + quote(key.qualifiedName())
              + "; the credential is not in force until it is there"
              + " (on a cluster with the label `sallyport.dev/watch: \"true\"`)");
      return null;
    }
    byte[] value = data.get(ref.key());
    if (value == null || value.length == 0) {
      report.partError(
          field + ".secretRef.key",
          "RefNotFound",
          "the Secret " + quote(key.qualifiedName()) + " has no key " + quote(ref.key()));
      return null;
    }
    if (value[value.length - 1] == '\n') {
      report.warning(
          field + ".secretRef",
          "Risky",
          "the Secret's value ends with a line break, which no header can hold");
    }
    return KeyDigest.of(value);
  }
}
