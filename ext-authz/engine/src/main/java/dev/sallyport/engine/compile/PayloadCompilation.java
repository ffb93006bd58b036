package dev.sallyport.engine.compile;

import static dev.sallyport.engine.compile.Report.quote;

import dev.sallyport.crd.ApiPolicySpec.BodyRules;
import dev.sallyport.crd.ApiPolicySpec.Match;
import dev.sallyport.crd.ApiPolicySpec.Method;
import dev.sallyport.crd.ApiPolicySpec.Operation;
import dev.sallyport.crd.ApiPolicySpec.Presence;
import dev.sallyport.crd.ApiPolicySpec.QueryRules;
import dev.sallyport.crd.ApiPolicySpec.RequestRules;
import dev.sallyport.crd.ApiPolicySpec.UnknownProperties;
import dev.sallyport.engine.content.ContentCoding;
import dev.sallyport.engine.content.ContentRule;
import dev.sallyport.engine.content.MediaRange;
import dev.sallyport.engine.content.Parameters;
import dev.sallyport.engine.content.ValueType;
import dev.sallyport.engine.content.ValueType.Kind;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.payload.PayloadRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Compiles what a request to one operation may carry. */
final class PayloadCompilation {
  /** More can't come in one check. */
  private static final long MOST_BYTES = 16 << 20;

