package dev.sallyport.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.Enforcement;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.RateLimitSpec.Dimension;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Fingerprint;
import dev.sallyport.server.objects.Shared;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DocumentReaderTest {
  static final String POLICY =
      """
      apiVersion: sallyport.dev/v1alpha1
      kind: ApiPolicy
      metadata:
        name: payments
        namespace: shop
        creationTimestamp: "2026-01-02T03:04:05Z"
        generation: 7
        uid: 0b9b3b0e
        labels: {team: payments}
      spec:
        hosts: [payments.example.com]
        authentication:
          methods:
          - name: keys
            apiKey: {header: X-API-Key}
        operations:
        - name: read
          match:
          - {methods: [GET], path: "/v1/payments/{id}"}
          scopes: [payments:read]
          rateLimits:
          - {name: per-caller, per: [identity, sourceAddress], requests: 100, window: 1m}
          request:
            maxBytes: 65536
      status:
        anything: [goes]
      """;

  private static DocumentReader.Document read(String text) {
    return DocumentReader.read("f.yaml", text, new Shared());
  }

  private static ReadObject.Good good(String text) {
    DocumentReader.Document document = read(text);
    assertThat(document.problems()).isEmpty();
    assertThat(document.objects()).hasSize(1);
    return (ReadObject.Good) document.objects().getFirst();
  }

  private static List<String> told(String text) {
    return read(text).problems().stream().map(FileProblem::toString).toList();
  }

  private static String identity(String spec) {
    return "apiVersion: sallyport.dev/v1alpha1\nkind: NonHumanIdentity\nmetadata: {name: acme}\n"
        + "spec:\n"
        + spec.indent(2);
  }

  private static String policy(String spec) {
    return "apiVersion: sallyport.dev/v1alpha1\nkind: ApiPolicy\nmetadata: {name: a}\nspec:\n"
        + spec.indent(2);
  }

  @Test
  void policyIsReadWithItsMetadataAndDefaults() {
    ReadObject.Good read = good(POLICY);

    assertThat(read.key()).isEqualTo(new ObjectKey("ApiPolicy", "shop", "payments"));
    assertThat(read.created()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
    ApiPolicySpec spec = ((Declared.ApiPolicy) read.content()).spec();
    assertThat(spec.hosts()).containsExactly("payments.example.com");
    assertThat(spec.enforcement()).isEqualTo(Enforcement.Enforce);
    ApiPolicySpec.Operation operation = spec.operations().getFirst();
    assertThat(operation.match())
        .containsExactly(new ApiPolicySpec.Match(List.of("GET"), "/v1/payments/{id}", null));
    assertThat(operation.rateLimits().getFirst().per())
        .containsExactly(Dimension.IDENTITY, Dimension.SOURCE_ADDRESS);
    assertThat(operation.rateLimits().getFirst().requests()).isEqualTo(100);
    assertThat(operation.request()).isNotNull();
    assertThat(operation.request().maxBytes()).isEqualTo(65536);
  }

  @Test
  void identityIsReadInTheDefaultNamespace() {
    ReadObject.Good read =
        good(
            identity(
                """
                type: Pipeline
                credentials:
                - {name: main, apiKey: {secretRef: {name: acme-key, key: api_key}}}
                """));

    assertThat(read.key()).isEqualTo(new ObjectKey("NonHumanIdentity", "default", "acme"));
    assertThat(read.created()).isEqualTo(Instant.EPOCH);
    NonHumanIdentitySpec spec = ((Declared.NonHumanIdentity) read.content()).spec();
    assertThat(spec.type()).isEqualTo(NonHumanIdentitySpec.Type.Pipeline);
    assertThat(spec.state()).isEqualTo(NonHumanIdentitySpec.State.Active);
  }

  @Test
  void freeFieldsKeepTheTypesOfJson() {
    ReadObject.Good read =
        good(
            """
            apiVersion: sallyport.dev/v1alpha1
            kind: TokenIssuer
            metadata: {name: corp}
            spec:
              issuer: https://issuer.example.com
              jwks: {inline: {keys: [{kty: RSA, "n": "7", big: 12345678901234567890, f: 1.50, b: true, z: null}]}}
            """);

    TokenIssuerSpec spec = ((Declared.TokenIssuer) read.content()).spec();
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("kty", "RSA");
    key.put("n", "7");
    key.put("big", new java.math.BigInteger("12345678901234567890"));
    key.put("f", new BigDecimal("1.50"));
    key.put("b", true);
    key.put("z", null);
    assertThat(spec.jwks().inline()).isEqualTo(Map.of("keys", List.of(key)));
  }

  @Test
  void detectionPolicyIsRead() {
    assertThat(
            good("""
            apiVersion: sallyport.dev/v1alpha1
            kind: DetectionPolicy
            metadata: {name: burst}
            spec: {detectors: [{type: VolumeSpike, factor: 8}], notify: []}
            """)
                .content())
        .isInstanceOf(Declared.DetectionPolicy.class);
  }

  @Test
  void secretIsDecodedAndStringDataWins() {
    ReadObject.Good read =
        good(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: key}
            type: Opaque
            data:
              a: c2VjcmV0
              b: b2xk
            stringData:
              b: new
            """);

    Map<String, byte[]> data = ((Declared.Secret) read.content()).data();
    assertThat(data.get("a")).isEqualTo("secret".getBytes(StandardCharsets.UTF_8));
    assertThat(data.get("b")).isEqualTo("new".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void configMapIsRead() {
    ReadObject.Good read =
        good("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {schema.json: '{}'}\n");

    assertThat(((Declared.ConfigMap) read.content()).data()).isEqualTo(Map.of("schema.json", "{}"));
  }

  @Test
  void listHoldsObjects() {
    DocumentReader.Document read =
        read(
            """
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {k: 7}}
            """);

    assertThat(read.objects()).extracting(object -> object.key().name()).containsExactly("a", "b");
    assertThat(read.objects().getLast()).isInstanceOf(ReadObject.Broken.class);
    assertThat(read.problems())
        .map(FileProblem::toString)
        .containsExactly(
            "f.yaml:5:68: error: items[1].data.k: must be a string, and `7` is a number; put it in"
                + " quotes");
  }

  @Test
  void emptyDocumentHoldsNothing() {
    assertThat(read("# only a comment\n").objects()).isEmpty();
    assertThat(read("---\n").objects()).isEmpty();
    assertThat(told("# only a comment\n---\n")).isEmpty();
  }

  @Test
  void otherKindIsPassedOverWhateverIsInIt() {
    DocumentReader.Document read =
        read("apiVersion: apps/v1\nkind: Deployment\nx: &a [1]\ny: *a\n");

    assertThat(read.objects()).isEmpty();
    assertThat(read.unattributed()).isFalse();
    assertThat(read.problems())
        .map(FileProblem::toString)
        .containsExactly(
            "f.yaml:1:1: warning: kind `Deployment` of `apps/v1` is passed over; Sallyport has no"
                + " use for it");
  }

  @Test
  void unknownFieldIsToldWithWhatWasProbablyMeant() {
    assertThat(told(policy("operations:\n- name: read\n  match:\n  - {pth: /a}\n")))
        .containsExactly(
            "f.yaml:8:8: error: spec.operations[0].match[0]: unknown field `pth`; did you mean"
                + " `path`?");
    assertThat(told(policy("paths: {zzzzzz: Deny}")))
        .containsExactly(
            "f.yaml:5:11: error: spec.paths: unknown field `zzzzzz`; known are `semicolons`,"
                + " `encodedSlashes`, `emptySegments`, `trailingSlash`");
    assertThat(told(policy("hosts: []") + "spek: 1\n"))
        .containsExactly("f.yaml:6:1: error: unknown field `spek`; did you mean `spec`?");
  }

  @Test
  void everyProblemOfAnObjectIsTold() {
    assertThat(
            told(
                policy(
                    """
                    hosts: payments.example.com
                    enforcement: enforce
                    rateLimits:
                    - {name: 7, per: [identity, host], requests: "7", burst: 1e3}
                    """)))
        .containsExactly(
            "f.yaml:5:10: error: spec.hosts: must be a list, not a string",
            "f.yaml:6:16: error: spec.enforcement: `enforce` is not allowed; use one of `Enforce`,"
                + " `Shadow`",
            "f.yaml:8:12: error: spec.rateLimits[0].name: must be a string, and `7` is a number;"
                + " put it in quotes",
            "f.yaml:8:31: error: spec.rateLimits[0].per[1]: `host` is not allowed; use one of"
                + " `identity`, `credential`, `sourceAddress`, `operation`",
            "f.yaml:8:48: error: spec.rateLimits[0].requests: must be an integer, and `7` in"
                + " quotes is a string; remove the quotes",
            "f.yaml:8:60: error: spec.rateLimits[0].burst: must be an integer in decimal digits,"
                + " not `1e3`");
  }

  @Test
  void integerThatMeansTwoThingsIsRefused() {
    assertThat(told(policy("rateLimits: [{name: a, requests: 010}]")))
        .containsExactly(
            "f.yaml:5:36: error: spec.rateLimits[0].requests: must be an integer in decimal digits"
                + " without a leading zero, not `010`");
    assertThat(told(policy("rateLimits: [{name: a, requests: 99999999999999999999}]")))
        .containsExactly(
            "f.yaml:5:36: error: spec.rateLimits[0].requests: `99999999999999999999` is too large");
  }

  @Test
  void missingRequiredFieldIsTold() {
    assertThat(told(identity("credentials:\n- {name: a, apiKey: {secretRef: {name: k}}}\n")))
        .containsExactly(
            "f.yaml:6:35: error: spec.credentials[0].apiKey.secretRef: `key` is missing; it is"
                + " required");
  }

  @Test
  void emptyFieldIsAFieldLeftOutAndEmptyItemIsNot() {
    assertThat(told(policy("hosts:\nenvironment: ~\nopenapi: null"))).isEmpty();
    assertThat(told(policy("hosts: [a.example.com, ~]")))
        .containsExactly(
            "f.yaml:5:26: error: spec.hosts[1]: is empty; give it a value, or remove it");
  }

  @Test
  void wordThatIsABooleanForKubectlIsWarnedOf() {
    assertThat(told(policy("authentication:\n  methods:\n  - {name: a, apiKey: {header: Y}}\n")))
        .containsExactly(
            "f.yaml:7:34: warning: spec.authentication.methods[0].apiKey.header: `Y` is a string"
                + " here and a boolean for kubectl; put it in quotes");
    assertThat(told(policy("environment: 1_000")))
        .containsExactly(
            "f.yaml:5:16: warning: spec.environment: `1_000` is a string here and a number for"
                + " kubectl; put it in quotes");
    assertThat(told(policy("environment: \"no\""))).isEmpty();
  }

  @Test
  void duplicateKeyIsToldWithBothPlaces() {
    assertThat(told(policy("hosts: [a.example.com]\nenvironment: x\nhosts: [b.example.com]")))
        .containsExactly(
            "f.yaml:7:3: error: spec: duplicate key `hosts`, also 2 lines above; remove one of the"
                + " two");
    assertThat(told(policy("paths: {semicolons: Deny, \"semicolons\": Allow}")))
        .containsExactly(
            "f.yaml:5:29: error: spec.paths: duplicate key `semicolons`; remove one of the two");
  }

  @Test
  void anchorBombIsRefusedWithOneLine() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String of = "*a" + (i - 1);
      bomb.append("a" + i + ": &a" + i + " [" + String.join(", ", List.of(of, of, of, of)) + "]\n");
    }

    assertThat(told(policy("hosts: [a]") + bomb))
        .containsExactly(
            "f.yaml:6:5: error: a0: anchors `&` and aliases `*` are refused; write the value out");
  }

  @Test
  void mergeKeyTagAndKeyThatIsNoTextAreRefused() {
    assertThat(told(policy("paths: {<<: {semicolons: Deny}}")))
        .containsExactly(
            "f.yaml:5:11: error: spec.paths: merge keys `<<` are refused; write the fields out");
    assertThat(told(policy("environment: !!binary aGVsbG8=")))
        .containsExactly(
            "f.yaml:5:16: error: spec.environment: tags are refused; remove the word that begins"
                + " with `!`");
    assertThat(told(policy("paths: {[a]: b}")))
        .containsExactly("f.yaml:5:11: error: spec.paths: a key must be text");
    assertThat(good(policy("environment: !!str 7")).content())
        .isEqualTo(good(policy("environment: \"7\"")).content());
  }

  @Test
  void nestingHasABound() {
    assertThat(told(policy("openapi: " + "{a: ".repeat(70) + "1" + "}".repeat(70))))
        .containsExactly("f.yaml:5:261: error: nested more than 64 levels deep");
    assertThat(told("[".repeat(100_000))).hasSize(1);
  }

  @Test
  void textThatIsNoYamlIsToldWithWhatToDo() {
    assertThat(told("a: b: c\n"))
        .containsExactly(
            "f.yaml:1:5: error: not valid YAML: a `:` is not expected here; check the indentation,"
                + " or put the value in quotes");
    assertThat(told("a:\n\t- b\n"))
        .containsExactly("f.yaml:2:1: error: not valid YAML: a tab cannot indent; use spaces");
    assertThat(told("a: [b\nc: d\n"))
        .containsExactly("f.yaml:2:2: error: not valid YAML: a `,` or the closing `]` is missing");
    assertThat(told("a: \"b\nc: d\n"))
        .containsExactly("f.yaml:3:1: error: not valid YAML: the quotes are never closed");
    assertThat(told("a: @b\n"))
        .containsExactly(
            "f.yaml:1:4: error: not valid YAML: a value cannot begin with this character; put the"
                + " value in quotes");
    assertThat(told("a:\n  b: 1\n c: 2\n"))
        .containsExactly(
            "f.yaml:3:2: error: not valid YAML: the indentation does not fit the lines above");
    assertThat(told("a: b\n\nc: \u0001\n"))
        .containsExactly(
            "f.yaml:3:4: error: a control character is not allowed in YAML; remove it, or write it"
                + " as an escape");
    assertThat(told("just text\n"))
        .containsExactly(
            "f.yaml:1:1: error: a document must be a mapping with `apiVersion` and `kind`, not a"
                + " string");
  }

  @Test
  void objectThatCannotBeNamedIsTold() {
    assertThat(told("kind: ApiPolicy\n"))
        .containsExactly("f.yaml:1:1: error: `apiVersion` is missing; it is required");
    assertThat(told("apiVersion: v1\nkind: ApiPolicy\n"))
        .containsExactly(
            "f.yaml:1:13: error: apiVersion: `v1` is not known for this kind; use"
                + " `sallyport.dev/v1alpha1`");
    assertThat(told("apiVersion: sallyport.dev/v1alpha1\nkind: ApiPolcy\n"))
        .containsExactly(
            "f.yaml:2:7: error: kind: unknown kind `ApiPolcy`; did you mean `ApiPolicy`?");
    assertThat(told("apiVersion: sallyport.dev/v1alpha1\nkind: ApiPolicy\nmetadata: {}\n"))
        .containsExactly("f.yaml:3:11: error: metadata: `name` is missing; it is required");
    assertThat(
            told(
                "apiVersion: sallyport.dev/v1alpha1\nkind: ApiPolicy\nmetadata: {name: Pay_ments,"
                    + " namespace: a.b}\nspec: {}\n"))
        .containsExactly(
            "f.yaml:3:18: error: metadata.name: `Pay_ments` is not a name; use at most 253"
                + " lower-case letters, digits, `-` and `.`, with a letter or digit at both ends",
            "f.yaml:3:40: error: metadata.namespace: `a.b` is not a name; use at most 63"
                + " lower-case letters, digits and `-`, with a letter or digit at both ends");
    assertThat(told("apiVersion: sallyport.dev/v1alpha1\nkind: ApiPolicy\nmetadata: {name: a}\n"))
        .containsExactly("f.yaml:1:1: error: `spec` is missing; it is required");
  }

  @Test
  void secretsNeverStandInAMessage() {
    String head = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
    for (String body :
        List.of(
            "data: {hunter2: hunter2}\n",
            "data: {k: '***hunter2'}\n",
            "stringData: {hunter2}\n",
            "stringData: hunter2\n",
            "stringData: [hunter2]\n",
            "stringData: {a: [hunter2]}\n",
            "stringData: {hunter2: 1, hunter2: 2}\n",
            "stringData: {a: &hunter2 hunter2}\n",
            "stringData: {a: *hunter2}\n",
            "stringData: {a: !hunter2 b}\n",
            "hunter2: 1\n",
            "stringData: {a: \"hunter2}\n",
            "stringData:\n  a: hunter2: hunter2\n",
            "stringData:\n  a: \"hunter2\\q\"\n",
            "stringData:\n  a: \"\\0hunter2\"\n")) {
      assertThat(told(head + body))
          .as(body)
          .isNotEmpty()
          .noneMatch(told -> told.contains("hunter2"));
    }
    assertThat(told("kind: Secret\nstringData: {hunter2: a, hunter2: b}\n"))
        .noneMatch(told -> told.contains("hunter2"));
    assertThat(read(head + "stringData: {a: yes}\n").problems())
        .map(FileProblem::toString)
        .containsExactly(
            "f.yaml:4:17: warning: stringData: a value is a string here and a boolean for kubectl;"
                + " put it in quotes");
  }

  @Test
  void brokenObjectThatHasANameIsKnown() {
    assertThat(read(policy("hosts: 7")).objects().getFirst())
        .isEqualTo(new ReadObject.Broken(new ObjectKey("ApiPolicy", "default", "a"), 3, 18));
    assertThat(read(policy("hosts: &a []")).objects()).hasSize(1);
    assertThat(read(policy("hosts: &a []")).unattributed()).isFalse();
  }

  @Test
  void fingerprintIsOfWhatIsSaid() {
    Fingerprint plain = good(policy("hosts: [a.example.com]")).fingerprint();

    assertThat(good("# comment\n" + policy("hosts:\n- a.example.com\n")).fingerprint())
        .isEqualTo(plain);
    assertThat(good(policy("hosts: [b.example.com]")).fingerprint()).isNotEqualTo(plain);
  }

  @Test
  void equalValuesAreHeldOnce() {
    Shared shared = new Shared();
    String one = identity("grants: {scopes: [payments:read]}");
    NonHumanIdentitySpec a = spec(DocumentReader.read("a", one, shared));
    NonHumanIdentitySpec b = spec(DocumentReader.read("b", one, shared));

    assertThat(a.grants()).isSameAs(b.grants());
  }

  private static NonHumanIdentitySpec spec(DocumentReader.Document read) {
    ReadObject.Good object = (ReadObject.Good) read.objects().getFirst();
    return ((Declared.NonHumanIdentity) object.content()).spec();
  }

  @Test
  void aRouteIsReadForItsHostnames() {
    ReadObject.Good route =
        good(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: payments, namespace: shop}
            spec:
              parentRefs: [{name: edge}]
              hostnames: [payments.example.com]
              rules: [{backendRefs: [{name: payments, port: 8080}]}]
            """);

    assertThat(route.key()).isEqualTo(new ObjectKey("HTTPRoute", "shop", "payments"));
    assertThat(route.content()).isEqualTo(new Declared.Route(List.of("payments.example.com")));
  }
}
