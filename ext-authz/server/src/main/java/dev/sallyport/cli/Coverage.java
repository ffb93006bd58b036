package dev.sallyport.cli;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.RateLimitSpec;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Stage;
import dev.sallyport.engine.fields.FieldScope;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What of policies tests touched: operations, tools, and each rule that could have decided. */
final class Coverage {
  private final Map<String, Policies> bySource = new HashMap<>();
  private final List<Policies> all = new ArrayList<>();

  /** What a policy is made of. */
  enum Kind {
    OPERATION("operation"),
    TOOL("tool"),
    METHOD("authentication method"),
    CONDITION("condition"),
    FIELD_RULE("field rule"),
    LIMIT("rate limit");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /**
   * A part of a policy.
   *
   * @param policy {@code namespace/name}
   * @param name with that of its operation or tool in front where it belongs to one
   */
  record Item(String policy, Kind kind, String name) {}

  /**
   * The policies that a file is held against: those of a folder are touched by all files that are
   * held against it, those in a file by that one.
   */
  Policies of(Path folder, TestFile file, Compilation compilation) {
    String source = file.objects().isEmpty() ? folder.toString() : file.file().toString();
    return bySource.computeIfAbsent(
        source,
        _ -> {
          Policies policies = new Policies(compilation);
          all.add(policies);
          return policies;
        });
  }

  int size() {
    return all.stream().mapToInt(policies -> policies.items.size()).sum();
  }

  int touched() {
    return size() - untouched().size();
  }

  /** Rounded down; zero where there is nothing to touch, as where no policy could be read. */
  int percent() {
    int size = size();
    return size == 0 ? 0 : (int) (100L * touched() / size);
  }

  List<Item> untouched() {
    return all.stream()
        .flatMap(
            policies -> policies.items.stream().filter(item -> !policies.touched.contains(item)))
        .toList();
  }

  /** Some policies, and what of them was touched. One thread. */
  static final class Policies {
    private final Map<String, ApiPolicySpec> specs = new HashMap<>();
    private final List<Item> items = new ArrayList<>();
    private final Set<Item> touched = new HashSet<>();

    private Policies(Compilation compilation) {
      compilation.objects().values().stream()
          .sorted((a, b) -> a.key().toString().compareTo(b.key().toString()))
          .forEach(declared -> add(declared, compilation));
    }

    private void add(Declared declared, Compilation compilation) {
      if (!(declared.content() instanceof Declared.ApiPolicy(var spec))) {
        return;
      }
      String policy = declared.key().qualifiedName();
      specs.put(policy, spec);
      spec.authentication()
          .methods()
          .forEach(method -> items.add(new Item(policy, Kind.METHOD, method.name())));
      limits(policy, "", spec.rateLimits());
      for (ApiPolicySpec.Operation operation : spec.operations()) {
        items.add(new Item(policy, Kind.OPERATION, operation.name()));
      }
      fromDocuments(declared.key(), spec, compilation)
          .forEach(name -> items.add(new Item(policy, Kind.OPERATION, name)));
      for (ApiPolicySpec.Operation operation : spec.operations()) {
        conditions(policy, operation.name(), operation.conditions());
        if (operation.fields() != null) {
          for (ApiPolicySpec.FieldRule rule : operation.fields().rules()) {
            items.add(fieldRule(policy, operation.name(), rule));
          }
        }
        limits(policy, operation.name() + '/', operation.rateLimits());
      }
      if (spec.mcp() != null) {
        for (ApiPolicySpec.Tool tool : spec.mcp().tools()) {
          items.add(new Item(policy, Kind.TOOL, tool.name()));
          conditions(policy, tool.name(), tool.conditions());
          limits(policy, tool.name() + '/', tool.rateLimits());
        }
      }
    }

    /** Names of operations that the policy has and does not name: its OpenAPI document does. */
    private static List<String> fromDocuments(
        ObjectKey key, ApiPolicySpec spec, Compilation compilation) {
      if (!(compilation.snapshot().policies().entry(key) instanceof Entry.Ready(var compiled))) {
        return List.of();
      }
      Set<String> named =
          spec.operations().stream().map(ApiPolicySpec.Operation::name).collect(Collectors.toSet());
      return compiled.operations().all().stream()
          .map(CompiledOperation::name)
          .filter(name -> !named.contains(name))
          .sorted()
          .distinct()
          .toList();
    }

    private void conditions(
        String policy, String owner, List<ApiPolicySpec.CelCondition> conditions) {
      conditions.forEach(condition -> items.add(condition(policy, owner, condition.name())));
    }

    private void limits(String policy, String owner, List<RateLimitSpec> limits) {
      limits.forEach(limit -> items.add(limit(policy, owner, limit.name())));
    }

    private static Item condition(String policy, String owner, String name) {
      return new Item(policy, Kind.CONDITION, owner + '/' + name);
    }

    private static Item limit(String policy, String owner, String name) {
      return new Item(policy, Kind.LIMIT, owner + name);
    }

    private static Item fieldRule(String policy, String owner, ApiPolicySpec.FieldRule rule) {
      return new Item(policy, Kind.FIELD_RULE, owner + '/' + String.join(",", rule.fields()));
    }

    /** Notes what a decision was made with. */
    void touch(Decision decision) {
      Facts facts = decision.facts();
      if (facts.policy() == null) {
        return;
      }
      String policy = facts.policy().qualifiedName();
      for (Facts.Attempt attempt : facts.attempts()) {
        if (!attempt.result().equals("absent")) {
          touched.add(new Item(policy, Kind.METHOD, attempt.method()));
        }
      }
      String operation = facts.operation();
      facts.limits().forEach(limit -> touched.add(limit(policy, "", limit.name())));
      if (operation == null) {
        return;
      }
      touched.add(new Item(policy, Kind.OPERATION, operation));
      touched.add(new Item(policy, Kind.TOOL, operation));
      facts.limits().forEach(limit -> touched.add(limit(policy, operation + '/', limit.name())));
      facts
          .conditions()
          .forEach(condition -> touched.add(condition(policy, operation, condition.name())));
      fieldRules(decision, policy, operation);
    }

    /** A rule is touched by who is refused its fields, and by who holds its scopes. */
    private void fieldRules(Decision decision, String policy, String operation) {
      ApiPolicySpec spec = specs.get(policy);
      if (spec == null || !sawFields(decision)) {
        return;
      }
      for (ApiPolicySpec.Operation one : spec.operations()) {
        if (!one.name().equals(operation) || one.fields() == null) {
          continue;
        }
        for (ApiPolicySpec.FieldRule rule : one.fields().rules()) {
          if (decided(rule, decision)) {
            touched.add(fieldRule(policy, operation, rule));
          }
        }
      }
    }

    /** Whether the fields were looked at: nothing before them denied. */
    private static boolean sawFields(Decision decision) {
      if (!decision.facts().fieldsDenied().isEmpty()) {
        return true;
      }
      var denial = decision.denial();
      return denial == null
          || denial.reason().stage().compareTo(Stage.AUTHORIZE) > 0
          || !decision.facts().conditions().isEmpty();
    }

    private static boolean decided(ApiPolicySpec.FieldRule rule, Decision decision) {
      Facts facts = decision.facts();
      return decision.verdict().changes().path() != null
          || facts.scopesHeld().containsAll(rule.scopes())
          || facts.fieldsDenied().stream()
              .anyMatch(
                  field -> rule.fields().stream().anyMatch(of -> FieldScope.covers(of, field)));
    }
  }
}
