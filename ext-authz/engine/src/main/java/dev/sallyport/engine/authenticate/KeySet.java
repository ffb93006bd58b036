package dev.sallyport.engine.authenticate;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys of an issuer that may verify signatures: a JSON Web Key Set (RFC 7517 section 5) without
 * what can't be used or trusted. Immutable.
 *
 * <p>It may be empty: then no token of the issuer is believed.
 */
public final class KeySet {
  /** The largest text that is read, in bytes of UTF-8. */
  public static final int MAX_BYTES = 1 << 20;

  /** The most keys that are read. */
  public static final int MAX_KEYS = 100;

  private final List<VerificationKey> keys;
  private final Map<String, VerificationKey> byId;

  private KeySet(List<VerificationKey> keys) {
    Map<String, VerificationKey> named = new HashMap<>();
    keys.forEach(key -> key.id().ifPresent(id -> named.put(id, key)));
    this.keys = List.copyOf(keys);
    this.byId = Map.copyOf(named);
  }

  /** What a text is, read as a key set. */
  public sealed interface Parsing {
    /**
     * It is one.
     *
     * @param keys those that can be used
     * @param problems keys that were left out and why, {@code keys[2] is not for signatures …};
     *     holds nothing of a key
     */
    record Parsed(KeySet keys, List<String> problems) implements Parsing {
      public Parsed {
        problems = List.copyOf(problems);
      }
    }

    /**
     * It is none.
     *
     * @param why for people; holds nothing of the text
     */
    record Unreadable(String why) implements Parsing {}
  }

  /** Reads the JSON text of a key set. */
  public static Parsing parse(String json) {
    if (json.length() > MAX_BYTES) {
      return tooLarge();
    }
    return parse(json.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads the UTF-8 bytes of a key set. */
  public static Parsing parse(byte[] json) {
    if (json.length > MAX_BYTES) {
      return tooLarge();
    }
    Optional<Map<String, @Nullable Object>> set = StrictJson.object(json);
    if (set.isEmpty()) {
      return new Parsing.Unreadable("it is not a JSON object with unique names");
    }
    if (!(set.get().get("keys") instanceof List<?> keys)) {
      return new Parsing.Unreadable("it has no list `keys`");
    }
    if (keys.size() > MAX_KEYS) {
      return new Parsing.Unreadable("it has more than " + MAX_KEYS + " keys");
    }
    return read(keys);
  }

  /** Reads a key set that another reader has taken apart: the object as a map. */
  public static Parsing of(Map<?, ?> set) {
    return StrictJson.text(set)
        .map(KeySet::parse)
        .orElseGet(() -> new Parsing.Unreadable("it is not a JSON object"));
  }

  private static Parsing tooLarge() {
    return new Parsing.Unreadable("it is larger than 1 MiB");
  }

  private static Parsing read(List<?> members) {
    List<String> problems = new ArrayList<>();
    Map<Integer, VerificationKey> usable = new LinkedHashMap<>();
    for (int i = 0; i < members.size(); i++) {
      switch (readKey(members.get(i))) {
        case VerificationKey.Reading.Usable(var key) -> usable.put(i, key);
        case VerificationKey.Reading.Unusable(var why) -> problems.add("keys[" + i + "] " + why);
      }
    }
    return new Parsing.Parsed(new KeySet(unambiguous(usable, problems)), problems);
  }

  @SuppressWarnings("unchecked") // a JSON object's names are strings
  private static VerificationKey.Reading readKey(@Nullable Object member) {
    return member instanceof Map<?, ?> object
        ? VerificationKey.read((Map<String, Object>) object)
        : new VerificationKey.Reading.Unusable("is not a JSON object");
  }

  /** Leaves out all keys of an id that stands for more than one: nobody can say which is meant. */
  private static List<VerificationKey> unambiguous(
      Map<Integer, VerificationKey> usable, List<String> problems) {
    Map<String, VerificationKey> first = new HashMap<>();
    Set<String> ambiguous = new HashSet<>();
    List<VerificationKey> kept = new ArrayList<>();
    for (VerificationKey key : usable.values()) {
      VerificationKey other = key.id().map(id -> first.putIfAbsent(id, key)).orElse(null);
      if (other == null) {
        kept.add(key);
      } else if (!other.sameAs(key)) {
        ambiguous.addAll(key.id().stream().toList());
      }
    }
    usable.forEach((i, key) -> {
      if (key.id().filter(ambiguous::contains).isPresent()) {
        problems.add("keys[" + i + "] has the `kid` of another key");
      }
    });
    kept.removeIf(key -> key.id().filter(ambiguous::contains).isPresent());
    return kept;
  }

  /** How many keys there are. */
  public int size() {
    return keys.size();
  }

  /** Whether a key has this {@code kid}. */
  public boolean contains(String keyId) {
    return byId.containsKey(keyId);
  }

  /**
   * The one key that can have signed a token: the one that it names, or, where it names none, the
   * only one that fits. Trying several would let a caller choose, and cost a check for each.
   *
   * @param svid whether the token is a JWT-SVID
   */
  Optional<VerificationKey> find(SignedToken token, boolean svid) {
    if (token.keyId().isPresent()) {
      return token.keyId().map(byId::get).filter(key -> fits(key, token, svid));
    }
    List<VerificationKey> fitting = keys.stream().filter(key -> fits(key, token, svid)).toList();
    return fitting.size() == 1 ? Optional.of(fitting.getFirst()) : Optional.empty();
  }

  private static boolean fits(VerificationKey key, SignedToken token, boolean svid) {
    return key.algorithms().contains(token.algorithm()) && (svid || !key.svidOnly());
  }

  /** Whether a key, of this or an older set, is in it still. */
  boolean holds(VerificationKey key) {
    return key.id().isPresent()
        ? key.id().map(byId::get).filter(key::sameAs).isPresent()
        : keys.stream().anyMatch(key::sameAs);
  }

  /** How many keys it has. */
  @Override
  public String toString() {
    return "KeySet[" + keys.size() + " keys]";
  }
}
