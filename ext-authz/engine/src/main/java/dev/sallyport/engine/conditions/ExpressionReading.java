package dev.sallyport.engine.conditions;

import static java.util.stream.Collectors.joining;

import dev.cel.bundle.Cel;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelMutableAst;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.ast.CelMutableExpr;
import dev.cel.common.ast.CelMutableExpr.CelMutableIdent;
import dev.cel.common.ast.CelReference;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.navigation.CelNavigableMutableAst;
import dev.cel.common.navigation.CelNavigableMutableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.runtime.CelEvaluationException;
import dev.sallyport.engine.conditions.Expression.Compilation;
import dev.sallyport.engine.conditions.Expression.Fault;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads one expression: parses and checks it, finds what it looks at and what it costs. */
final class ExpressionReading {
  /** More faults of one expression help nobody. */
  private static final int MOST_FAULTS = 8;

  /** The longest needle that is not written down, and what is converted. */
  private static final int SHORT_TEXT = 64;

  /** What a function costs beside an operator, which reads a text, a time or an address. */
  private static final int CALL_UNITS = 20;

  private static final Pattern OPERATOR = Pattern.compile("[_@!-]|size$|startsWith$|endsWith$");
  private static final int LONGEST_MESSAGE = 200;

  private static final Set<String> LOGICAL =
      Set.of("_&&_", "_||_", "!_", "_?_:_", "@not_strictly_false");
  private static final Set<String> SEARCHES = Set.of("contains", "indexOf", "lastIndexOf", "split");
  private static final Set<String> CONVERSIONS =
      Set.of("duration", "timestamp", "int", "uint", "double", "bool");
  private static final Set<String> LITERAL_TEXTS = Set.of("matches", "inWindow");

  private static final Pattern NO_OVERLOAD =
      Pattern.compile(
          "^found no matching overload for '(.+?)' applied to '(.+?)'( \\(candidates|$)");
  private static final Pattern UNKNOWN =
      Pattern.compile("^(undeclared reference to|undefined field) '([^']{1,80})'");
  private static final Pattern LAST_NAME = Pattern.compile("([A-Za-z]+)\\s*$");

  private final String text;
  private final Cel cel;
  private final Map<String, CelType> variables;
  private final List<Fault> faults = new ArrayList<>();
  private final List<Fault> remarks = new ArrayList<>();
  private final Set<String> references = new TreeSet<>();
  private final Marks.Builder marks = new Marks.Builder();

  /** The values of calls whose arguments are written down, by the names of their variables. */
  private final Map<String, Optional<Object>> known = new HashMap<>();

  ExpressionReading(String text, Dialect dialect) {
    this.text = text;
    this.cel = dialect.cel();
    this.variables = Variables.of(dialect);
  }

  Compilation read() {
    if (text.isBlank()) {
      return refused("an expression is needed");
    }
    if (text.length() > Dialect.LONGEST_EXPRESSION) {
      return refused("an expression has at most " + Dialect.LONGEST_EXPRESSION + " characters");
    }
    try {
      return readChecked();
    } catch (StackOverflowError _) {
      return refused("it is nested too deep; split it into several conditions");
    } catch (RuntimeException | CelValidationException | CelEvaluationException _) {
      // What the parser trips over is of the author's making; its own words would not help.
      return refused("it can't be read as an expression of CEL");
    }
  }

  private static Compilation refused(String message) {
    return new Compilation.Refused(List.of(new Fault(0, 0, message)));
  }

  private Compilation readChecked() throws CelValidationException, CelEvaluationException {
    CelValidationResult result = cel.compile(text);
    if (result.hasError()) {
      return new Compilation.Refused(
          result.getErrors().stream().limit(MOST_FAULTS).map(this::fault).toList());
    }
    CelAbstractSyntaxTree tree = result.getAst();
    CelNavigableExpr root = CelNavigableAst.fromAst(tree).getRoot();
    if (!tree.getResultType().equals(SimpleType.BOOL)) {
      faults.add(
          at(
              tree,
              root.expr(),
              "it yields "
                  + tree.getResultType().name()
                  + ", not true or false; compare it with a value"));
    }
    root.allNodes().forEach(node -> look(tree, node));
    if (!faults.isEmpty()) {
      return new Compilation.Refused(faults.subList(0, Math.min(faults.size(), MOST_FAULTS)));
    }
    Expression expression =
        new Expression(
            cel.createProgram(planned(tree, root)), tree, marks.build(), references, known);
    remarkOnConstants(root, expression);
    return new Compilation.Compiled(expression, remarks);
  }

