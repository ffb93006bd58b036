package dev.sallyport.engine.openapi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Reads {@code securitySchemes}, and the scopes that {@code security} asks for. */
final class SecurityReading {
  private final Place root;
  private final Findings findings;
  private final Map<String, SecurityScheme> schemes = new LinkedHashMap<>();

  SecurityReading(Place root, LocalReferences references, Findings findings) {
    this.root = root;
    this.findings = findings;
    Place components = root.child("components");
    Place all = components == null ? null : components.child("securitySchemes");
    if (all == null || !all.node().isObject()) {
      return;
    }
    for (String name : all.node().propertyNames()) {
      Place at = all.child(name);
      Place scheme = at == null ? null : references.resolve(at);
      if (scheme != null) {
        schemes.put(name, scheme(name, scheme));
      }
    }
  }

  List<SecurityScheme> schemes() {
    return List.copyOf(schemes.values());
  }

  private SecurityScheme scheme(String name, Place at) {
    String type = at.text("type");
    return switch (type == null ? "" : type) {
      case "apiKey" ->
          new SecurityScheme(
              name,
              at.pointer(),
              SecurityScheme.Type.API_KEY,
              Objects.requireNonNullElse(at.text("in"), ""),
              at.text("name"));
      case "http" ->
          new SecurityScheme(
              name,
              at.pointer(),
              SecurityScheme.Type.HTTP,
              "",
              Objects.requireNonNullElse(at.text("scheme"), "").toLowerCase(Locale.ROOT));
      case "oauth2" -> new SecurityScheme(name, at.pointer(), SecurityScheme.Type.OAUTH2, "", null);
      case "openIdConnect" ->
          new SecurityScheme(
              name,
              at.pointer(),
              SecurityScheme.Type.OPEN_ID_CONNECT,
              "",
              at.text("openIdConnectUrl"));
      case "mutualTLS" ->
          new SecurityScheme(name, at.pointer(), SecurityScheme.Type.MUTUAL_TLS, "", null);
      default -> new SecurityScheme(name, at.pointer(), SecurityScheme.Type.UNKNOWN, "", null);
    };
  }

  /** The scopes of an operation, by its own {@code security} or the document's. */
  Scopes scopes(Place operation) {
    Place own = operation.child("security");
    Place at = own == null ? root.child("security") : own;
    if (at == null) {
      return Scopes.NONE;
    }
    if (!at.node().isArray()) {
      findings.fault(at, "`security` must be a list");
      return Scopes.NONE;
    }
    Set<Set<String>> alternatives = new LinkedHashSet<>();
    boolean anonymous = at.node().isEmpty();
    boolean withoutScopes = false;
    for (int i = 0; i < at.node().size(); i++) {
      Place requirement = at.item(i);
      if (!requirement.node().isObject()) {
        findings.fault(requirement, "this must be an object");
        continue;
      }
      anonymous |= requirement.node().isEmpty();
      Set<String> scopes = required(requirement);
      if (scopes.isEmpty()) {
        withoutScopes = true;
      } else {
        alternatives.add(scopes);
      }
    }
    return scopes(at.pointer(), alternatives, anonymous, withoutScopes);
  }

  /** The scopes of one requirement, all of whose schemes must be met. */
  private Set<String> required(Place requirement) {
    Set<String> scopes = new LinkedHashSet<>();
    for (String name : requirement.node().propertyNames()) {
      SecurityScheme scheme = schemes.get(name);
      JsonNode named = requirement.node().get(name);
      if (!named.isArray()) {
        findings.fault(requirement, "each scheme in it needs a list of scopes, which may be empty");
        continue;
      }
      if (scheme == null) {
        findings.remark(
            requirement,
            "it names a scheme that the document does not declare"
                + (named.isEmpty() ? "" : "; what it lists counts as scopes"));
      } else if (!scheme.hasScopes() && !named.isEmpty()) {
        // INVARIANT: what a requirement lists is asked for, whatever it is called.
        findings.remark(requirement, "roles of a scheme that knows no scopes count as scopes here");
      }
      for (JsonNode scope : named) {
        if (scope.isString() && isScope(scope.stringValue())) {
          scopes.add(scope.stringValue());
        } else {
          findings.fault(requirement, "a scope is text without spaces, quotes and backslashes");
        }
      }
    }
    return scopes;
  }

  /** RFC 6749 section 3.3. */
  private static boolean isScope(String text) {
    return !text.isEmpty()
        && text.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != '"' && c != '\\');
  }

  /** What is asked for in words that policies have; more where those don't suffice. */
  private static Scopes scopes(
      String pointer, Set<Set<String>> asked, boolean anonymous, boolean withoutScopes) {
    if (asked.isEmpty()) {
      return new Scopes(pointer, List.of(), List.of(), anonymous, null);
    }
    String remark =
        withoutScopes
            ? "callers who come in another way need no scopes there; here all callers need them"
            : null;
    List<Set<String>> alternatives = smallest(asked);
    if (alternatives.size() == 1) {
      return new Scopes(
          pointer, List.copyOf(alternatives.getFirst()), List.of(), anonymous, remark);
    }
    Set<String> common = new LinkedHashSet<>(alternatives.getFirst());
    alternatives.forEach(common::retainAll);
    List<Set<String>> rests = new ArrayList<>();
    for (Set<String> alternative : alternatives) {
      Set<String> rest = new LinkedHashSet<>(alternative);
      rest.removeAll(common);
      rests.add(rest);
    }
    Set<String> named = rests.stream().flatMap(Set::stream).collect(Collectors.toSet());
    if (rests.stream().allMatch(rest -> rest.size() == 1)) {
      return new Scopes(
          pointer, List.copyOf(common), List.copyOf(new TreeSet<>(named)), anonymous, remark);
    }
    named.addAll(common);
    String other =
        "a choice between several scopes at once can't be told apart; here a caller needs all of"
            + " them";
    return new Scopes(
        pointer,
        List.copyOf(new TreeSet<>(named)),
        List.of(),
        anonymous,
        remark == null ? other : remark + "; " + other);
  }

  /** Without those that ask for more than another does. */
  private static List<Set<String>> smallest(Set<Set<String>> asked) {
    return asked.stream()
        .filter(
            one -> asked.stream().noneMatch(other -> !other.equals(one) && one.containsAll(other)))
        .toList();
  }
}
