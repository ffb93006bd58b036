package dev.sallyport.engine.conditions;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelErrorCode;
import dev.cel.common.CelSourceLocation;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelVariableResolver;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An expression in CEL that yields true or false, checked and planned. Immutable and thread-safe.
 */
public final class Expression {
  /** Begins the names of variables that nobody can write. */
  static final String KNOWN = "@known";

  private static final Pattern OFFSET = Pattern.compile("^evaluation error at <input>:([0-9]+): ");

  private final CelRuntime.Program program;
  private final CelAbstractSyntaxTree tree;
  private final Marks marks;
  private final Set<String> references;
  private final Map<String, Optional<Object>> known;

  Expression(
      CelRuntime.Program program,
      CelAbstractSyntaxTree tree,
      Marks marks,
      Set<String> references,
      Map<String, Optional<Object>> known) {
    this.program = program;
    this.tree = tree;
    this.marks = marks;
    this.references = Set.copyOf(references);
    this.known = Map.copyOf(known);
  }

  /** What came of reading an expression. */
  public sealed interface Compilation {
    /**
     * It can be evaluated.
     *
     * @param remarks what its author may not have meant
     */
    record Compiled(Expression expression, List<Fault> remarks) implements Compilation {
      public Compiled {
        remarks = List.copyOf(remarks);
      }
    }

    /** It can't; never empty. */
    record Refused(List<Fault> faults) implements Compilation {
      public Refused {
        faults = List.copyOf(faults);
      }
    }
  }

  /**
   * Something about an expression.
   *
   * @param line from 1; 0 where it is of the whole
   * @param column from 1, in characters; 0 where it is of the whole
   * @param message for its author
   */
  public record Fault(int line, int column, String message) {
    /** With its place in front. */
    public String text() {
      return line == 0 ? message : "line " + line + ", column " + column + ": " + message;
    }
  }

  /** What was read before: policies say the same again and again, and are edited line by line. */
  private static final Cache<Written, Compilation> READ =
      Caffeine.newBuilder().maximumSize(2048).executor(Runnable::run).build();

  private record Written(String text, Dialect dialect) {}

  /** Reads an expression. */
  public static Compilation compile(String text, Dialect dialect) {
    if (text.length() > Dialect.LONGEST_EXPRESSION) {
      return new ExpressionReading(text, dialect).read();
    }
    return READ.get(
        new Written(text, dialect), written -> new ExpressionReading(text, dialect).read());
  }

  /** The variables that it looks at, with the field: {@code request.body}, {@code now}. */
  public Set<String> references() {
    return references;
  }

  /**
   * Evaluates it.
   *
   * @return why it is not known to be true, for its author; empty where it is false
   */
  Result evaluate(CelVariableResolver variables, Work.Progress work) {
    try {
      return Boolean.TRUE.equals(program.trace(name -> find(name, variables), work.on(marks)))
          ? Result.TRUE
          : Result.FALSE;
    } catch (CelEvaluationException fault) {
      return new Result(false, place(fault.getMessage()) + why(fault));
    } catch (Work.Exhausted _) {
      return new Result(false, "it takes too much work for this request");
    } catch (StackOverflowError _) {
      return new Result(false, "it goes too deep for this request");
    } catch (RuntimeException _) {
      return new Result(false, why(CelErrorCode.INTERNAL_ERROR));
    }
  }

  private Optional<Object> find(String name, CelVariableResolver variables) {
    Optional<Object> value = known.get(name);
    return value == null ? variables.find(name) : value;
  }

  /**
   * What came of an evaluation.
   *
   * @param why it could not be evaluated, without a value of the request; empty where it was
   */
  record Result(boolean met, String why) {
    static final Result TRUE = new Result(true, "");
    static final Result FALSE = new Result(false, "");
  }

  /** Where an evaluation ended. The rest of the message may hold values, and goes nowhere. */
  private String place(@Nullable String message) {
    Matcher matcher = OFFSET.matcher(message == null ? "" : message);
    return matcher.lookingAt()
        ? tree.getSource()
            .getOffsetLocation(Integer.parseInt(matcher.group(1)))
            .map(Expression::place)
            .orElse("")
        : "";
  }

  private static String place(CelSourceLocation location) {
    return "line " + location.getLine() + ", column " + (location.getColumn() + 1) + ": ";
  }

  /** Why an evaluation failed, in our own words: those of the runtime may hold values. */
  static String why(CelEvaluationException fault) {
    Throwable cause = fault;
    for (int i = 0; i < 8 && cause != null; i++) {
      if (cause instanceof Faulty faulty) {
        return faulty.why();
      }
      cause = cause.getCause();
    }
    return why(fault.getErrorCode());
  }

  private static String why(CelErrorCode code) {
    return switch (code) {
      case ATTRIBUTE_NOT_FOUND -> "a key or field is not there";
      case INDEX_OUT_OF_BOUNDS -> "an index is outside its list";
      case DIVIDE_BY_ZERO -> "a number is divided by zero";
      case DUPLICATE_ATTRIBUTE -> "a map has a key twice";
      case INVALID_ARGUMENT -> "a function does not take such a value";
      case OVERLOAD_NOT_FOUND, AMBIGUOUS_OVERLOAD ->
          "an operator or function does not take values of these types";
      case NUMERIC_OVERFLOW -> "a number is out of range";
      case ITERATION_BUDGET_EXCEEDED ->
          "its loops take more than " + Work.MOST_ITERATIONS + " steps";
      case BAD_FORMAT -> "a text can't be converted";
      case TYPE_NOT_FOUND, INTERNAL_ERROR -> "it can't be evaluated";
    };
  }
}
