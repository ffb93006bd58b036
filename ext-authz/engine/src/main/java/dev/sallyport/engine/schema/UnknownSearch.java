package dev.sallyport.engine.schema;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.schema.Subschema.Outline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Looks for properties that no schema names.
 *
 * <p>JSON Schema's own {@code unevaluatedProperties} looks at one schema: it does not see what a
 * schema beside it says of the same object one level deeper, as in an {@code allOf} of two schemas
 * that each name some properties of {@code address}. So this goes by places of the value. To each
 * apply all schemas that judge it: those that a schema leads to by {@code $ref} and {@code allOf},
 * of {@code anyOf} and {@code oneOf} those that take the value, of {@code if} what follows from it,
 * of {@code dependentSchemas} those whose property is there. Then
 *
 * <ul>
 *   <li>an object is closed if one of them has {@code properties} or {@code patternProperties}, and
 *       the value as a whole always is;
 *   <li>a property of a closed object is known if one of them names it in {@code properties},
 *       matches it in {@code patternProperties}, or takes what is left over, by {@code
 *       additionalProperties} or {@code unevaluatedProperties} other than {@code false}.
 * </ul>
 *
 * <p>What only asks, {@code if} and {@code contains}, closes no object, but the names in it are
 * known where it holds. What excludes, {@code not}, counts for nothing.
 *
 * <p>Of a value that is invalid, all branches of an {@code anyOf} or {@code oneOf} apply that none
 * takes: names that could be meant are not called unknown.
 */
final class UnknownSearch {
  /** References that lead to references. */
  private static final int LONGEST_CHAIN = 100;

  private UnknownSearch() {}

  /**
   * Searches.
   *
   * @return pointers to properties that no schema names, not more than are told
   */
  static List<String> search(JsonNode value, Subschema schema, Run.Progress run) {
    if (!value.isContainer() || isAllNamed(value, schema, true, run)) {
      return List.of();
    }
    Progress progress = new Progress(run);
    progress.visit(value, List.of(new Applied(schema, true)), null);
    return progress.found.isEmpty() ? List.of() : progress.found;
  }

  /**
   * Whether judging a value finds the properties that no schema names, so that no search is needed:
   * each value has one schema, and that closes objects and leads on by names alone.
   */
  static boolean isNeedless(Subschema root) {
    Outline first = root.outline();
    for (int i = 0; first.isReference() && i < LONGEST_CHAIN; i++) {
      first = first.all().getFirst().target().outline();
    }
    Set<Subschema> met = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Subschema> left = new ArrayDeque<>(List.of(root));
    boolean needless = first.describes();
    while (needless && !left.isEmpty()) {
      Subschema schema = left.removeFirst();
      if (met.add(schema)) {
        Outline outline = schema.outline();
        needless = schema.seen() && (outline.isReference() || outline.isSimple());
        outline.links().forEach(link -> left.add(link.target()));
      }
    }
    return needless;
  }

