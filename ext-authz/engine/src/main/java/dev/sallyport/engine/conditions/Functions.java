package dev.sallyport.engine.conditions;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.Network;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The functions that an expression may call beside the standard ones: addresses, versions and
 * {@code isIP} as Kubernetes names them, JSON Pointers (RFC 6901) and times of the week.
 *
 * <p>Each takes time in proportion to its arguments, which {@link Work} counts.
 */
final class Functions {
  static final OpaqueType IP = OpaqueType.create("net.IP");
  static final OpaqueType CIDR = OpaqueType.create("net.CIDR");
  static final OpaqueType SEMVER = OpaqueType.create("kubernetes.Semver");

  /** Larger regular expressions cost more than a request may. */
  static final int LARGEST_PATTERN = 500;

  /** All are literals of policies, so they are few; a policy that is gone leaves its own. */
  private static final Cache<String, Pattern> PATTERNS =
      Caffeine.newBuilder().maximumSize(1024).executor(Runnable::run).build();

  private static final Cache<List<String>, WeekWindow> WINDOWS =
      Caffeine.newBuilder().maximumSize(256).executor(Runnable::run).build();

  /** How functions are declared to the checker and given to the runtime. */
  record Set(List<CelFunctionDecl> declarations, List<CelFunctionBinding> bindings) {}

  private final List<CelFunctionDecl> declarations = new ArrayList<>();
  private final List<CelFunctionBinding> bindings = new ArrayList<>();

  private Functions() {}

  static Set all() {
    Functions functions = new Functions();
    functions.addAddresses();
    functions.addVersions();
    functions.addPointers();
    functions.addTimes();
    functions.addPatterns();
    return new Set(List.copyOf(functions.declarations), List.copyOf(functions.bindings));
  }

  private void add(String name, List<CelOverloadDecl> overloads, CelFunctionBinding... bound) {
    declarations.add(CelFunctionDecl.newFunctionDeclaration(name, overloads));
    bindings.addAll(CelFunctionBinding.fromOverloads(name, bound));
  }

  private static CelOverloadDecl global(String id, CelType result, CelType... parameters) {
    return CelOverloadDecl.newGlobalOverload(id, result, List.of(parameters));
  }

  private static CelOverloadDecl member(String id, CelType result, CelType... parameters) {
    return CelOverloadDecl.newMemberOverload(id, result, List.of(parameters));
  }

  // ---- addresses and networks

  private void addAddresses() {
    add(
        "ip",
        List.of(global("string_to_ip", IP, SimpleType.STRING)),
        CelFunctionBinding.from("string_to_ip", String.class, Functions::address));
    add(
        "isIP",
        List.of(global("is_ip_string", SimpleType.BOOL, SimpleType.STRING)),
        CelFunctionBinding.from(
            "is_ip_string", String.class, text -> IpAddress.parse(text) != null));
    add(
        "family",
        List.of(member("ip_family", SimpleType.INT, IP)),
        CelFunctionBinding.from("ip_family", IpAddress.class, address -> address.isV4() ? 4L : 6L));
    add(
        "cidr",
        List.of(global("string_to_cidr", CIDR, SimpleType.STRING)),
        CelFunctionBinding.from("string_to_cidr", String.class, Functions::network));
    add(
        "isCIDR",
        List.of(global("is_cidr_string", SimpleType.BOOL, SimpleType.STRING)),
        CelFunctionBinding.from("is_cidr_string", String.class, text -> parse(text) != null));
    add(
        "containsIP",
        List.of(
            member("cidr_contains_ip_string", SimpleType.BOOL, CIDR, SimpleType.STRING),
            member("cidr_contains_ip_ip", SimpleType.BOOL, CIDR, IP)),
        CelFunctionBinding.from(
            "cidr_contains_ip_string",
            Network.class,
            String.class,
            (network, text) -> network.contains(address(text))),
        CelFunctionBinding.from(
            "cidr_contains_ip_ip", Network.class, IpAddress.class, Network::contains));
    add(
        "containsCIDR",
        List.of(
            member("cidr_contains_cidr_string", SimpleType.BOOL, CIDR, SimpleType.STRING),
            member("cidr_contains_cidr", SimpleType.BOOL, CIDR, CIDR)),
        CelFunctionBinding.from(
            "cidr_contains_cidr_string",
            Network.class,
            String.class,
            (network, text) -> contains(network, network(text))),
        CelFunctionBinding.from(
            "cidr_contains_cidr", Network.class, Network.class, Functions::contains));
    add(
        "prefixLength",
        List.of(member("cidr_prefix_length", SimpleType.INT, CIDR)),
        CelFunctionBinding.from(
            "cidr_prefix_length",
            Network.class,
            network -> (long) network.prefixBits() - (network.isV4() ? 96 : 0)));
  }

  private static IpAddress address(String text) {
    IpAddress address = IpAddress.parse(text);
    if (address == null) {
      throw new Faulty("a text is no IP address");
    }
    return address;
  }

  private static Network network(String text) {
    Network network = parse(text);
    if (network == null) {
      throw new Faulty("a text is no network in CIDR form");
    }
    return network;
  }

  /** As Kubernetes has it, an address alone is no network. */
  private static @Nullable Network parse(String text) {
    return text.length() > 64 || text.indexOf('/') < 0 ? null : Network.parse(text);
  }

  private static boolean contains(Network network, Network other) {
    return other.prefixBits() >= network.prefixBits() && network.contains(other.first());
  }

  // ---- versions

