package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.server.kubernetes.ReviewCall.Failure;
import dev.sallyport.server.kubernetes.ReviewCall.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an API server may answer that a real one answers rarely. */
class ClusterReviewCallTest {
  private static final List<String> AUDIENCES = List.of("payments", "billing");
  private static final String USER =
      "\"user\":{\"username\":\"system:serviceaccount:payments:exporter\",\"uid\":\"u\"}";

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger clients = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);
  private HttpServer server;
  private ClusterReviewCall call;
  private volatile Behaviour behaviour;
  private volatile String body = "";

  private interface Behaviour {
    void answer(HttpExchange exchange) throws IOException;
  }

  @BeforeEach
  void begin(@TempDir Path folder) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          try (exchange) {
            behaviour.answer(exchange);
          }
        });
    server.start();
    Path kubeconfig = folder.resolve("kubeconfig");
    Files.writeString(
        kubeconfig,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(server.getAddress().getPort()));
    Cluster cluster = Cluster.of(kubeconfig);
    call =
        new ClusterReviewCall(() -> {
          clients.incrementAndGet();
          return cluster.impatientClient(Duration.ofMillis(500));
        });
  }

  @AfterEach
  void end() {
    ended.countDown();
    call.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private static Behaviour sends(int code, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return exchange -> {
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  private Reply reply(String status) {
    behaviour =
        sends(
            201,
            "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\","
                + "\"status\":"
                + status
                + "}");
    return call.create("secret-token", AUDIENCES);
  }

  private static Failure failure(Reply reply) {
    assertThat(reply).isInstanceOf(Reply.Failed.class);
    assertThat(reply.toString()).doesNotContain("secret");
    return ((Reply.Failed) reply).failure();
  }

  @Test
  void goodTokenIsAuthenticatedForTheAudiencesThatWereAsked() {
    assertThat(reply("{\"authenticated\":true," + USER + ",\"audiences\":[\"billing\"]}"))
        .isEqualTo(
            new Reply.Authenticated(new Subject.ServiceAccount("payments", "exporter", "u")));
    assertThat(body)
        .contains("\"token\":\"secret-token\"", "\"audiences\":[\"payments\",\"billing\"]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"user\":{}}",
        "{\"authenticated\":false," + USER + ",\"audiences\":[\"payments\"]}",
        "{\"user\":{},\"error\":\"[invalid bearer token, service account token has expired]\"}",
        "{\"user\":{},\"error\":\"token audiences [\\\"x\\\"] is invalid for the target audiences"
            + " [\\\"payments\\\"]\"}",
        "{\"user\":{},\"error\":\"[invalid bearer token, serviceaccounts \\\"x\\\" not found]\"}",
        "{\"user\":{},\"error\":\"[invalid bearer token, go-jose/go-jose: error in cryptographic"
            + " primitive]\"}",
        "{\"authenticated\":true," + USER + "}",
        "{\"authenticated\":true," + USER + ",\"audiences\":[]}",
        "{\"authenticated\":true," + USER + ",\"audiences\":[\"other\"]}",
        "{\"authenticated\":true,\"audiences\":[\"payments\"]}",
        "{\"authenticated\":true,\"user\":{\"username\":\"jane\",\"uid\":\"u\"},"
            + "\"audiences\":[\"payments\"]}",
        "{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:payments\","
            + "\"uid\":\"u\"},\"audiences\":[\"payments\"]}",
        "{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:a:b:c\","
            + "\"uid\":\"u\"},\"audiences\":[\"payments\"]}",
        "{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount::b\","
            + "\"uid\":\"u\"},\"audiences\":[\"payments\"]}",
        "{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:a:b\"},"
            + "\"audiences\":[\"payments\"]}"
      })
  void everythingElseIsARefusal(String status) {
    assertThat(reply(status)).isInstanceOf(Reply.Refused.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{\"user\":{},\"error\":\"[invalid bearer token, Get"
            + " \\\"https://10.0.0.1/api/v1/namespaces/a/serviceaccounts/b\\\": context deadline"
            + " exceeded]\"}",
        "{\"user\":{},\"error\":\"etcdserver: request timed out\"}",
        "{\"user\":{},\"error\":\"the server was unable to return a response in the time"
            + " allotted\"}",
        "{\"authenticated\":true," + USER + ",\"audiences\":[\"payments\"],\"error\":\"odd\"}"
      })
  void whatTheApiServerCouldNotTellIsNoRefusal(String status) {
    assertThat(failure(reply(status))).isEqualTo(Failure.FAILURE);
  }

  @ParameterizedTest
  @CsvSource({
    "400, FAILURE",
    "401, FORBIDDEN",
    "403, FORBIDDEN",
    "404, FAILURE",
    "429, THROTTLED",
    "500, FAILURE",
    "503, FAILURE"
  })
  void errorOfTheApiServerIsNoRefusalAndIsNotTriedAgain(int code, Failure failure) {
    behaviour =
        sends(
            code,
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"secret"
                + "\",\"code\":"
                + code
                + "}");
    assertThat(failure(call.create("secret-token", AUDIENCES))).isEqualTo(failure);
    assertThat(requests).hasValueLessThanOrEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "secret", "[]", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}", "{}"})
  void answerThatCanNotBeReadIsNoRefusal(String text) {
    behaviour = sends(201, text);
    assertThat(failure(call.create("secret-token", AUDIENCES))).isEqualTo(Failure.FAILURE);
  }

  @Test
  void apiServerThatIsAwayIsNoRefusal() {
    server.stop(0);
    assertThat(failure(call.create("secret-token", AUDIENCES))).isEqualTo(Failure.FAILURE);
  }

  @Test
  void connectionOnWhichNothingComesIsGivenUp() {
    behaviour =
        _ -> {
          try {
            ended.await();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        };
    assertThat(failure(call.create("secret-token", AUDIENCES))).isEqualTo(Failure.TIMEOUT);
    assertThat(clients).hasValue(1);
    assertThat(failure(call.create("secret-token", AUDIENCES))).isEqualTo(Failure.TIMEOUT);
    assertThat(clients).hasValue(2);
    assertThat(reply("{\"authenticated\":true," + USER + ",\"audiences\":[\"billing\"]}"))
        .isInstanceOf(Reply.Authenticated.class);
  }
}
