package dev.sallyport.engine.schema;

import dev.sallyport.engine.json.JsonObject;
import dev.sallyport.engine.schema.Subschema.Outline;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a schema wants of an object's members by their names: {@code required}, {@code properties},
 * {@code patternProperties} and {@code additionalProperties}, in one walk.
 */
final class Properties implements Check {
  private final Map<String, Property> byName;
  private final List<Subschema.Pattern> patterns;
  private final @Nullable Link additional;

  /** Whether a member that has no schema of its own is one that the schema does not name. */
  private final boolean describes;

  /** A bit for each of the first required names. */
  private final long required;

  /** Those that had no bit left. */
  private final List<String> alsoRequired;

  /**
   * A name that a schema knows.
   *
   * @param link null where it is only required
   * @param bit 0 where it is not required
   */
  private record Property(@Nullable Link link, long bit) {}

  Properties(Outline outline, List<String> required) {
    byName = new HashMap<>();
    outline.properties().forEach((name, link) -> byName.put(name, new Property(link, 0)));
    patterns = outline.patterns();
    additional = outline.additional();
    describes = outline.describes();
    alsoRequired = new ArrayList<>();
    long bit = 1;
    long all = 0;
    for (String name : required) {
      if (bit == 0) {
        alsoRequired.add(name);
        continue;
      }
      byName.put(name, new Property(outline.properties().get(name), bit));
      all |= bit;
      bit <<= 1;
    }
    this.required = all;
  }

  @Override
  public boolean passes(JsonNode value, Run.Progress run) {
    JsonObject object = JsonObject.of(value);
    int size = object.size();
    long missing = required;
    for (int i = 0; i < size; i++) {
      Property property = byName.get(object.name(i));
      if (property != null) {
        missing &= ~property.bit;
      }
      if (!takes(object.name(i), object.value(i), property == null ? null : property.link, run)) {
        return false;
      }
    }
    if (missing != 0) {
      return false;
    }
    for (int i = 0; i < alsoRequired.size(); i++) {
      if (!object.has(alsoRequired.get(i))) {
        return false;
      }
    }
    return true;
  }

  private boolean takes(String name, JsonNode value, @Nullable Link link, Run.Progress run) {
    if (link != null && !link.passes(value, run)) {
      return false;
    }
    boolean known = link != null;
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).takes(name, run)) {
        known = true;
        if (!patterns.get(i).link().passes(value, run)) {
          return false;
        }
      }
    }
    if (known) {
      return true;
    }
    if (additional != null) {
      return additional.passes(value, run);
    }
    run.unnamed |= describes;
    return true;
  }
}
