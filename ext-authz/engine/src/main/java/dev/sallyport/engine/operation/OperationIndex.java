package dev.sallyport.engine.operation;

import dev.sallyport.engine.operation.PathTemplate.Segment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the operation of a method and a path: a radix tree over path segments.
 *
 * <p>The most specific template that has the method wins, whatever the order of declaration. One
 * template is more specific than another when, at the first segment in which they differ, it has a
 * literal where the other has a parameter or the rest, or a parameter where the other has the rest.
 * The search goes literal, parameter, rest, and steps back from a branch without the method, so the
 * first hit is the most specific; it sees every node at most once.
 *
 * <p>A wider template takes no path that a server may take for one of a narrower: in another case
 * (Express, ASP.NET), with a final slash more or less, with a format behind it ({@code me.json}:
 * Rails, older Spring). Nor does it take what only looks as if nobody declared it, see {@link
 * Builder#bar}.
 *
 * @param <T> what is found; this index does not look into it
 */
public final class OperationIndex<T> {
  private final Node<T> root;

  private OperationIndex(Node<T> root) {
    this.root = root;
  }

  /** What a method and path are. */
  public sealed interface Match<T> {
    /** The most specific one. */
    record Found<T>(T operation, String template) implements Match<T> {}

    /** No template fits. */
    record Unmatched<T>() implements Match<T> {}

    /** None that fits may take it: a server may take the path for one of another template. */
    record Barred<T>() implements Match<T> {}
  }

  /**
   * Finds the operation.
   *
   * @param segments decoded, as in {@code RequestPath}
   */
  public Match<T> match(String method, List<String> segments) {
    Leaf<T> leaf = find(root, segments, 0, method);
    if (leaf == null || leaf.wide) {
      Leaf<T> narrower = findLoosely(root, segments, 0, method);
      if (narrower != null && !narrower.is(leaf)) {
        return new Match.Barred<>();
      }
    }
    return leaf == null
        ? new Match.Unmatched<>()
        : leaf.operation == null
            ? new Match.Barred<>()
            : new Match.Found<>(leaf.operation, leaf.template);
  }

  /** Whether any method is declared on a path. */
  public boolean declares(List<String> segments) {
    return find(root, segments, 0, null) != null;
  }

  private static <T> @Nullable Leaf<T> find(
      Node<T> node, List<String> segments, int at, @Nullable String method) {
    if (at == segments.size()) {
      return pick(node.ends, method);
    }
    String segment = segments.get(at);
    Node<T> literal = node.literals.get(segment);
    if (literal != null) {
      Leaf<T> found = find(literal, segments, at + 1, method);
      if (found != null) {
        return found;
      }
    }
    if (segment.isEmpty()) {
      return pick(node.rests, method);
    }
    for (Mixed<T> mixed : node.mixed) {
      Leaf<T> found =
          mixed.segment.takes(segment) ? find(mixed.node, segments, at + 1, method) : null;
      if (found != null) {
        return found;
      }
    }
    if (node.parameter != null) {
      Leaf<T> found = find(node.parameter, segments, at + 1, method);
      if (found != null) {
        return found;
      }
    }
    return pick(node.rests, method);
  }

  /** What the least strict of servers would find: in the same order, and so never a wider one. */
  private static <T> @Nullable Leaf<T> findLoosely(
      Node<T> node, List<String> segments, int at, String method) {
    if (at == segments.size()) {
      Leaf<T> end = pick(node.ends, method);
      Node<T> slash = end == null ? node.literals.get("") : null;
      return slash == null ? end : pick(slash.ends, method);
    }
    String segment = segments.get(at);
    boolean last = at == segments.size() - 1;
    Leaf<T> found = null;
    Node<T> literal = node.literals.get(segment);
    if (literal != null) {
      found = findLoosely(literal, segments, at + 1, method);
    }
    if (segment.isEmpty()) {
      if (found == null && last && at > 0) {
        found = pick(node.ends, method);
      }
      return found == null ? pick(node.rests, method) : found;
    }
    if (found == null && !node.folded.isEmpty()) {
      found = findFolded(node, literal, segments, at, method, last);
    }
    for (int i = 0; found == null && i < node.mixed.size(); i++) {
      Mixed<T> mixed = node.mixed.get(i);
      found =
          mixed.segment.takes(segment) ? findLoosely(mixed.node, segments, at + 1, method) : null;
    }
    if (found == null && node.parameter != null) {
      found = findLoosely(node.parameter, segments, at + 1, method);
    }
    return found == null ? pick(node.rests, method) : found;
  }

  /**
   * The same among literals that differ in case.
   *
   * @param exact the one that does not, which led nowhere: to look twice at each level would double
   *     the work with each
   */
  private static <T> @Nullable Leaf<T> findFolded(
      Node<T> node,
      @Nullable Node<T> exact,
      List<String> segments,
      int at,
      String method,
      boolean last) {
    String folded = fold(segments.get(at));
    for (Node<T> literal : node.folded.getOrDefault(folded, List.of())) {
      Leaf<T> found = literal == exact ? null : findLoosely(literal, segments, at + 1, method);
      if (found != null) {
        return found;
      }
    }
    int dot = last ? folded.lastIndexOf('.') : -1;
    if (dot > 0) {
      for (Node<T> literal : node.folded.getOrDefault(folded.substring(0, dot), List.of())) {
        Leaf<T> found = pick(literal.ends, method);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /** The same for all texts that differ in case alone. */
  private static String fold(String text) {
    return text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }

  private static <T> @Nullable Leaf<T> pick(Map<String, Leaf<T>> leaves, @Nullable String method) {
    if (leaves.isEmpty()) {
      return null;
    }
    return method == null ? leaves.values().iterator().next() : leaves.get(method);
  }

  /** All that can be found, each once, in no order. Walks the tree. */
  public Set<T> all() {
    Set<T> all = Collections.newSetFromMap(new IdentityHashMap<>());
    collect(root, all);
    return all;
  }

  private static <T> void collect(Node<T> node, Set<T> all) {
    collect(node.ends, all);
    collect(node.rests, all);
    node.literals.values().forEach(child -> collect(child, all));
    node.mixed.forEach(child -> collect(child.node, all));
    if (node.parameter != null) {
      collect(node.parameter, all);
    }
  }

  private static <T> void collect(Map<String, Leaf<T>> leaves, Set<T> all) {
    for (Leaf<T> leaf : leaves.values()) {
      if (leaf.operation != null) {
        all.add(leaf.operation);
      }
    }
  }

  /**
   * What a template leads to.
   *
   * @param operation null where nothing may take what the template does
   * @param wide whether it holds more than literals
   */
  private record Leaf<T>(@Nullable T operation, String template, boolean wide) {
    /** Whether it makes no difference which of both a request is. */
    boolean is(@Nullable Leaf<T> other) {
      return equals(other)
          || (other != null && operation != null && operation.equals(other.operation));
    }
  }

  private record Mixed<T>(Segment.Mixed segment, Node<T> node) {}

  /** Immutable once built; maps are shared empties where there is nothing. */
  private static final class Node<T> {
    final Map<String, Node<T>> literals;

    /** The literals by their fold. */
    final Map<String, List<Node<T>>> folded;

    final List<Mixed<T>> mixed;
    final @Nullable Node<T> parameter;
    final Map<String, Leaf<T>> ends;
    final Map<String, Leaf<T>> rests;

    Node(Draft<T> draft) {
      Map<String, Node<T>> children = HashMap.newHashMap(draft.literals.size());
      draft.literals.forEach((text, child) -> children.put(text, new Node<>(child)));
      literals = Map.copyOf(children);
      Map<String, List<Node<T>>> alike = HashMap.newHashMap(children.size());
      new TreeMap<>(children)
          .forEach((text, child) ->
              alike.computeIfAbsent(fold(text), _ -> new ArrayList<>(1)).add(child));
      alike.replaceAll((_, nodes) -> List.copyOf(nodes));
      folded = Map.copyOf(alike);
      List<Mixed<T>> narrow = new ArrayList<>(draft.mixed.size());
      draft.mixed.forEach((segment, child) -> narrow.add(new Mixed<>(segment, new Node<>(child))));
      mixed = List.copyOf(narrow);
      parameter = draft.parameter == null ? null : new Node<>(draft.parameter);
      ends = Map.copyOf(draft.ends);
      rests = Map.copyOf(draft.rests);
    }
  }

  private static final class Draft<T> {
    final Map<String, Draft<T>> literals = new HashMap<>();
    final Map<Segment.Mixed, Draft<T>> mixed = new LinkedHashMap<>();
    @Nullable Draft<T> parameter;
    final Map<String, Leaf<T>> ends = new HashMap<>();
    final Map<String, Leaf<T>> rests = new HashMap<>();
  }

  /**
   * Collects templates.
   *
   * @param <T> what is found
   */
  public static final class Builder<T> {
    private final Draft<T> root = new Draft<>();

    /**
     * Adds a template for some methods.
     *
     * @return the methods whose equal template was there before; those keep what they had
     */
    public Set<String> add(Set<String> methods, PathTemplate template, T operation) {
      return put(methods, template, operation);
    }

    /**
     * Keeps paths from wider templates, and from being allowed as undeclared: somebody declared
     * them, but nobody can say what of them is what.
     */
    public void bar(String method, PathTemplate template) {
      put(Set.of(method), template, null);
    }

    private Set<String> put(Set<String> methods, PathTemplate template, @Nullable T operation) {
      Draft<T> at = root;
      Map<String, Leaf<T>> leaves = root.ends;
      for (Segment segment : template.segments()) {
        leaves =
            switch (segment) {
              case Segment.Literal(var text) -> {
                at = at.literals.computeIfAbsent(text, _ -> new Draft<>());
                yield at.ends;
              }
              case Segment.Parameter _ -> {
                if (at.parameter == null) {
                  at.parameter = new Draft<>();
                }
                at = at.parameter;
                yield at.ends;
              }
              case Segment.Mixed mixed -> {
                at = at.mixed.computeIfAbsent(mixed, _ -> new Draft<>());
                yield at.ends;
              }
              case Segment.Rest _ -> at.rests;
            };
      }
      boolean wide = !template.segments().stream().allMatch(Segment.Literal.class::isInstance);
      Leaf<T> leaf = new Leaf<>(operation, template.text(), wide);
      Set<String> taken = new TreeSet<>();
      for (String method : methods) {
        if (leaves.putIfAbsent(method, leaf) != null) {
          taken.add(method);
        }
      }
      return taken;
    }

    public OperationIndex<T> build() {
      return new OperationIndex<>(new Node<>(root));
    }
  }
}
