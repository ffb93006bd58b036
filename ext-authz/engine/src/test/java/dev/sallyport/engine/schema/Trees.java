package dev.sallyport.engine.schema;

import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Trees of values, written as YAML, which needs fewer quotes. */
final class Trees {
  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private Trees() {}

  static JsonNode of(String yaml) {
    return YAML.readTree(yaml);
  }
}
