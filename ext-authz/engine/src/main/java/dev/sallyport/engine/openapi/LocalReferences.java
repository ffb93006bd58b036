package dev.sallyport.engine.openapi;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Follows the references of one document, which must stay in it. */
final class LocalReferences {
  private final Place root;
  private final Findings findings;

  LocalReferences(Place root, Findings findings) {
    this.root = root;
    this.findings = findings;
  }

  /** The place, or what its {@code $ref} leads to; null where that is nothing, which is told. */
  @Nullable Place resolve(Place at) {
    Place reached = at;
    Set<String> seen = new HashSet<>(2);
    for (String reference = at.text("$ref"); reference != null; reference = reached.text("$ref")) {
      if (!seen.add(reached.pointer())) {
        findings.fault(at, "the references go round in a loop");
        return null;
      }
      if (!reference.startsWith("#")) {
        findings.fault(
            reached,
            "the reference leads out of the document, and nothing is fetched; put it all into one"
                + " document");
        return null;
      }
      Place next = root.follow(reference);
      if (next == null) {
        findings.fault(reached, "the reference leads to nothing in the document");
        return null;
      }
      reached = next;
    }
    if (!reached.node().isObject()) {
      findings.fault(reached, "this must be an object");
      return null;
    }
    return reached;
  }
}
