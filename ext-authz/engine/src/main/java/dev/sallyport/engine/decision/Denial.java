package dev.sallyport.engine.decision;

import java.util.List;

/**
 * A request that is refused, as a value.
 *
 * @param reason any but {@link Reason#ALLOWED}
 * @param detail one sentence for the caller; never a credential, a claim value or a message of ours
 *     from inside
 * @param fields header fields of the answer, such as challenges and {@code Retry-After}
 * @param errors how the request breaks its schema; empty for every other reason
 */
public record Denial(Reason reason, String detail, List<HttpField> fields, List<Violation> errors) {
  /** More errors help nobody. */
  public static final int MOST_ERRORS = 20;

  public Denial {
    if (reason == Reason.ALLOWED) {
      throw new IllegalArgumentException("a denial needs a reason");
    }
    fields = List.copyOf(fields);
    errors = List.copyOf(errors.size() > MOST_ERRORS ? errors.subList(0, MOST_ERRORS) : errors);
  }

  /** A denial that no schema is the reason of. */
  public Denial(Reason reason, String detail, List<HttpField> fields) {
    this(reason, detail, fields, List.of());
  }

  public static Denial of(Reason reason, String detail) {
    return new Denial(reason, detail, List.of());
  }

  /** A request that breaks its schema. */
  public static Denial of(Reason reason, String detail, List<Violation> errors) {
    return new Denial(reason, detail, List.of(), errors);
  }
}
