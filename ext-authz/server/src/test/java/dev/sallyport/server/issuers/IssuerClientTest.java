package dev.sallyport.server.issuers;

import static dev.sallyport.server.issuers.IssuerServer.sends;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.identity.Network;
import dev.sallyport.engine.identity.Networks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

@Timeout(30)
class IssuerClientTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Networks LOOPBACK = Networks.of(List.of(Network.parse("127.0.0.0/8")));
  private static final String BODY = "{\"keys\":[]}";

  private static CertificateAuthority authority;

  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void issue() {
    authority = CertificateAuthority.of("ip:127.0.0.1,dns:issuer.example,dns:localhost");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable part : open.reversed()) {
      part.close();
    }
  }

  private <T extends AutoCloseable> T keep(T part) {
    open.add(part);
    return part;
  }

  private IssuerServer plain(IssuerServer.Behaviour behaviour) throws IOException {
    return keep(new IssuerServer(behaviour));
  }

  private IssuerServer secure(CertificateAuthority by, IssuerServer.Behaviour behaviour)
      throws IOException {
    return keep(new IssuerServer(behaviour, by));
  }

  private IssuerClient client() {
    return client(Networks.NONE, Map.of(), NameLookup.SYSTEM, List.of(authority.certificate()));
  }

  private IssuerClient client(
      Networks allowed,
      Map<String, String> environment,
      NameLookup names,
      List<X509Certificate> anchors) {
    return keep(new IssuerClients(allowed, environment, names)).client(anchors);
  }

  /** Knows the one name, and counts who asks for it. */
  private static NameLookup knows(String name, AtomicInteger asked, String... addresses) {
    return host -> {
      asked.incrementAndGet();
      if (!host.equals(name)) {
        throw new UnknownHostException(host);
      }
      List<InetAddress> found = new ArrayList<>();
      for (String address : addresses) {
        found.add(InetAddress.ofLiteral(address));
      }
      return found;
    };
  }

  private static Call get(URI uri) {
    return get(uri, TIMEOUT);
  }

  private static Call get(URI uri, Duration timeout) {
    return Call.get(uri, true, "application/json", "", timeout);
  }

  private static String why(Reply reply) {
    return switch (reply) {
      case Reply.Failed(var why) -> why;
      case Reply.Refused refused -> refused.why();
      case Reply.Arrived _, Reply.Unchanged _ -> "it arrived";
    };
  }

  private static String body(Reply reply) {
    return reply instanceof Reply.Arrived arrived
        ? new String(arrived.body(), StandardCharsets.UTF_8)
        : why(reply);
  }

  @Test
  void documentArrivesByTlsOfTheIssuersOwnAuthority() throws IOException {
    IssuerServer server =
        secure(
            authority,
            sends(
                200,
                BODY,
                Map.of(
                    "Content-Type", "application/jwk-set+json; charset=utf-8",
                    "ETag", "\"v1\"",
                    "Cache-Control", "public, max-age=100")));

    Reply reply = client().send(get(server.uri())).join();

    assertThat(body(reply)).isEqualTo(BODY);
    Reply.Arrived arrived = (Reply.Arrived) reply;
    assertThat(arrived.etag()).isEqualTo("\"v1\"");
    assertThat(arrived.maxAge()).hasValue(Duration.ofSeconds(100));
  }

  @Test
  void unchangedDocumentIsNotSentAgain() throws IOException {
    IssuerServer server =
        plain(exchange ->
            sends(
                    "\"v1\"".equals(exchange.getRequestHeaders().getFirst("If-None-Match"))
                        ? 304
                        : 200,
                    "",
                    Map.of("Cache-Control", "max-age=7"))
                .answer(exchange));

    Reply reply =
        client().send(Call.get(server.uri(), true, "application/json", "\"v1\"", TIMEOUT)).join();

    assertThat(reply).isEqualTo(new Reply.Unchanged(Optional.of(Duration.ofSeconds(7))));
  }

  @Test
  void unchangedIsNoAnswerWhereNothingIsHeld() throws IOException {
    IssuerServer server = plain(sends(304, "", Map.of()));

    assertThat(client().send(get(server.uri())).join()).isEqualTo(new Reply.Refused(304));
  }

  @Test
  void requestSaysNoMoreThanItMust() throws IOException {
    Queue<String> headers = new ConcurrentLinkedQueue<>();
    IssuerServer server =
        plain(exchange -> {
          headers.addAll(exchange.getRequestHeaders().keySet());
          exchange.getResponseHeaders().set("Set-Cookie", "session=1");
          sends(BODY).answer(exchange);
        });
    IssuerClient client = client();

    client.send(get(server.uri())).join();
    client.send(get(server.uri())).join();

    assertThat(Set.copyOf(headers))
        .containsExactlyInAnyOrder("Accept", "Connection", "Host", "User-agent");
  }

  @Test
  void formIsSentWithItsSecretAndShownByNobody() throws IOException {
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    IssuerServer server =
        plain(exchange -> {
          seen.add(exchange.getRequestMethod());
          seen.add(exchange.getRequestHeaders().getFirst("Content-Type"));
          seen.add(exchange.getRequestHeaders().getFirst("Authorization"));
          seen.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          sends("{\"active\":true}").answer(exchange);
        });
    Call call = Call.post(server.uri(), true, new Call.Post("token=t0k", "Basic s3cret"), TIMEOUT);

    assertThat(body(client().send(call).join())).isEqualTo("{\"active\":true}");
    assertThat(seen)
        .containsExactly("POST", "application/x-www-form-urlencoded", "Basic s3cret", "token=t0k");
    assertThat(call.toString()).doesNotContain("t0k", "s3cret");
  }

  @Test
  void whatIsSentIsLoggedForNobody() throws IOException {
    Logger root = Logger.getLogger("");
    Logger library = Logger.getLogger("org.apache.hc");
    Queue<String> log = new ConcurrentLinkedQueue<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            log.add(line.getLoggerName());
            log.add(line.getMessage());
            log.add(Arrays.toString(line.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    handler.setLevel(Level.ALL);
    root.addHandler(handler);
    library.setLevel(Level.ALL);
    try {
      IssuerServer server = plain(sends(BODY));
      Call call =
          Call.post(server.uri(), true, new Call.Post("token=t0k", "Basic s3cret"), TIMEOUT);
      client().send(call).join();
    } finally {
      root.removeHandler(handler);
      library.setLevel(null);
    }

    assertThat(String.join("\n", log)).contains("org.apache.hc").doesNotContain("t0k", "s3cret");
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 204, 400, 401, 403, 404, 407, 500, 503})
  void anyOtherStatusIsNoAnswer(int status) throws IOException {
    IssuerServer server = plain(sends(status, status == 204 ? "" : BODY, Map.of()));

    Reply reply = client().send(get(server.uri())).join();

    assertThat(why(reply)).isEqualTo("it answered with status " + status);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "Application/JSON;charset=UTF-8",
        "application/jwk-set+json",
        "application/token-introspection+json"
      })
  void jsonIsTaken(String type) throws IOException {
    IssuerServer server = plain(sends(200, BODY, Map.of("Content-Type", type)));

    assertThat(body(client().send(get(server.uri())).join())).isEqualTo(BODY);
  }

  @ParameterizedTest
  @CsvSource({
    "text/html; charset=utf-8, 'its answer is a web page, not JSON'",
    "text/plain, its answer is not JSON by its content type",
    "application/jsonp, its answer is not JSON by its content type",
    "application/jwt, its answer is not JSON by its content type",
    "json, its answer is not JSON by its content type"
  })
  void anythingElseIsNot(String type, String why) throws IOException {
    IssuerServer server = plain(sends(200, BODY, Map.of("Content-Type", type)));

    assertThat(why(client().send(get(server.uri())).join())).isEqualTo(why);
  }

  @Test
  void encodedBodyIsNotTaken() throws IOException {
    IssuerServer server = plain(sends(200, BODY, Map.of("Content-Encoding", "gzip")));

    assertThat(why(client().send(get(server.uri())).join()))
        .isEqualTo("its answer is encoded, which nobody asked for");
  }

  @Test
  void bodyLargerThanItMayBeIsCutOff() throws IOException {
    AtomicInteger sent = new AtomicInteger();
    IssuerServer server = plain(IssuerServer.sendsWithoutEnd(sent));

    assertThat(why(client().send(get(server.uri())).join()))
        .isEqualTo("its answer is larger than 1 MiB");
    assertThat(sent.get()).isLessThan(1 << 27);
  }

  @Test
  void bodyOfTenMegabytesIsNotRead() throws IOException {
    IssuerServer server = plain(sends("[\"" + " ".repeat(10_000_000) + "\"]"));
    Call asked = Call.post(server.uri(), true, new Call.Post("", ""), TIMEOUT);

    assertThat(why(client().send(get(server.uri())).join()))
        .isEqualTo("its answer is larger than 1 MiB");
    assertThat(why(client().send(asked).join())).isEqualTo("its answer is larger than 256 KiB");
  }

  @Test
  void largestBodyIsTaken() throws IOException {
    String largest = "\"" + "x".repeat((1 << 20) - 2) + "\"";
    IssuerServer server = plain(sends(largest));

    assertThat(body(client().send(get(server.uri())).join())).isEqualTo(largest);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"})
  void answerThatDripsIsGivenUpAndItsConnectionClosed(String begin) throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    RawServer server =
        keep(
            new RawServer((_, client, out) -> {
              RawServer.write(out, begin);
              try {
                var _ = client.getInputStream().read();
              } finally {
                gone.countDown();
              }
            }));

    assertThat(why(client().send(get(server.uri(), SHORT)).join()))
        .isEqualTo("it did not answer within 300 ms");
    assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void chunksWithoutEndAreGivenUp() throws IOException {
    RawServer server =
        keep(
            new RawServer((_, _, out) -> {
              RawServer.write(out, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
              Semaphore never = new Semaphore(0);
              while (true) {
                RawServer.write(out, "1\r\n \r\n");
                try {
                  var _ = never.tryAcquire(1, TimeUnit.MILLISECONDS);
                } catch (InterruptedException _) {
                  return;
                }
              }
            }));

    assertThat(why(client().send(get(server.uri(), SHORT)).join()))
        .isEqualTo("it did not answer within 300 ms");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "| it closed the connection without an answer",
        "SSH-2.0-OpenSSH_9.9 | it closed the connection without an answer",
        "HTTP/9.9 200 OK; | its answer is no HTTP",
        "HTTP/1.1 200 OK;content-length: 9;;{ | its answer broke off",
        "HTTP/1.1 200 OK;transfer-encoding: chunked;;5;{ | its answer broke off",
        "HTTP/1.1 200 OK;transfer-encoding: chunked;;zz;{ | its answer broke off"
      })
  void brokenAnswerIsNone(String answer, String why) throws IOException {
    RawServer server =
        keep(
            new RawServer((_, _, out) ->
                RawServer.write(out, answer == null ? "" : answer.replace(";", "\r\n") + "\r\n")));

    assertThat(why(client().send(get(server.uri())).join())).isEqualTo(why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x: 1\r\n", "x"})
  void headersWithoutEndAreNotRead(String part) throws IOException {
    RawServer server =
        keep(
            new RawServer((_, _, out) -> {
              RawServer.write(out, "HTTP/1.1 200 OK\r\n");
              while (true) {
                RawServer.write(out, part.repeat(1000));
              }
            }));

    assertThat(why(client().send(get(server.uri())).join()))
        .isEqualTo("its answer has too many headers, or too long ones");
  }

  @Test
  void redirectWithinTheOriginIsFollowed() throws IOException {
    IssuerServer server =
        plain(exchange -> {
          String path = exchange.getRequestURI().getPath();
          String next = Map.of("/jwks", "/2", "/2", "3", "/3", "/4?x=1").get(path);
          if (next == null) {
            sends(BODY).answer(exchange);
          } else {
            sends(307, "", Map.of("Location", next)).answer(exchange);
          }
        });

    assertThat(body(client().send(get(server.uri())).join())).isEqualTo(BODY);
    assertThat(server.requests).hasValue(4);
  }

  @Test
  void redirectsEndAtSomeTime() throws IOException {
    IssuerServer server = plain(sends(302, "", Map.of("Location", "/jwks")));

    assertThat(why(client().send(get(server.uri())).join()))
        .isEqualTo("it redirects more than 3 times");
    assertThat(server.requests).hasValue(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.2:PORT/jwks",
        "http://127.0.0.1:1/jwks",
        "https://127.0.0.1:PORT/jwks",
        "http://me@127.0.0.1:PORT/jwks",
        "//elsewhere.example/jwks",
        "file:///etc/passwd",
        "mailto:me@corp.example"
      })
  void redirectElsewhereIsNotFollowed(String location) throws IOException {
    AtomicInteger port = new AtomicInteger();
    IssuerServer server =
        plain(exchange ->
            sends(
                    302,
                    "",
                    Map.of("Location", location.replace("PORT", Integer.toString(port.get()))))
                .answer(exchange));
    port.set(server.port());

    assertThat(why(client().send(get(server.uri())).join()))
        .isEqualTo("it redirects to another host, port or scheme");
    assertThat(server.requests).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "http://a b/"})
  void redirectToNowhereIsAFailure(String location) throws IOException {
    IssuerServer server =
        plain(sends(302, "", location.isEmpty() ? Map.of() : Map.of("Location", location)));

    assertThat(why(client().send(get(server.uri())).join())).isEqualTo("it redirects to nowhere");
  }

  @Test
  void tokenIsNeverRedirected() throws IOException {
    IssuerServer server = plain(sends(307, "", Map.of("Location", "/jwks")));
    Call call = Call.post(server.uri(), true, new Call.Post("token=t", "Basic s"), TIMEOUT);

    assertThat(why(client().send(call).join()))
        .isEqualTo("it redirects, and a token is sent nowhere else");
    assertThat(server.requests).hasValue(1);
  }

  @Test
  void certificateOfAnotherAuthorityIsNotTrusted() throws IOException {
    IssuerServer server = secure(CertificateAuthority.of("ip:127.0.0.1"), sends(BODY));
    String why = "its certificate is not from an authority that is trusted";

    assertThat(why(client().send(get(server.uri())).join())).isEqualTo(why);
    IssuerClient system = client(Networks.NONE, Map.of(), NameLookup.SYSTEM, List.of());
    assertThat(why(system.send(get(server.uri())).join())).isEqualTo(why);
    assertThat(server.requests).hasValue(0);
  }

  @Test
  void certificateOfAnotherHostIsNotTrusted() throws IOException {
    CertificateAuthority other = CertificateAuthority.of("dns:other.example,ip:127.0.0.2");
    IssuerServer server = secure(other, sends(BODY));
    IssuerClient client =
        client(Networks.NONE, Map.of(), NameLookup.SYSTEM, List.of(other.certificate()));

    assertThat(why(client.send(get(server.uri())).join()))
        .isEqualTo("its certificate is not for its host");
    assertThat(server.requests).hasValue(0);
  }

  @Test
  void certificateThatIsOverIsNotTrusted() throws IOException {
    CertificateAuthority past =
        CertificateAuthority.of("ip:127.0.0.1", "-startdate", "-3d", "-validity", "2");
    IssuerServer server = secure(past, sends(BODY));
    IssuerClient client =
        client(Networks.NONE, Map.of(), NameLookup.SYSTEM, List.of(past.certificate()));

    assertThat(why(client.send(get(server.uri())).join())).isEqualTo("its certificate has expired");
  }

  @Test
  void serverWithoutTlsIsNone() throws IOException {
    IssuerServer server = plain(sends(BODY));
    URI uri = URI.create("https://127.0.0.1:" + server.port() + "/");

    assertThat(why(client().send(get(uri)).join()))
        .isEqualTo("no connection to it came about in time");
  }

  @Test
  void serverOfAnotherProtocolIsNone() throws Exception {
    ServerSocket chatty = keep(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    Thread answering =
        Thread.ofVirtual()
            .start(() -> {
              try (Socket client = chatty.accept()) {
                RawServer.write(client.getOutputStream(), "220 mail.example ESMTP\r\n");
                var _ = client.getInputStream().readAllBytes();
              } catch (IOException _) {
                // The client is gone.
              }
            });
    URI uri = URI.create("https://127.0.0.1:" + chatty.getLocalPort() + "/");

    assertThat(why(client().send(get(uri)).join())).isEqualTo("TLS with it failed");
    answering.join();
  }

  @Test
  void connectionsOfAnotherTrustAreNotUsed() throws IOException {
    IssuerServer server = secure(authority, sends(BODY));
    IssuerClients clients = keep(new IssuerClients(Networks.NONE, Map.of()));
    IssuerClient trusting = clients.client(List.of(authority.certificate()));
    IssuerClient other =
        clients.client(List.of(CertificateAuthority.of("ip:127.0.0.1").certificate()));

    assertThat(body(trusting.send(get(server.uri())).join())).isEqualTo(BODY);
    assertThat(why(other.send(get(server.uri())).join())).contains("not from an authority");
    assertThat(body(trusting.send(get(server.uri())).join())).isEqualTo(BODY);
  }

  @Test
  void connectionIsUsedAgain() throws IOException {
    Set<Integer> ports = ConcurrentHashMap.newKeySet();
    IssuerServer server =
        secure(
            authority,
            exchange -> {
              ports.add(exchange.getRemoteAddress().getPort());
              sends(BODY).answer(exchange);
            });
    IssuerClient client = client();

    for (int i = 0; i < 5; i++) {
      assertThat(body(client.send(get(server.uri())).join())).isEqualTo(BODY);
    }
    assertThat(ports).hasSize(1);
  }

  @Test
  void callsThatWereGivenUpHoldNoConnection() throws IOException {
    Semaphore never = new Semaphore(0);
    IssuerServer server = plain(IssuerServer.sendsAfter(never, sends(BODY)));
    IssuerClient client = client();
    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      replies.add(client.send(get(server.uri(), SHORT)));
    }
    replies.forEach(reply -> assertThat(why(reply.join())).contains("did not answer"));

    server.behaviour = sends(BODY);
    assertThat(body(client.send(get(server.uri())).join())).isEqualTo(BODY);
    never.release(1000);
  }

  @Test
  void nameIsResolvedOnceAndWhatWasCheckedIsCalled() throws IOException {
    IssuerServer server = secure(authority, sends(BODY));
    AtomicInteger asked = new AtomicInteger();
    NameLookup rebinding =
        host -> {
          String address = asked.incrementAndGet() == 1 ? "127.0.0.1" : "169.254.169.254";
          return List.of(InetAddress.ofLiteral(address));
        };
    IssuerClient client = client(LOOPBACK, Map.of(), rebinding, List.of(authority.certificate()));

    assertThat(body(client.send(get(server.uri("issuer.example", "/"))).join())).isEqualTo(BODY);
    assertThat(asked).hasValue(1);
  }

  @Test
  void nameOfAPrivateAddressIsNotCalled() throws IOException {
    IssuerServer server = secure(authority, sends(BODY));
    String why =
        "is private or reserved; if that is meant, name its network in `issuers.allowedNetworks`";

    assertThat(why(client().send(get(server.uri("localhost", "/"))).join()))
        .startsWith("its address `")
        .endsWith(why);
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of(),
            knows("issuer.example", new AtomicInteger(), "10.0.0.7", "fd00::7"),
            List.of(authority.certificate()));
    assertThat(why(client.send(get(server.uri("issuer.example", "/"))).join()))
        .isEqualTo("its address `10.0.0.7` " + why);
    assertThat(server.requests).hasValue(0);
  }

  @Test
  void nameOfAPrivateAddressIsCalledWhereThatIsAllowed() throws IOException {
    IssuerServer server = secure(authority, sends(BODY));
    IssuerClient client =
        client(
            LOOPBACK,
            Map.of(),
            knows("issuer.example", new AtomicInteger(), "10.0.0.7", "127.0.0.1"),
            List.of(authority.certificate()));

    assertThat(body(client.send(get(server.uri("issuer.example", "/"))).join())).isEqualTo(BODY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "http://127.0.0.2:PORT/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fd00::1]/",
        "http://0.0.0.0:PORT/",
        "http://[::]:PORT/"
      })
  void privateAddressIsNotCalled(String uri) throws IOException {
    IssuerServer server = plain(sends(BODY));
    URI meant = URI.create(uri.replace("PORT", Integer.toString(server.port())));

    assertThat(why(client().send(get(meant)).join())).contains("is private or reserved");
    assertThat(server.requests).hasValue(0);
  }

  @Test
  void loopbackIsCalledOnlyWhereTheIssuerItselfNamesIt() throws IOException {
    IssuerServer server = plain(sends(BODY));
    Call notMeant = Call.get(server.uri(), false, "application/json", "", TIMEOUT);

    assertThat(why(client().send(notMeant).join()))
        .startsWith("its address `127.0.0.1` is private or reserved");
    assertThat(server.requests).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.1:PORT/",
        "http://2130706433:PORT/",
        "http://0x7f000001:PORT/",
        "http://0177.0.0.1:PORT/",
        "http://127.0.0.1.:PORT/",
        "http://issuer.0x1:PORT/"
      })
  void addressInAnotherFormIsNotCalled(String uri) throws IOException {
    IssuerServer server = plain(sends(BODY));
    URI meant = URI.create(uri.replace("PORT", Integer.toString(server.port())));

    assertThat(client().send(get(meant)).join()).isInstanceOf(Reply.Failed.class);
    assertThat(server.requests).hasValue(0);
  }

  @ParameterizedTest
  @CsvSource({
    "file:///etc/passwd, its URI is neither https nor http",
    "http:///path, 'its URI has no host, or more than a host and a port'",
    "http://me:hunter2@127.0.0.1/, 'its URI has no host, or more than a host and a port'",
    "http://no_host/, 'its URI has no host, or more than a host and a port'",
    "http://127.0.0.1:99999/, the request could not be made"
  })
  void otherUriIsNotCalled(String uri, String why) {
    assertThat(why(client().send(get(URI.create(uri))).join())).isEqualTo(why);
  }

  @Test
  void loopbackOfIpv6IsCalledToo() throws Exception {
    ServerSocket socket;
    try {
      socket = keep(new ServerSocket(0, 1, InetAddress.ofLiteral("::1")));
    } catch (IOException _) {
      throw new TestAbortedException("no IPv6 here");
    }
    Thread answering =
        Thread.ofVirtual()
            .start(() -> {
              try (Socket client = socket.accept()) {
                RawServer.write(
                    client.getOutputStream(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
                var _ = client.getInputStream().readAllBytes();
              } catch (IOException _) {
                // The client is gone.
              }
            });
    URI uri = URI.create("http://[::1]:" + socket.getLocalPort() + "/jwks");
    IssuerClients clients = keep(new IssuerClients(Networks.NONE, Map.of()));

    assertThat(body(clients.client(List.of()).send(get(uri)).join())).isEqualTo("{}");
    clients.close();
    answering.join();
  }

  @Test
  void unknownNameIsAFailure() {
    IssuerClient client =
        client(Networks.NONE, Map.of(), knows("x.example", new AtomicInteger()), List.of());

    assertThat(why(client.send(get(URI.create("https://issuer.example/"))).join()))
        .isEqualTo("its host name is not known");
    assertThat(why(client.send(get(URI.create("https://x.example/"))).join()))
        .isEqualTo("its host name is not known");
  }

  @Test
  void serverThatIsNotThereIsAFailure() throws IOException {
    IssuerServer server = new IssuerServer(sends(BODY));
    server.close();

    assertThat(why(client().send(get(server.uri())).join())).isEqualTo("it can't be reached");
  }

  @Test
  void nameServerThatIsSlowHoldsUpNobodyElse() throws IOException {
    IssuerServer server = plain(sends(BODY));
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of(),
            _ -> {
              asked.incrementAndGet();
              try {
                never.await();
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
              return List.of();
            },
            List.of());
    List<CompletableFuture<Reply>> slow = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      slow.add(client.send(get(URI.create("https://issuer.example/"), SHORT)));
    }

    assertThat(body(client.send(get(server.uri())).join())).isEqualTo(BODY);
    slow.forEach(reply -> assertThat(why(reply.join())).contains("did not answer within 300 ms"));
    assertThat(asked).hasValue(1);
  }

  @Test
  void proxyIsGivenTheNameAndNobodyElseIs() throws IOException {
    IssuerServer server = secure(authority, sends(BODY));
    ConnectProxy proxy = keep(new ConnectProxy(server.port()));
    AtomicInteger asked = new AtomicInteger();
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of("HTTPS_PROXY", "http://" + proxy.address()),
            knows("nobody", asked),
            List.of(authority.certificate()));

    for (int i = 0; i < 3; i++) {
      assertThat(body(client.send(get(URI.create("https://issuer.example/jwks"))).join()))
          .isEqualTo(BODY);
    }
    assertThat(proxy.heads()).hasSize(1);
    assertThat(proxy.heads().peek()).startsWith("CONNECT issuer.example:443 ");
    assertThat(asked).hasValue(0);
  }

  @Test
  void eachSchemeGoesThroughItsOwnProxy() throws IOException {
    IssuerServer server = secure(authority, sends(BODY));
    ConnectProxy tunnels = keep(new ConnectProxy(server.port()));
    RawServer plain =
        keep(
            new RawServer((_, _, out) ->
                RawServer.write(out, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")));
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of("HTTPS_PROXY", tunnels.address(), "HTTP_PROXY", "127.0.0.1:" + plain.port()),
            NameLookup.SYSTEM,
            List.of(authority.certificate()));

    assertThat(body(client.send(get(URI.create("http://issuer.example/a"))).join()))
        .isEqualTo("{}");
    assertThat(body(client.send(get(URI.create("https://issuer.example/b"))).join()))
        .isEqualTo(BODY);
    assertThat(plain.heads.peek()).startsWith("GET http://issuer.example/a HTTP/1.1\n");
    assertThat(tunnels.heads().peek()).startsWith("CONNECT issuer.example:443 ");
  }

  @Test
  void proxyIsNotAskedForAPrivateAddressOrAnExceptedHost() throws IOException {
    IssuerServer server = secure(authority, sends(BODY));
    ConnectProxy proxy = keep(new ConnectProxy(server.port()));
    IssuerClient client =
        client(
            LOOPBACK,
            Map.of("https_proxy", proxy.address(), "no_proxy", "issuer.example"),
            knows("issuer.example", new AtomicInteger(), "127.0.0.1"),
            List.of(authority.certificate()));

    assertThat(why(client.send(get(URI.create("https://169.254.169.254/"))).join()))
        .contains("is private or reserved");
    assertThat(body(client.send(get(server.uri("issuer.example", "/"))).join())).isEqualTo(BODY);
    assertThat(body(client.send(get(server.uri())).join())).isEqualTo(BODY);
    assertThat(proxy.heads()).isEmpty();
  }

  @Test
  void proxyThatIsNoneOfTheIssuersCanNotStandInForIt() throws IOException {
    IssuerServer server = secure(CertificateAuthority.of("dns:issuer.example"), sends(BODY));
    ConnectProxy proxy = keep(new ConnectProxy(server.port()));
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of("HTTPS_PROXY", proxy.address()),
            NameLookup.SYSTEM,
            List.of(authority.certificate()));

    assertThat(why(client.send(get(URI.create("https://issuer.example/"))).join()))
        .isEqualTo("its certificate is not from an authority that is trusted");
  }

  @Test
  void proxyGetsItsPasswordWhenItAsks() throws IOException {
    RawServer proxy =
        keep(
            new RawServer((_, _, out) ->
                RawServer.write(
                    out,
                    """
                    HTTP/1.1 407 No
                    proxy-authenticate: Basic realm="p"
                    content-type: application/json
                    content-length: 2
                    connection: close

                    {}\
                    """
                        .replace("\n", "\r\n"))));
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of("HTTPS_PROXY", "http://me:pass@127.0.0.1:" + proxy.port()),
            NameLookup.SYSTEM,
            List.of());

    assertThat(why(client.send(get(URI.create("https://issuer.example/"))).join()))
        .isEqualTo("its proxy answered with status 407");
    assertThat(proxy.heads).hasSize(2);
    assertThat(proxy.heads.peek()).doesNotContain("Basic");
    assertThat(proxy.heads.stream().skip(1).findFirst().orElseThrow())
        .contains("Proxy-Authorization: Basic bWU6cGFzcw==");
  }

  @Test
  void answerOfAProxyIsNotTheIssuers() throws IOException {
    RawServer proxy =
        keep(
            new RawServer((_, _, out) ->
                RawServer.write(
                    out, "HTTP/1.1 502 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")));
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of("HTTPS_PROXY", "127.0.0.1:" + proxy.port()),
            NameLookup.SYSTEM,
            List.of());

    assertThat(why(client.send(get(URI.create("https://issuer.example/"))).join()))
        .isEqualTo("its proxy answered with status 502");
  }

  @Test
  void proxyThatIsNotThereIsNamedAsTheFault() throws IOException {
    IssuerServer gone = new IssuerServer(sends(BODY));
    gone.close();
    IssuerClient client =
        client(
            Networks.NONE,
            Map.of("HTTPS_PROXY", "127.0.0.1:" + gone.port()),
            NameLookup.SYSTEM,
            List.of());
    IssuerClient unknown =
        client(
            Networks.NONE,
            Map.of("HTTPS_PROXY", "nobody:1"),
            knows("somebody", new AtomicInteger()),
            List.of());
    IssuerClient unreadable =
        client(Networks.NONE, Map.of("HTTPS_PROXY", "socks5://p"), NameLookup.SYSTEM, List.of());

    URI uri = URI.create("https://issuer.example/");
    assertThat(why(client.send(get(uri)).join())).isEqualTo("its proxy can't be reached");
    assertThat(why(unknown.send(get(uri)).join())).isEqualTo("its proxy's name is not known");
    assertThat(why(unreadable.send(get(uri)).join()))
        .isEqualTo("the variable HTTPS_PROXY names no proxy as `http://host:port`");
  }

  @Test
  void nothingIsCalledOnceAllIsClosed() throws IOException {
    IssuerServer server = plain(sends(BODY));
    IssuerClients clients = new IssuerClients(Networks.NONE, Map.of());
    IssuerClient client = clients.client(List.of());
    clients.close();

    assertThat(client.send(get(server.uri())).join()).isInstanceOf(Reply.Failed.class);
    assertThat(server.requests).hasValue(0);
  }

  @Test
  void closingEndsWhatIsUnderWay() throws IOException {
    Semaphore never = new Semaphore(0);
    Semaphore asked = new Semaphore(0);
    IssuerServer server =
        plain(exchange -> {
          asked.release();
          never.acquireUninterruptibly();
          sends(BODY).answer(exchange);
        });
    IssuerClients clients = new IssuerClients(Networks.NONE, Map.of());
    CompletableFuture<Reply> reply =
        clients.client(List.of()).send(get(server.uri(), Duration.ofMinutes(1)));
    asked.acquireUninterruptibly();
    clients.close();

    assertThat(reply.join()).isInstanceOf(Reply.Failed.class);
    never.release();
  }
}