  /**
   * Whether one schema after the other names all that there is, as with most values and schemas:
   * then nothing has to be collected. False says nothing.
   */
  private static boolean isAllNamed(
      JsonNode value, Subschema schema, boolean closed, Run.Progress run) {
    Outline outline = schema.outline();
    while (outline.isReference()) {
      outline = outline.all().getFirst().target().outline();
    }
    if (!outline.isSimple()) {
      return false;
    }
    if (value.isObject()) {
      return isAllNamedInObject(value, outline, closed || outline.describes(), run);
    }
    Link items = outline.items();
    for (int i = 0; items != null && i < value.size(); i++) {
      JsonNode item = value.get(i);
      if (item.isContainer() && !(run.spend(1) && isAllNamed(item, items.target(), false, run))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAllNamedInObject(
      JsonNode object, Outline outline, boolean closed, Run.Progress run) {
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      Link link = outline.properties().get(entry.getKey());
      if (link == null) {
        if (closed) {
          return false;
        }
        continue;
      }
      boolean named =
          link.target().types() != 0
              && run.spend(1)
              && (!entry.getValue().isContainer()
                  || isAllNamed(entry.getValue(), link.target(), false, run));
      if (!named) {
        return false;
      }
    }
    return true;
  }

  /**
   * A schema that judges a value.
   *
   * @param describes whether it says how the value is, and does not only ask
   */
  private record Applied(Subschema schema, boolean describes) {}

  /** The way to a value, from its end. */
  private record Way(@Nullable Way before, @Nullable String name, int index) {
    String pointer() {
      String step = name == null ? "/" + index : Pointer.shown(name);
      return before == null ? step : before.pointer() + step;
    }
  }

  /** One search under way. */
  private static final class Progress {
    final Run.Progress run;
    final List<String> found = new ArrayList<>(0);

    Progress(Run.Progress run) {
      this.run = run;
    }

    void visit(JsonNode value, List<Applied> schemas, @Nullable Way way) {
      List<Applied> applied = applied(value, schemas);
      if (value.isObject()) {
        visitObject(value, applied, way);
      } else {
        visitArray(value, applied, way);
      }
    }

    private void visitObject(JsonNode object, List<Applied> applied, @Nullable Way way) {
      boolean closed = way == null;
      for (int i = 0; i < applied.size(); i++) {
        closed |= applied.get(i).describes && applied.get(i).schema.outline().describes();
      }
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        if (!run.spend(applied.size()) || found.size() == Denial.MOST_ERRORS) {
          return;
        }
        String name = entry.getKey();
        if (!entry.getValue().isContainer()) {
          if (closed && !isNamed(name, applied) && !inProperty(name, applied, new ArrayList<>(2))) {
            found.add(new Way(way, name, 0).pointer());
          }
          continue;
        }
        List<Applied> inner = new ArrayList<>(2);
        boolean known = inProperty(name, applied, inner);
        if (closed && !known) {
          found.add(new Way(way, name, 0).pointer());
        } else if (!inner.isEmpty()) {
          visit(entry.getValue(), inner, new Way(way, name, 0));
        }
      }
    }

    /** Whether a schema names a property, which is how most are known. */
    private static boolean isNamed(String name, List<Applied> applied) {
      for (int i = 0; i < applied.size(); i++) {
        Link link = applied.get(i).schema.outline().properties().get(name);
        if (link != null && link.target().types() != 0) {
          return true;
        }
      }
      return false;
    }

    /** Collects the schemas that judge a property; returns whether there is one. */
    private boolean inProperty(String name, List<Applied> applied, List<Applied> inner) {
      boolean known = false;
      for (int i = 0; i < applied.size(); i++) {
        Applied one = applied.get(i);
        Outline outline = one.schema.outline();
        boolean named = add(outline.properties().get(name), one, inner);
        for (int p = 0; p < outline.patterns().size(); p++) {
          Subschema.Pattern pattern = outline.patterns().get(p);
          if (pattern.takes(name, run)) {
            named |= add(pattern.link(), one, inner);
          }
        }
        known |= named || add(outline.additional(), one, inner);
      }
      for (int i = 0; i < applied.size() && !known; i++) {
        known = add(applied.get(i).schema.outline().unevaluated(), applied.get(i), inner);
      }
      return known;
    }

    private void visitArray(JsonNode array, List<Applied> applied, @Nullable Way way) {
      for (int i = 0; i < array.size(); i++) {
        JsonNode item = array.get(i);
        if (!item.isContainer()) {
          continue;
        }
        if (!run.spend(applied.size()) || found.size() == Denial.MOST_ERRORS) {
          return;
        }
        List<Applied> inner = new ArrayList<>(2);
        for (Applied one : applied) {
          Outline outline = one.schema.outline();
          add(i < outline.prefix().size() ? outline.prefix().get(i) : outline.items(), one, inner);
        }
        for (int a = 0; a < applied.size() && inner.isEmpty(); a++) {
          add(applied.get(a).schema.outline().unevaluatedItems(), applied.get(a), inner);
        }
        for (Applied one : applied) {
          Link contains = one.schema.outline().contains();
          if (contains != null && contains.passes(item, run)) {
            inner.add(new Applied(contains.target(), false));
          }
        }
        if (!inner.isEmpty()) {
          visit(item, inner, new Way(way, null, i));
        }
      }
    }

    /** Adds a schema; returns whether there is one that takes anything at all. */
    private static boolean add(@Nullable Link link, Applied outer, List<Applied> inner) {
      if (link == null || link.target().types() == 0) {
        return false;
      }
      inner.add(new Applied(link.target(), outer.describes));
      return true;
    }

    // ---- which schemas judge a value

    private List<Applied> applied(JsonNode value, List<Applied> schemas) {
      if (schemas.size() == 1 && schemas.getFirst().schema.outline().isAlone()) {
        return schemas;
      }
      List<Applied> all = new ArrayList<>(schemas);
      // It grows as it is read. No schema leads back to itself for the same value.
      for (int i = 0; i < all.size() && run.spend(1); i++) {
        expand(value, all.get(i), all);
      }
      return all;
    }

    private void expand(JsonNode value, Applied one, List<Applied> all) {
      Outline outline = one.schema.outline();
      for (Link link : outline.all()) {
        all.add(new Applied(link.target(), one.describes));
      }
      for (List<Link> branches : outline.branches()) {
        branch(value, branches, one, all);
      }
      Link condition = outline.condition();
      if (condition != null) {
        boolean holds = condition.passes(value, run);
        if (holds) {
          all.add(new Applied(condition.target(), false));
        }
        Link next = holds ? outline.consequence() : outline.alternative();
        if (next != null) {
          all.add(new Applied(next.target(), one.describes));
        }
      }
      if (value.isObject()) {
        outline
            .dependent()
            .forEach((name, link) -> {
              if (value.has(name)) {
                all.add(new Applied(link.target(), one.describes));
              }
            });
      }
    }

    private void branch(JsonNode value, List<Link> branches, Applied one, List<Applied> all) {
      int before = all.size();
      for (Link link : branches) {
        if (link.passes(value, run)) {
          all.add(new Applied(link.target(), one.describes));
        }
      }
      if (all.size() == before) {
        for (Link link : branches) {
          all.add(new Applied(link.target(), one.describes));
        }
      }
    }
  }
}
