package dev.sallyport.e2e;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jwt.JWTClaimsSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * An issuer of tokens on 127.0.0.1, over TLS with an authority of its own: what a company's
 * identity provider is to its partners, and what a CI system is to its pipelines.
 *
 * <p>It gives clients access tokens for their secret (RFC 6749 section 4.4), as JWTs (RFC 9068) or
 * opaque, bound to the key of a DPoP proof (RFC 9449) or to the certificate of the connection (RFC
 * 8705) where there is one; gives jobs of pipelines their identity token; and publishes metadata
 * (OpenID Connect Discovery, RFC 8414), its keys, introspection (RFC 7662) and revocation (RFC
 * 7009).
 *
 * <p>Its keys rotate when told to, and it behaves as badly as it is told to, path by path.
 */
public final class TokenServer implements AutoCloseable {
  public static final String OPENID_METADATA = "/.well-known/openid-configuration";
  public static final String OAUTH_METADATA = "/.well-known/oauth-authorization-server";
  public static final String KEYS = "/keys";
  public static final String TOKEN = "/token";
  public static final String INTROSPECTION = "/introspect";
  public static final String REVOCATION = "/revoke";

  /** Where a job asks for its token, with {@code ?audience=}. */
  public static final String JOB_TOKEN = "/job/token";

  private static final JOSEObjectType ACCESS_TOKEN = new JOSEObjectType("at+jwt");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Settings settings;
  private final CertificateAuthority authority;
  private final SSLContext tls;
  private final int port;
  private final SigningKeys keys;
  private final TokenEndpoints endpoints;

  private final Map<String, Conduct> conducts = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();

  private volatile @Nullable Running running;

  private TokenServer(
      Settings settings,
      CertificateAuthority authority,
      SSLContext tls,
      int port,
      SigningKeys keys) {
    this.settings = settings;
    this.authority = authority;
    this.tls = tls;
    this.port = port;
    this.keys = keys;
    endpoints = new TokenEndpoints(this, settings);
  }

  /**
   * How one is started.
   *
   * @param work a folder for its authority's files
   * @param port zero for any free one
   * @param path that its identifier has behind the port; empty for none
   * @param audience of tokens whose request names none
   * @param lifetime of tokens
   * @param introspector the secret with which a resource server asks about tokens, either as the
   *     password of the client {@code resource-server} or as a Bearer token
   */
  public record Settings(
      Path work,
      int port,
      String path,
      String audience,
      Duration lifetime,
      SigningKeys.Kind kind,
      String introspector,
      List<Client> clients,
      List<Job> jobs) {
    public Settings {
      clients = List.copyOf(clients);
      jobs = List.copyOf(jobs);
    }

    /** With no client and no job, RS256, and tokens for ten minutes. */
    public static Settings of(Path work, String audience) {
      return new Settings(
          work,
          0,
          "",
          audience,
          Duration.ofMinutes(10),
          SigningKeys.Kind.RS256,
          "example-secret-resource-server",
          List.of(),
          List.of());
    }

    public Settings onPort(int number) {
      return new Settings(
          work, number, path, audience, lifetime, kind, introspector, clients, jobs);
    }

    public Settings under(String ownPath) {
      return new Settings(
          work, port, ownPath, audience, lifetime, kind, introspector, clients, jobs);
    }

    public Settings signingWith(SigningKeys.Kind ownKind) {
      return new Settings(
          work, port, path, audience, lifetime, ownKind, introspector, clients, jobs);
    }

    public Settings with(Client client) {
      return new Settings(
          work,
          port,
          path,
          audience,
          lifetime,
          kind,
          introspector,
          Stream.concat(clients.stream(), Stream.of(client)).toList(),
          jobs);
    }

    public Settings with(Job job) {
      return new Settings(
          work,
          port,
          path,
          audience,
          lifetime,
          kind,
          introspector,
          clients,
          Stream.concat(jobs.stream(), Stream.of(job)).toList());
    }
  }

