package dev.sallyport.server.files;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.FieldPath;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.ObjectReader;
import dev.sallyport.server.objects.ObjectReading;
import dev.sallyport.server.objects.Problem;
import dev.sallyport.server.objects.Problems;
import dev.sallyport.server.objects.Shared;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the objects of one YAML document, a list of {@code kubectl get} included. */
final class DocumentReader {
  /**
   * What a document holds.
   *
   * @param problems lines count from the document's own beginning
   * @param unattributed whether something was wrong of which nobody can say what object it is
   */
  record Document(List<ReadObject> objects, List<FileProblem> problems, boolean unattributed) {}

  private final Problems problems = new Problems();
  private final Shared shared;
  private final List<ReadObject> objects = new ArrayList<>(1);
  private boolean unattributed;

  private DocumentReader(Shared shared) {
    this.shared = shared;
  }

  /** Reads one document. Never throws. */
  static Document read(String file, String text, Shared shared) {
    DocumentReader reader = new DocumentReader(shared);
    reader.document(NodeReader.read(text, shared));
    return new Document(
        List.copyOf(reader.objects),
        reader.problems.told().stream().map(problem -> inFile(file, problem)).toList(),
        reader.unattributed);
  }

  private static FileProblem inFile(String file, Problem problem) {
    return new FileProblem(
        file,
        problem.line(),
        problem.column(),
        problem.field(),
        problem.severity(),
        problem.message());
  }

  /** The nodes of the object in a document; null where it is not there or not readable. */
  static Node.@Nullable Mapping find(String text, ObjectKey key, Shared shared) {
    Node root = NodeReader.read(text, shared).root();
    if (!(root instanceof Node.Mapping mapping)) {
      return null;
    }
    if (ObjectReader.isKey(mapping, key)) {
      return mapping;
    }
    if (mapping.value("items") instanceof Node.Sequence(var items, _, _)) {
      for (Node item : items) {
        if (item instanceof Node.Mapping one && ObjectReader.isKey(one, key)) {
          return one;
        }
      }
    }
    return null;
  }

  private void document(NodeReader.Reading reading) {
    Node root = reading.root();
    boolean isForeign = root instanceof Node.Mapping mapping && ObjectReader.isForeign(mapping);
    if (!reading.flaws().isEmpty() && !isForeign) {
      tell(reading);
      if (!(root instanceof Node.Mapping mapping && breakAt(mapping))) {
        unattributed = true;
      }
      return;
    }
    if (root == null) {
      return;
    }
    if (!(root instanceof Node.Mapping mapping)) {
      problems.error(
          root,
          FieldPath.ROOT,
          "a document must be a mapping with `apiVersion` and `kind`, not " + root.noun());
      unattributed = true;
      return;
    }
    if (ObjectReader.isList(mapping)) {
      items(mapping);
      return;
    }
    object(mapping, FieldPath.ROOT);
  }

  private void tell(NodeReader.Reading reading) {
    // Where the kind is not known, it may be a Secret whose value stands where a key should.
    boolean maySayWords =
        reading.root() instanceof Node.Mapping mapping && ObjectReader.mayBeQuoted(mapping);
    for (NodeReader.Flaw flaw : reading.flaws()) {
      FieldPath field = maySayWords ? flaw.field() : FieldPath.ROOT;
      problems.error(flaw.line(), flaw.column(), field, flaw.worded(maySayWords));
    }
  }

  /** Notes the object as broken, where it can be named. */
  private boolean breakAt(Node.Mapping mapping) {
    ObjectKey key = ObjectReader.key(mapping);
    if (key == null) {
      return false;
    }
    Node name = FieldPlace.find(mapping, "");
    objects.add(new ReadObject.Broken(key, name.line(), name.column()));
    return true;
  }

  private void object(Node.Mapping mapping, FieldPath at) {
    switch (ObjectReader.read(mapping, at, problems, shared)) {
      case ObjectReading.Good(var key, var created, _, var content, var name) ->
          objects.add(
              new ReadObject.Good(
                  key,
                  created,
                  content,
                  ObjectReader.fingerprint(mapping),
                  name.line(),
                  name.column()));
      case ObjectReading.Broken(var key, _, _, _, var name) ->
          objects.add(new ReadObject.Broken(key, name.line(), name.column()));
      case ObjectReading.PassedOver() -> {}
      case ObjectReading.Nameless() -> unattributed = true;
    }
  }

  private void items(Node.Mapping list) {
    Node items = list.value("items");
    FieldPath at = FieldPath.ROOT.child("items");
    if (!(items instanceof Node.Sequence sequence)) {
      problems.error(items == null ? list : items, at, "must be a list");
      unattributed = true;
      return;
    }
    int index = 0;
    for (Node item : sequence.items()) {
      FieldPath place = at.item(index++);
      if (item instanceof Node.Mapping mapping) {
        object(mapping, place);
        continue;
      }
      problems.error(item, place, "must be an object with `apiVersion` and `kind`");
      unattributed = true;
    }
  }
}
