package dev.sallyport.cli;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Stage;
import dev.sallyport.engine.decision.Verdict;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A decision told stage by stage.
 *
 * @param stages all eight, in order
 */
record Reasoning(Decision decision, List<Told> stages) {
  /** What became of a request in a stage. */
  enum Result {
    PASSED("passed"),
    DENIED("denied"),
    /** It would be denied, and shadow enforcement lets it pass. */
    SHADOWED("would deny"),
    NOT_REACHED("not reached");

    private final String words;

    Result(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /**
   * One stage.
   *
   * @param found a line each
   */
  record Told(Stage stage, Result result, List<String> found) {}

  /**
   * Tells a decision.
   *
   * @param asked the request in words
   */
  static Reasoning of(Decision decision, String asked) {
    Denial denial = decision.denial();
    Stage last = denial == null ? Stage.QUOTA : deniedAt(denial, decision.facts());
    List<Told> stages = new ArrayList<>();
    for (Stage stage : Stage.values()) {
      List<String> found = new ArrayList<>();
      if (stage.compareTo(last) <= 0) {
        found.addAll(found(stage, decision.facts(), asked, denial == null || stage != last));
        if (stage == Stage.AUTHORIZE) {
          found.addAll(narrowed(decision));
        }
      }
      if (denial != null && stage == last) {
        found.addAll(0, errors(denial));
        found.addFirst(denial.reason().code() + ": " + denial.detail());
      }
      stages.add(new Told(stage, result(stage, last, denial, decision), List.copyOf(found)));
    }
    return new Reasoning(decision, List.copyOf(stages));
  }

  /** A line or more a stage, its number and name in front. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    int number = 0;
    for (Told told : stages) {
      String head =
          "%d %-13s %-11s".formatted(++number, told.stage().code(), told.result().words());
      if (told.found().isEmpty()) {
        lines.add(head.stripTrailing());
        continue;
      }
      for (String found : told.found()) {
        lines.add(head + "  " + found);
        head = " ".repeat(head.length());
      }
    }
    return lines;
  }

  private static Result result(
      Stage stage, Stage last, @Nullable Denial denial, Decision decision) {
    if (stage.compareTo(last) > 0) {
      return Result.NOT_REACHED;
    }
    if (denial == null || stage != last) {
      return Result.PASSED;
    }
    return decision.allowed() ? Result.SHADOWED : Result.DENIED;
  }

  /** Where it fell: a reason's own stage, unless a credential brought it about. */
  private static Stage deniedAt(Denial denial, Facts facts) {
    String code = denial.reason().code();
    boolean byCredential =
        facts.attempts().stream().anyMatch(attempt -> attempt.result().equals(code));
    return byCredential ? Stage.AUTHENTICATE : denial.reason().stage();
  }

  private static List<String> found(Stage stage, Facts facts, String asked, boolean passed) {
    return switch (stage) {
      case RECEIVE -> List.of(asked, source(facts.source()));
      case POLICY -> policy(facts);
      case OPERATION -> operation(facts, passed);
      case AUTHENTICATE -> attempts(facts, passed);
      case IDENTITY -> identity(facts, passed);
      case AUTHORIZE -> authorized(facts);
      case PAYLOAD -> List.of();
      case QUOTA -> limits(facts);
    };
  }

  private static String source(Facts.@Nullable Source source) {
    if (source == null) {
      return "from an unknown address and region";
    }
    String address =
        source.address() == null
            ? "an unknown address"
            : source.address() + " (" + source.addressFrom() + ')';
    String region =
        source.region() == null
            ? "unknown region"
            : "region " + source.region() + " (" + source.regionFrom() + ')';
    return "from " + address + ", " + region;
  }

  private static List<String> policy(Facts facts) {
    if (facts.policy() == null) {
      return List.of();
    }
    return List.of(
        facts.policy().qualifiedName()
            + (facts.policyFoundBy() == null ? "" : ", found by " + facts.policyFoundBy())
            + (facts.shadow() ? ", in shadow: it records and denies nothing" : ""));
  }

  private static List<String> operation(Facts facts, boolean passed) {
    List<String> told = new ArrayList<>();
    if (facts.rpc() != null) {
      told.add(message(facts.rpc(), facts.template()));
    }
    if (facts.operation() != null) {
      String matched =
          facts.rpc() == null && facts.template() != null ? ", matched " + facts.template() : "";
      told.add(facts.operation() + matched);
    } else if (passed) {
      told.add("none; the policy lets it pass undeclared");
    }
    return told;
  }

  private static String message(Facts.Rpc rpc, @Nullable String endpoint) {
    return "MCP "
        + (rpc.revision() == null ? "of an unknown revision" : rpc.revision())
        + (endpoint == null ? "" : " at " + endpoint)
        + ": "
        + (rpc.method() == null ? "no message, or a method that is not named" : rpc.method());
  }

  /** How the request breaks its schema, a line an error. */
  private static List<String> errors(Denial denial) {
    return denial.errors().stream()
        .map(error ->
            error.part().code()
                + ' '
                + (error.pointer().isEmpty() ? "(whole)" : error.pointer())
                + ": "
                + error.keyword()
                + ", "
                + error.detail())
        .toList();
  }

  private static List<String> attempts(Facts facts, boolean passed) {
    List<String> told = new ArrayList<>();
    for (Facts.Attempt attempt : facts.attempts()) {
      told.add(
          attempt.method()
              + ": "
              + attempt.result()
              + (attempt.detail().isEmpty() ? "" : ", " + attempt.detail()));
    }
    if (told.isEmpty() && passed) {
      told.add("the operation looks at no credential");
    }
    return told;
  }

  private static List<String> identity(Facts facts, boolean passed) {
    List<String> told = new ArrayList<>();
    Facts.IdentityUse identity = facts.identity();
    if (identity != null && identity.key() != null) {
      Facts.CredentialUse credential = facts.credential();
      told.add(
          identity.key().qualifiedName()
              + (identity.type() == null ? "" : " (" + identity.type() + ')')
              + (credential == null || credential.name() == null
                  ? ""
                  : ", by its credential " + credential.name()));
    } else if (passed) {
      told.add(identity == null ? "anonymous" : "registered by no NonHumanIdentity");
    }
    Facts.CredentialUse used = facts.credential();
    if (used != null && !used.constraint().isEmpty()) {
      told.add("bound to its sender: " + used.constraint());
    }
    if (passed) {
      for (Reason violation : facts.violations()) {
        told.add("flagged only: " + violation.code());
      }
    }
    return told;
  }

  private static List<String> authorized(Facts facts) {
    List<String> told = new ArrayList<>();
    told.add("needed: " + words(facts.scopesNeeded()));
    told.add("held: " + words(facts.scopesHeld()));
    if (!facts.fieldsDenied().isEmpty()) {
      told.add("fields beyond scope: " + String.join(", ", facts.fieldsDenied()));
    }
    for (Facts.ConditionUse condition : facts.conditions()) {
      told.add(
          "condition "
              + condition.name()
              + (condition.met() ? ": met" : ": not met")
              + (condition.why().isEmpty() ? "" : ", " + condition.why()));
    }
    return told;
  }

  private static List<String> narrowed(Decision decision) {
    String query = narrowedQuery(decision);
    return query == null ? List.of() : List.of("query narrowed to: " + query);
  }

  /**
   * The query that the upstream gets where it was narrowed, without parameters that are removed
   * after it, as those hold credentials; null where it stays.
   */
  static @Nullable String narrowedQuery(Decision decision) {
    Verdict.Changes changes = decision.verdict().changes();
    if (changes.path() == null) {
      return null;
    }
    int question = changes.path().indexOf('?');
    return question < 0
        ? ""
        : Stream.of(changes.path().substring(question + 1).split("&"))
            .filter(parameter -> !changes.removeQuery().contains(name(parameter)))
            .collect(Collectors.joining("&"));
  }

  private static String name(String parameter) {
    int equals = parameter.indexOf('=');
    String name = equals < 0 ? parameter : parameter.substring(0, equals);
    try {
      return URLDecoder.decode(name, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return name;
    }
  }

  private static List<String> limits(Facts facts) {
    if (facts.limits().isEmpty()) {
      return List.of("no limit");
    }
    return facts.limits().stream()
        .map(limit ->
            limit.name()
                + ": "
                + (limit.exceeded() ? "exceeded" : limit.remaining() + " left")
                + (limit.shadow() ? ", in shadow" : ""))
        .toList();
  }

  private static String words(List<String> scopes) {
    return scopes.isEmpty() ? "none" : scopes.stream().collect(Collectors.joining(" "));
  }
}
