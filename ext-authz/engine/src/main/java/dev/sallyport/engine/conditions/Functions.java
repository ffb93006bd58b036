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
import dev.cel.runtime.CelFunctionOverload.Binary;
import dev.cel.runtime.CelFunctionOverload.Unary;
import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.Network;
import dev.sallyport.engine.json.Pointer;
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

  /** A function of one text. */
  private void addOfText(String name, String id, CelType result, Unary<String> value) {
    add(
        name,
        List.of(global(id, result, SimpleType.STRING)),
        CelFunctionBinding.from(id, String.class, value));
  }

  /** A function of one of our own values, which stands before its name. */
  private <T> void addOf(CelType type, Class<T> form, String name, String id, Unary<T> value) {
    add(name, List.of(member(id, SimpleType.INT, type)), CelFunctionBinding.from(id, form, value));
  }

  // ---- addresses and networks

  private void addAddresses() {
    addOfText("ip", "string_to_ip", IP, Functions::address);
    addOfText("isIP", "is_ip_string", SimpleType.BOOL, text -> IpAddress.parse(text) != null);
    addOf(IP, IpAddress.class, "family", "ip_family", address -> address.isV4() ? 4L : 6L);
    addOfText("cidr", "string_to_cidr", CIDR, Functions::network);
    addOfText("isCIDR", "is_cidr_string", SimpleType.BOOL, text -> parse(text) != null);
    addOf(
        CIDR,
        Network.class,
        "prefixLength",
        "cidr_prefix_length",
        network -> (long) network.prefixBits() - (network.isV4() ? 96 : 0));
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
    addOfText("semver", "string_to_semver", SEMVER, Functions::version);
    addOfText("isSemver", "is_semver_string", SimpleType.BOOL, text -> Version.parse(text) != null);
    addOfVersions(
        "compareTo",
        "semver_compare_to",
        SimpleType.INT,
        (one, other) -> (long) one.compareTo(other));
    addOfVersions(
        "isLessThan",
        "semver_is_less_than",
        SimpleType.BOOL,
        (one, other) -> one.compareTo(other) < 0);
    addOfVersions(
        "isGreaterThan",
        "semver_is_greater_than",
        SimpleType.BOOL,
        (one, other) -> one.compareTo(other) > 0);
    addOf(SEMVER, Version.class, "major", "semver_major", Version::major);
    addOf(SEMVER, Version.class, "minor", "semver_minor", Version::minor);
    addOf(SEMVER, Version.class, "patch", "semver_patch", Version::patch);
  }

  private void addOfVersions(
      String name, String id, CelType result, Binary<Version, Version> value) {
    add(
        name,
        List.of(member(id, result, SEMVER, SEMVER)),
        CelFunctionBinding.from(id, Version.class, Version.class, value));
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
    List<String> steps = pointer.length() > 1024 ? null : Pointer.steps(pointer);
    if (steps == null) {
      throw new Faulty("a text is no JSON Pointer, or a very long one");
    }
    Object found = value;
    for (String step : steps) {
      found =
          switch (found) {
            case Map<?, ?> map -> map.get(step);
            case List<?> list -> element(list, step);
            case null, default -> null;
          };
    }
    return found;
  }

  private static @Nullable Object element(List<?> list, String step) {
    int index = Pointer.index(step);
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
