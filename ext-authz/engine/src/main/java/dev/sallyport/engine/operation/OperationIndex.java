package dev.sallyport.engine.operation;

import dev.sallyport.engine.operation.PathTemplate.Segment;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  }

  /**
   * Finds the operation.
   *
   * @param segments decoded, as in {@code RequestPath}
   */
  public Match<T> match(String method, List<String> segments) {
    Leaf<T> leaf = find(root, segments, 0, method);
    return leaf == null
        ? new Match.Unmatched<>()
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
    if (node.parameter != null && !segment.isEmpty()) {
      Leaf<T> found = find(node.parameter, segments, at + 1, method);
      if (found != null) {
        return found;
      }
    }
    return pick(node.rests, method);
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
    node.ends.values().forEach(leaf -> all.add(leaf.operation));
    node.rests.values().forEach(leaf -> all.add(leaf.operation));
    node.literals.values().forEach(child -> collect(child, all));
    if (node.parameter != null) {
      collect(node.parameter, all);
    }
  }

  private record Leaf<T>(T operation, String template) {}

  /** Immutable once built; maps are shared empties where there is nothing. */
  private static final class Node<T> {
    final Map<String, Node<T>> literals;
    final @Nullable Node<T> parameter;
    final Map<String, Leaf<T>> ends;
    final Map<String, Leaf<T>> rests;

    Node(Draft<T> draft) {
      Map<String, Node<T>> children = HashMap.newHashMap(draft.literals.size());
      draft.literals.forEach((text, child) -> children.put(text, new Node<>(child)));
      literals = Map.copyOf(children);
      parameter = draft.parameter == null ? null : new Node<>(draft.parameter);
      ends = Map.copyOf(draft.ends);
      rests = Map.copyOf(draft.rests);
    }
  }

  private static final class Draft<T> {
    final Map<String, Draft<T>> literals = new HashMap<>();
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
              case Segment.Rest _ -> at.rests;
            };
      }
      Leaf<T> leaf = new Leaf<>(operation, template.text());
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
