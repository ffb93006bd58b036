package dev.sallyport.server.files;

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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the objects of one YAML document, as {@code kubectl apply} would take them.
 *
 * <p>Kinds that Sallyport has no use for are passed over with a warning, whatever is in them, so
 * that a folder may hold Deployments too. No message holds a value or a key of a Secret.
 */
final class ObjectReader {
  static final String API_VERSION = "sallyport.dev/v1alpha1";

  private static final Map<String, FieldType.Fields> SPECS =
      Map.of(
          "ApiPolicy", FieldType.of(ApiPolicySpec.class),
          "NonHumanIdentity", FieldType.of(NonHumanIdentitySpec.class),
          "TokenIssuer", FieldType.of(TokenIssuerSpec.class),
          "DetectionPolicy", FieldType.of(DetectionPolicySpec.class));
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

  /**
   * What a document holds.
   *
   * @param problems lines count from the document's own beginning
   * @param unattributed whether something was wrong of which nobody can say what object it is
   */
  record Document(List<ReadObject> objects, List<FileProblem> problems, boolean unattributed) {}

  /** Name and namespace, once both are known to be good. */
  private record Metadata(String namespace, String name, Instant created, YamlNode place) {}

  private final Problems problems;
  private final Shared shared;
  private final List<ReadObject> objects = new ArrayList<>(1);
  private boolean unattributed;

  private ObjectReader(Problems problems, Shared shared) {
    this.problems = problems;
    this.shared = shared;
  }

  /** Reads one document. Never throws. */
  static Document read(String file, String text, Shared shared) {
    Problems problems = new Problems(file);
    ObjectReader reader = new ObjectReader(problems, shared);
    reader.document(NodeReader.read(text, shared));
    return new Document(List.copyOf(reader.objects), problems.told(), reader.unattributed);
  }

  /** The nodes of the object in a document; null where it is not there or not readable. */
  static YamlNode.@Nullable Mapping find(String text, ObjectKey key, Shared shared) {
    YamlNode root = NodeReader.read(text, shared).root();
    if (!(root instanceof YamlNode.Mapping mapping)) {
      return null;
    }
    if (isKey(mapping, key)) {
      return mapping;
    }
    if (mapping.value("items") instanceof YamlNode.Sequence(var items, _, _)) {
      for (YamlNode item : items) {
        if (item instanceof YamlNode.Mapping one && isKey(one, key)) {
          return one;
        }
      }
    }
    return null;
  }

  private static boolean isKey(YamlNode.Mapping mapping, ObjectKey key) {
    return word(mapping, "kind").equals(key.kind())
        && mapping.value("metadata") instanceof YamlNode.Mapping metadata
        && word(metadata, "name").equals(key.name())
        && key.namespace().equals(namespace(metadata));
  }

  private static String namespace(YamlNode.Mapping metadata) {
    String namespace = word(metadata, "namespace");
    return namespace.isEmpty() ? "default" : namespace;
  }

  private void document(NodeReader.Reading reading) {
    YamlNode root = reading.root();
    boolean isForeign = root instanceof YamlNode.Mapping mapping && isForeign(mapping);
    if (!reading.flaws().isEmpty() && !isForeign) {
      tell(reading);
      if (!(root instanceof YamlNode.Mapping mapping && breakAt(mapping))) {
        unattributed = true;
      }
      return;
    }
    if (root == null) {
      return;
    }
    if (!(root instanceof YamlNode.Mapping mapping)) {
      problems.error(
          root,
          FieldPath.ROOT,
          "a document must be a mapping with `apiVersion` and `kind`, not " + root.noun());
      unattributed = true;
      return;
    }
    object(mapping, FieldPath.ROOT);
  }

  private void tell(NodeReader.Reading reading) {
    // Where the kind is not known, it may be a Secret whose value stands where a key should.
    boolean maySayWords =
        reading.root() instanceof YamlNode.Mapping mapping
            && SPECS.containsKey(word(mapping, "kind"));
    for (NodeReader.Flaw flaw : reading.flaws()) {
      String word = maySayWords && !flaw.key().isEmpty() ? Wording.quote(flaw.key()) : "";
      String message = flaw.message().replace(" %s", word.isEmpty() ? "" : ' ' + word);
      FieldPath field = maySayWords ? flaw.field() : FieldPath.ROOT;
      problems.error(flaw.line(), flaw.column(), field, message);
    }
  }

