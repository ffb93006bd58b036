package dev.sallyport.server.objects;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.crd.DetectionPolicySpec;
import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.crd.TokenIssuerSpec;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads one object, as {@code kubectl apply} would take it or an API server gives it.
 *
 * <p>Kinds that Sallyport has no use for are passed over with a warning, whatever is in them, so
 * that a folder may hold Deployments too. No message holds a value or a key of a Secret.
 */
public final class ObjectReader {
  private static final String API_VERSION = "sallyport.dev/v1alpha1";

  private static final Map<String, FieldType.Fields> SPECS =
      Map.of(
          "ApiPolicy", FieldType.of(ApiPolicySpec.class),
          "NonHumanIdentity", FieldType.of(NonHumanIdentitySpec.class),
          "TokenIssuer", FieldType.of(TokenIssuerSpec.class),
          "DetectionPolicy", FieldType.of(DetectionPolicySpec.class));
  private static final Set<String> ROUTES = Set.of("HTTPRoute", "GRPCRoute");
  private static final String GATEWAY_API = "gateway.networking.k8s.io/";
  private static final List<String> KINDS =
      List.of("ApiPolicy", "NonHumanIdentity", "TokenIssuer", "DetectionPolicy");
  private static final List<String> RESOURCE_FIELDS =
      List.of("apiVersion", "kind", "metadata", "spec", "status");
  private static final List<String> SECRET_FIELDS =
      List.of("apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable");
  private static final List<String> CONFIG_MAP_FIELDS =
      List.of("apiVersion", "kind", "metadata", "data", "binaryData", "immutable");

  /** RFC 1123 section 2.1, as Kubernetes has it for the names of objects. */
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");

