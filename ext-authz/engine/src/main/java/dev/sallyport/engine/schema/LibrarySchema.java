package dev.sallyport.engine.schema;

import com.networknt.schema.Error;
import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.FailFastAssertionException;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaContext;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.format.Format;
import com.networknt.schema.keyword.AbstractKeyword;
import com.networknt.schema.keyword.AnnotationKeyword;
import com.networknt.schema.keyword.BaseKeywordValidator;
import com.networknt.schema.keyword.FormatKeyword;
import com.networknt.schema.keyword.Keyword;
import com.networknt.schema.keyword.KeywordValidator;
import com.networknt.schema.path.NodePath;
import com.networknt.schema.path.PathType;
import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.vocabulary.Vocabulary;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * A schema as the validator library compiled it: it knows every keyword, and lists what is wrong.
 * Immutable and thread-safe.
 *
 * <p>The library is kept from everything but the document (no network, no file, no class path), its
 * regular expressions and formats are ours, and so is what it could be made slow by. Each run has
 * bounds; at a bound the value counts as refused.
 */
final class LibrarySchema {
  /** Errors that are kept of one branch: the caller is told of fewer. */
  private static final int MOST_ERRORS = 40;

  private static final int DEEPEST = 512;
  private static final long STEPS = 20_000;
  private static final long STEPS_FOR_EACH_NODE = 100;

  /** To say what is wrong is a courtesy, and costs more than to see that something is. */
  private static final long STEPS_OF_LIST = 50_000;

  /** Steps of formats and patterns, which take far less time than those of the library. */
  private static final long BUDGET = 400_000;

  private static final long BUDGET_OF_LIST = 100_000;

  /** Steps of the library that no value has, however large. */
  private static final long MOST_STEPS = 50_000;

  /** What runs at the moment, for patterns: the library does not tell them. */
  private static final ScopedValue<Progress> RUN = ScopedValue.newInstance();

  private final Schema schema;
  private final Dialect dialect;

  private LibrarySchema(Schema schema, Dialect dialect) {
    this.schema = schema;
    this.dialect = dialect;
  }

  /** What came of a judgement. */
  sealed interface Judgement {
    record Valid() implements Judgement {}

    /**
     * It breaks the schema.
     *
     * @param errors at least one
     */
    record Invalid(List<Error> errors) implements Judgement {}

    /** It was given up. */
    record GivenUp() implements Judgement {}
  }

  /** A document whose schemas can be compiled, one by one. */
  static final class Document {
    private final Dialect dialect;
    private final JsonNode document;
    private final Schema root;

    private Document(Dialect dialect, JsonNode document, Schema root) {
      this.dialect = dialect;
      this.document = document;
      this.root = root;
    }

    /**
     * Opens a document.
     *
     * @param others documents that it may refer to, by their URI
     * @return empty where the library can't take it
     */
    static Optional<Document> open(
        JsonNode document, Dialect dialect, Map<String, JsonNode> others) {
      SchemaRegistryConfig config =
          SchemaRegistryConfig.builder()
              .formatAssertionsEnabled(true)
              .losslessNarrowing(true)
              .preloadSchema(false)
              .pathType(PathType.JSON_POINTER)
              .regularExpressionFactory(LibrarySchema::expression)
              .build();
      Map<String, String> texts = new HashMap<>();
      others.forEach((uri, tree) -> texts.put(uri, tree.toString()));
      Consumer<SchemaRegistry.Builder> closed =
          builder ->
              builder
                  .schemaRegistryConfig(config)
                  .schemas(texts)
                  .schemaLoader(loader ->
                      loader.block(uri ->
                          !others.containsKey(uri.toString())
                              && !Resources.isMetaSchema(uri.toString())));
      var ours = DIALECTS.get(dialect);
      SchemaRegistry registry =
          others.isEmpty()
              ? SchemaRegistry.withDialect(ours, closed)
              : SchemaRegistry.withDefaultDialect(ours, closed);
      try {
        Schema root = registry.getSchema(SchemaLocation.of(Resources.DOCUMENT), document);
        return Optional.of(new Document(dialect, document, root));
      } catch (RuntimeException | StackOverflowError _) {
        // Whatever it trips over is in the document: one that it can't take must harm no other.
        return Optional.empty();
      }
    }

