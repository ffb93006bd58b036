package dev.sallyport.server.config;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;

import dev.sallyport.server.config.Configuration.Admin;
import dev.sallyport.server.config.Configuration.Client;
import dev.sallyport.server.config.Configuration.DecisionLog;
import dev.sallyport.server.config.Configuration.Dpop;
import dev.sallyport.server.config.Configuration.Format;
import dev.sallyport.server.config.Configuration.Grpc;
import dev.sallyport.server.config.Configuration.Issuers;
import dev.sallyport.server.config.Configuration.Limits;
import dev.sallyport.server.config.Configuration.Policies;
import dev.sallyport.server.config.Configuration.Regions;
import dev.sallyport.server.config.Configuration.Resource;
import dev.sallyport.server.config.Configuration.Sink;
import dev.sallyport.server.config.Configuration.State;
import dev.sallyport.server.config.Configuration.Status;
import dev.sallyport.server.config.Configuration.Tls;
import dev.sallyport.server.config.Configuration.Xfcc;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads the configuration. A variable of the environment wins over the file, the file over the
 * default; what no key claims is refused by name.
 */
public final class ConfigurationReader {
  private static final String PREFIX = "SALLYPORT_";
  private static final int MOST_BYTES = 1 << 20;

  /** Variables of the launcher, which no key claims. */
  private static final Set<String> RESERVED = Set.of("SALLYPORT_JAVA", "SALLYPORT_JAVA_OPTS");