  private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "TRACE");

  private final Operation operation;
  private final RequestRules rules;
  private final String field;
  private final Report report;
  private final Schemas schemas;

  private PayloadCompilation(
      Operation operation, RequestRules rules, String field, Report report, Schemas schemas) {
    this.operation = operation;
    this.rules = rules;
    this.field = field;
    this.report = report;
    this.schemas = schemas;
  }

  /**
   * Compiles the {@code request} of an operation.
   *
   * @param field of the request's rules
   * @param references for documents that hold schemas
   */
  static PayloadRule compile(
      Operation operation, String field, Report report, References references) {
    RequestRules rules = operation.request();
    if (rules == null) {
      return PayloadRule.NONE;
    }
    Documents documents = new Documents(report.object().namespace(), report, references);
    return new PayloadCompilation(operation, rules, field, report, new Schemas(documents, report))
        .compile();
  }

  /** The parameters of queries that hold credentials of these methods. */
  static Set<String> credentials(List<Method> methods) {
    Set<String> names = new TreeSet<>();
    for (Method method : methods) {
      if (method.apiKey() != null && method.apiKey().query() != null) {
        names.add(method.apiKey().query());
      }
      if (method.jwt() != null && method.jwt().query() != null) {
        names.add(method.jwt().query());
      }
    }
    return names;
  }

  private PayloadRule compile() {
    List<MediaRange> ranges = ranges();
    Set<String> encodings = encodings();
    Long maxBytes = rules.maxBytes();
    if (maxBytes != null && maxBytes < 0) {
      report.error(field + ".maxBytes", "Invalid", "must be 0 or more, not `" + maxBytes + '`');
    }
    long most = maxBytes == null ? -1 : Math.max(0, maxBytes);
    List<Parameters> parameters = rules.query() == null ? List.of() : query(rules.query());
    BodyRules body = rules.body();
    if (body == null) {
      return new PayloadRule(
          new ContentRule(ranges, encodings, most, false), List.of(), false, parameters, null);
    }
    checkBody(ranges, encodings);
    Schemas.Found found =
        schemas.compile(body.schema(), body.schemaRef(), body.unknownProperties(), field + ".body");
    if (found == null) {
      return PayloadRule.NONE;
    }
    ValueType fields = ValueType.of(found.document(), "");
    List<MediaRange> judged = ranges.isEmpty() ? ContentRule.JSON : ranges;
    return new PayloadRule(
        new ContentRule(
            judged,
            encodings,
            most,
            true,
            judged.stream().map(range -> new ContentRule.Form(range, fields)).toList(),
            List.of()),
        judged.stream().map(range -> new PayloadRule.Body(range, found.schema())).toList(),
        body.presence() == Presence.Required,
        parameters,
        null);
  }

  private List<MediaRange> ranges() {
    List<MediaRange> ranges = new ArrayList<>(rules.contentTypes().size());
    for (int i = 0; i < rules.contentTypes().size(); i++) {
      MediaRange range = MediaRange.parse(rules.contentTypes().get(i));
      if (range == null) {
        report.error(
            field + ".contentTypes[" + i + "]",
            "Invalid",
            quote(rules.contentTypes().get(i))
                + " is not a media type; write `application/json`, without parameters");
      } else {
        ranges.add(range);
      }
    }
    return ranges;
  }

  private Set<String> encodings() {
    Set<String> encodings = new TreeSet<>();
    for (int i = 0; i < rules.contentEncodings().size(); i++) {
      String encoding = rules.contentEncodings().get(i).toLowerCase(Locale.ROOT);
      if (!encoding.matches("[a-z0-9*_.-]{1,32}")) {
        report.error(
            field + ".contentEncodings[" + i + "]",
            "Invalid",
            quote(rules.contentEncodings().get(i)) + " is not a content coding");
      }
      encodings.add(encoding);
    }
    return encodings;
  }

  // ---- the query

  private List<Parameters> query(QueryRules query) {
    String at = field + ".query";
    Schemas.Found found = schemas.compile(query.schema(), null, UnknownProperties.Allow, at);
    if (found == null) {
      return List.of();
    }
    ValueType type = ValueType.of(found.document(), "");
    if (type.kind() != Kind.OBJECT) {
      report.error(
          at + ".schema",
          "Invalid",
          "a query is judged as an object with a property for each parameter; declare"
              + " `type: object` and `properties`");
    }
    type.properties()
        .forEach((name, property) -> {
          if (isBeyondQueries(property)) {
            report.warning(
                at + ".schema" + Schemas.path(Pointer.child("/properties", name)),
                "Unreachable",
                "no query can hold this; a parameter is text, a number, a boolean, a list of"
                    + " those, or an object of those as `"
                    + name
                    + "[member]`");
          }
        });
    return List.of(Parameters.ofQuery(found.document(), "", found.schema()));
  }

  private static boolean isBeyondQueries(ValueType property) {
    return switch (property.kind()) {
      case ARRAY -> property.items() != null && isNested(property.items());
      case OBJECT ->
          property.properties().values().stream().anyMatch(member -> member.kind() == Kind.OBJECT);
      case STRING, INTEGER, NUMBER, BOOLEAN -> false;
    };
  }

  private static boolean isNested(ValueType type) {
    return type.kind() == Kind.ARRAY || type.kind() == Kind.OBJECT;
  }

  // ---- the body

  private void checkBody(List<MediaRange> ranges, Set<String> encodings) {
    for (int i = 0; i < ranges.size() && ranges.size() == rules.contentTypes().size(); i++) {
      if (!ContentRule.canRead(ranges.get(i))) {
        report.error(
            field + ".contentTypes[" + i + "]",
            "Invalid",
            "bodies of "
                + quote(rules.contentTypes().get(i))
                + " can't be judged by a schema; leave it out, or take such requests by an"
                + " operation without `body`");
      }
    }
    for (String encoding : encodings) {
      if (!ContentCoding.KNOWN.contains(encoding)) {
        report.error(
            field + ".contentEncodings",
            "Invalid",
            "a body in "
                + quote(encoding)
                + " can't be judged by a schema; take `gzip`, `deflate`, `br` or `zstd`");
      }
    }
    if (operation.match().stream().anyMatch(match -> match.grpc() != null)) {
      report.error(
          field + ".body", "Invalid", "gRPC messages can't be judged by a schema; remove it");
    }
    if (ranges.isEmpty()) {
      report.warning(
          field + ".contentTypes",
          "Implicit",
          "absent, so bodies must be `application/json` or `application/*+json`; list them");
    }
    warnOfSize();
    warnOfMethods();
  }

  private void warnOfSize() {
    Long maxBytes = rules.maxBytes();
    if (maxBytes == null) {
      report.warning(
          field + ".maxBytes",
          "Implicit",
          "absent, so bodies are read up to "
              + ContentRule.READ_BYTES
              + " bytes; state what the operation needs");
      return;
    }
    if (maxBytes > MOST_BYTES) {
      report.warning(
          field + ".maxBytes",
          "Unreachable",
          "Envoy can't send more than " + MOST_BYTES + " bytes in a check");
    }
  }

  private void warnOfMethods() {
    boolean optional = rules.body() != null && rules.body().presence() == Presence.Optional;
    Set<String> without = new TreeSet<>();
    Set<String> unseen = new TreeSet<>();
    for (Match match : operation.match()) {
      for (String method : match.methods()) {
        if (WITHOUT_BODY.contains(method)) {
          without.add(method);
        } else if (optional && ContentRule.isTakenForBodiless(method)) {
          unseen.add(method);
        }
      }
    }
    if (!without.isEmpty()) {
      report.warning(
          field + ".body",
          "Risky",
          String.join(" and ", without)
              + " requests have no body, "
              + (optional
                  ? "and one with a body is denied where Envoy sends bodies (`with_request_body`)"
                  : "so every one is denied; declare them as an operation of their own, or"
                      + " `presence: Optional`"));
    }
    if (!unseen.isEmpty()) {
      report.warning(
          field + ".body.presence",
          "Risky",
          "a body of "
              + String.join(" or ", unseen)
              + " without `Content-Length` passes unjudged where Envoy sends no bodies; write"
              + " `Required`, or set `with_request_body`");
    }
  }
}
