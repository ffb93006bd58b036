package dev.sallyport.engine.json;

import tools.jackson.databind.JsonNode;

/** What came of reading JSON. */
public sealed interface Json {
  /**
   * Exactly one value.
   *
   * @param tree its numbers are exact; must not be changed
   */
  record Value(JsonNode tree) implements Json {}

  /**
   * Anything else.
   *
   * @param why one of a few fixed sentences, for the caller: lower case, nothing of the input
   * @param offset of the byte where it was noticed; -1 where that is unknown
   */
  record Faulty(String why, long offset) implements Json {}
}
