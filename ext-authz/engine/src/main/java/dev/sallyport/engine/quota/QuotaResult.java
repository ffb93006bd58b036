package dev.sallyport.engine.quota;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the limits say of a request.
 *
 * @param limits one a limit, in their order, shadow ones included
 * @param fields for the answer to a request that goes on; empty on a denial, which holds its own
 * @param denial why the request may not go on; null where it may
 */
public record QuotaResult(
    List<Facts.LimitUse> limits, List<HttpField> fields, @Nullable Denial denial) {
  /** No limit applies. */
  public static final QuotaResult UNLIMITED = new QuotaResult(List.of(), List.of(), null);
}
