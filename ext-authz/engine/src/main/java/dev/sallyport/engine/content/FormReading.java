package dev.sallyport.engine.content;

import tools.jackson.databind.node.ObjectNode;

/** What came of reading a form, or parameters. */
sealed interface FormReading {
  /** An object with a member for each field. */
  record Fields(ObjectNode object) implements FormReading {}

  /**
   * It can't be read in one way only.
   *
   * @param pointer a JSON Pointer to the field; empty for the whole
   * @param why one of a few fixed sentences
   */
  record Faulty(String pointer, String why) implements FormReading {}
}