  /**
   * What the runtime is given, with variables in place of calls whose value is known.
   *
   * <p>To the checker an element of what has no type may be of any, and it takes the first overload
   * that a function has for it; so where one is looked at, the overload is found anew for each
   * value.
   */
  private CelAbstractSyntaxTree planned(CelAbstractSyntaxTree tree, CelNavigableExpr root) {
    Map<Long, CelReference> names = new HashMap<>(tree.getReferenceMap());
    CelExpr expression = tree.getExpr();
    if (!known.isEmpty()) {
      CelMutableAst draft = CelMutableAst.fromCelAst(tree);
      CelNavigableMutableAst.fromAst(draft)
          .getRoot()
          .allNodes()
          .map(CelNavigableMutableExpr::expr)
          .filter(part -> known.containsKey(Expression.KNOWN + part.id()))
          .toList()
          .forEach(part -> replace(part, names));
      expression = draft.toParsedAst().getExpr();
    }
    boolean guessed =
        root.allNodes().map(CelNavigableExpr::expr).anyMatch(part -> isGuessed(tree, part));
    return guessed
        ? CelAbstractSyntaxTree.newParsedAst(expression, tree.getSource())
        : CelAbstractSyntaxTree.newCheckedAst(
            expression, tree.getSource(), names, tree.getTypeMap());
  }

  private static void replace(CelMutableExpr call, Map<Long, CelReference> names) {
    String name = Expression.KNOWN + call.id();
    call.setIdent(CelMutableIdent.create(name));
    names.put(call.id(), CelReference.newBuilder().setName(name).build());
  }

  private static boolean isGuessed(CelAbstractSyntaxTree tree, CelExpr part) {
    if (part.getKind() != Kind.CALL || !part.call().function().equals("_[_]")) {
      return false;
    }
    CelType type = tree.getTypeOrThrow(part.call().args().getFirst().id());
    return !(type instanceof MapType || type instanceof ListType);
  }

  private Fault fault(CelIssue issue) {
    int line = issue.getSourceLocation().getLine();
    int column = issue.getSourceLocation().getColumn() + 1;
    return line < 1
        ? new Fault(0, 0, plain(issue.getMessage(), ""))
        : new Fault(line, column, plain(issue.getMessage(), before(line, column)));
  }

  /** What stands before a place in its line. */
  private String before(int line, int column) {
    String written = text.lines().skip(line - 1L).findFirst().orElse("");
    int characters = Math.min(column - 1, written.codePointCount(0, written.length()));
    return written.substring(0, written.offsetByCodePoints(0, characters));
  }

  /** A message of the checker for people: in our form, and with what there is instead. */
  private String plain(String message, String before) {
    Matcher overload = NO_OVERLOAD.matcher(message);
    if (overload.find()) {
      return "`"
          + written(overload.group(1))
          + "` does not take "
          + overload
              .group(2)
              .replace("google.protobuf.Timestamp", "timestamp")
              .replace("google.protobuf.Duration", "duration");
    }
    Matcher unknown = UNKNOWN.matcher(message);
    if (unknown.find()) {
      return "there is no `" + unknown.group(2) + "`" + instead(unknown.group(1), before);
    }
    int expected = message.indexOf(" expecting ");
    String shown = (expected < 0 ? message : message.substring(0, expected)).replace('\n', ' ');
    return shown.length() <= LONGEST_MESSAGE ? shown : shown.substring(0, LONGEST_MESSAGE) + "…";
  }

  /** {@code _<=_} as its author wrote it. */
  private static String written(String function) {
    return function.contains("_") || function.startsWith("@")
        ? function.replace("_", "").replace("@", "")
        : function;
  }

  private String instead(String what, String before) {
    if (what.startsWith("undeclared")) {
      return "; variables are " + variables.keySet().stream().sorted().collect(joining(", "));
    }
    Matcher name = LAST_NAME.matcher(before);
    return name.find() && variables.get(name.group(1)) instanceof StructType struct
        ? " in `" + name.group(1) + "`, which has " + fields(struct)
        : "";
  }

  private static String fields(StructType struct) {
    return struct.fieldNames().stream().sorted().collect(joining(", "));
  }

  private static Fault at(CelAbstractSyntaxTree tree, CelExpr part, String message) {
    Integer offset = tree.getSource().getPositionsMap().get(part.id());
    return Optional.ofNullable(offset)
        .flatMap(tree.getSource()::getOffsetLocation)
        .map(place -> new Fault(place.getLine(), place.getColumn() + 1, message))
        .orElseGet(() -> new Fault(0, 0, message));
  }

  private void look(CelAbstractSyntaxTree tree, CelNavigableExpr node) {
    CelExpr part = node.expr();
    switch (part.getKind()) {
      case IDENT -> lookAtName(tree, node);
      case CALL -> lookAtCall(tree, part);
      case STRUCT ->
          faults.add(at(tree, part, "a condition makes no objects; use maps, as `{'a': 1}`"));
      case COMPREHENSION -> {
        marks.open(part.comprehension().iterRange().id());
        for (String name :
            List.of(part.comprehension().iterVar(), part.comprehension().iterVar2())) {
          if (variables.containsKey(name)) {
            faults.add(
                at(tree, part, "`" + name + "` is a variable of its own, rename that of the loop"));
          }
        }
      }
      case CONSTANT, SELECT, LIST, MAP, NOT_SET -> {}
    }
  }

