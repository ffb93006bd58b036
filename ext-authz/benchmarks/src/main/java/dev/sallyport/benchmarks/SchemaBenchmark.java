package dev.sallyport.benchmarks;

import com.networknt.schema.OutputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialects;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.schema.JsonSchema;
import dev.sallyport.engine.schema.JsonSchema.Compiled;
import dev.sallyport.engine.schema.JsonSchema.Dialect;
import dev.sallyport.engine.schema.JsonSchema.UnknownProperties;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A body of 1 KiB by a schema of 15 properties: by us, and by the library alone. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@NullUnmarked // JMH makes the object first and fills it in setUp.
public class SchemaBenchmark {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final String SCHEMA =
      """
      {"type": "object", "required": ["paymentId", "amount", "currency", "debtor", "creditor"],
       "properties": {
        "paymentId": {"type": "string", "format": "uuid"},
        "amount": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "executionDate": {"type": "string", "format": "date"},
        "createdAt": {"type": "string", "format": "date-time"},
        "priority": {"enum": ["LOW", "NORMAL", "HIGH"]},
        "debtor": {"$ref": "#/$defs/party"},
        "creditor": {"$ref": "#/$defs/party"},
        "reference": {"type": "string", "minLength": 1, "maxLength": 140},
        "lines": {"type": "array", "maxItems": 50, "items": {"$ref": "#/$defs/line"}},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 32}, "uniqueItems": true},
        "email": {"type": "string", "format": "email"},
        "retries": {"type": "integer", "minimum": 0, "maximum": 10},
        "dryRun": {"type": "boolean"},
        "note": {"type": ["string", "null"], "maxLength": 500}},
       "$defs": {
        "party": {"type": "object", "required": ["name", "iban"], "properties": {
          "name": {"type": "string", "maxLength": 70},
          "iban": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"},
          "country": {"type": "string", "minLength": 2, "maxLength": 2}}},
        "line": {"type": "object", "required": ["description", "quantity"], "properties": {
          "description": {"type": "string", "maxLength": 200},
          "quantity": {"type": "integer", "minimum": 1},
          "price": {"type": "number", "minimum": 0}}}}}
      """;

  private static final String BODY =
      """
      {"paymentId": "6f1c2b7e-9a34-4c1d-8e57-1f0a2b3c4d5e", "amount": 1234.56, "currency": "EUR",
       "executionDate": "2026-11-27", "createdAt": "2026-11-26T08:15:30Z", "priority": "NORMAL",
       "debtor": {"name": "ACME Logistics GmbH", "iban": "DE89370400440532013000", "country": "DE"},
       "creditor": {"name": "Northwind Traders SARL", "iban": "FR1420041010050500013M02606", "country": "FR"},
       "reference": "Invoice 2026-0815, second half of the delivery of October",
       "lines": [
        {"description": "Pallets of corrugated cardboard, 120 x 80", "quantity": 12, "price": 89.9},
        {"description": "Transport to Lyon, express with insurance", "quantity": 1, "price": 155.76}],
       "tags": ["settlement", "november", "logistics"], "email": "accounting@acme-logistics.example",
       "retries": 2, "dryRun": false,
       "note": "Please book this payment to the cost centre of the warehouse in Leipzig, and send the confirmation to the address above; the amount was agreed on by telephone."}
      """;

  private JsonNode document;
  private JsonNode valid;
  private ObjectNode invalid;
  private JsonSchema allowing;
  private JsonSchema denying;
  private Schema library;

  @Setup
  public void setUp() {
    document = JSON.readTree(SCHEMA);
    valid = JSON.readTree(BODY);
    invalid = (ObjectNode) valid.deepCopy();
    invalid.put("currency", "Euro").put("admin", true);
    allowing = compiled(UnknownProperties.ALLOW);
    denying = compiled(UnknownProperties.DENY);
    library =
        SchemaRegistry.withDialect(
                Dialects.getDraft202012(),
                builder ->
                    builder.schemaRegistryConfig(
                        SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()))
            .getSchema(document);
    library.initializeValidators();
  }

  private JsonSchema compiled(UnknownProperties unknown) {
    Compiled compiled = JsonSchema.compile(document, "", Dialect.DRAFT_2020_12, unknown);
    return switch (compiled) {
      case Compiled.Usable(var schema, _) -> schema;
      case Compiled.Refused(var faults) -> throw new IllegalStateException(faults.toString());
    };
  }

  @Benchmark
  public List<Violation> check() {
    return allowing.check(valid, Part.BODY);
  }

  @Benchmark
  public List<Violation> checkDenyingUnknown() {
    return denying.check(valid, Part.BODY);
  }

  @Benchmark
  public List<Violation> checkInvalid() {
    return denying.check(invalid, Part.BODY);
  }

  /** Without bounds, and with the regular expressions of the JDK. */
  @Benchmark
  public Boolean libraryAlone() {
    return library.validate(valid, OutputFormat.BOOLEAN);
  }

  /** One schema as it stands in a policy. */
  @Benchmark
  public JsonSchema compile() {
    return compiled(UnknownProperties.DENY);
  }
}