  private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z0-9./-]{0,253}");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?");

  /** Name and namespace, once both are known to be good. */
  private record Metadata(
      String namespace, String name, Instant created, long generation, Node place) {}

  private final Problems problems;
  private final Shared shared;

  private ObjectReader(Problems problems, Shared shared) {
    this.problems = problems;
    this.shared = shared;
  }

  /**
   * Reads one object. Never throws.
   *
   * @param at its place in its document
   * @param problems hears what is wrong
   */
  public static ObjectReading read(
      Node.Mapping object, FieldPath at, Problems problems, Shared shared) {
    return new ObjectReader(problems, shared).object(object, at);
  }

  /** Which object it is, however broken; null where it is none of ours, or has no good name. */
  public static @Nullable ObjectKey key(Node.Mapping object) {
    String kind = word(object, "kind");
    if (!isOurs(word(object, "apiVersion"), kind)
        || !(object.value("metadata") instanceof Node.Mapping metadata)
        || !(metadata.value("name") instanceof Node.Scalar name)
        || !isSubdomain(name.text())) {
      return null;
    }
    return new ObjectKey(kind, namespace(metadata), name.text());
  }

  /** Whether it is declared under this key. */
  public static boolean isKey(Node.Mapping object, ObjectKey key) {
    return word(object, "kind").equals(key.kind())
        && object.value("metadata") instanceof Node.Mapping metadata
        && word(metadata, "name").equals(key.name())
        && key.namespace().equals(namespace(metadata));
  }

  /** A kind of somebody else, and not one of ours misspelt. */
  public static boolean isForeign(Node.Mapping object) {
    String apiVersion = word(object, "apiVersion");
    String kind = word(object, "kind");
    return !apiVersion.isEmpty()
        && !kind.isEmpty()
        && !apiVersion.startsWith("sallyport.dev/")
        && !isOurs(apiVersion, kind)
        && !isList(object)
        && !(SPECS.containsKey(kind) && apiVersion.indexOf('/') < 0);
  }

  /** Whether it is a list of objects, as {@code kubectl get} writes it. */
  public static boolean isList(Node.Mapping object) {
    return word(object, "kind").endsWith("List")
        && !word(object, "apiVersion").isEmpty()
        && object.value("items") != null;
  }

  /** Whether a message may quote from it; what is of an unknown kind may be a Secret. */
  public static boolean mayBeQuoted(Node.Mapping object) {
    return SPECS.containsKey(word(object, "kind"));
  }

  /**
   * By which an object is told from what it was before: of all that counts, which status, labels
   * and the rules of a route do not.
   */
  public static Fingerprint fingerprint(Node.Mapping object) {
    boolean isRoute = ROUTES.contains(word(object, "kind"));
    List<Node.Entry> counts = new ArrayList<>(4);
    for (Node.Entry entry : object.entries()) {
      switch (entry.key().text()) {
        case "status" -> {}
        case "metadata" -> {
          addMember(entry.value(), "creationTimestamp", counts);
          if (!isRoute) {
            addMember(entry.value(), "generation", counts);
          }
        }
        case "spec" -> {
          if (isRoute) {
            addMember(entry.value(), "hostnames", counts);
          } else {
            counts.add(entry);
          }
        }
        default -> counts.add(entry);
      }
    }
    return Fingerprint.of(new Node.Mapping(counts, 0, 0));
  }

  private static void addMember(Node of, String name, List<Node.Entry> to) {
    if (of instanceof Node.Mapping mapping) {
      mapping.entries().stream().filter(entry -> entry.key().text().equals(name)).forEach(to::add);
    }
  }

  private static String namespace(Node.Mapping metadata) {
    String namespace = word(metadata, "namespace");
    return namespace.isEmpty() ? "default" : namespace;
  }

  private static boolean isOurs(String apiVersion, String kind) {
    if (SPECS.containsKey(kind)) {
      return apiVersion.equals(API_VERSION);
    }
    return ROUTES.contains(kind)
        ? apiVersion.startsWith(GATEWAY_API)
        : apiVersion.equals("v1") && (kind.equals("Secret") || kind.equals("ConfigMap"));
  }

  private static String word(Node.Mapping mapping, String key) {
    return mapping.value(key) instanceof Node.Scalar scalar && !scalar.isNull()
        ? scalar.text()
        : "";
  }

  private ObjectReading object(Node.Mapping mapping, FieldPath at) {
    String apiVersion = word(mapping, "apiVersion");
    String kind = word(mapping, "kind");
    if (apiVersion.isEmpty() || kind.isEmpty()) {
      String missing = apiVersion.isEmpty() ? "apiVersion" : "kind";
      problems.error(mapping, at, "`" + missing + "` is missing; it is required");
      return new ObjectReading.Nameless();
    }
    if (isForeign(mapping)) {
      problems.warning(
          mapping,
          at,
          (isWord(kind) && isWord(apiVersion)
                  ? "kind " + Wording.quote(kind) + " of " + Wording.quote(apiVersion)
                  : "this kind")
              + " is passed over; Sallyport has no use for it");
      return new ObjectReading.PassedOver();
    }
    if (!isOurs(apiVersion, kind)) {
      tellOfKind(mapping, at, apiVersion, kind);
      return new ObjectReading.Nameless();
    }
    Metadata metadata = metadata(mapping, at);
    if (metadata == null) {
      return new ObjectReading.Nameless();
    }
    int before = problems.errors();
    Declared.Content content =
        switch (kind) {
          case "Secret" -> secret(mapping, at);
          case "ConfigMap" -> configMap(mapping, at);
          case "HTTPRoute", "GRPCRoute" -> route(mapping, at);
          default -> resource(mapping, kind, at);
        };
    ObjectKey key =
        new ObjectKey(shared.one(kind), shared.one(metadata.namespace()), metadata.name());
    if (content == null || problems.errors() > before) {
      return new ObjectReading.Broken(
          key, metadata.created(), metadata.generation(), rough(mapping, kind), metadata.place());
    }
    return new ObjectReading.Good(
        key, metadata.created(), metadata.generation(), content, metadata.place());
  }

  /**
   * What can be read of an object that can't be read whole, for those who may only narrow by it.
   */
  private Declared.@Nullable Content rough(Node.Mapping object, String kind) {
    FieldType.Fields type = SPECS.get(kind);
    if (type == null || !(object.value("spec") instanceof Node.Mapping spec)) {
      return null;
    }
    List<Node.Entry> readable = new ArrayList<>(2);
    for (Node.Entry entry : spec.entries()) {
      switch (entry.key().text()) {
        case "hosts", "targetRefs" -> readable.add(onlyReadable(entry, type));
        case "state" -> readable.add(orSuspended(entry, type));
        case "credentials" -> readable.add(roughCredentials(entry, type));
        default -> {}
      }
    }
    return switch (kind) {
      case "ApiPolicy", "NonHumanIdentity" -> content(read(new Node.Mapping(readable, 0, 0), type));
      default -> null;
    };
  }

  /** A list without the items that can't be read. */
  private Node.Entry onlyReadable(Node.Entry entry, FieldType.Fields type) {
    FieldType.Field field = type.fields().get(entry.key().text());
    if (field == null
        || !(field.type() instanceof FieldType.ListOf(FieldType item))
        || !(entry.value() instanceof Node.Sequence sequence)) {
      return new Node.Entry(entry.key(), new Node.Scalar("", true, 0, 0));
    }
    List<Node> items = sequence.items().stream().filter(node -> read(node, item) != null).toList();
    return new Node.Entry(entry.key(), new Node.Sequence(items, 0, 0));
  }

  /** Of a credential that can't be read at least whether it was revoked, by its name. */
  private Node.Entry roughCredentials(Node.Entry entry, FieldType.Fields type) {
    FieldType.Field field = type.fields().get(entry.key().text());
    if (field == null
        || !(field.type() instanceof FieldType.ListOf(FieldType.Fields item))
        || !(entry.value() instanceof Node.Sequence sequence)) {
      return new Node.Entry(entry.key(), new Node.Scalar("", true, 0, 0));
    }
    List<Node> items =
        sequence.items().stream()
            .map(node -> read(node, item) == null ? nameAndState(node, item) : node)
            .toList();
    return new Node.Entry(entry.key(), new Node.Sequence(items, 0, 0));
  }

  private Node nameAndState(Node credential, FieldType.Fields type) {
    List<Node.Entry> readable = new ArrayList<>(2);
    if (credential instanceof Node.Mapping mapping) {
      for (Node.Entry entry : mapping.entries()) {
        FieldType.Field field = type.fields().get(entry.key().text());
        boolean isRead =
            field != null && !entry.value().isNull() && read(entry.value(), field.type()) != null;
        switch (entry.key().text()) {
          case "name" -> {
            if (isRead) {
              readable.add(entry);
            }
          }
          case "state" ->
              readable.add(
                  isRead || entry.value().isNull()
                      ? entry
                      : new Node.Entry(
                          entry.key(),
                          new Node.Scalar(
                              NonHumanIdentitySpec.CredentialState.Revoked.name(), false, 0, 0)));
          default -> {}
        }
      }
    }
    if (readable.stream().noneMatch(entry -> entry.key().text().equals("name"))) {
      Node.Scalar name = new Node.Scalar("name", false, 0, 0);
      readable.add(new Node.Entry(name, new Node.Scalar("", false, 0, 0)));
    }
    return new Node.Mapping(readable, 0, 0);
  }

  /** A state that this program does not know is none in which an identity may call. */
  private Node.Entry orSuspended(Node.Entry state, FieldType.Fields type) {
    FieldType.Field field = type.fields().get(state.key().text());
    return field == null || state.value().isNull() || read(state.value(), field.type()) != null
        ? state
        : new Node.Entry(
            state.key(), new Node.Scalar(NonHumanIdentitySpec.State.Suspended.name(), false, 0, 0));
  }

  /** Reads a part whose faults were told before. */
  private @Nullable Object read(Node node, FieldType type) {
    Problems aside = new Problems();
    Object read = new SpecReader(aside, shared).read(node, type, FieldPath.ROOT);
    return aside.errors() > 0 ? null : read;
  }

  private void tellOfKind(Node.Mapping mapping, FieldPath at, String apiVersion, String kind) {
    Node place = mapping.value(SPECS.containsKey(kind) ? "apiVersion" : "kind");
    if (SPECS.containsKey(kind)) {
      problems.error(
          place == null ? mapping : place,
          at.child("apiVersion"),
          (isWord(apiVersion) ? Wording.quote(apiVersion) : "it")
              + " is not known for this kind; use `"
              + API_VERSION
              + "`");
      return;
    }
    problems.error(
        place == null ? mapping : place,
        at.child("kind"),
        "unknown kind"
            + (isWord(kind) ? ' ' + Wording.quote(kind) : "")
            + Wording.forUnknown(kind, KINDS));
  }

  /** Whether it can be a kind or a version; what can't may have slipped out of a Secret. */
  private static boolean isWord(String text) {
    return WORD.matcher(text).matches();
  }

  private @Nullable Metadata metadata(Node.Mapping object, FieldPath at) {
    FieldPath field = at.child("metadata");
    Node node = object.value("metadata");
    if (!(node instanceof Node.Mapping metadata)) {
      problems.error(
          node == null ? object : node,
          node == null ? at : field,
          node == null
              ? "`metadata` is missing; it is required"
              : "must be a mapping, not " + node.noun());
      return null;
    }
    Node name = metadata.value("name");
    if (name == null || name.isNull()) {
      problems.error(metadata, field, "`name` is missing; it is required");
      return null;
    }
    String nameText = name(name, field.child("name"), SUBDOMAIN, 253);
    Node namespace = metadata.value("namespace");
    String namespaceText =
        namespace == null || namespace.isNull()
            ? "default"
            : name(namespace, field.child("namespace"), LABEL, 63);
    Instant created = created(metadata.value("creationTimestamp"), field);
    return nameText == null || namespaceText == null || created == null
        ? null
        : new Metadata(
            namespaceText, nameText, created, generation(metadata.value("generation")), name);
  }

  private @Nullable String name(Node node, FieldPath field, Pattern form, int longest) {
    if (!(node instanceof Node.Scalar scalar)) {
      problems.error(node, field, "must be a string, not " + node.noun());
      return null;
    }
    String text = scalar.text();
    if (scalar.kind() != ScalarKind.TEXT) {
      problems.error(
          node,
          field,
          "must be a string, and "
              + Wording.quote(text)
              + " is "
              + node.noun()
              + "; put it in quotes");
      return null;
    }
    if (text.length() > longest || !form.matcher(text).matches()) {
      problems.error(
          node,
          field,
          Wording.quote(text)
              + " is not a name; use at most "
              + longest
              + " lower-case letters, digits"
              + (form == SUBDOMAIN ? ", `-` and `.`" : " and `-`")
              + ", with a letter or digit at both ends");
      return null;
    }
    return text;
  }

  private static boolean isSubdomain(String name) {
    return name.length() <= 253 && SUBDOMAIN.matcher(name).matches();
  }

  private @Nullable Instant created(@Nullable Node node, FieldPath metadata) {
    if (node == null || node.isNull()) {
      return Instant.EPOCH;
    }
    if (node instanceof Node.Scalar scalar) {
      try {
        return OffsetDateTime.parse(scalar.text()).toInstant();
      } catch (DateTimeException _) {
        // Told below.
      }
    }
    problems.error(
        node,
        metadata.child("creationTimestamp"),
        "must be a time such as `2026-11-25T00:00:00Z`; correct it, or leave it out");
    return null;
  }

  /** An API server's own count: nobody writes it by hand, so nothing is told of it. */
  private static long generation(@Nullable Node node) {
    try {
      return node instanceof Node.Scalar scalar ? Long.parseLong(scalar.text()) : 0;
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private Declared.@Nullable Content resource(Node.Mapping object, String kind, FieldPath at) {
    checkFields(object, RESOURCE_FIELDS, at, true);
    Node spec = object.value("spec");
    if (spec == null || spec.isNull()) {
      problems.error(object, at, "`spec` is missing; it is required");
      return null;
    }
    FieldType.Fields type = SPECS.get(kind);
    if (type == null) {
      return null;
    }
    return content(new SpecReader(problems, shared).read(spec, type, at.child("spec")));
  }

  private static Declared.@Nullable Content content(@Nullable Object spec) {
    return switch (spec) {
      case ApiPolicySpec policy -> new Declared.ApiPolicy(policy);
      case NonHumanIdentitySpec identity -> new Declared.NonHumanIdentity(identity);
      case TokenIssuerSpec issuer -> new Declared.TokenIssuer(issuer);
      case DetectionPolicySpec detection -> new Declared.DetectionPolicy(detection);
      case null, default -> null;
    };
  }

  private void checkFields(
      Node.Mapping object, List<String> known, FieldPath at, boolean maySayWord) {
    for (Node.Entry entry : object.entries()) {
      String name = entry.key().text();
      if (!known.contains(name)) {
        problems.error(
            entry.key(),
            at,
            maySayWord
                ? "unknown field " + Wording.quote(name) + Wording.forUnknown(name, known)
                : "unknown field; known are " + Wording.list(known));
      }
    }
  }

  private Declared.Secret secret(Node.Mapping object, FieldPath at) {
    checkFields(object, SECRET_FIELDS, at, false);
    Map<String, byte[]> data = new HashMap<>();
    for (Node.Entry entry : secretEntries(object, "data", at)) {
      if (entry.value() instanceof Node.Scalar value) {
        byte[] bytes = decode(value.text());
        if (bytes == null) {
          problems.error(
              value,
              at.child("data"),
              "a value is not base64; encode it, or move it to `stringData`");
          continue;
        }
        data.put(entry.key().text(), bytes);
      }
    }
    for (Node.Entry entry : secretEntries(object, "stringData", at)) {
      if (entry.value() instanceof Node.Scalar value) {
        if (value.plain() && ScalarKind.isBooleanForKubectl(value.text())) {
          problems.warning(
              value,
              at.child("stringData"),
              "a value is a string here and a boolean for kubectl; put it in quotes");
        }
        data.put(entry.key().text(), value.text().getBytes(StandardCharsets.UTF_8));
      }
    }
    return new Declared.Secret(data);
  }

  /** The entries whose values are strings; of the others only the place is told. */
  private List<Node.Entry> secretEntries(Node.Mapping object, String member, FieldPath at) {
    Node node = object.value(member);
    if (node == null || node.isNull()) {
      return List.of();
    }
    if (!(node instanceof Node.Mapping mapping)) {
      problems.error(node, at.child(member), "must be a mapping, not " + node.noun());
      return List.of();
    }
    List<Node.Entry> strings = new ArrayList<>();
    for (Node.Entry entry : mapping.entries()) {
      if (entry.value() instanceof Node.Scalar value && value.kind() == ScalarKind.TEXT) {
        strings.add(entry);
        continue;
      }
      String given = entry.value().noun();
      problems.error(
          entry.value(),
          at.child(member),
          given.equals("empty")
              ? "a value is empty; write `\"\"` if that is meant"
              : "a value must be a string, not "
                  + given
                  + (entry.value() instanceof Node.Scalar ? "; put it in quotes" : ""));
    }
    return strings;
  }

  private static byte @Nullable [] decode(String text) {
    String joined = text.replace("\n", "").replace("\r", "").strip();
    if (joined.length() % 4 != 0) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(joined);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  private Declared.@Nullable ConfigMap configMap(Node.Mapping object, FieldPath at) {
    checkFields(object, CONFIG_MAP_FIELDS, at, true);
    Node node = object.value("data");
    if (node == null || node.isNull()) {
      return new Declared.ConfigMap(Map.of());
    }
    FieldType strings = new FieldType.MapOf(new FieldType.Text());
    Object read = new SpecReader(problems, shared).read(node, strings, at.child("data"));
    if (!(read instanceof Map<?, ?> values)) {
      return null;
    }
    Map<String, String> data = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : values.entrySet()) {
      if (entry.getKey() instanceof String key && entry.getValue() instanceof String value) {
        data.put(key, value);
      }
    }
    return new Declared.ConfigMap(data);
  }

  /** Of somebody else's kind, so that only what counts is looked at. */
  private Declared.@Nullable Route route(Node.Mapping object, FieldPath at) {
    if (!(object.value("spec") instanceof Node.Mapping spec)) {
      return new Declared.Route(List.of());
    }
    Node hostnames = spec.value("hostnames");
    if (hostnames == null || hostnames.isNull()) {
      return new Declared.Route(List.of());
    }
    FieldType strings = new FieldType.ListOf(new FieldType.Text());
    Object read =
        new SpecReader(problems, shared)
            .read(hostnames, strings, at.child("spec").child("hostnames"));
    return read instanceof List<?> names
        ? new Declared.Route(names.stream().map(String.class::cast).toList())
        : null;
  }
}