  /** Notes the object as broken, where it can be named. */
  private boolean breakAt(YamlNode.Mapping mapping) {
    String kind = word(mapping, "kind");
    if (!isOurs(word(mapping, "apiVersion"), kind)
        || !(mapping.value("metadata") instanceof YamlNode.Mapping metadata)
        || !(metadata.value("name") instanceof YamlNode.Scalar name)
        || !isSubdomain(name.text())) {
      return false;
    }
    ObjectKey key = new ObjectKey(kind, namespace(metadata), name.text());
    objects.add(new ReadObject.Broken(key, name.line(), name.column()));
    return true;
  }

  private static boolean isOurs(String apiVersion, String kind) {
    return SPECS.containsKey(kind)
        ? apiVersion.equals(API_VERSION)
        : apiVersion.equals("v1") && (kind.equals("Secret") || kind.equals("ConfigMap"));
  }

  /** A kind of somebody else, and not one of ours misspelt. */
  private static boolean isForeign(YamlNode.Mapping mapping) {
    String apiVersion = word(mapping, "apiVersion");
    String kind = word(mapping, "kind");
    return !apiVersion.isEmpty()
        && !kind.isEmpty()
        && !apiVersion.startsWith("sallyport.dev/")
        && !isOurs(apiVersion, kind)
        && !isList(mapping, kind)
        && !(SPECS.containsKey(kind) && apiVersion.indexOf('/') < 0);
  }

  private static boolean isList(YamlNode.Mapping mapping, String kind) {
    return kind.endsWith("List") && mapping.value("items") != null;
  }

  private static String word(YamlNode.Mapping mapping, String key) {
    return mapping.value(key) instanceof YamlNode.Scalar scalar && !scalar.isNull()
        ? scalar.text()
        : "";
  }

  private void object(YamlNode.Mapping mapping, FieldPath at) {
    String apiVersion = word(mapping, "apiVersion");
    String kind = word(mapping, "kind");
    if (apiVersion.isEmpty() || kind.isEmpty()) {
      String missing = apiVersion.isEmpty() ? "apiVersion" : "kind";
      problems.error(mapping, at, "`" + missing + "` is missing; it is required");
      unattributed = true;
      return;
    }
    if (at.parent() == null && isList(mapping, kind)) {
      items(mapping);
      return;
    }
    if (isForeign(mapping)) {
      problems.warning(
          mapping,
          at,
          (isWord(kind) && isWord(apiVersion)
                  ? "kind " + Wording.quote(kind) + " of " + Wording.quote(apiVersion)
                  : "this kind")
              + " is passed over; Sallyport has no use for it");
      return;
    }
    if (!isOurs(apiVersion, kind)) {
      tellOfKind(mapping, at, apiVersion, kind);
      unattributed = true;
      return;
    }
    Metadata metadata = metadata(mapping, at);
    if (metadata == null) {
      unattributed = true;
      return;
    }
    int before = problems.errors();
    Declared.Content content =
        switch (kind) {
          case "Secret" -> secret(mapping, at);
          case "ConfigMap" -> configMap(mapping, at);
          default -> resource(mapping, kind, at);
        };
    ObjectKey key =
        new ObjectKey(shared.one(kind), shared.one(metadata.namespace()), metadata.name());
    int line = metadata.place().line();
    int column = metadata.place().column();
    if (content == null || problems.errors() > before) {
      objects.add(new ReadObject.Broken(key, line, column));
      return;
    }
    objects.add(
        new ReadObject.Good(
            key, metadata.created(), content, Fingerprint.of(mapping), line, column));
  }

