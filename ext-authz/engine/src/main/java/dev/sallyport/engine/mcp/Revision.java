package dev.sallyport.engine.mcp;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A revision of the protocol that is spoken over streamable HTTP, oldest first. */
public enum Revision {
  V2025_03_26("2025-03-26"),
  V2025_06_18("2025-06-18"),
  V2025_11_25("2025-11-25"),
  /** Without handshake, sessions and streams of their own; headers repeat what the body says. */
  V2026_07_28("2026-07-28");

  private static final Map<String, Revision> BY_CODE =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(Revision::code, Function.identity()));

  private final String code;

  Revision(String code) {
    this.code = code;
  }

  /** The revision as the protocol writes it: {@code 2025-06-18}. */
  public String code() {
    return code;
  }

  /** Reads a revision; null where it is none of these. */
  public static @Nullable Revision parse(String code) {
    return BY_CODE.get(code);
  }

  /** Whether headers must repeat what the body says. */
  boolean mirrors() {
    return this == V2026_07_28;
  }

  /**
   * Whether a client may open a stream, end a session, and answer what the server asked on a
   * stream.
   */
  boolean hasSessions() {
    return this != V2026_07_28;
  }
}
