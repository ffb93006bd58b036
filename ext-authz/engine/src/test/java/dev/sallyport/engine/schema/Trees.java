package dev.sallyport.engine.schema;

import dev.sallyport.engine.json.DocumentText;
import tools.jackson.databind.JsonNode;

/** Trees of values, written as YAML, which needs fewer quotes. */
final class Trees {
  private Trees() {}

  static JsonNode of(String yaml) {
    return switch (DocumentText.read(yaml)) {
      case DocumentText.Reading.Tree(var tree) -> tree;
      case DocumentText.Reading.Faulty faulty -> throw new IllegalArgumentException(faulty.told());
    };
  }
}
