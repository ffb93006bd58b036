package dev.sallyport.engine.mcp;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The JSON-RPC methods that an endpoint takes beside {@code tools/call}: by name, or all below a
 * name as {@code resources/*}. Case counts.
 *
 * <p>A method is an operation of its own name, but only if the protocol or the policy names it: one
 * that a caller makes up below {@code resources/} is the operation {@code resources/*}, since
 * operations have limits and are labels.
 */
public final class MethodList {
  /** What an endpoint takes that says nothing else. */
  public static final List<String> DEFAULT =
      List.of("initialize", "notifications/*", "ping", "server/discover", "tools/list");

  /** The method that calls a tool. */
  static final String CALL = "tools/call";

  /** What the four revisions know of what a client sends. */
  private static final Set<String> KNOWN =
      Set.of(
          "completion/complete",
          "initialize",
          "logging/setLevel",
          "notifications/cancelled",
          "notifications/initialized",
          "notifications/progress",
          "notifications/roots/list_changed",
          "ping",
          "prompts/get",
          "prompts/list",
          "resources/list",
          "resources/read",
          "resources/subscribe",
          "resources/templates/list",
          "resources/unsubscribe",
          "server/discover",
          "subscriptions/listen",
          "tasks/cancel",
          "tasks/get",
          "tasks/list",
          "tasks/result",
          "tools/list");

  private static final int LONGEST = 128;

  private final Set<String> names;
  private final List<String> prefixes;

  /** A list of these methods. */
  public MethodList(List<String> methods) {
    Set<String> exact = new LinkedHashSet<>();
    List<String> below = new ArrayList<>();
    for (String method : methods) {
      if (method.endsWith("/*")) {
        below.add(method.substring(0, method.length() - 1));
      } else {
        exact.add(method);
      }
    }
    names = Set.copyOf(exact);
    prefixes = List.copyOf(below);
  }

  /** The operation that a method is; null where the list does not hold it. */
  @Nullable String operation(String method) {
    if (names.contains(method)) {
      return method;
    }
    if (method.length() > LONGEST || method.equals(CALL)) {
      return null;
    }
    for (String prefix : prefixes) {
      if (method.length() > prefix.length() && method.startsWith(prefix)) {
        return KNOWN.contains(method) ? method : prefix + '*';
      }
    }
    return null;
  }

  /** Every operation that {@link #operation} can name. */
  Set<String> operations() {
    Set<String> operations = new LinkedHashSet<>(names);
    for (String prefix : prefixes) {
      operations.add(prefix + '*');
      KNOWN.stream().filter(method -> method.startsWith(prefix)).forEach(operations::add);
    }
    return operations;
  }

  /** Whether the protocol knows a method, or has methods below a name as {@code resources/*}. */
  public static boolean isKnown(String method) {
    return method.endsWith("/*")
        ? KNOWN.stream()
            .anyMatch(known -> known.startsWith(method.substring(0, method.length() - 1)))
        : KNOWN.contains(method);
  }
}
