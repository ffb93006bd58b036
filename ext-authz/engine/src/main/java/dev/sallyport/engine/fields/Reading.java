package dev.sallyport.engine.fields;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a part of a request names. */
sealed interface Reading {
  /**
   * Fields.
   *
   * @param fields of the policy, in the order of the request
   * @param unlisted whether it names some that the policy does not list
   */
  record Named(Set<Field> fields, boolean unlisted) implements Reading {
    static final Named NOTHING = new Named(Set.of(), false);

    public Named {
      fields = Collections.unmodifiableSet(fields);
    }

    /** Without those that the policy does not list, unless there are no others. */
    Named listed() {
      return fields.isEmpty() ? this : new Named(fields, false);
    }
  }

  /**
   * It can't be told.
   *
   * @param why one sentence for the caller
   */
  record Unreadable(String why) implements Reading {}

  /** Collects what is named. */
  final class Draft {
    private final Set<Field> fields = new LinkedHashSet<>();
    private boolean unlisted;

    /** All that is below a place is named; null is one that the policy does not list. */
    void addAllOf(@Nullable FieldNode node) {
      if (node == null) {
        unlisted = true;
        return;
      }
      fields.addAll(node.fields());
    }

    void add(Named named) {
      fields.addAll(named.fields);
      unlisted |= named.unlisted;
    }

    Named named() {
      return new Named(new LinkedHashSet<>(fields), unlisted);
    }
  }
}
