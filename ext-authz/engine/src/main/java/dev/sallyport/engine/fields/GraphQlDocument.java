package dev.sallyport.engine.fields;

import dev.sallyport.crd.ApiPolicySpec.GraphQlOperation;
import graphql.language.Definition;
import graphql.language.Document;
import graphql.language.Field;
import graphql.language.FragmentDefinition;
import graphql.language.FragmentSpread;
import graphql.language.InlineFragment;
import graphql.language.OperationDefinition;
import graphql.language.Selection;
import graphql.language.SelectionSet;
import graphql.parser.Parser;
import graphql.parser.ParserEnvironment;
import graphql.parser.ParserOptions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of a GraphQL document (GraphQL, October 2021) without its schema: a field is
 * named by the fields from the operation's root to it, whatever their aliases and the types that
 * fragments are on. {@code @skip} and {@code @include} are not looked at: what might be included
 * counts.
 *
 * @param operations kinds that are taken
 * @param maxDepth of fields
 * @param maxAliases counted wherever a fragment is spread
 * @param introspection whether {@code __schema} and {@code __type} are taken
 */
record GraphQlDocument(
    Set<GraphQlOperation> operations, int maxDepth, int maxAliases, boolean introspection) {
  /** What the usual introspection query of tools needs. */
  private static final int INTROSPECTION_DEPTH = 20;

  private static final int MOST_SELECTIONS = 10_000;
  private static final int MOST_CHARACTERS = 32_768;

  /** The parser takes a second for a number of 64 KiB. */
  private static final int MOST_DIGITS = 100;

  private static final int DEEPEST_NESTING = 100;
  private static final ParserOptions LIMITS =
      ParserOptions.newParserOptions()
          .captureIgnoredChars(false)
          .captureLineComments(false)
          .captureSourceLocation(false)
          .readerTrackData(false)
          .redactTokenParserErrorMessages(true)
          .maxCharacters(MOST_CHARACTERS)
          .maxTokens(2_000)
          .maxWhitespaceTokens(20_000)
          .maxRuleDepth(400)
          .build();

  /**
   * Reads a document.
   *
   * @param operationName of the operation that is run; null where the document has only one
   */
  Reading read(String text, @Nullable String operationName, FieldNode root) {
    Document document = parse(text);
    if (document == null) {
      return new Reading.Unreadable("the GraphQL document can't be parsed, or is too large");
    }
    Map<String, FragmentDefinition> fragments = new HashMap<>();
    Map<String, OperationDefinition> byName = new HashMap<>();
    for (Definition<?> definition : document.getDefinitions()) {
      boolean first =
          switch (definition) {
            case FragmentDefinition fragment -> fragments.put(fragment.getName(), fragment) == null;
            case OperationDefinition operation ->
                byName.put(operation.getName() == null ? "" : operation.getName(), operation)
                    == null;
            default -> false;
          };
      if (!first) {
        return new Reading.Unreadable(
            "the GraphQL document defines something twice, or something else than operations");
      }
    }
    OperationDefinition operation = chosen(byName, operationName);
    if (operation == null) {
      return new Reading.Unreadable("the GraphQL request does not say which operation is to run");
    }
    if (!isTaken(operation)) {
      return new Reading.Unreadable("this kind of GraphQL operation is not taken here");
    }
    Progress progress = new Progress(this, fragments);
    return progress.walk(operation.getSelectionSet(), Place.of(root), 0)
        ? progress.draft.named()
        : new Reading.Unreadable(progress.fault);
  }

  private static @Nullable Document parse(String text) {
    if (text.length() > MOST_CHARACTERS || hasLongNumber(text)) {
      return null;
    }
    try {
      return Parser.parse(
          ParserEnvironment.newParserEnvironment()
              .document(text)
              .parserOptions(LIMITS)
              .locale(Locale.ROOT)
              .build());
    } catch (RuntimeException | StackOverflowError _) {
      // Its message may quote the document.
      return null;
    }
  }

  /** Whether it holds more digits in a row than any number has; in a text, too. */
  private static boolean hasLongNumber(String text) {
    int digits = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      digits = c >= '0' && c <= '9' ? digits + 1 : 0;
      if (digits > MOST_DIGITS) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable OperationDefinition chosen(
      Map<String, OperationDefinition> byName, @Nullable String name) {
    if (name != null && !name.isEmpty()) {
      return byName.get(name);
    }
    return byName.size() == 1 ? byName.values().iterator().next() : null;
  }

  private boolean isTaken(OperationDefinition operation) {
    return switch (operation.getOperation()) {
      case QUERY -> operations.contains(GraphQlOperation.query);
      case MUTATION -> operations.contains(GraphQlOperation.mutation);
      case SUBSCRIPTION -> operations.contains(GraphQlOperation.subscription);
      case null -> false;
    };
  }

  /**
   * Where selections stand.
   *
   * @param node what the policy lists there; null where that is nothing, or within introspection
   * @param introspecting whether they are of the schema, of which the policy lists nothing
   * @param root whether they are the operation's own
   */
  private record Place(@Nullable FieldNode node, boolean introspecting, boolean root) {
    static Place of(FieldNode root) {
      return new Place(root, false, true);
    }

    Place field(FieldNode below) {
      return new Place(below, false, false);
    }
  }

  /** One walk over an operation. */
  private static final class Progress {
    private final GraphQlDocument rule;
    private final Map<String, FragmentDefinition> fragments;
    private final Reading.Draft draft = new Reading.Draft();

    /** Fragments that are being spread, each in the one before. */
    private final Set<String> spread = new HashSet<>();

    private int selections;
    private int aliases;
    private int nesting;
    private String fault = "the GraphQL document can't be judged";

    Progress(GraphQlDocument rule, Map<String, FragmentDefinition> fragments) {
      this.rule = rule;
      this.fragments = fragments;
    }

    /** Walks over selections; false where the document is refused, which the fault then says. */
    boolean walk(@Nullable SelectionSet set, Place place, int depth) {
      if (set == null) {
        return fail("the GraphQL document can't be judged");
      }
      if (++nesting > DEEPEST_NESTING) {
        return fail("the GraphQL document is nested too deep");
      }
      for (Selection<?> selection : set.getSelections()) {
        if (++selections > MOST_SELECTIONS) {
          return fail("the GraphQL document selects too much");
        }
        boolean taken =
            switch (selection) {
              case Field field -> field(field, place, depth + 1);
              case InlineFragment fragment -> walk(fragment.getSelectionSet(), place, depth);
              case FragmentSpread fragment -> spread(fragment.getName(), place, depth);
              default -> fail("the GraphQL document can't be judged");
            };
        if (!taken) {
          return false;
        }
      }
      nesting--;
      return true;
    }

    private boolean spread(String name, Place place, int depth) {
      FragmentDefinition fragment = fragments.get(name);
      if (fragment == null) {
        return fail("the GraphQL document spreads a fragment that it does not define");
      }
      if (!spread.add(name)) {
        return fail("the GraphQL document spreads a fragment within itself");
      }
      boolean taken = walk(fragment.getSelectionSet(), place, depth);
      spread.remove(name);
      return taken;
    }

    private boolean field(Field field, Place place, int depth) {
      if (field.getAlias() != null && ++aliases > rule.maxAliases) {
        return fail("the GraphQL document has more than " + rule.maxAliases + " aliases");
      }
      int deepest =
          place.introspecting ? Math.max(INTROSPECTION_DEPTH, rule.maxDepth) : rule.maxDepth;
      if (depth > deepest) {
        return fail("the GraphQL document is nested deeper than " + deepest + " fields");
      }
      String name = field.getName();
      SelectionSet below = field.getSelectionSet();
      if (place.introspecting) {
        return below == null || walk(below, place, depth);
      }
      if (name.equals("__typename") && below == null) {
        return true;
      }
      if (place.root && (name.equals("__schema") || name.equals("__type"))) {
        return rule.introspection
            ? below == null || walk(below, new Place(null, true, false), depth)
            : fail("the GraphQL document asks for the schema");
      }
      FieldNode node = place.node == null ? null : place.node.child(name);
      if (node == null || below == null) {
        draft.addAllOf(node);
        return true;
      }
      return walk(below, place.field(node), depth);
    }

    private boolean fail(String why) {
      fault = why;
      return false;
    }
  }
}
