package dev.sallyport.cli;

import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.server.objects.Wording;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a test expects of a decision.
 *
 * @param facts by name, in the order of the file; a null stands for what must not be there
 */
record Expected(Map<String, @Nullable Object> facts) {
  /** A field of the answer by its name, {@code field retry-after}. */
  private static final String FIELD = "field ";

  private static final Set<String> OF_AN_ERROR = Set.of("in", "pointer", "keyword", "detail");
  private static final Set<String> OF_A_MESSAGE = Set.of("revision", "method", "id", "code");

  private static final List<String> REASONS =
      Arrays.stream(Reason.values()).map(Reason::code).toList();

  private static final Map<String, Function<Decision, Actual>> KNOWN = known();

  /**
   * Something else than what was expected.
   *
   * @param fact its name
   * @param expected as the test says it
   * @param actual as the decision has it
   */
  record Mismatch(String fact, String expected, String actual) {}

  /** What of a decision is not as it was expected; empty where all is. */
  List<Mismatch> mismatches(Decision decision) {
    List<Mismatch> mismatches = new ArrayList<>();
    facts.forEach((name, expected) -> {
      Actual actual = actual(name, decision);
      if (!actual.is(expected)) {
        mismatches.add(new Mismatch(name, shown(expected), shown(actual.text())));
      }
    });
    return mismatches;
  }

  private static String shown(@Nullable Object value) {
    String text = value == null ? "" : value.toString();
    return text.isEmpty() ? "nothing" : text;
  }

  private static Actual actual(String name, Decision decision) {
    Function<Decision, Actual> known = KNOWN.get(name);
    if (known != null) {
      return known.apply(decision);
    }
    String field = name.substring(FIELD.length());
    return Actual.Several.of(
        decision.verdict().responseFields().stream()
            .filter(one -> one.name().equals(field))
            .map(HttpField::value)
            .toList());
  }

  /** What is wrong with an expectation; null where nothing is. */
  static @Nullable String objection(String name, @Nullable Object expected) {
    if (!KNOWN.containsKey(name)) {
      return name.startsWith(FIELD)
          ? null
          : "nothing is known of " + Wording.quote(name) + Wording.forUnknown(name, KNOWN.keySet());
    }
    return switch (name) {
      case "verdict" -> notOneOf(expected, List.of("allow", "deny"));
      case "reason" -> notOneOf(expected, REASONS);
      case "shadowReason" ->
          expected == null || expected.equals("") ? null : notOneOf(expected, REASONS);
      case "errors" ->
          expected instanceof List<?> list
              ? list.stream()
                  .map(error -> unknownMember(error, OF_AN_ERROR))
                  .reduce(null, (found, next) -> found == null ? next : found)
              : null;
      case "rpc" -> unknownMember(expected, OF_A_MESSAGE);
      default -> null;
    };
  }

  private static @Nullable String notOneOf(@Nullable Object expected, List<String> words) {
    String word = String.valueOf(expected);
    return words.contains(word)
        ? null
        : Wording.quote(word) + " is not allowed" + Wording.forUnknown(word, words);
  }

  private static @Nullable String unknownMember(@Nullable Object expected, Set<String> known) {
    if (!(expected instanceof Map<?, ?> named)) {
      return null;
    }
    for (Object name : named.keySet()) {
      String member = String.valueOf(name);
      if (!known.contains(member)) {
        return "nothing is known of "
            + Wording.quote(member)
            + "; known are "
            + Wording.list(known.stream().sorted().toList());
      }
    }
    return null;
  }

  private static Map<String, Function<Decision, Actual>> known() {
    Map<String, Function<Decision, Actual>> known = new LinkedHashMap<>();
    known.put("verdict", decision -> Actual.One.of(decision.allowed() ? "allow" : "deny"));
    known.put("reason", decision -> Actual.One.of(decision.reason().code()));
    known.put("status", decision -> Actual.One.of(decision.reason().httpStatus()));
    known.put(
        "shadowReason",
        decision -> {
          Reason shadow = decision.shadowReason();
          return Actual.One.of(shadow == null ? null : shadow.code());
        });
    known.put("detail", decision -> Actual.One.of(denied(decision, Denial::detail)));
    known.put("errors", Expected::errors);
    known.put("policy", decision -> key(decision.facts().policy()));
    known.put("operation", decision -> Actual.One.of(decision.facts().operation()));
    known.put("template", decision -> Actual.One.of(decision.facts().template()));
    known.put("rpc", Expected::rpc);
    known.put(
        "identity",
        decision -> {
          Facts.IdentityUse identity = decision.facts().identity();
          return key(identity == null ? null : identity.key());
        });
    known.put("credential", decision -> credential(decision, use -> String.valueOf(use.name())));
    known.put("constraint", decision -> credential(decision, Facts.CredentialUse::constraint));
    known.put(
        "unregistered",
        decision -> {
          Facts.CredentialUse use = decision.facts().credential();
          return Actual.One.of(use != null && use.unregistered());
        });
    known.put(
        "violations",
        decision ->
            Actual.Several.of(decision.facts().violations().stream().map(Reason::code).toList()));
    known.put("attempts", Expected::attempts);
    known.put(
        "why",
        decision ->
            Actual.Several.of(
                decision.facts().attempts().stream().map(Facts.Attempt::detail).toList()));
    known.put("scopesNeeded", decision -> Actual.Several.of(decision.facts().scopesNeeded()));
    known.put("scopesHeld", decision -> Actual.Several.of(decision.facts().scopesHeld()));
    known.put("fieldsDenied", decision -> Actual.Several.of(decision.facts().fieldsDenied()));
    known.put("conditions", Expected::conditions);
    known.put("limits", Expected::limits);
    // The engine's own cases read a path that stays as a word; nobody asks for a path `null`.
    known.put(
        "path", decision -> Actual.One.of(String.valueOf(decision.verdict().changes().path())));
    known.put("query", decision -> Actual.One.of(Reasoning.narrowedQuery(decision)));
    known.put("removes", Expected::removes);
    known.put(
        "cookie", decision -> Actual.One.of(String.valueOf(decision.verdict().changes().cookie())));
    known.put("responseHeaders", Expected::responseHeaders);
    return known;
  }