  private void lookAtName(CelAbstractSyntaxTree tree, CelNavigableExpr node) {
    String name = node.expr().ident().name();
    CelType type = variables.get(name);
    if (type == null) {
      return;
    }
    if (!(type instanceof StructType struct)) {
      references.add(name);
      return;
    }
    Optional<CelExpr> select =
        node.parent().map(CelNavigableExpr::expr).filter(parent -> parent.getKind() == Kind.SELECT);
    if (select.isPresent()) {
      references.add(name + '.' + select.get().select().field());
      return;
    }
    faults.add(at(tree, node.expr(), "name a field of `" + name + "`: " + fields(struct)));
  }

  private void lookAtCall(CelAbstractSyntaxTree tree, CelExpr part) {
    CelExpr.CelCall call = part.call();
    List<CelExpr> operands = Stream.concat(call.target().stream(), call.args().stream()).toList();
    String function = call.function();
    switch (function) {
      case "_==_", "_!=_" -> operands.forEach(operand -> marks.walk(operand.id()));
      case "@in" -> {
        marks.walk(operands.get(0).id());
        marks.walkList(operands.get(1).id());
      }
      case "_+_" -> operands.forEach(operand -> marks.walkList(operand.id()));
      case "size" -> marks.open(operands.getFirst().id());
      case "split" -> marks.walkList(part.id());
      case "jsonPointer", "hasJsonPointer" -> marks.repeat(operands.get(1).id(), 16);
      default -> {}
    }
    if (CONVERSIONS.contains(function) || function.startsWith("get")) {
      marks.limit(operands.getLast().id(), SHORT_TEXT);
    }
    if (!OPERATOR.matcher(function).lookingAt()) {
      marks.cost(part.id(), CALL_UNITS);
    }
    if (SEARCHES.contains(function)) {
      CelExpr needle = operands.get(1);
      marks.limit(needle.id(), isText(needle) ? Dialect.LONGEST_EXPRESSION : SHORT_TEXT);
      int length = isText(needle) ? needle.constant().stringValue().length() : SHORT_TEXT;
      marks.repeat(operands.get(0).id(), 1 + length / 8);
    }
    if (LITERAL_TEXTS.contains(function)) {
      lookAtLiterals(tree, function, operands);
    }
    if (!LOGICAL.contains(function) && operands.stream().allMatch(ExpressionReading::isKnown)) {
      tryOut(tree, part, operands.stream().anyMatch(operand -> operand.getKind() == Kind.IDENT));
    }
  }

  private void lookAtLiterals(CelAbstractSyntaxTree tree, String function, List<CelExpr> operands) {
    for (CelExpr operand : operands.subList(1, operands.size())) {
      if (!isText(operand)) {
        faults.add(
            at(tree, operand, "`" + function + "` takes what is written down here, as a text"));
        return;
      }
    }
    if (function.equals("matches")) {
      String pattern = operands.get(1).constant().stringValue();
      String fault = Functions.patternFault(pattern);
      if (fault.isEmpty()) {
        marks.repeat(operands.get(0).id(), 4 * Functions.patternSize(pattern));
      } else {
        faults.add(at(tree, operands.get(1), fault));
      }
    }
  }

  private static boolean isText(CelExpr part) {
    return part.getKind() == Kind.CONSTANT
        && part.constant().getKind() == dev.cel.common.ast.CelConstant.Kind.STRING_VALUE;
  }

  private static boolean isKnown(CelExpr part) {
    return part.getKind() == Kind.CONSTANT
        || (part.getKind() == Kind.IDENT && part.ident().name().equals("now"));
  }

  /** A call whose arguments are written down fails for every request, or for none. */
  private void tryOut(CelAbstractSyntaxTree tree, CelExpr call, boolean looksAtTheClock) {
    try {
      Object value =
          cel.createProgram(CelAbstractSyntaxTree.newParsedAst(call, tree.getSource()))
              .eval(Map.of("now", Instant.EPOCH));
      if (!looksAtTheClock) {
        known.put(Expression.KNOWN + call.id(), Optional.of(value));
      }
    } catch (CelEvaluationException fault) {
      faults.add(at(tree, call, "this always fails: " + Expression.why(fault)));
    }
  }

  private void remarkOnConstants(CelNavigableExpr root, Expression expression) {
    if (references.isEmpty()) {
      Expression.Result result = expression.evaluate(name -> Optional.empty(), new Work.Progress());
      remarks.add(
          new Fault(
              0,
              0,
              "it looks at no variable, so it is " + (result.met() ? "always met" : "never met")));
      return;
    }
    if (root.getKind() != Kind.CALL) {
      return;
    }
    String function = root.expr().call().function();
    for (CelExpr operand : root.expr().call().args()) {
      boolean decides =
          operand.getKind() == Kind.CONSTANT
              && operand.constant().getKind() == dev.cel.common.ast.CelConstant.Kind.BOOLEAN_VALUE
              && ((function.equals("_||_") && operand.constant().booleanValue())
                  || (function.equals("_&&_") && !operand.constant().booleanValue()));
      if (decides) {
        remarks.add(
            new Fault(
                0,
                0,
                "a part of it decides alone, so it is "
                    + (operand.constant().booleanValue() ? "always met" : "never met")));
      }
    }
  }
}
