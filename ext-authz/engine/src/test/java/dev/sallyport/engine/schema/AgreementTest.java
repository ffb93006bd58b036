package dev.sallyport.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import dev.sallyport.engine.schema.LibrarySchema.Judgement;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import tools.jackson.databind.JsonNode;

/** Our closures and the library judge alike, whatever the schema and the value. */
class AgreementTest {
  private static final int VALUES = 40;

  @Property(tries = 1500)
  void closuresAndTheLibraryAgree(@ForAll long seed) {
    agree(seed, Dialect.DRAFT_2020_12);
  }

  @Property(tries = 500)
  void closuresAndTheLibraryAgreeInOpenApi30(@ForAll long seed) {
    agree(seed, Dialect.OPENAPI_3_0);
  }

  @Property(tries = 300)
  void closuresAndTheLibraryAgreeInOpenApi31(@ForAll long seed) {
    agree(seed, Dialect.OPENAPI_3_1);
  }

  private static void agree(long seed, Dialect dialect) {
    RandomSchemas random = new RandomSchemas(new Random(seed), dialect);
    JsonNode document = random.document();
    Compiled compiled = JsonSchema.compile(document, "", dialect, UnknownProperties.ALLOW);
    if (compiled instanceof Compiled.Refused(var faults)) {
      // By chance a reference leads in a circle. Nothing else is wrong with these.
      assertThat(faults)
          .as(document.toString())
          .allMatch(fault ->
              fault.message().startsWith("leads back to itself")
                  || fault.message().startsWith("is made of more than"));
      return;
    }
    JsonSchema schema = ((Compiled.Usable) compiled).schema();
    for (int i = 0; i < VALUES; i++) {
      JsonNode value = random.value();
      List<Violation> violations = schema.check(value, Part.BODY);
      Judgement library = schema.judgeByLibrary(value);
      assertThat(violations.isEmpty())
          .as("%s judges %s: %s, %s", document, value, violations, library)
          .isEqualTo(library instanceof Judgement.Valid);
      assertThat(violations).hasSizeLessThanOrEqualTo(Denial.MOST_ERRORS);
      assertThat(violations)
          .as(document.toString())
          .noneMatch(violation -> violation.keyword().equals("syntax"));
    }
  }
}