    /** The schema at a pointer; empty where the library can't compile it. */
    Optional<LibrarySchema> schema(String pointer) {
      List<String> steps = Pointer.steps(pointer);
      if (steps == null) {
        return Optional.empty();
      }
      NodePath path = new NodePath(PathType.JSON_POINTER);
      JsonNode at = document;
      for (String step : steps) {
        path = at.isArray() ? path.append(Integer.parseInt(step)) : path.append(step);
        at = at.isArray() ? at.get(Integer.parseInt(step)) : at.get(step);
      }
      try {
        Schema schema = steps.isEmpty() ? root : root.getRefSchema(path);
        schema.initializeValidators();
        return Optional.of(new LibrarySchema(schema, dialect));
      } catch (RuntimeException | StackOverflowError _) {
        // Whatever it trips over is in the document: one that it can't take must harm no other.
        return Optional.empty();
      }
    }
  }

  /** Whether a value is valid; an invalid one comes with one error. */
  Judgement judge(JsonNode value) {
    return run(value, true);
  }

  /** Judges a value, and looks for all that is wrong with it. */
  Judgement list(JsonNode value) {
    return run(value, false);
  }

  private Judgement run(JsonNode value, boolean failFast) {
    ExecutionConfig config =
        ExecutionConfig.builder()
            .formatAssertionsEnabled(true)
            .failFast(failFast)
            // What is read-only must not be sent, and is not required then.
            .readOnly(dialect != Dialect.DRAFT_2020_12)
            .maxEvaluationDepth(DEEPEST)
            .maxEvaluationSteps(
                failFast
                    ? Math.min(STEPS + STEPS_FOR_EACH_NODE * Values.size(value), MOST_STEPS)
                    : STEPS_OF_LIST)
            .build();
    Progress progress = new Progress(config, failFast ? BUDGET : BUDGET_OF_LIST);
    try {
      ScopedValue.where(RUN, progress).run(() -> schema.validate(progress, value));
    } catch (FailFastAssertionException failure) {
      return new Judgement.Invalid(failure.getErrors());
    } catch (RuntimeException | StackOverflowError _) {
      // A limit, or something that it trips over: no such value is ever valid.
      return new Judgement.GivenUp();
    }
    return progress.getErrors().isEmpty()
        ? new Judgement.Valid()
        : new Judgement.Invalid(List.copyOf(progress.getErrors()));
  }

  /** One run. Keeps a few errors of each branch: that there is one decides, and no list is long. */
  private static final class Progress extends ExecutionContext implements Budget {
    private long left;

    Progress(ExecutionConfig config, long budget) {
      super(config);
      left = budget;
    }

    /** Ends the run where nothing is left. */
    @Override
    public boolean spend(long steps) {
      left -= steps;
      if (left < 0) {
        throw new SchemaException("it takes too many steps");
      }
      return true;
    }

    @Override
    public void addError(Error error) {
      if (isFailFast() || getErrors().size() < MOST_ERRORS) {
        super.addError(error);
      }
    }
  }

  // ---- the dialects, with what is ours in them

  private static final Map<String, Keyword> OURS =
      Stream.of(
              new Judged("readOnly", (wanted, _) -> (_, _) -> !wanted.booleanValue()),
              new Judged("uniqueItems", LibrarySchema::distinct),
              new Judged("multipleOf", LibrarySchema::multiple),
              new Judged("minimum", free(Values::least)),
              new Judged("maximum", free(Values::most)),
              new Judged("exclusiveMinimum", free((wanted, _) -> Values.above(wanted))),
              new Judged("exclusiveMaximum", free((wanted, _) -> Values.below(wanted))))
          .collect(Collectors.toMap(Judged::toString, keyword -> keyword));

  private static BiFunction<JsonNode, JsonNode, Formats.Format> free(
      BiFunction<JsonNode, JsonNode, Predicate<JsonNode>> rule) {
    return (wanted, schema) -> {
      Predicate<JsonNode> takes = rule.apply(wanted, schema);
      return (value, _) -> takes.test(value);
    };
  }

  private static Formats.Format distinct(JsonNode wanted, JsonNode schema) {
    return wanted.booleanValue()
        ? (value, budget) -> !value.isArray() || Values.isDistinct(value, budget)
        : (_, _) -> true;
  }

  private static Formats.Format multiple(JsonNode wanted, JsonNode schema) {
    BigDecimal divisor = Numbers.stripped(wanted.decimalValue());
    return (value, budget) -> !value.isNumber() || Numbers.isMultiple(value, divisor, budget);
  }

