package dev.sallyport.engine.decision;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What was decided about one request.
 *
 * @param id unique; sent to the caller on a denial, to the upstream on an allow
 * @param at when the request was received
 * @param snapshotVersion the snapshot that it was decided with
 */
public record Decision(String id, Instant at, Verdict verdict, Facts facts, long snapshotVersion) {
  public boolean allowed() {
    return switch (verdict) {
      case Verdict.Allow _ -> true;
      case Verdict.Deny _ -> false;
    };
  }

  public Reason reason() {
    return verdict.reason();
  }

  /** The denial that fell, or that would have under enforcement; null where there was none. */
  public @Nullable Denial denial() {
    return switch (verdict) {
      case Verdict.Allow(var shadowed, _) -> shadowed;
      case Verdict.Deny(var denial) -> denial;
    };
  }

  /** What would have denied the request under enforcement; null where nothing would or it did. */
  public @Nullable Reason shadowReason() {
    return switch (verdict) {
      case Verdict.Allow(var shadowed, _) -> shadowed == null ? null : shadowed.reason();
      case Verdict.Deny _ -> null;
    };
  }
}
