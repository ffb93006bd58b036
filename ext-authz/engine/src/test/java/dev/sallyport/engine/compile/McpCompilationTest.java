package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.policy.PolicyIndex.Entry;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class McpCompilationTest {
  private static final ObjectKey POLICY = new ObjectKey("ApiPolicy", "default", "agents");
  private static final String KEYS = "{methods: [{name: keys, apiKey: {header: X-Key}}]}";
  private static final String SCHEMA = "arguments: {schema: {type: object}}";

  private static Compilation compile(String mcp) {
    return compile(KEYS, mcp, "");
  }

  private static Compilation compile(String authentication, String mcp, String more) {
    return compileAll(
        """
        - kind: ApiPolicy
          metadata: {name: agents}
          spec:
            hosts: [agents.example.com]
            authentication: %s
            mcp: %s
        %s
        """
            .formatted(authentication, mcp, more));
  }

  private static Compilation compileAll(String objects) {
    return Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), Compilation.EMPTY);
  }

  private static List<String> found(Compilation compilation) {
    return compilation.diagnostics().stream()
        .filter(found -> found.object().kind().equals("ApiPolicy"))
        .map(found -> found.severity() + " " + found.field() + " " + found.code())
        .toList();
  }

  private static String saved(String tools, String list) {
    return """
    - kind: ApiPolicy
      metadata: {name: agents}
      spec:
        hosts: [agents.example.com]
        authentication: %s
        mcp: {toolsRef: {configMap: tools, key: list.json}, tools: %s}
    - kind: ConfigMap
      metadata: {name: tools}
      data: {list.json: '%s'}
    """
        .formatted(KEYS, tools, list);
  }

  @Test
  void anEndpointIsInForce() {
    Compilation compilation = compile("{tools: [{name: create, " + SCHEMA + "}]}");
    assertThat(compilation.diagnostics()).isEmpty();
    assertThat(compilation.snapshot().policies().entry(POLICY)).isInstanceOf(Entry.Ready.class);
  }

  @Test
  void whatNobodyCouldCallIsRefused() {
    assertThat(found(compile("{methods: []}", "{tools: [{name: a, " + SCHEMA + "}]}", "")))
        .containsExactly("ERROR spec.mcp Invalid");
  }

  @Test
  void anEndpointWithoutToolsIsRisky() {
    assertThat(found(compile("{}"))).containsExactly("WARNING spec.mcp.tools Risky");
    assertThat(found(compile("{unlistedTools: Allow}"))).isEmpty();
  }

  @Test
  void everyFieldThatCanNotBeIsRefused() {
    assertThat(
            found(
                compile(
                    """
                    {path: '/mcp/{x}', revisions: ['2024-11-05'], methods: ['tools list'],
                      origins: ['https://App.example.com/'], scopes: ['a b'], maxBytes: 0,
                      tools: [{name: a, arguments: {schema: {type: object}}}]}
                    """)))
        .containsExactly(
            "ERROR spec.mcp.maxBytes Invalid",
            "ERROR spec.mcp.methods[0] Invalid",
            "ERROR spec.mcp.origins[0] Invalid",
            "ERROR spec.mcp.path Invalid",
            "ERROR spec.mcp.revisions[0] Invalid",
            "ERROR spec.mcp.scopes[0] Invalid");
  }

  @Test
  void namesAreNamesAndDiffer() {
    assertThat(
            found(
                compile(
                    KEYS,
                    """
                    {tools: [{name: read, arguments: {schema: {type: object}}},
                      {name: 'a b', arguments: {schema: {type: object}}},
                      {name: twice, arguments: {schema: {type: object}}},
                      {name: twice, arguments: {schema: {type: object}}},
                      {name: ping, arguments: {schema: {type: object}}},
                      {name: list_all, arguments: {schema: {type: object}}},
                      {name: List-A1L, arguments: {schema: {type: object}}}]}
                    """,
                    "    operations: [{name: read, match: [{methods: [GET], path: /read}]}]")))
        .containsExactly(
            "ERROR spec.mcp.tools[0].name Invalid",
            "ERROR spec.mcp.tools[1].name Invalid",
            "ERROR spec.mcp.tools[3].name Invalid",
            "WARNING spec.mcp.tools[4].name Ambiguous",
            "WARNING spec.mcp.tools[6].name Risky");
  }

  @Test
  void aNameOfTheProtocolIsNoNameOfAnOperation() {
    assertThat(
            found(
                compile(
                    KEYS,
                    "{tools: [{name: create, " + SCHEMA + "}]}",
                    "    operations: [{name: stream, match: [{methods: [GET], path: /read}]}]")))
        .containsExactly("WARNING spec.operations[0].name Ambiguous");
  }

  @Test
  void anEndpointListsAThousandTools() {
    String tools =
        IntStream.rangeClosed(0, 1_000)
            .mapToObj(i -> "{name: t" + i + ", " + SCHEMA + "}")
            .collect(Collectors.joining(", ", "{tools: [", "]}"));
    assertThat(found(compile(tools))).contains("ERROR spec.mcp.tools Invalid");
  }

  @Test
  void anOperationOnThePathOfTheEndpointIsNeverReached() {
    assertThat(
            found(
                compile(
                    KEYS,
                    "{tools: [{name: create, " + SCHEMA + "}]}",
                    "    operations: [{name: read, match: [{methods: [GET], path: '/mcp/x'},"
                        + " {methods: [GET], path: /mcp}]}]")))
        .containsExactly("WARNING spec.operations[0].match[1].path Unreachable");
  }

  @Test
  void aMethodThatNoRevisionKnowsIsPerhapsMisspelt() {
    assertThat(
            found(
                compile(
                    "{methods: [tool/list, 'resource/*', 'prompts/*', tools/call],"
                        + " tools: [{name: create, "
                        + SCHEMA
                        + "}]}")))
        .containsExactly(
            "WARNING spec.mcp.methods[0] Unknown",
            "WARNING spec.mcp.methods[1] Unknown",
            "WARNING spec.mcp.methods[3] Unreachable");
  }

  @Test
  void tokensAreNotPassedOn() {
    String tools = "{tools: [{name: create, " + SCHEMA + "}]}";
    assertThat(
            found(
                compile(
                    "{methods: [{name: corp, jwt: {issuerRef: {name: corp}, audiences: [a]}}],"
                        + " credentials: Forward, resourceMetadata: 'https://a.example/m'}",
                    tools,
                    "")))
        .contains("ERROR spec.authentication.credentials Invalid");
    assertThat(
            found(
                compile(
                    "{methods: [{name: pods, serviceAccount: {audiences: [a]}}],"
                        + " credentials: Forward}",
                    tools,
                    "")))
        .containsExactly("ERROR spec.authentication.credentials Invalid");
    assertThat(found(compile(KEYS.replace("}]}", "}], credentials: Forward}"), tools, "")))
        .isEmpty();
  }

  @Test
  void tokensNeedMetadataToBeFoundBy() {
    assertThat(
            found(
                compile(
                    "{methods: [{name: corp, jwt: {issuerRef: {name: corp}, audiences: [a]}}]}",
                    "{tools: [{name: create, " + SCHEMA + "}]}",
                    "")))
        .contains("WARNING spec.authentication.resourceMetadata Incomplete");
  }

  // ---- schemas

  @Test
  void aToolWithoutASchemaIsRisky() {
    assertThat(found(compile("{tools: [{name: create}]}")))
        .containsExactly("WARNING spec.mcp.tools[0].arguments Risky");
  }

  @Test
  void argumentsHaveOneSchema() {
    assertThat(
            found(
                compile(
                    "{tools: [{name: a, arguments: {}}, {name: b, arguments: {schema: {type:"
                        + " object}, schemaRef: {configMap: x, key: y}}}]}")))
        .containsExactly(
            "ERROR spec.mcp.tools[0].arguments Invalid",
            "ERROR spec.mcp.tools[1].arguments Invalid");
  }

  @Test
  void aSchemaThatIsNoneIsRefusedAtItsPlace() {
    assertThat(
            found(
                compile(
                    "{tools: [{name: a, arguments: {schema: {type: strng}}},"
                        + " {name: b, arguments: {schemaRef: {configMap: x, key: y}}}]}")))
        .contains("ERROR spec.mcp.tools[0].arguments.schema.type Invalid")
        .anyMatch(found -> found.startsWith("ERROR spec.mcp.tools[1].arguments.schemaRef"));
  }

  @Test
  void savedListGivesTheSchemas() {
    String list =
        """
        {"tools": [{"name": "a", "inputSchema": {"type": "object"}},
          {"name": "b", "inputSchema": {"type": "object"}}, {"name": "c"}]}
        """
            .replace("\n", " ");
    Compilation compilation = compileAll(saved("[{name: a}, {name: c}, {name: d}]", list));
    assertThat(found(compilation))
        .containsExactlyInAnyOrder(
            "WARNING spec.mcp.toolsRef Undeclared",
            "WARNING spec.mcp.tools[1].arguments Risky",
            "WARNING spec.mcp.tools[2].name RefNotFound",
            "WARNING spec.mcp.tools[2].arguments Risky");
    assertThat(compilation.snapshot().policies().entry(POLICY)).isInstanceOf(Entry.Ready.class);
    assertThat(compilation.diagnostics())
        .filteredOn(diagnostic -> diagnostic.code().equals("Undeclared"))
        .extracting(Diagnostic::message)
        .containsExactly(
            "1 tool of the document is not listed in `tools` and can't be called; list what should"
                + " be");
  }

  @Test
  void savedListThatIsNoneIsRefused() {
    for (String list :
        List.of(
            "[]",
            "{\"tools\": {}}",
            "{\"tools\": [{\"name\": 7}]}",
            "{\"tools\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}")) {
      assertThat(found(compileAll(saved("[{name: a}]", list))))
          .as(list)
          .contains("ERROR spec.mcp.toolsRef Invalid");
    }
  }

  @Test
  void ofAListThatIsNotThereNothingElseIsSaid() {
    assertThat(found(compile("{toolsRef: {configMap: none, key: list.json}, tools: [{name: a}]}")))
        .containsExactly("ERROR spec.mcp.toolsRef.configMap RefNotFound");
    assertThat(found(compileAll(saved("[{name: a}]", "{}"))))
        .containsExactly("ERROR spec.mcp.toolsRef Invalid");
  }

  @Test
  void savedPageIsNotTheWholeList() {
    assertThat(
            found(
                compileAll(
                    saved(
                        "[{name: a}]",
                        "{\"tools\": [{\"name\": \"a\", \"inputSchema\": {\"type\": \"object\"}}],"
                            + " \"nextCursor\": \"2\"}"))))
        .containsExactly("WARNING spec.mcp.toolsRef Incomplete");
  }

  @Test
  void aMarkThatClientsRefuseIsShown() {
    assertThat(
            found(
                compile(
                    "{tools: [{name: a, arguments: {schema: {type: object, properties: {n: {type:"
                        + " number, x-mcp-header: N}}}}}]}")))
        .contains("WARNING spec.mcp.tools[0].arguments.schema Invalid");
  }
}