  private static final Map<String, Vocabulary> VOCABULARIES =
      Stream.of(Vocabulary.DRAFT_2020_12_VALIDATION, Vocabulary.DRAFT_2020_12_META_DATA)
          .collect(Collectors.toMap(Vocabulary::getId, LibrarySchema::vocabulary));

  private static final Map<Dialect, com.networknt.schema.dialect.Dialect> DIALECTS =
      Map.of(
          Dialect.DRAFT_2020_12,
          dialect(Dialects.getDraft202012(), Dialect.DRAFT_2020_12),
          Dialect.OPENAPI_3_0,
          dialect(Dialects.getOpenApi30(), Dialect.OPENAPI_3_0),
          Dialect.OPENAPI_3_1,
          dialect(Dialects.getOpenApi31(), Dialect.OPENAPI_3_1));

  private static Vocabulary vocabulary(Vocabulary plain) {
    return new Vocabulary(
        plain.getId(),
        plain.getKeywords().stream()
            .map(keyword -> OURS.getOrDefault(keyword.getValue(), keyword))
            .toArray(Keyword[]::new));
  }

  private static com.networknt.schema.dialect.Dialect dialect(
      com.networknt.schema.dialect.Dialect plain, Dialect dialect) {
    return com.networknt.schema.dialect.Dialect.builder(plain)
        .keywords(all -> all.keySet().removeIf(name -> !isKept(name, dialect)))
        .keywords(all -> all.replaceAll((name, keyword) -> OURS.getOrDefault(name, keyword)))
        .vocabularyRegistry(VOCABULARIES::get)
        .formatKeywordFactory(formats -> new AssertedFormat(formats, dialect))
        // The library's own does the same, and warns in the program's log of each keyword.
        .unknownKeywordFactory((keyword, _) -> new AnnotationKeyword(keyword))
        .build();
  }

  /** What the library knows beyond its dialects, such as {@code dependencies}, has no effect. */
  private static boolean isKept(String keyword, Dialect dialect) {
    return keyword.equals("true")
        || keyword.equals("false")
        || Keywords.shape(keyword, dialect) != null;
  }

  private static RegularExpression expression(String source) {
    if (!(SchemaPattern.read(source) instanceof SchemaPattern.Reading.Usable(var pattern))) {
      throw new SchemaException("a pattern that was not reviewed");
    }
    return text ->
        RUN.get().spend(pattern.cost(text) / Subschema.PATTERN_STEPS) && pattern.isFoundIn(text);
  }

  /** A keyword whose judgement is ours. */
  private static final class Judged extends AbstractKeyword {
    private final BiFunction<JsonNode, JsonNode, Formats.Format> rule;

    /**
     * A keyword.
     *
     * @param rule makes the judgement of what stands behind the keyword and of the schema it is in
     */
    Judged(String name, BiFunction<JsonNode, JsonNode, Formats.Format> rule) {
      super(name);
      this.rule = rule;
    }

    @Override
    public KeywordValidator newValidator(
        SchemaLocation location, JsonNode wanted, Schema parent, SchemaContext context) {
      return new Validator(
          this, wanted, location, parent, context, rule.apply(wanted, parent.getSchemaNode()));
    }
  }

  /** {@code format} with the formats that are ours. */
  private static final class AssertedFormat extends FormatKeyword {
    private final Dialect dialect;

    AssertedFormat(Map<String, Format> formats, Dialect dialect) {
      super(formats);
      this.dialect = dialect;
    }

    @Override
    public KeywordValidator newValidator(
        SchemaLocation location, JsonNode wanted, Schema parent, SchemaContext context) {
      Formats.Format form = Formats.find(wanted.asString(), dialect);
      return new Validator(
          this, wanted, location, parent, context, form == null ? (_, _) -> true : form);
    }
  }

  private static final class Validator extends BaseKeywordValidator {
    private final Formats.Format wanted;

    Validator(
        Keyword keyword,
        JsonNode wanted,
        SchemaLocation location,
        Schema parent,
        SchemaContext context,
        Formats.Format form) {
      super(keyword, wanted, location, parent, context);
      this.wanted = form;
    }

    @Override
    public void validate(
        ExecutionContext execution, JsonNode value, JsonNode root, NodePath location) {
      if (!wanted.takes(value, (Progress) execution)) {
        execution.addError(
            error()
                .instanceNode(value)
                .instanceLocation(location)
                .evaluationPath(execution.getEvaluationPath())
                .locale(Locale.ROOT)
                .build());
      }
    }
  }
}
