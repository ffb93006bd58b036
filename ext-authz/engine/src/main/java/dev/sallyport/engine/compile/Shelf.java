package dev.sallyport.engine.compile;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.json.DocumentText;
import dev.sallyport.engine.json.DocumentText.Reading;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;
import tools.jackson.databind.JsonNode;

/**
 * What was made of the documents that objects refer to, so that an edit of a policy does not read a
 * document of megabytes again. Made anew for every compilation from what the one before kept.
 *
 * <p>INVARIANT: what is kept was made of the content that it is kept with.
 */
final class Shelf {
  /** Nothing was read. */
  static final PMap<ObjectKey, Kept> EMPTY = HashTreePMap.empty();

  private PMap<ObjectKey, Kept> kept;

  /** Trees for as long as this compilation goes on, in which many objects may name one document. */
  private final Map<Place, Reading> open = new HashMap<>();

  /**
   * A document.
   *
   * @param source the ConfigMap or file
   * @param key in the ConfigMap; empty for a file
   */
  record Place(ObjectKey source, String key) {}

  /**
   * What is kept of one ConfigMap or file.
   *
   * @param content of which it was made
   * @param trees by key. They go when memory is wanted, unless something that is in force holds
   *     them
   * @param apis what was made of OpenAPI documents
   */
  record Kept(
      Declared.Content content,
      PMap<String, WeakReference<JsonNode>> trees,
      PMap<ApiForm, ApiDocument> apis) {
    /** Nothing was made of it yet. */
    private Kept(Declared.Content content) {
      this(content, HashTreePMap.empty(), HashTreePMap.empty());
    }

    private Kept withTree(String key, JsonNode tree) {
      return new Kept(content, trees.plus(key, new WeakReference<>(tree)), apis);
    }

    private Kept withApi(ApiForm form, ApiDocument api) {
      return new Kept(content, trees, apis.plus(form, api));
    }
  }

  /** One of several that may be made of one text. */
  record ApiForm(String key, ApiDocument.Form form) {}

  Shelf(PMap<ObjectKey, Kept> kept) {
    this.kept = kept;
  }

  /**
   * Reads a document, or remembers what came of it.
   *
   * @param content of the source, as it is now
   * @param text in the content
   */
  Reading read(Place place, Declared.Content content, String text) {
    Reading reading = open.get(place);
    if (reading != null) {
      return reading;
    }
    Kept before = kept(place.source, content);
    WeakReference<JsonNode> held = before.trees.get(place.key);
    JsonNode tree = held == null ? null : held.get();
    reading = tree == null ? DocumentText.read(text) : new Reading.Tree(tree);
    if (tree == null && reading instanceof Reading.Tree(var fresh)) {
      kept = kept.plus(place.source, before.withTree(place.key, fresh));
    }
    open.put(place, reading);
    return reading;
  }

  /** What was made of an OpenAPI document in this form; null where that was not asked for yet. */
  @Nullable ApiDocument api(Place place, Declared.Content content, ApiDocument.Form form) {
    return kept(place.source, content).apis.get(new ApiForm(place.key, form));
  }

  /** Keeps what was made of an OpenAPI document, of which the tree may then go. */
  void keep(Place place, Declared.Content content, ApiDocument.Form form, ApiDocument api) {
    Kept before = kept(place.source, content);
    kept = kept.plus(place.source, before.withApi(new ApiForm(place.key, form), api));
    open.remove(place);
  }

  private Kept kept(ObjectKey source, Declared.Content content) {
    Kept before = kept.get(source);
    return before == null || !before.content.equals(content) ? new Kept(content) : before;
  }

  /** Forgets a source that is gone, or that nothing refers to any more. */
  void forget(ObjectKey source) {
    kept = kept.minus(source);
  }

  /** What the next compilation may begin with. */
  PMap<ObjectKey, Kept> kept() {
    return kept;
  }
}