  private void addVersions() {
    add(
        "semver",
        List.of(global("string_to_semver", SEMVER, SimpleType.STRING)),
        CelFunctionBinding.from("string_to_semver", String.class, Functions::version));
    add(
        "isSemver",
        List.of(global("is_semver_string", SimpleType.BOOL, SimpleType.STRING)),
        CelFunctionBinding.from(
            "is_semver_string", String.class, text -> Version.parse(text) != null));
    add(
        "compareTo",
        List.of(member("semver_compare_to", SimpleType.INT, SEMVER, SEMVER)),
        CelFunctionBinding.from(
            "semver_compare_to",
            Version.class,
            Version.class,
            (one, other) -> (long) one.compareTo(other)));
    add(
        "isLessThan",
        List.of(member("semver_is_less_than", SimpleType.BOOL, SEMVER, SEMVER)),
        CelFunctionBinding.from(
            "semver_is_less_than",
            Version.class,
            Version.class,
            (one, other) -> one.compareTo(other) < 0));
    add(
        "isGreaterThan",
        List.of(member("semver_is_greater_than", SimpleType.BOOL, SEMVER, SEMVER)),
        CelFunctionBinding.from(
            "semver_is_greater_than",
            Version.class,
            Version.class,
            (one, other) -> one.compareTo(other) > 0));
    add(
        "major",
        List.of(member("semver_major", SimpleType.INT, SEMVER)),
        CelFunctionBinding.from("semver_major", Version.class, Version::major));
    add(
        "minor",
        List.of(member("semver_minor", SimpleType.INT, SEMVER)),
        CelFunctionBinding.from("semver_minor", Version.class, Version::minor));
    add(
        "patch",
        List.of(member("semver_patch", SimpleType.INT, SEMVER)),
        CelFunctionBinding.from("semver_patch", Version.class, Version::patch));
  }

  private static Version version(String text) {
    Version version = Version.parse(text);
    if (version == null) {
      throw new Faulty("a text is no version as Semantic Versioning writes it");
    }
    return version;
  }

  // ---- JSON Pointers

  private void addPointers() {
    add(
        "jsonPointer",
        List.of(
            global("json_pointer_dyn_string", SimpleType.DYN, SimpleType.DYN, SimpleType.STRING)),
        CelFunctionBinding.from(
            "json_pointer_dyn_string",
            Object.class,
            String.class,
            (value, pointer) -> {
              Object found = find(value, pointer);
              if (found == null) {
                throw new Faulty("there is nothing where a JSON Pointer points to");
              }
              return found;
            }));
    add(
        "hasJsonPointer",
        List.of(
            global(
                "has_json_pointer_dyn_string", SimpleType.BOOL, SimpleType.DYN, SimpleType.STRING)),
        CelFunctionBinding.from(
            "has_json_pointer_dyn_string",
            Object.class,
            String.class,
            (value, pointer) -> find(value, pointer) != null));
  }

  /** RFC 6901 section 4; null where there is nothing. */
  private static @Nullable Object find(Object value, String pointer) {
    if (pointer.isEmpty()) {
      return value;
    }
    if (pointer.length() > 1024 || pointer.charAt(0) != '/') {
      throw new Faulty("a text is no JSON Pointer, or a very long one");
    }
    Object found = value;
    for (String token : pointer.substring(1).split("/", -1)) {
      found =
          switch (found) {
            case Map<?, ?> map -> map.get(token.replace("~1", "/").replace("~0", "~"));
            case List<?> list -> element(list, token);
            case null, default -> null;
          };
    }
    return found;
  }

  private static @Nullable Object element(List<?> list, String token) {
    boolean isIndex =
        !token.isEmpty()
            && token.length() <= 9
            && token.chars().allMatch(c -> c >= '0' && c <= '9')
            && (token.length() == 1 || token.charAt(0) != '0');
    int index = isIndex ? Integer.parseInt(token) : -1;
    return index < 0 || index >= list.size() ? null : list.get(index);
  }

  // ---- times

  private void addTimes() {
    add(
        "inWindow",
        List.of(
            global(
                "in_window",
                SimpleType.BOOL,
                SimpleType.TIMESTAMP,
                SimpleType.STRING,
                SimpleType.STRING,
                SimpleType.STRING)),
        CelFunctionBinding.from(
            "in_window",
            List.of(Instant.class, String.class, String.class, String.class),
            arguments -> {
              List<String> texts =
                  List.of((String) arguments[1], (String) arguments[2], (String) arguments[3]);
              return WINDOWS
                  .get(texts, key -> WeekWindow.parse(key.get(0), key.get(1), key.get(2)))
                  .holds((Instant) arguments[0]);
            }));
  }

  // ---- regular expressions

  /** The standard one compiles its expression for each call. */
  private void addPatterns() {
    bindings.addAll(
        CelFunctionBinding.fromOverloads(
            "matches",
            CelFunctionBinding.from("matches", String.class, String.class, Functions::matches),
            CelFunctionBinding.from(
                "matches_string", String.class, String.class, Functions::matches)));
  }

  private static boolean matches(String text, String pattern) {
    return PATTERNS.get(pattern, Pattern::compile).matcher(text).find();
  }

  /** What is wrong with a regular expression, for its author; empty where nothing is. */
  static String patternFault(String pattern) {
    try {
      return patternSize(pattern) > LARGEST_PATTERN
          ? "the regular expression is too large; use fewer or smaller repetitions"
          : "";
    } catch (PatternSyntaxException fault) {
      return "the regular expression is not one of RE2: " + fault.getDescription();
    }
  }

  /** Steps for each character that it looks at, at most. */
  static int patternSize(String pattern) {
    return Pattern.compile(pattern).programSize();
  }
}
