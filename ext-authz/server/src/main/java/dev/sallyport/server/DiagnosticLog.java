package dev.sallyport.server;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to the log what is wrong with the objects, each thing once for as long as it lasts, and
 * that it was mended.
 */
final class DiagnosticLog implements SnapshotListener {
  private static final Logger LOG = LoggerFactory.getLogger(DiagnosticLog.class);

  private final BiFunction<ObjectKey, String, @Nullable String> places;

  /** What was said of each object; only the loader's thread touches it. */
  private final Map<ObjectKey, List<Diagnostic>> said = new HashMap<>();

  /**
   * A log.
   *
   * @param places where a field of an object is written, as {@code file:line:column}; null where
   *     nobody knows
   */
  DiagnosticLog(BiFunction<ObjectKey, String, @Nullable String> places) {
    this.places = places;
  }

  @Override
  public void published(
      Compilation compilation, Changes changes, Instant changedAt, Instant enforcedAt) {
    LOG.info(
        "snapshot {} is in force: {} changed, {} deleted",
        compilation.snapshot().version(),
        changes.upserts().size(),
        changes.deletions().size());
    for (ObjectKey key : compilation.affected()) {
      List<Diagnostic> diagnostics = compilation.diagnostics(key);
      List<Diagnostic> before =
          diagnostics.isEmpty() ? said.remove(key) : said.put(key, diagnostics);
      if (before == null || !before.equals(diagnostics)) {
        diagnostics.forEach(this::write);
      }
      if (before != null && diagnostics.isEmpty() && !changes.deletions().contains(key)) {
        LOG.info("{}: nothing is wrong any more", key);
      }
    }
  }

  private void write(Diagnostic diagnostic) {
    String place = places.apply(diagnostic.object(), diagnostic.field());
    String line =
        (place == null ? "" : place + ": ")
            + diagnostic.object()
            + (diagnostic.field().isEmpty() ? "" : ": " + diagnostic.field())
            + ": "
            + diagnostic.message();
    if (diagnostic.severity() == Severity.ERROR) {
      LOG.error("{}", line);
      return;
    }
    LOG.warn("{}", line);
  }
}
