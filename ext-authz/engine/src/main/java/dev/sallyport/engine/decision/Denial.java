package dev.sallyport.engine.decision;

import java.util.List;

/**
 * A request that is refused, as a value.
 *
 * @param reason any but {@link Reason#ALLOWED}
 * @param detail one sentence for the caller; never a credential, a claim value or a message of ours
 *     from inside
 * @param fields header fields of the answer, such as challenges and {@code Retry-After}
 */
public record Denial(Reason reason, String detail, List<HttpField> fields) {
  public Denial {
    if (reason == Reason.ALLOWED) {
      throw new IllegalArgumentException("a denial needs a reason");
    }
    fields = List.copyOf(fields);
  }

  public static Denial of(Reason reason, String detail) {
    return new Denial(reason, detail, List.of());
  }
}
