package dev.sallyport.engine.schema;

import tools.jackson.databind.JsonNode;

/** Leads to a schema that may not be compiled yet, since schemas lead to each other in circles. */
final class Link implements Check {
  /** Filled once, before the schema that it is a part of is handed out. */
  private final Subschema[] target = new Subschema[1];

  Subschema target() {
    return target[0];
  }

  boolean isOpen() {
    return target[0] == null;
  }

  void lead(Subschema subschema) {
    target[0] = subschema;
  }

  @Override
  public boolean passes(JsonNode value, Run.Progress run) {
    return target[0].passes(value, run);
  }
}
