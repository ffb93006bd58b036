package dev.sallyport.server.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sallyport.crd.Condition;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A status as JSON: the form in which it is written, and a fingerprint by which what is stored and
 * what should be are compared.
 *
 * <p>A fingerprint covers only what this program writes, and no time: conditions and fields of
 * others, and the order that the API server gives to a list, make no difference.
 */
final class StatusDocument {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The conditions that this program writes. */
  static final List<String> CONDITIONS =
      List.of(StatusDerivation.ACCEPTED, StatusDerivation.RESOLVED_REFS, StatusDerivation.READY);

  private static final String CONDITION_LIST = "conditions";

  /** The fields that this program writes, by their path. */
  private static final Set<String> WRITTEN =
      Set.of(
          ".observedGeneration",
          ".hosts",
          ".hosts.owned",
          ".hosts.lost",
          ".hosts.lost.host",
          ".hosts.lost.owner",
          ".phase",
          ".credentials",
          ".credentials.name",
          ".credentials.phase",
          ".scopes",
          ".scopes.granted",
          ".conditions",
          ".conditions.type",
          ".conditions.status",
          ".conditions.reason",
          ".conditions.message",
          ".conditions.observedGeneration");

  private StatusDocument() {}

  /**
   * What stands in a status, without its times.
   *
   * @param conditions of the conditions alone
   * @param whole of all of it
   */
  record Fingerprint(long conditions, long whole) {}

  /** A status record as it is written: nothing that is null or empty stands in it. */
  static Map<String, ?> of(Record status) {
    Object stripped = stripped(JSON.convertValue(status, Map.class));
    return stripped instanceof Map<?, ?> map ? byName(map) : Map.of();
  }

  private static @Nullable Object stripped(@Nullable Object node) {
    return switch (node) {
      case Map<?, ?> map -> {
        Map<String, Object> kept = new TreeMap<>();
        map.forEach((name, value) -> {
          Object left = stripped(value);
          if (left != null) {
            kept.put(String.valueOf(name), left);
          }
        });
        yield kept.isEmpty() ? null : kept;
      }
      case Collection<?> list -> {
        List<Object> kept =
            list.stream().map(StatusDocument::stripped).filter(Objects::nonNull).toList();
        yield kept.isEmpty() ? null : kept;
      }
      case null -> null;
      default -> node;
    };
  }

  private static Map<String, ?> byName(Map<?, ?> map) {
    Map<String, Object> named = new TreeMap<>();
    map.forEach((name, value) -> named.put(String.valueOf(name), value));
    return named;
  }

  /** The fingerprint of a status, stored or to be written. */
  static Fingerprint fingerprint(Map<String, ?> status) {
    return new Fingerprint(
        hash(text(status.get(CONDITION_LIST), '.' + CONDITION_LIST)), hash(text(status, "")));
  }

  /** A form in which two equal statuses are equal texts. */
  private static String text(@Nullable Object node, String path) {
    return switch (node) {
      case Map<?, ?> map -> {
        Map<String, String> members = new TreeMap<>();
        byName(map)
            .forEach((name, value) -> {
              String at = path + '.' + name;
              String text = WRITTEN.contains(at) ? text(value, at) : "";
              if (!text.isEmpty()) {
                members.put(name, text);
              }
            });
        yield members.isEmpty() ? "" : members.toString();
      }
      case Collection<?> list -> {
        Stream<?> items =
            path.equals('.' + CONDITION_LIST)
                ? list.stream()
                    .filter(item ->
                        item instanceof Map<?, ?> map && CONDITIONS.contains(map.get("type")))
                : list.stream();
        List<String> texts =
            items.map(item -> text(item, path)).filter(item -> !item.isEmpty()).sorted().toList();
        yield texts.isEmpty() ? "" : texts.toString();
      }
      case null -> "";
      default -> {
        String text = String.valueOf(node);
        // With its length in front no value can look like a structure.
        yield text.length() + ":" + text;
      }
    };
  }

  private static long hash(String text) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)))
          .getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The stored conditions of this program, as far as they can be read. */
  static Stream<Map<?, ?>> conditions(Map<String, ?> status) {
    return status.get(CONDITION_LIST) instanceof Collection<?> list
        ? list.stream()
            .filter(item -> item instanceof Map<?, ?> map && CONDITIONS.contains(map.get("type")))
            .map(item -> (Map<?, ?>) item)
        : Stream.empty();
  }

  /** The status of a stored condition; null where it has none that is known. */
  static Condition.@Nullable Status status(Map<?, ?> condition) {
    return switch (String.valueOf(condition.get("status"))) {
      case "True" -> Condition.Status.True;
      case "False" -> Condition.Status.False;
      case "Unknown" -> Condition.Status.Unknown;
      default -> null;
    };
  }
}