  /**
   * Who gets access tokens.
   *
   * @param scopes that it may ask for, and gets when it asks for none
   * @param opaque whether its tokens say nothing, so that only introspection tells about them
   */
  public record Client(String id, String secret, List<String> scopes, boolean opaque) {
    public Client {
      scopes = List.copyOf(scopes);
    }

    /** One whose tokens are JWTs. */
    public static Client of(String id, String secret, String... scopes) {
      return new Client(id, secret, List.of(scopes), false);
    }

    public Client withOpaqueTokens() {
      return new Client(id, secret, scopes, true);
    }
  }

  /**
   * A job of a pipeline, which gets tokens that say where it runs and for what.
   *
   * @param requestToken what it asks with; the CI system gives it to the job and nobody else
   * @param repository such as {@code acme/shop}
   * @param ref such as {@code refs/heads/main}
   * @param workflow the file that the job is defined in, such as {@code release.yaml}
   */
  public record Job(String requestToken, String repository, String ref, String workflow) {
    /** What its token says beside issuer, audience and times. */
    Map<String, Object> claims() {
      String owner = repository.substring(0, repository.indexOf('/'));
      Map<String, Object> claims = new LinkedHashMap<>();
      claims.put("sub", "repo:" + repository + ":ref:" + ref);
      claims.put("repository", repository);
      claims.put("repository_owner", owner);
      claims.put("ref", ref);
      claims.put("ref_type", ref.startsWith("refs/tags/") ? "tag" : "branch");
      claims.put("sha", "8f14e45fceea167a5a36dedd4bea2543c1d0a7b2");
      claims.put("workflow", workflow);
      claims.put(
          "job_workflow_ref", "%s/.github/workflows/%s@%s".formatted(repository, workflow, ref));
      claims.put("event_name", "push");
      claims.put("actor", "octo-deployer");
      claims.put("run_id", "1907");
      claims.put("run_attempt", "1");
      claims.put("runner_environment", "self-hosted");
      return claims;
    }
  }

  /** A server that listens, and what ends with it. */
  private record Running(HttpsServer server, ExecutorService threads, CountDownLatch end) {
    void close() {
      end.countDown();
      server.stop(0);
      threads.shutdownNow();
    }
  }

  /** Starts one, with an authority and a key of its own. */
  public static TokenServer start(Settings settings) {
    CertificateAuthority authority =
        CertificateAuthority.create(settings.work(), "token-server-authority");
    int port = settings.port() == 0 ? FreePorts.next() : settings.port();
    TokenServer server =
        new TokenServer(
            settings,
            authority,
            serving(authority.server("token-server")),
            port,
            SigningKeys.of(settings.kind()));
    server.resume();
    return server;
  }

