package dev.sallyport.cli;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How a command writes what it found; the words are what {@code --output} takes. */
enum Output {
  text,
  json;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Maps, lists, strings, numbers, booleans and null, for programs. */
  static String json(Object value) {
    return JSON.writeValueAsString(value);
  }
}
