package dev.sallyport.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.crd.ApiPolicySpec.OpenApi;
import dev.sallyport.crd.ApiPolicySpec.SchemaRef;
import dev.sallyport.crd.ApiPolicySpec.UnknownProperties;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;
import tools.jackson.databind.JsonNode;

class DocumentsTest {
  private static final ObjectKey MAP = new ObjectKey("ConfigMap", "shop", "api");

  private PMap<ObjectKey, Declared> objects = HashTreePMap.empty();
  private PMap<ObjectKey, Shelf.Kept> kept = Shelf.EMPTY;
  private Report report = new Report(new ObjectKey("ApiPolicy", "shop", "api"));

  private void declare(ObjectKey key, Declared.Content content) {
    objects = objects.plus(key, new Declared(key, Instant.EPOCH, 1, content));
  }

  private @Nullable JsonNode find(SchemaRef ref) {
    report = new Report(new ObjectKey("ApiPolicy", "shop", "api"));
    Shelf shelf = new Shelf(kept);
    JsonNode tree =
        new Documents("shop", report, new References(objects, shelf)).find(ref, "spec.x");
    kept = shelf.kept();
    return tree;
  }

  private String told() {
    return report.diagnostics().stream()
        .map(
            diagnostic -> diagnostic.field() + ' ' + diagnostic.code() + ' ' + diagnostic.message())
        .findFirst()
        .orElse("");
  }

  private static SchemaRef map(String name, String key) {
    return new SchemaRef(name, key, null);
  }

  private static SchemaRef file(String path) {
    return new SchemaRef(null, null, path);
  }

  @Test
  void aDocumentIsFoundInAConfigMapAndInAFile() {
    declare(MAP, new Declared.ConfigMap(Map.of("a.yaml", "type: object", "b.json", "{\"a\": 1}")));
    declare(Declared.file("sub/c.schema.yaml"), new Declared.Document("c: [1]"));
    assertThat(find(map("api", "a.yaml"))).hasToString("{\"type\":\"object\"}");
    assertThat(find(map("api", "b.json"))).hasToString("{\"a\":1}");
    assertThat(find(file("sub/c.schema.yaml"))).hasToString("{\"c\":[1]}");
    assertThat(report.refused()).isFalse();
  }

  @Test
  void whatIsNotThereIsToldWithWhatToDo() {
    declare(MAP, new Declared.ConfigMap(Map.of("bad.yaml", "a: &x 1")));
    assertThat(find(map("none", "a.yaml"))).isNull();
    assertThat(told())
        .isEqualTo(
            "spec.x.configMap RefNotFound there is no ConfigMap `shop/none` that may be read; in a"
                + " cluster it needs the label `sallyport.dev/watch: \"true\"`");
    assertThat(find(map("api", "other"))).isNull();
    assertThat(told()).isEqualTo("spec.x.key RefNotFound the ConfigMap has no key `other`");
    assertThat(find(file("../c.json"))).isNull();
    assertThat(told())
        .startsWith("spec.x.file RefNotFound there is no document `../c.json` in the folder")
        .endsWith("in a cluster, where there is no folder, use `configMap` and `key`");
    assertThat(find(map("api", "bad.yaml"))).isNull();
    assertThat(told())
        .isEqualTo(
            "spec.x Invalid the document `bad.yaml of ConfigMap shop/api` can't be read: line 1,"
                + " column 4: anchors `&` and aliases `*` are refused; write the value out");
    assertThat(find(new SchemaRef("api", "a", "b"))).isNull();
    assertThat(told()).startsWith("spec.x Invalid a reference has exactly one of");
    assertThat(report.refused()).isTrue();
  }

  @Test
  void anUnchangedDocumentIsNotReadAgain() {
    declare(MAP, new Declared.ConfigMap(Map.of("a", "{\"a\": 1}")));
    JsonNode first = find(map("api", "a"));
    assertThat(find(map("api", "a"))).isSameAs(first);

    declare(MAP, new Declared.ConfigMap(Map.of("a", "{\"a\": 2}")));
    assertThat(find(map("api", "a"))).hasToString("{\"a\":2}");
  }

  @Test
  void anOpenApiDocumentIsNamedInItsOwnWay() {
    declare(Declared.file("a.openapi.yaml"), new Declared.Document("openapi: 3.1.1"));
    Documents documents =
        new Documents("shop", report, new References(objects, new Shelf(Shelf.EMPTY)));
    assertThat(
            documents.locate(
                new OpenApi(null, "a.openapi.yaml", UnknownProperties.Deny), "spec.openapi"))
        .satisfies(found -> assertThat(found.name()).isEqualTo("a.openapi.yaml"));
    assertThat(documents.locate(new OpenApi(null, null, UnknownProperties.Deny), "spec.openapi"))
        .isNull();
    assertThat(told()).startsWith("spec.openapi Invalid a document is named by exactly one of");
  }
}