  private static SSLContext serving(Certificates own) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          TlsClient.keyManagers(own), new TrustManager[] {new AnyClientCertificate()}, RANDOM);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Listens again, on the same port, after {@link #stop}. */
  public void resume() {
    try {
      HttpsServer server =
          HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 128);
      server.setHttpsConfigurator(
          new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
              SSLParameters tlsParameters = tls.getDefaultSSLParameters();
              tlsParameters.setWantClientAuth(true);
              parameters.setSSLParameters(tlsParameters);
            }
          });
      ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
      CountDownLatch end = new CountDownLatch(1);
      server.setExecutor(threads);
      server.createContext("/", exchange -> answer((HttpsExchange) exchange, end));
      server.start();
      running = new Running(server, threads, end);
    } catch (IOException e) {
      throw new UncheckedIOException("can't start the token server", e);
    }
  }

  /** Refuses connections from now on; tokens and keys stay as they are. */
  public void stop() {
    Running was = running;
    if (was != null) {
      was.close();
      running = null;
    }
  }

  @Override
  public void close() {
    stop();
  }

  public int port() {
    return port;
  }

  /** Its identifier, as {@code iss} says it. */
  public String issuer() {
    return "https://127.0.0.1:" + port + settings.path();
  }

  /** Where one of its paths is. */
  public String at(String path) {
    return issuer() + path;
  }

  /** The certificate of its authority, in PEM. */
  public Path caFile() {
    return authority.certFile();
  }

  /** The text of {@link #caFile}. */
  public String caPem() {
    try {
      return Files.readString(caFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public SigningKeys keys() {
    return keys;
  }

  /** From now on a path is answered as told. */
  public void behave(String path, Conduct conduct) {
    conducts.put(path, conduct);
  }

  /** From now on every path is answered as the standards say. */
  public void behave() {
    conducts.clear();
  }

  /** How often a path was called; an outage counts nothing. */
  public int calls(String path) {
    return calls.computeIfAbsent(path, _ -> new AtomicInteger()).get();
  }

  /** No longer active for introspection. What a JWT says of itself stays as it is. */
  public void revoke(String token) {
    endpoints.revoke(token);
  }

  /** The claims of an access token that a client would get, for a test to change and sign. */
  public JWTClaimsSet.Builder claims(String clientId, String... scopes) {
    Instant now = Instant.now();
    return new JWTClaimsSet.Builder()
        .issuer(issuer())
        .subject(clientId)
        .audience(settings.audience())
        .claim("client_id", clientId)
        .claim("scope", String.join(" ", scopes))
        .jwtID(UUID.randomUUID().toString())
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plus(settings.lifetime())));
  }

  /** An access token with claims of one's own and the key of the moment. */
  public String sign(JWTClaimsSet claims) {
    return keys.sign(ACCESS_TOKEN, claims);
  }

  private void answer(HttpsExchange exchange, CountDownLatch end) {
    try (exchange) {
      String path = path(exchange);
      calls.computeIfAbsent(path, _ -> new AtomicInteger()).incrementAndGet();
      switch (conducts.getOrDefault(path, new Conduct.Proper())) {
        case Conduct.Proper() -> endpoints.answer(exchange, path);
        case Conduct.Late(var delay) -> {
          if (!end.await(delay.toMillis(), TimeUnit.MILLISECONDS)) {
            endpoints.answer(exchange, path);
          }
        }
        case Conduct.Failing(var status) -> send(exchange, status, "text/plain", "out of order\n");
        case Conduct.Page() ->
            send(exchange, 200, "text/html", "<!doctype html><title>Sign in</title>\n");
        case Conduct.Redirecting(var target) -> {
          exchange.getResponseHeaders().set("location", target.toString());
          exchange.sendResponseHeaders(302, -1);
        }
        case Conduct.Saying(var type, var body) -> send(exchange, 200, type, body);
        case Conduct.Silent() -> end.await();
        case Conduct.Dripping(var pause) -> drip(exchange, pause, end);
        case Conduct.Endless() -> drip(exchange, Duration.ZERO, end);
      }
    } catch (IOException _) {
      // The caller left, or the server was stopped: there is nobody to tell.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void drip(HttpExchange exchange, Duration pause, CountDownLatch end)
      throws IOException, InterruptedException {
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    byte[] more =
        pause.isZero() ? "\"x\",".repeat(4_096).getBytes(StandardCharsets.UTF_8) : new byte[] {' '};
    OutputStream body = exchange.getResponseBody();
    body.write("{\"keys\": [".getBytes(StandardCharsets.UTF_8));
    do {
      body.write(more);
      body.flush();
    } while (!end.await(pause.toMillis(), TimeUnit.MILLISECONDS));
  }

  /** Behind this issuer's own path; that of RFC 8414 has it at the end. */
  private String path(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    if (path.equals(OAUTH_METADATA + settings.path())) {
      return OAUTH_METADATA;
    }
    return path.startsWith(settings.path()) ? path.substring(settings.path().length()) : path;
  }

  /** The identity token of a job. */
  public String jobToken(Job job, String audience) {
    Instant now = Instant.now();
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(issuer())
            .audience(audience)
            .jwtID(UUID.randomUUID().toString())
            .issueTime(Date.from(now))
            .notBeforeTime(Date.from(now))
            .expirationTime(Date.from(now.plus(settings.lifetime())));
    job.claims().forEach(claims::claim);
    return keys.sign(JOSEObjectType.JWT, claims.build());
  }

  static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
