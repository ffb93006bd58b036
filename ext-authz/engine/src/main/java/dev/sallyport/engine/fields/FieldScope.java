package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.Fields;
import dev.sallyport.crd.ApiPolicySpec.Selector;
import dev.sallyport.crd.ApiPolicySpec.Unselected;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.receive.Ascii;
import dev.sallyport.engine.receive.Query;
import dev.sallyport.engine.receive.Request;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one operation's resource, and the scopes that they need. Immutable.
 *
 * <p>A field needs the scopes of every rule that covers it, and none where no rule does. What the
 * policy does not list is beyond every scope. To name an object is to name all that is listed below
 * it.
 */
public final class FieldScope {
  private static final int MOST_NAMED_IN_DETAIL = 8;

  private final FieldNode root;
  private final @Nullable QuerySelection query;
  private final List<BodySelector> bodies;
  private final Unselected unselected;

  private FieldScope(
      FieldNode root,
      @Nullable QuerySelection query,
      List<BodySelector> bodies,
      Unselected unselected) {
    this.root = root;
    this.query = query;
    this.bodies = List.copyOf(bodies);
    this.unselected = unselected;
  }

  /** Of a spec in which nothing is wrong. */
  public static FieldScope of(Fields spec) {
    FieldNode root = FieldNode.of(spec);
    List<QuerySelector> queries = new ArrayList<>();
    List<BodySelector> bodies = new ArrayList<>();
    for (Selector selector : spec.selectors()) {
      if (selector.query() != null) {
        queries.add(QuerySelector.of(selector.query(), selector));
      } else if (selector.graphql() != null) {
        bodies.add(GraphQlSelector.of(selector.graphql()));
      } else if (selector.jsonBody() != null) {
        bodies.add(JsonBodySelector.of(selector.jsonBody()));
      }
    }
    return new FieldScope(
        root,
        queries.isEmpty()
            ? null
            : QuerySelection.of(queries, root, spec.unselected(), spec.outOfScope()),
        bodies,
        spec.unselected());
  }

  /** Whether names of fields are made of it, in policies and in queries. */
  public static boolean isNameCharacter(char c) {
    return Ascii.isLetterOrDigit(c) || "_-$@:".indexOf(c) >= 0;
  }

  /**
   * Whether a rule's field covers a field: {@code card} covers {@code card} and all below, {@code
   * card.*} all below, {@code *} everything.
   */
  public static boolean covers(String pattern, String field) {
    if (pattern.equals("*")) {
      return true;
    }
    String object = pattern.endsWith(".*") ? pattern.substring(0, pattern.length() - 2) : pattern;
    return field.equals(pattern) || field.startsWith(object + '.');
  }

  /** Whether servers may take one parameter of a query for another: {@code Fields[]} and others. */
  public static boolean isSameParameter(String one, String other) {
    return Query.folded(one).equals(Query.folded(other));
  }

  /** What a request asks for, held against what its caller may. */
  public sealed interface Selection {
    /**
     * Nothing beyond scope.
     *
     * @param query the query to send on in place of the caller's, percent-encoded and without its
     *     question mark; null where it stays
     */
    record Within(@Nullable String query) implements Selection {}

    /**
     * Something beyond scope.
     *
     * @param fields of the policy, in its order; a field that the policy does not name is not among
     *     them
     * @param scopes that would be needed for all that the request names; empty where none would
     *     help
     * @param detail one sentence for the caller
     */
    record Beyond(List<String> fields, List<String> scopes, String detail) implements Selection {}

    /** What it asks for can't be told. */
    record Unreadable(Denial denial) implements Selection {}
  }

  /** Whether the body has to be read for it. */
  public boolean readsContent() {
    return !bodies.isEmpty();
  }

  /**
   * What a request asks for.
   *
   * @param content never {@code Refused}; {@code Unread} where {@link #readsContent()} is false
   * @param held the effective scopes of the caller
   */
  public Selection check(Request request, Content content, List<String> held) {
    Predicate<Field> allowed = field -> held.containsAll(field.scopes());
    Reading.Draft draft = new Reading.Draft();
    for (BodySelector body : bodies) {
      switch (body.read(request, content, root)) {
        case Reading.Unreadable(var why) -> {
          return new Selection.Beyond(List.of(), List.of(), why);
        }
        case Reading.Named named -> draft.add(named);
      }
    }
    Reading.Named named = draft.named();
    if (isBeyond(named, allowed)) {
      return beyond(named, allowed);
    }
    if (query != null) {
      return query.check(request.query(), allowed);
    }
    return unselected == Unselected.Deny && named.fields().isEmpty()
        ? new Selection.Beyond(List.of(), List.of(), "the request names no fields, and has to")
        : new Selection.Within(null);
  }

  static boolean isBeyond(Reading.Named named, Predicate<Field> allowed) {
    return named.unlisted() || !named.fields().stream().allMatch(allowed);
  }

  static Reading.Named all(FieldNode root) {
    return new Reading.Named(new LinkedHashSet<>(root.fields()), false);
  }

  static Selection.Beyond beyond(Reading.Named named, Predicate<Field> allowed) {
    List<Field> inOrder =
        named.fields().stream().sorted((one, other) -> one.index() - other.index()).toList();
    List<String> fields = inOrder.stream().filter(allowed.negate()).map(Field::name).toList();
    Set<String> scopes = new LinkedHashSet<>();
    if (!named.unlisted()) {
      inOrder.forEach(field -> scopes.addAll(field.scopes()));
    }
    return new Selection.Beyond(fields, List.copyOf(scopes), detail(fields, named.unlisted()));
  }

  private static String detail(List<String> fields, boolean unlisted) {
    if (fields.isEmpty()) {
      return "the request names fields that the policy does not list";
    }
    String named = fields.stream().limit(MOST_NAMED_IN_DETAIL).collect(Collectors.joining(", "));
    int more = fields.size() - MOST_NAMED_IN_DETAIL;
    return "the request names fields beyond the caller's scope: "
        + named
        + (more > 0 ? " and " + more + " more" : "")
        + (unlisted ? ", and fields that the policy does not list" : "");
  }
}
