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
  private static final String CLEARTEXT =
      "{name: cleartext, typed_config: {'@type':"
          + " type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}";
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
   * @param front where and how callers reach it
   * @param checks how it asks Sallyport
   * @param upstreamPort of HTTP, on 127.0.0.1
   */
  public record Settings(
      Path work, Front front, Checks checks, int upstreamPort, int upstreamGrpcPort) {
    /** As facts and README recommend it. */
    public static Settings of(Path work, Upstream upstream, CheckAddress... sallyports) {
      return new Settings(
          work,
          Front.CLEARTEXT,
          new Checks(List.of(sallyports), true, null, null, Buffering.BYTES),
          upstream.httpPort(),
          upstream.grpcPort());
    }

    public Settings onPort(int port) {
      return with(front.onPort(port));
    }

    public Settings with(Front changed) {
      return new Settings(work, changed, checks, upstreamPort, upstreamGrpcPort);
    }

    /** In front of another upstream, on a port of 127.0.0.1. */
    public Settings before(int upstream) {
      return new Settings(work, front, checks, upstream, upstreamGrpcPort);
    }

    public Settings passingEverythingOn() {
      return with(front.passingEverythingOn());
    }

    public Settings joiningHeaders() {
      return with(checks.joiningHeaders());
    }

    public Settings withTls(Tls tls) {
      return with(checks.withTls(tls));
    }

    public Settings withPolicyExtension(String policy) {
      return with(checks.withPolicyExtension(policy));
    }

    public Settings buffering(Buffering bodies) {
      return with(checks.buffering(bodies));
    }

    private Settings with(Checks changed) {
      return new Settings(work, front, changed, upstreamPort, upstreamGrpcPort);
    }
  }

  /**
   * The side of Sallyport.
   *
   * @param rawHeaders {@code encode_raw_headers}: header lines one by one, or joined by name
   * @param tls null for cleartext
   * @param policyExtension what the context extension of every route names as its policy
   * @param buffering what of a body is sent with a check
   */
  private record Checks(
      List<CheckAddress> sallyports,
      boolean rawHeaders,
      @Nullable Tls tls,
      @Nullable String policyExtension,
      Buffering buffering) {
    Checks joiningHeaders() {
      return new Checks(sallyports, false, tls, policyExtension, buffering);
    }

    Checks withTls(Tls own) {
      return new Checks(sallyports, rawHeaders, own, policyExtension, buffering);
    }

    Checks withPolicyExtension(String policy) {
      return new Checks(sallyports, rawHeaders, tls, policy, buffering);
    }

    Checks buffering(Buffering bodies) {
      return new Checks(sallyports, rawHeaders, tls, policyExtension, bodies);
    }
  }

  /** {@code with_request_body}: what of a body Envoy sends with its check. */
  public enum Buffering {
    /** All of up to 128 KiB, as it is; Envoy refuses more. */
    BYTES("{max_request_bytes: 131072, allow_partial_message: false, pack_as_bytes: true}"),
    /** All of up to 128 KiB, as a text without what is not UTF-8. */
    TEXT("{max_request_bytes: 131072, allow_partial_message: false, pack_as_bytes: false}"),
    /** The first 1000 bytes. */
    BEGINNING("{max_request_bytes: 1000, allow_partial_message: true, pack_as_bytes: true}"),
    /** Nothing. */
    NONE("null");

    private final String setting;

    Buffering(String setting) {
      this.setting = setting;
    }
  }

  /**
   * The side of the callers.
   *
   * @param port zero for any free one
   * @param normalising whether Envoy cleans and refuses odd requests itself, as a front door
   *     should; without it Sallyport sees whatever the client sent
   * @param tls null for cleartext
   * @param forwarding {@code forward_client_cert_details}, what becomes of {@code
   *     x-forwarded-client-cert}
   * @param documents what Envoy answers itself, once Sallyport allowed the request: JSON by path
   */
  public record Front(
      int port,
      boolean normalising,
      @Nullable FrontTls tls,
      CertificateForwarding forwarding,
      Map<String, String> documents) {
    /** On any free port, with nothing special. */
    public static final Front CLEARTEXT =
        new Front(0, true, null, CertificateForwarding.SANITIZE, Map.of());

    public Front {
      documents = Map.copyOf(documents);
    }

    public Front onPort(int number) {
      return new Front(number, normalising, tls, forwarding, documents);
    }

    public Front passingEverythingOn() {
      return new Front(port, false, tls, forwarding, documents);
    }

    public Front withTls(FrontTls own) {
      return new Front(port, normalising, own, forwarding, documents);
    }

    public Front forwarding(CertificateForwarding own) {
      return new Front(port, normalising, tls, own, documents);
    }

    public Front withDocument(String path, String json) {
      Map<String, String> more = new HashMap<>(documents);
      more.put(path, json);
      return new Front(port, normalising, tls, forwarding, more);
    }
  }

  /** {@code forward_client_cert_details} of the HTTP connection manager. */
  public enum CertificateForwarding {
    SANITIZE,
    FORWARD_ONLY,
    APPEND_FORWARD,
    SANITIZE_SET,
    ALWAYS_FORWARD_ONLY
  }

  /**
   * TLS for callers.
   *
   * @param own what Envoy presents
   * @param clientCaFile in PEM, whose certificates callers may show
   * @param clients what a caller without one, or with an old one, gets
   */
  public record FrontTls(Certificates own, Path clientCaFile, ClientCertificates clients) {}

  /** Whether callers have to show a certificate. */
  public enum ClientCertificates {
    OPTIONAL,
    REQUIRED,
    /** Optional, and one that has expired passes. */
    EVEN_EXPIRED
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

  /** Sends over TLS. */
  public Reply send(TlsClient client, RawRequest request) {
    try {
      return client.send(request, port);
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
    Front front = settings.front();
    places.put("port", Integer.toString(front.port()));
    places.put("frontTransport", transport(front.tls()));
    places.put("certificateForwarding", front.forwarding().name());
    places.put("documents", documents(front.documents()));
    places.put("normalising", Boolean.toString(front.normalising()));
    places.put("escapedSlashes", front.normalising() ? "REJECT_REQUEST" : "KEEP_UNCHANGED");
    places.put("underscores", front.normalising() ? "REJECT_REQUEST" : "ALLOW");
    places.put("maxHeaderKilobytes", front.normalising() ? "60" : "8000");
    places.put("maxHeaders", front.normalising() ? "100" : "20000");
    places.put("accessLog", accessLog.toString());
    places.put("upstreamPort", Integer.toString(settings.upstreamPort()));
    places.put("upstreamGrpcPort", Integer.toString(settings.upstreamGrpcPort()));
    Checks checks = settings.checks();
    places.put("sallyports", endpoints(checks.sallyports()));
    places.put("transport", transport(checks.tls()));
    places.put("requestBody", checks.buffering().setting);
    places.put("rawHeaders", Boolean.toString(checks.rawHeaders()));
    places.put(
        "contextExtensions",
        checks.policyExtension() == null
            ? "{}"
            : "{sallyport.dev/policy: '" + checks.policyExtension() + "'}");
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

  private static String documents(Map<String, String> documents) {
    return documents.entrySet().stream()
        .map(document -> document(document.getKey(), document.getValue()))
        .collect(Collectors.joining())
        .replace("\n", "\n              ");
  }

  private static String document(String path, String json) {
    return """
    - match: {path: '%s'}
      direct_response: {status: 200, body: {inline_string: '%s'}}
      response_headers_to_add:
      - header: {key: content-type, value: application/json}
        append_action: OVERWRITE_IF_EXISTS_OR_ADD
    """
        .formatted(path, json);
  }

  private static String transport(@Nullable FrontTls tls) {
    if (tls == null) {
      return CLEARTEXT;
    }
    return """
    {name: tls, typed_config: {'@type': \
    type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, \
    require_client_certificate: %s, common_tls_context: {tls_certificates: \
    [{certificate_chain: {filename: '%s'}, private_key: {filename: '%s'}}], \
    validation_context: {trusted_ca: {filename: '%s'}, allow_expired_certificate: %s}}}}\
    """
        .formatted(
            tls.clients() == ClientCertificates.REQUIRED,
            tls.own().certFile(),
            tls.own().keyFile(),
            tls.clientCaFile(),
            tls.clients() == ClientCertificates.EVEN_EXPIRED);
  }

  private static String transport(@Nullable Tls tls) {
    if (tls == null) {
      return CLEARTEXT;
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