  private void tellOfKind(YamlNode.Mapping mapping, FieldPath at, String apiVersion, String kind) {
    YamlNode place = mapping.value(SPECS.containsKey(kind) ? "apiVersion" : "kind");
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

  private void items(YamlNode.Mapping list) {
    YamlNode items = list.value("items");
    FieldPath at = FieldPath.ROOT.child("items");
    if (!(items instanceof YamlNode.Sequence sequence)) {
      problems.error(items == null ? list : items, at, "must be a list");
      unattributed = true;
      return;
    }
    int index = 0;
    for (YamlNode item : sequence.items()) {
      FieldPath place = at.item(index++);
      if (item instanceof YamlNode.Mapping mapping) {
        object(mapping, place);
        continue;
      }
      problems.error(item, place, "must be an object with `apiVersion` and `kind`");
      unattributed = true;
    }
  }

  private @Nullable Metadata metadata(YamlNode.Mapping object, FieldPath at) {
    FieldPath field = at.child("metadata");
    YamlNode node = object.value("metadata");
    if (!(node instanceof YamlNode.Mapping metadata)) {
      problems.error(
          node == null ? object : node,
          node == null ? at : field,
          node == null
              ? "`metadata` is missing; it is required"
              : "must be a mapping, not " + node.noun());
      return null;
    }
    YamlNode name = metadata.value("name");
    if (name == null || name.isNull()) {
      problems.error(metadata, field, "`name` is missing; it is required");
      return null;
    }
    String nameText = name(name, field.child("name"), SUBDOMAIN, 253);
    YamlNode namespace = metadata.value("namespace");
    String namespaceText =
        namespace == null || namespace.isNull()
            ? "default"
            : name(namespace, field.child("namespace"), LABEL, 63);
    Instant created = created(metadata.value("creationTimestamp"), field);
    return nameText == null || namespaceText == null || created == null
        ? null
        : new Metadata(namespaceText, nameText, created, name);
  }

  private @Nullable String name(YamlNode node, FieldPath field, Pattern form, int longest) {
    if (!(node instanceof YamlNode.Scalar scalar)) {
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

  private @Nullable Instant created(@Nullable YamlNode node, FieldPath metadata) {
    if (node == null || node.isNull()) {
      return Instant.EPOCH;
    }
    if (node instanceof YamlNode.Scalar scalar) {
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

  private Declared.@Nullable Content resource(YamlNode.Mapping object, String kind, FieldPath at) {
    checkFields(object, RESOURCE_FIELDS, at, true);
    YamlNode spec = object.value("spec");
    if (spec == null || spec.isNull()) {
      problems.error(object, at, "`spec` is missing; it is required");
      return null;
    }
    FieldType.Fields type = SPECS.get(kind);
    if (type == null) {
      return null;
    }
    return switch (new SpecReader(problems, shared).read(spec, type, at.child("spec"))) {
      case ApiPolicySpec policy -> new Declared.ApiPolicy(policy);
      case NonHumanIdentitySpec identity -> new Declared.NonHumanIdentity(identity);
      case TokenIssuerSpec issuer -> new Declared.TokenIssuer(issuer);
      case DetectionPolicySpec detection -> new Declared.DetectionPolicy(detection);
      case null, default -> null;
    };
  }

  private void checkFields(
      YamlNode.Mapping object, List<String> known, FieldPath at, boolean maySayWord) {
    for (YamlNode.Entry entry : object.entries()) {
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

  private Declared.Secret secret(YamlNode.Mapping object, FieldPath at) {
    checkFields(object, SECRET_FIELDS, at, false);
    Map<String, byte[]> data = new HashMap<>();
    for (YamlNode.Entry entry : secretEntries(object, "data", at)) {
      if (entry.value() instanceof YamlNode.Scalar value) {
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
    for (YamlNode.Entry entry : secretEntries(object, "stringData", at)) {
      if (entry.value() instanceof YamlNode.Scalar value) {
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
  private List<YamlNode.Entry> secretEntries(YamlNode.Mapping object, String member, FieldPath at) {
    YamlNode node = object.value(member);
    if (node == null || node.isNull()) {
      return List.of();
    }
    if (!(node instanceof YamlNode.Mapping mapping)) {
      problems.error(node, at.child(member), "must be a mapping, not " + node.noun());
      return List.of();
    }
    List<YamlNode.Entry> strings = new ArrayList<>();
    for (YamlNode.Entry entry : mapping.entries()) {
      if (entry.value() instanceof YamlNode.Scalar value && value.kind() == ScalarKind.TEXT) {
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
                  + (entry.value() instanceof YamlNode.Scalar ? "; put it in quotes" : ""));
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

  private Declared.@Nullable ConfigMap configMap(YamlNode.Mapping object, FieldPath at) {
    checkFields(object, CONFIG_MAP_FIELDS, at, true);
    YamlNode node = object.value("data");
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
}
