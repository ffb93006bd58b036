package dev.sallyport.engine.conditions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.StructType;
import dev.sallyport.engine.conditions.Expression.Compilation.Compiled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What {@code docs/conditions.md} shows can be taken as it stands, and it leaves nothing out. */
class ConditionDocsTest {
  private static final Path PAGE = Path.of("../../docs/conditions.md");
  private static final Pattern BLOCK =
      Pattern.compile("^```cel\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern IN_YAML =
      Pattern.compile("expression: \"(.*)\"$", Pattern.MULTILINE);

  private static List<String> expressions() throws IOException {
    String page = Files.readString(PAGE);
    List<String> expressions = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(page);
    while (blocks.find()) {
      blocks.group(1).lines().forEach(expressions::add);
    }
    IN_YAML.matcher(page).results().forEach(found -> expressions.add(found.group(1)));
    return expressions;
  }

  @TestFactory
  Stream<DynamicTest> everyExampleCompiles() throws IOException {
    assertThat(expressions()).hasSizeGreaterThan(15);
    return expressions().stream()
        .map(text ->
            DynamicTest.dynamicTest(
                text,
                () -> {
                  Dialect dialect = text.contains("tool.") ? Dialect.TOOL : Dialect.OPERATION;
                  assertThat(Expression.compile(text, dialect))
                      .isInstanceOfSatisfying(
                          Compiled.class, compiled -> assertThat(compiled.remarks()).isEmpty());
                }));
  }

  @Test
  void everyVariableIsNamed() throws IOException {
    String page = Files.readString(PAGE);
    for (Dialect dialect : Dialect.values()) {
      for (Map.Entry<String, CelType> variable : Variables.of(dialect).entrySet()) {
        assertThat(page).contains("`" + variable.getKey());
        if (variable.getValue() instanceof StructType struct) {
          assertThat(struct.fieldNames())
              .allSatisfy(field -> assertThat(page).containsPattern("[`.]" + field + "`"));
        }
      }
    }
  }

  @Test
  void everyFunctionIsNamed() throws IOException {
    String page = Files.readString(PAGE);
    assertThat(Functions.all().declarations())
        .extracting(CelFunctionDecl::name)
        .allSatisfy(name -> assertThat(page).containsPattern("[`.]" + name + "\\("));
  }
}
