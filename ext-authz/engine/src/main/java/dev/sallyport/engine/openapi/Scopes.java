package dev.sallyport.engine.openapi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The scopes that an operation's {@code security} asks for.
 *
 * @param pointer the place of the {@code security}; empty where there is none
 * @param all every one of them is needed
 * @param any at least one of them is needed, where there are any
 * @param anonymous whether the document lets a caller in without a credential
 * @param remark where the document asks for something else than {@code all} and {@code any} can
 *     say; they then ask for more, never for less
 */
public record Scopes(
    String pointer,
    List<String> all,
    List<String> any,
    boolean anonymous,
    @Nullable String remark) {
  /** Nothing is said. */
  static final Scopes NONE = new Scopes("", List.of(), List.of(), false, null);

  public Scopes {
    all = List.copyOf(all);
    any = List.copyOf(any);
  }

  /** Whether no scope is asked for. */
  public boolean isEmpty() {
    return all.isEmpty() && any.isEmpty();
  }
}