  private static @Nullable String denied(Decision decision, Function<Denial, String> what) {
    return decision.verdict() instanceof Verdict.Deny(var denial) ? what.apply(denial) : null;
  }

  private static Actual errors(Decision decision) {
    List<Violation> errors =
        decision.verdict() instanceof Verdict.Deny(var denial) ? denial.errors() : List.of();
    return Actual.Several.of(
        errors.stream()
            .map(error ->
                new Actual.Parts(
                    error.part().code() + ' ' + error.pointer() + ' ' + error.keyword(),
                    Map.of(
                        "in", error.part().code(),
                        "pointer", error.pointer(),
                        "keyword", error.keyword(),
                        "detail", error.detail())))
            .toList(),
        Map.of());
  }

  private static Actual key(@Nullable ObjectKey key) {
    return Actual.One.of(key == null ? null : key.qualifiedName());
  }

  private static Actual rpc(Decision decision) {
    Facts.Rpc rpc = decision.facts().rpc();
    if (rpc == null) {
      return Actual.One.of(null);
    }
    Map<String, String> members = new LinkedHashMap<>();
    putKnown(members, "revision", rpc.revision());
    putKnown(members, "method", rpc.method());
    putKnown(members, "id", rpc.id());
    members.put("code", String.valueOf(rpc.code()));
    return new Actual.Parts(
        rpc.revision() + " " + rpc.method() + ' ' + rpc.id() + ' ' + rpc.code(), members);
  }

  private static void putKnown(Map<String, String> members, String name, @Nullable String value) {
    if (value != null) {
      members.put(name, value);
    }
  }

  private static Actual credential(Decision decision, Function<Facts.CredentialUse, String> what) {
    Facts.CredentialUse use = decision.facts().credential();
    return Actual.One.of(use == null ? null : what.apply(use));
  }

  private static Actual attempts(Decision decision) {
    return named(
        decision.facts().attempts().stream()
            .map(attempt -> Map.entry(attempt.method(), attempt.result()))
            .toList());
  }

  private static Actual conditions(Decision decision) {
    return named(
        decision.facts().conditions().stream()
            .map(condition -> Map.entry(condition.name(), String.valueOf(condition.met())))
            .toList());
  }

  private static Actual limits(Decision decision) {
    return named(
        decision.facts().limits().stream()
            .map(limit ->
                Map.entry(
                    limit.name(), limit.exceeded() ? "exceeded" : limit.remaining() + " left"))
            .toList());
  }

  private static Actual named(List<Map.Entry<String, String>> entries) {
    return Actual.Several.of(
        entries.stream()
            .map(entry -> new Actual.One(entry.getKey() + '=' + entry.getValue()))
            .toList(),
        entries.stream()
            .collect(
                Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (first, _) -> first)));
  }

  private static Actual removes(Decision decision) {
    Verdict.Changes changes = decision.verdict().changes();
    List<String> all = new ArrayList<>(changes.removeHeaders());
    all.addAll(changes.removeQuery());
    return all.isEmpty()
        ? new Actual.Several("[][]", List.of(), Map.of())
        : new Actual.Several(
            changes.removeHeaders() + "" + changes.removeQuery(),
            all.stream().map(Actual.One::new).toList(),
            Map.of());
  }

  private static Actual responseHeaders(Decision decision) {
    List<HttpField> fields = decision.verdict().responseFields();
    return Actual.Several.of(
        fields.stream().map(field -> new Actual.One(field.name() + ": " + field.value())).toList(),
        fields.stream()
            .collect(
                Collectors.toMap(
                    field -> field.name().toLowerCase(Locale.ROOT),
                    HttpField::value,
                    (one, other) -> one + ", " + other)));
  }
}