  /**
   * What Kubernetes puts into the environment of every pod for a Service whose name begins with
   * {@code sallyport}.
   */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          ".*_SERVICE_HOST|.*_SERVICE_PORT(_.*)?|.*_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?");

  private static final List<String> KEYS =
      List.of(
          "grpc.address",
          "grpc.tls.certFile",
          "grpc.tls.keyFile",
          "grpc.tls.clientCaFile",
          "grpc.threads",
          "admin.address",
          "policies.files",
          "policies.kubernetes.namespaces",
          "policies.kubernetes.kubeconfig",
          "policies.kubernetes.skip",
          "policies.kubernetes.status",
          "policies.kubernetes.leaseNamespace",
          "client.trustedHops",
          "client.xfcc",
          "issuers.allowedNetworks",
          "dpop.nonceKeyFile",
          "regions.header",
          "regions.mmdb",
          "regions.ranges",
          "decisionLog.sinks",
          "decisionLog.file",
          "decisionLog.format",
          "decisionLog.sampleAllowed",
          "decisionLog.buffer",
          "state.memory",
          "state.redis.uri",
          "limits.concurrentRequests",
          "limits.quotaKeys",
          "limits.proofs",
          "limits.jsonDepth",
          "drain",
          "decisionTimeout");

  private static final String KUBERNETES = "policies.kubernetes";

  /** RFC 1123 section 2.1, as Kubernetes has it for the names of namespaces. */
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  /** In its form; whether the numbers are in range is for whoever uses it. */
  private static final Pattern NETWORK = Pattern.compile("[0-9a-fA-F.:]{2,45}/[0-9]{1,3}");

  private static final Map<String, Status> STATUS =
      spelt(Map.of("Write", Status.WRITE, "Never", Status.NEVER));
  private static final Map<String, Resource> RESOURCES =
      spelt(Arrays.stream(Resource.values()).collect(toMap(Resource::plural, identity())));
  private static final Map<String, Sink> SINKS =
      spelt(Map.of("stdout", Sink.STDOUT, "file", Sink.FILE, "otlp", Sink.OTLP));
  private static final Map<String, Xfcc> XFCC =
      spelt(Map.of("Never", Xfcc.NEVER, "LastHop", Xfcc.LAST_HOP));
  private static final Map<String, Format> FORMATS = Map.of("json", Format.JSON);

  private final Map<String, Setting> settings = new LinkedHashMap<>();

  /** Those of the file, empty ones too. */
  private final Set<String> sections = new HashSet<>();

  private ConfigurationReader() {}

  /**
   * Reads a file and the environment.
   *
   * @param file null where there is none, and then only the environment counts
   * @throws ConfigurationException if anything in them is unknown or can't be used
   */
  public static Configuration read(@Nullable Path file, Map<String, String> environment)
      throws ConfigurationException {
    ConfigurationReader reader = new ConfigurationReader();
    if (file != null) {
      reader.takeFile(file);
    }
    reader.takeEnvironment(environment);
    return reader.configuration();
  }

  private Configuration configuration() throws ConfigurationException {
    return new Configuration(
        grpc(),
        admin(),
        policies(),
        client(),
        issuers(),
        new Dpop(path("dpop.nonceKeyFile")),
        regions(),
        decisionLog(),
        state(),
        new Limits(
            integer("limits.concurrentRequests", 1, 1_000_000, 2000),
            integer("limits.quotaKeys", 1, 100_000_000, 500_000),
            integer("limits.proofs", 1, 100_000_000, 500_000),
            integer("limits.jsonDepth", 1, 128, 64)),
        duration("drain", Duration.ofHours(1), Duration.ofSeconds(5)),
        decisionTimeout());
  }

  private Grpc grpc() throws ConfigurationException {
    Setting address = settings.get("grpc.address");
    return new Grpc(
        address == null ? new Address.Tcp("0.0.0.0", 9001) : address.address(),
        tls(),
        integer("grpc.threads", 1, 1024, Runtime.getRuntime().availableProcessors()));
  }

  private @Nullable Tls tls() throws ConfigurationException {
    Path certFile = path("grpc.tls.certFile");
    Path keyFile = path("grpc.tls.keyFile");
    Path clientCaFile = path("grpc.tls.clientCaFile");
    if (certFile != null && keyFile != null) {
      return new Tls(certFile, keyFile, clientCaFile);
    }
    // A half-written TLS section must not end in cleartext.
    String missing =
        certFile == null && keyFile == null
            ? "`grpc.tls.certFile` and `grpc.tls.keyFile`"
            : certFile == null ? "`grpc.tls.certFile`" : "`grpc.tls.keyFile`";
    for (String key : List.of("grpc.tls.certFile", "grpc.tls.keyFile", "grpc.tls.clientCaFile")) {
      Setting setting = settings.get(key);
      if (setting != null) {
        throw setting.refused("needs " + missing + " beside it");
      }
    }
    return null;
  }

  private Admin admin() throws ConfigurationException {
    Setting setting = settings.get("admin.address");
    if (setting == null) {
      return new Admin(new Address.Tcp("0.0.0.0", 9090));
    }
    return switch (setting.address()) {
      case Address.Tcp tcp -> new Admin(tcp);
      case Address.UnixSocket _ -> throw setting.refused("takes a host and a port only");
    };
  }

  private Policies policies() throws ConfigurationException {
    Setting folder = settings.get("policies.files");
    boolean kubernetes =
        sections.contains(KUBERNETES)
            || settings.keySet().stream().anyMatch(key -> key.startsWith(KUBERNETES + '.'));
    if (folder != null && kubernetes) {
      throw folder.refused("and `" + KUBERNETES + "` exclude each other");
    }
    if (folder != null) {
      return new Policies.Files(folder.path());
    }
    if (!kubernetes) {
      return new Policies.None();
    }
    Setting namespaces = settings.get("policies.kubernetes.namespaces");
    Setting skip = settings.get("policies.kubernetes.skip");
    Setting status = settings.get("policies.kubernetes.status");
    Setting leaseNamespace = settings.get("policies.kubernetes.leaseNamespace");
    return new Policies.Kubernetes(
        path("policies.kubernetes.kubeconfig"),
        namespaces == null ? List.of() : namespaces.names(NAMESPACE, "namespace"),
        skip == null ? Set.of() : Set.copyOf(skip.choices(RESOURCES)),
        status == null ? Status.WRITE : status.choice(STATUS),
        leaseNamespace == null ? null : leaseNamespace.name(NAMESPACE, "namespace"));
  }

  private Client client() throws ConfigurationException {
    Setting xfcc = settings.get("client.xfcc");
    return new Client(
        integer("client.trustedHops", 0, 100, 0), xfcc == null ? Xfcc.NEVER : xfcc.choice(XFCC));
  }

  private Issuers issuers() throws ConfigurationException {
    Setting networks = settings.get("issuers.allowedNetworks");
    return new Issuers(networks == null ? List.of() : networks.names(NETWORK, "network"));
  }

  private Regions regions() throws ConfigurationException {
    Setting header = settings.get("regions.header");
    Setting ranges = settings.get("regions.ranges");
    return new Regions(
        header == null ? null : fieldName(header),
        path("regions.mmdb"),
        ranges == null ? Map.of() : ranges.lists());
  }

  /** A header's name in lower case (RFC 9110 section 5.1). */
  private static String fieldName(Setting setting) throws ConfigurationException {
    String name = setting.text().toLowerCase(Locale.ROOT);
    if (!name.matches("[a-z0-9!#$%&'*+.^_`|~-]+")) {
      throw setting.refused("`" + name + "` is no header name");
    }
    return name;
  }

  private DecisionLog decisionLog() throws ConfigurationException {
    Setting sinks = settings.get("decisionLog.sinks");
    Setting format = settings.get("decisionLog.format");
    if (format != null && format.text().equals("ocsf")) {
      throw format.refused("`ocsf` is not available in this version; use `json`");
    }
    Setting sampleAllowed = settings.get("decisionLog.sampleAllowed");
    List<Sink> chosen = sinks == null ? List.of(Sink.STDOUT) : sinks.choices(SINKS);
    Path file = path("decisionLog.file");
    if (sinks != null && chosen.contains(Sink.FILE) && file == null) {
      throw sinks.refused("has `file`, which needs `decisionLog.file`");
    }
    if (file != null && !chosen.contains(Sink.FILE)) {
      throw claimed("decisionLog.file").refused("needs `file` among `decisionLog.sinks`");
    }
    return new DecisionLog(
        chosen,
        file,
        format == null ? Format.JSON : format.choice(FORMATS),
        sampleAllowed == null ? 1 : sampleAllowed.share(),
        integer("decisionLog.buffer", 1, 10_000_000, 16_384));
  }

  private State state() throws ConfigurationException {
    Setting redis = settings.get("state.redis.uri");
    if (redis != null) {
      throw redis.refused("is not available in this version; use `state.memory`");
    }
    Setting memory = settings.get("state.memory");
    if (memory != null && !isEmpty(memory.value())) {
      throw memory.refused("takes nothing; write `{}`");
    }
    return new State.Memory();
  }

  private static boolean isEmpty(Node node) {
    return node.getTag().equals(Tag.NULL)
        || (node instanceof MappingNode mapping && mapping.getValue().isEmpty())
        || (node instanceof ScalarNode scalar && scalar.getValue().isBlank());
  }

  private Duration decisionTimeout() throws ConfigurationException {
    Duration timeout = duration("decisionTimeout", Duration.ofMinutes(1), Duration.ofMillis(150));
    if (timeout.isZero()) {
      throw claimed("decisionTimeout").refused("must be longer than nothing");
    }
    return timeout;
  }

  private int integer(String key, int least, int most, int otherwise)
      throws ConfigurationException {
    Setting setting = settings.get(key);
    return setting == null ? otherwise : setting.integer(least, most);
  }

  private Duration duration(String key, Duration most, Duration otherwise)
      throws ConfigurationException {
    Setting setting = settings.get(key);
    return setting == null ? otherwise : setting.duration(most);
  }

  private @Nullable Path path(String key) throws ConfigurationException {
    Setting setting = settings.get(key);
    return setting == null ? null : setting.path();
  }

  private Setting claimed(String key) {
    Setting setting = settings.get(key);
    if (setting == null) {
      throw new IllegalStateException(key);
    }
    return setting;
  }

  private void takeFile(Path file) throws ConfigurationException {
    String text;
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new ConfigurationException(
            "configuration `" + file + "` has more than " + (MOST_BYTES >> 20) + " MiB");
      }
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException e) {
      throw new ConfigurationException("configuration `" + file + "` does not exist");
    } catch (CharacterCodingException e) {
      throw new ConfigurationException("configuration `" + file + "` is not UTF-8");
    } catch (IOException e) {
      throw new ConfigurationException("configuration `" + file + "` can't be read");
    }
    Optional<Node> root = compose(text, file.toString());
    if (root.isPresent() && !root.get().getTag().equals(Tag.NULL)) {
      takeSection("", root.get(), file);
    }
  }

  private static Optional<Node> compose(String text, String origin) throws ConfigurationException {
    try {
      return new Compose(LoadSettings.builder().setLabel(origin).build()).composeString(text);
    } catch (MarkedYamlEngineException e) {
      throw new ConfigurationException(
          origin + position(e.getProblemMark()) + ": no YAML: " + oneLine(e.getProblem()));
    } catch (YamlEngineException e) {
      throw new ConfigurationException(origin + ": no YAML");
    }
  }

  private void takeSection(String section, Node node, Path file) throws ConfigurationException {
    String where = file + position(node.getStartMark());
    if (!(node instanceof MappingNode mapping)) {
      throw new ConfigurationException(
          where + ": " + (section.isEmpty() ? "the file" : "`" + section + "`") + " needs keys");
    }
    for (NodeTuple entry : mapping.getValue()) {
      String at = file + position(entry.getKeyNode().getStartMark());
      if (!(entry.getKeyNode() instanceof ScalarNode name)) {
        throw new ConfigurationException(at + ": a key is a plain name");
      }
      String key = section.isEmpty() ? name.getValue() : section + '.' + name.getValue();
      takeEntry(key, at, entry.getValueNode(), file);
    }
  }

  private void takeEntry(String key, String at, Node value, Path file)
      throws ConfigurationException {
    if (KEYS.contains(key)) {
      if (settings.put(key, new Setting(key, at, value)) != null) {
        throw new ConfigurationException(at + ": key `" + key + "` stands here twice");
      }
      return;
    }
    if (KEYS.stream().noneMatch(known -> known.startsWith(key + '.'))) {
      throw new ConfigurationException(at + ": unknown key `" + key + "`" + hint(key, KEYS));
    }
    sections.add(key);
    if (!value.getTag().equals(Tag.NULL)) {
      takeSection(key, value, file);
    }
  }

  private void takeEnvironment(Map<String, String> environment) throws ConfigurationException {
    Map<String, String> keys = new TreeMap<>();
    for (String key : KEYS) {
      keys.put(Setting.variable(key), key);
    }
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      if (!name.startsWith(PREFIX) || RESERVED.contains(name)) {
        continue;
      }
      String key = keys.get(name);
      if (key == null && SERVICE_LINK.matcher(name).matches()) {
        continue;
      }
      if (key == null) {
        throw new ConfigurationException(
            "unknown variable `" + name + "`" + hint(name, keys.keySet()));
      }
      settings.put(key, new Setting(key, name, value(variable.getValue(), name)));
    }
  }

  /** A list or a mapping is written as in YAML's flow style; anything else stands for itself. */
  private static Node value(String text, String variable) throws ConfigurationException {
    String stripped = text.strip();
    if (stripped.startsWith("[") || stripped.startsWith("{")) {
      Optional<Node> node = compose(stripped, variable);
      if (node.isPresent()) {
        return node.get();
      }
    }
    return new ScalarNode(Tag.STR, stripped, ScalarStyle.PLAIN);
  }

  private static String hint(String name, Iterable<String> known) {
    String nearest = Setting.nearest(name, known);
    return nearest == null ? "" : "; did you mean `" + nearest + "`";
  }

  private static String position(Optional<Mark> mark) {
    return mark.map(m -> ":" + (m.getLine() + 1) + ":" + (m.getColumn() + 1)).orElse("");
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }

  /** The order in which choices are listed to users. */
  private static <E extends Enum<E>> Map<String, E> spelt(Map<String, E> spellings) {
    return new TreeMap<>(spellings);
  }
}
