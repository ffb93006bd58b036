package dev.sallyport.server.kubernetes;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.DetectionPolicySpec;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Objects as a cluster has them, in the namespace {@code shop}, and what was compiled of them. */
final class CompiledObjects {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private final Map<ObjectKey, Declared> declared = new HashMap<>();
  private Compilation compilation = Compilation.EMPTY;

  static ObjectKey policy(String name) {
    return new ObjectKey("ApiPolicy", "shop", name);
  }

  static ObjectKey identity(String name) {
    return new ObjectKey("NonHumanIdentity", "shop", name);
  }

  static ObjectKey issuer(String name) {
    return new ObjectKey("TokenIssuer", "shop", name);
  }

  /** A policy that compiles. */
  static String policySpec(String host) {
    return """
    hosts: ["%s"]
    authentication:
      methods:
      - name: keys
        apiKey: {header: X-API-Key}
    operations:
    - name: read
      match:
      - {methods: [GET], path: "/v1/{id}"}
    """
        .formatted(host);
  }

  Compilation compilation() {
    return compilation;
  }

  /** Applies one object; its generation counts its edits, and the first applied is the oldest. */
  Compilation apply(ObjectKey key, String spec) {
    return put(key, content(key.kind(), spec));
  }

  /** An object that can't be read. */
  Compilation unreadable(ObjectKey key, String field, String message) {
    return put(key, new Declared.Unreadable(null, List.of(new Declared.Fault(field, message))));
  }

  Compilation put(ObjectKey key, Declared.Content content) {
    compile(new Changes(List.of(declare(key, content)), List.of()));
    return compilation;
  }

  /** Applies many policies at once. */
  Compilation applyAll(Map<ObjectKey, String> specs) {
    List<Declared> all = new ArrayList<>();
    specs.forEach((key, spec) -> all.add(declare(key, content(key.kind(), spec))));
    compile(new Changes(all, List.of()));
    return compilation;
  }

  Compilation delete(ObjectKey key) {
    declared.remove(key);
    compile(new Changes(List.of(), List.of(key)));
    return compilation;
  }

  private Declared declare(ObjectKey key, Declared.Content content) {
    Declared before = declared.get(key);
    Declared next =
        new Declared(
            key,
            before == null ? Instant.ofEpochSecond(declared.size()) : before.created(),
            before == null ? 1 : before.generation() + 1,
            content);
    declared.put(key, next);
    return next;
  }

  private void compile(Changes changes) {
    compilation = Compiler.compile(changes, compilation);
  }

  private static Declared.Content content(String kind, String spec) {
    Map<?, ?> read = YAML.unmarshal(spec, Map.class);
    return switch (kind) {
      case "ApiPolicy" -> new Declared.ApiPolicy(JSON.convertValue(read, ApiPolicySpec.class));
      case "NonHumanIdentity" ->
          new Declared.NonHumanIdentity(JSON.convertValue(read, NonHumanIdentitySpec.class));
      case "TokenIssuer" ->
          new Declared.TokenIssuer(JSON.convertValue(read, TokenIssuerSpec.class));
      case "DetectionPolicy" ->
          new Declared.DetectionPolicy(JSON.convertValue(read, DetectionPolicySpec.class));
      default -> throw new IllegalArgumentException(kind);
    };
  }
}
