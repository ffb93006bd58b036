package dev.sallyport.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * One key with its value as it was written, and where.
 *
 * @param key such as {@code grpc.tls.certFile}
 * @param where {@code file:line:column} or {@code SALLYPORT_GRPC_TLS_CERT_FILE}
 */
record Setting(String key, String where, Node value) {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

  String text() throws ConfigurationException {
    if (value instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
      return scalar.getValue();
    }
    throw refused("needs one value");
  }

  int integer(int least, int most) throws ConfigurationException {
    String text = text();
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, together with what is out of range.
    }
    throw refused("`" + text + "` is no whole number from " + least + " to " + most);
  }

  double share() throws ConfigurationException {
    String text = text();
    try {
      double share = Double.parseDouble(text);
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // Said below, together with what is out of range.
    }
    throw refused("`" + text + "` is no number from 0 to 1");
  }

  Duration duration(Duration most) throws ConfigurationException {
    String text = text();
    Matcher parts = DURATION.matcher(text);
    if (!parts.matches()) {
      throw refused("`" + text + "` is no duration; write `150ms`, `5s` or `1m`");
    }
    long amount = Long.parseLong(parts.group(1));
    Duration duration =
        switch (parts.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        };
    if (duration.compareTo(most) > 0) {
      throw refused("`" + text + "` is longer than " + most.toSeconds() + "s");
    }
    return duration;
  }

  Path path() throws ConfigurationException {
    String text = text();
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw refused("`" + text + "` is no path");
    }
  }

  URI uri() throws ConfigurationException {
    String text = text();
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      // The value is not repeated: a URI may hold a password.
      throw refused("is no URI");
    }
  }

  Address address() throws ConfigurationException {
    String text = text();
    try {
      return Address.parse(text);
    } catch (IllegalArgumentException e) {
      throw refused(
          "`" + text + "` is no address; write `0.0.0.0:9001` or `unix:/run/sallyport.sock`");
    }
  }

  /** One of an enum's constants, as users spell it. */
  <E extends Enum<E>> E choice(Map<String, E> spellings) throws ConfigurationException {
    return choice(text(), spellings);
  }

  private <E extends Enum<E>> E choice(String text, Map<String, E> spellings)
      throws ConfigurationException {
    E choice = spellings.get(text);
    if (choice == null) {
      throw refused("`" + text + "` is not one of " + String.join(", ", spellings.keySet()));
    }
    return choice;
  }

  <E extends Enum<E>> List<E> choices(Map<String, E> spellings) throws ConfigurationException {
    List<E> choices = new ArrayList<>();
    for (String text : texts(value)) {
      choices.add(choice(text, spellings));
    }
    return choices;
  }

  /** A mapping of names to lists. */
  Map<String, List<String>> lists() throws ConfigurationException {
    if (!(value instanceof MappingNode mapping)) {
      throw refused("needs a mapping of names to lists, such as `{DE: [203.0.113.0/24]}`");
    }
    Map<String, List<String>> lists = new LinkedHashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode name) || name.getValue().isBlank()) {
        throw refused("needs names as keys");
      }
      if (lists.put(name.getValue(), texts(entry.getValueNode())) != null) {
        throw refused("names `" + name.getValue() + "` twice");
      }
    }
    return lists;
  }

  /**
   * A name of a certain form.
   *
   * @param what is named, for people
   */
  String name(Pattern form, String what) throws ConfigurationException {
    return name(text(), form, what);
  }

  /** Names of a certain form. */
  List<String> names(Pattern form, String what) throws ConfigurationException {
    List<String> names = new ArrayList<>();
    for (String text : texts(value)) {
      names.add(name(text, form, what));
    }
    return names;
  }

  private String name(String text, Pattern form, String what) throws ConfigurationException {
    if (!form.matcher(text).matches()) {
      throw refused("`" + text + "` is no " + what);
    }
    return text;
  }

  /** A list, or in one scalar with commas, as an environment variable can hold it. */
  private List<String> texts(Node node) throws ConfigurationException {
    if (node instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
      return Arrays.stream(scalar.getValue().split(",", -1)).map(String::strip).toList();
    }
    if (!(node instanceof SequenceNode sequence)) {
      throw refused("needs a list");
    }
    List<String> texts = new ArrayList<>();
    for (Node element : sequence.getValue()) {
      if (!(element instanceof ScalarNode scalar)) {
        throw refused("needs a list of plain values");
      }
      texts.add(scalar.getValue());
    }
    return texts;
  }

  /** What is wrong with this setting, named by where it stands and by its key. */
  ConfigurationException refused(String problem) {
    return new ConfigurationException(where + ": `" + key + "` " + problem);
  }

  /** {@code grpc.tls.certFile} as {@code SALLYPORT_GRPC_TLS_CERT_FILE}. */
  static String variable(String key) {
    StringBuilder name = new StringBuilder("SALLYPORT_");
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c == '.') {
        name.append('_');
      } else if (Character.isUpperCase(c)) {
        name.append('_').append(c);
      } else {
        name.append(Character.toUpperCase(c));
      }
    }
    return name.toString();
  }

  /** The known key that a mistyped one most resembles; null where none does. */
  static @Nullable String nearest(String mistyped, Iterable<String> known) {
    String nearest = null;
    int least = 3;
    for (String candidate : known) {
      int distance =
          distance(mistyped.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    return nearest;
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
