package dev.sallyport.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Envoy on 127.0.0.1 that asks one or more Sallyports about every request. */
public final class EnvoyProcess implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Pattern PLACE = Pattern.compile("\\$\\{([a-zA-Z]+)}");

  private final ChildProcess process;
  private final int port;
  private final int adminPort;
  private final Path accessLog;

  private EnvoyProcess(ChildProcess process, int port, int adminPort, Path accessLog) {
    this.process = process;
    this.port = port;
    this.adminPort = adminPort;
    this.accessLog = accessLog;
  }

  /**
   * How one is started.
   *
   * @param work a folder for its bootstrap, its access log and what it prints
   * @param port zero for any free one
   * @param rawHeaders {@code encode_raw_headers}: header lines one by one, or joined by name
   * @param normalising whether Envoy cleans and refuses odd paths itself, as a front door should;
   *     without it Sallyport sees whatever the client sent
   * @param tls how Envoy speaks to Sallyport; null for cleartext
   * @param policyExtension what the context extension of every route names as its policy
   */
  public record Settings(
      Path work,
      int port,
      List<CheckAddress> sallyports,
      int upstreamPort,
      int upstreamGrpcPort,
      boolean rawHeaders,
      boolean normalising,
      @Nullable Tls tls,
      @Nullable String policyExtension) {
    public Settings {
      sallyports = List.copyOf(sallyports);
    }

    /** As facts and README recommend it. */
    public static Settings of(Path work, Upstream upstream, CheckAddress... sallyports) {
      return new Settings(
          work,
          0,
          List.of(sallyports),
          upstream.httpPort(),
          upstream.grpcPort(),
          true,
          true,
          null,
          null);
    }

    public Settings onPort(int port) {
      return new Settings(
          work,
          port,
          sallyports,
          upstreamPort,
          upstreamGrpcPort,
          rawHeaders,
          normalising,
          tls,
          policyExtension);
    }

    public Settings joiningHeaders() {
      return new Settings(
          work,
          port,
          sallyports,
          upstreamPort,
          upstreamGrpcPort,
          false,
          normalising,
          tls,
          policyExtension);
    }

    public Settings passingEverythingOn() {
      return new Settings(
          work,
          port,
          sallyports,
          upstreamPort,
          upstreamGrpcPort,
          rawHeaders,
          false,
          tls,
          policyExtension);
    }

    public Settings withTls(Tls tls) {
      return new Settings(
          work,
          port,
          sallyports,
          upstreamPort,
          upstreamGrpcPort,
          rawHeaders,
          normalising,
          tls,
          policyExtension);
    }

    public Settings withPolicyExtension(String policy) {
      return new Settings(
          work,
          port,
          sallyports,
          upstreamPort,
          upstreamGrpcPort,
          rawHeaders,
          normalising,
          tls,
          policy);
    }
  }

  /**
   * TLS to Sallyport, with files in PEM.
   *
   * @param caFile whose certificates Sallyport may present
   * @param certFile what Envoy presents; null for nothing
   * @param keyFile the key to it
   */
  public record Tls(Path caFile, @Nullable Path certFile, @Nullable Path keyFile) {}

  /** Starts one and waits until it takes requests. */
  public static EnvoyProcess start(Settings settings) {
    try {
      Files.createDirectories(settings.work());
      Path bootstrap = settings.work().resolve("envoy.yaml");
      Path accessLog = settings.work().resolve("access.jsonl");
      Path adminAddress = settings.work().resolve("admin-address");
      Files.deleteIfExists(adminAddress);
      Files.writeString(bootstrap, bootstrap(settings, accessLog));
      ChildProcess process =
          ChildProcess.start(
              "envoy",
              List.of(
                  Checkout.envoy().toString(),
                  "--config-path",
                  bootstrap.toString(),
                  "--admin-address-path",
                  adminAddress.toString(),
                  "--disable-hot-restart",
                  "--concurrency",
                  "1",
                  "--log-level",
                  "warning",
                  "--file-flush-interval-msec",
                  "50"),
              Map.of(),
              settings.work().resolve("envoy.log"));
      try {
        return awaitReady(process, adminAddress, accessLog);
      } catch (RuntimeException | Error e) {
        process.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EnvoyProcess awaitReady(ChildProcess process, Path adminAddress, Path accessLog) {
    return Await.until(
        "envoy is ready",
        Await.PATIENT,
        () -> {
          if (!process.isAlive()) {
            throw new IllegalStateException("envoy ended");
          }
          String address = Files.readString(adminAddress).strip();
          int adminPort = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
          if (page(adminPort, "/ready").statusCode() != 200) {
            return Optional.empty();
          }
          JsonNode listeners = JSON.readTree(page(adminPort, "/listeners?format=json").body());
          int port =
              listeners.at("/listener_statuses/0/local_address/socket_address/port_value").asInt(0);
          return port == 0
              ? Optional.empty()
              : Optional.of(new EnvoyProcess(process, port, adminPort, accessLog));
        },
        () -> "\nit said:\n" + process.output());
  }

  private static HttpResponse<String> page(int adminPort, String path)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Where callers knock. */
  public int port() {
    return port;
  }

  public int adminPort() {
    return adminPort;
  }

  public ChildProcess process() {
    return process;
  }

  public Reply send(RawRequest request) {
    try {
      return request.send(port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A counter or gauge; zero where Envoy does not know it. */
  public long stat(String name) {
    try {
      return page(adminPort, "/stats")
          .body()
          .lines()
          .filter(line -> line.startsWith(name + ": "))
          .mapToLong(line -> Long.parseLong(line.substring(name.length() + 2)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The dynamic metadata of a decision in the access log, as soon as it is there. */
  public JsonNode awaitDecision(String decisionId) {
    return Await.until(
        "the access log holds decision `" + decisionId + "`",
        Await.PATIENT,
        () ->
            Files.readAllLines(accessLog, StandardCharsets.UTF_8).reversed().stream()
                .map(line -> JSON.readTree(line).path("sallyport"))
                .filter(metadata -> metadata.path("decision_id").asString("").equals(decisionId))
                .findFirst());
  }

  @Override
  public void close() {
    process.close();
  }

  private static String bootstrap(Settings settings, Path accessLog) throws IOException {
    Map<String, String> places = new HashMap<>();
    places.put("port", Integer.toString(settings.port()));
    places.put("accessLog", accessLog.toString());
    places.put("rawHeaders", Boolean.toString(settings.rawHeaders()));
    places.put("normalising", Boolean.toString(settings.normalising()));
    places.put("escapedSlashes", settings.normalising() ? "REJECT_REQUEST" : "KEEP_UNCHANGED");
    places.put("underscores", settings.normalising() ? "REJECT_REQUEST" : "ALLOW");
    places.put("maxHeaderKilobytes", settings.normalising() ? "60" : "8000");
    places.put("maxHeaders", settings.normalising() ? "100" : "20000");
    places.put("upstreamPort", Integer.toString(settings.upstreamPort()));
    places.put("upstreamGrpcPort", Integer.toString(settings.upstreamGrpcPort()));
    places.put("sallyports", endpoints(settings.sallyports()));
    places.put("transport", transport(settings.tls()));
    places.put(
        "contextExtensions",
        settings.policyExtension() == null
            ? "{}"
            : "{sallyport.dev/policy: '" + settings.policyExtension() + "'}");
    return fill(template(), places);
  }

  private static String endpoints(List<CheckAddress> sallyports) {
    List<String> endpoints = new ArrayList<>();
    for (CheckAddress address : sallyports) {
      String target =
          switch (address) {
            case CheckAddress.Port(var number) ->
                "socket_address: {address: 127.0.0.1, port_value: " + number + "}";
            case CheckAddress.Socket(var path) -> "pipe: {path: '" + path + "'}";
          };
      endpoints.add("{endpoint: {address: {" + target + "}}}");
    }
    return endpoints.stream().collect(Collectors.joining(", ", "[", "]"));
  }

  private static String transport(@Nullable Tls tls) {
    if (tls == null) {
      return "{name: cleartext, typed_config: {'@type':"
          + " type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}";
    }
    String own =
        tls.certFile() == null
            ? ""
            : (", tls_certificates: [{certificate_chain: {filename: '" + tls.certFile() + "'}, ")
                + ("private_key: {filename: '" + tls.keyFile() + "'}}]");
    return "{name: tls, typed_config: {'@type':"
        + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext,"
        + " common_tls_context: {alpn_protocols: [h2], validation_context:"
        + (" {trusted_ca: {filename: '" + tls.caFile() + "'}}" + own + "}}}");
  }

  private static String fill(String template, Map<String, String> places) {
    Matcher matcher = PLACE.matcher(template);
    return matcher.replaceAll(found ->
        Matcher.quoteReplacement(
            Objects.requireNonNull(places.get(found.group(1)), found.group())));
  }

  private static String template() throws IOException {
    try (InputStream stream =
        Objects.requireNonNull(EnvoyProcess.class.getResourceAsStream("envoy.yaml"))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
