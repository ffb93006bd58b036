package dev.sallyport.engine.schema;

import tools.jackson.databind.JsonNode;

/** One thing that a schema wants of a value. */
@FunctionalInterface
interface Check {
  /** Whether the value is as wanted. Means nothing once the run is exhausted. */
  boolean passes(JsonNode value, Run.Progress run);
}
