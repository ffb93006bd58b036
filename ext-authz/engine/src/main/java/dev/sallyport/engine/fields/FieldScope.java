package dev.sallyport.engine.fields;

import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.receive.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields of one operation's resource, and the scopes that they need. Immutable. */
public final class FieldScope {
  private FieldScope() {}

  /** What a request asks for, held against what its caller may. */
  public sealed interface Selection {
    /**
     * Nothing beyond scope.
     *
     * @param query the query to send on in place of the caller's, percent-encoded and without its
     *     question mark; null where it stays
     */
    record Within(@Nullable String query) implements Selection {}

    /**
     * Something beyond scope.
     *
     * @param fields of the policy, in its order; a field that the policy does not name is not among
     *     them
     * @param scopes that would be needed for all of them; empty where none would help
     * @param detail one sentence for the caller
     */
    record Beyond(List<String> fields, List<String> scopes, String detail) implements Selection {}

    /** What it asks for can't be told. */
    record Unreadable(Denial denial) implements Selection {}
  }

  /** Whether the body has to be read for it. */
  public boolean readsContent() {
    return false;
  }

  /**
   * What a request asks for.
   *
   * @param content never {@code Refused}; {@code Unread} where {@link #readsContent()} is false
   * @param held the effective scopes of the caller
   */
  public Selection check(Request request, Content content, List<String> held) {
    return new Selection.Beyond(List.of(), List.of(), "field scopes can't be judged");
  }
}
