package dev.sallyport.server.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An API server that answers what it was told to, one answer a request: for what a real one does
 * too seldom or too slowly to be waited for. Without an answer, a list waits for one, and a watch
 * says nothing.
 */
final class ScriptedApiServer implements AutoCloseable {
  private final HttpServer server;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final BlockingQueue<Answer> lists = new LinkedBlockingQueue<>();
  private final BlockingQueue<Answer> watches = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  /** What it says to whoever asks no more than how new a list would be; 0 is no answer to that. */
  private volatile long newest;

  private record Answer(int status, String body, boolean staysOpen) {}

  ScriptedApiServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  ScriptedApiServer answerList(int status, String body) {
    lists.add(new Answer(status, body, false));
    return this;
  }

  ScriptedApiServer newest(long version) {
    newest = version;
    return this;
  }

  /** A list of one page. */
  ScriptedApiServer list(long version, String... items) {
    return answerList(
        200,
        "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":[%s]}"
            .formatted(version, String.join(",", items)));
  }

  /** A list of one page, in the order in which a real one writes custom resources. */
  ScriptedApiServer customList(long version, String... items) {
    return answerList(
        200,
        "{\"items\":[%s],\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"%d\"}}"
            .formatted(String.join(",", items), version));
  }

  /** A watch that gives these events and then says nothing. */
  ScriptedApiServer watch(String... events) {
    watches.add(new Answer(200, String.join("\n", events) + "\n", true));
    return this;
  }

  /** A watch that gives these events and ends. */
  ScriptedApiServer watchThatEnds(String... events) {
    watches.add(new Answer(200, String.join("\n", events) + "\n", false));
    return this;
  }

  ScriptedApiServer watchRefused(int status, String body) {
    watches.add(new Answer(status, body, false));
    return this;
  }

  /** The path and query of the next request, in the order in which they came. */
  String request() throws InterruptedException {
    String request = requests.poll(30, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request came");
    }
    return request;
  }

  Cluster cluster(Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("kubeconfig"),
            """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
            users: [{name: u, user: {token: t}}]
            contexts: [{name: x, context: {cluster: c, user: u}}]
            current-context: x
            """
                .formatted(server.getAddress().getPort()));
    return Cluster.of(file);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String request = exchange.getRequestURI().toString();
    boolean isProbe = request.endsWith("limit=1");
    if (!isProbe) {
      requests.add(request);
    }
    try (exchange) {
      Answer answer;
      if (isProbe) {
        answer =
            new Answer(
                200,
                "{\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":[]}".formatted(newest),
                false);
      } else if (request.contains("watch=true")) {
        answer = watches.poll(10, TimeUnit.MILLISECONDS);
      } else {
        answer = lists.take();
      }
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer == null ? 200 : answer.status(), 0);
      OutputStream out = exchange.getResponseBody();
      if (answer != null) {
        out.write(answer.body().getBytes(StandardCharsets.UTF_8));
      }
      out.flush();
      if (answer == null || answer.staysOpen()) {
        closed.await();
      }
      out.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }
}
