package dev.sallyport.server.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code /livez}, {@code /readyz} and {@code /metrics} to GET and HEAD, and nothing else.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
  private static final String TEXT = "text/plain; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads;
  private final Supplier<List<String>> missing;
  private final MetricsPage metrics;

  private AdminServer(
      HttpServer server,
      ExecutorService threads,
      Supplier<List<String>> missing,
      MetricsPage metrics) {
    this.server = server;
    this.threads = threads;
    this.missing = missing;
    this.metrics = metrics;
  }

  /**
   * Listens at once.
   *
   * @param missing what stands between the process and readiness, one line each; empty when ready
   * @throws IOException if the address can't be had
   */
  public static AdminServer start(
      InetSocketAddress address, Supplier<List<String>> missing, MetricsPage metrics)
      throws IOException {
    HttpServer server = HttpServer.create(address, 0);
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    AdminServer admin = new AdminServer(server, threads, missing, metrics);
    server.setExecutor(threads);
    server.createContext("/", admin::answer);
    server.start();
    return admin;
  }

  /** The port that was had, where the configured one is zero. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }

  private void answer(HttpExchange exchange) {
    try (exchange) {
      Page page = page(exchange);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.getResponseHeaders().set("content-type", page.contentType());
      exchange.getResponseHeaders().set("cache-control", "no-store");
      if (page.status() == 405) {
        exchange.getResponseHeaders().set("allow", "GET, HEAD");
      }
      exchange.sendResponseHeaders(
          page.status(), head || page.body().length == 0 ? -1 : page.body().length);
      if (!head) {
        exchange.getResponseBody().write(page.body());
      }
    } catch (IOException e) {
      LOG.debug("an answer of the admin port could not be sent", e);
    } catch (RuntimeException e) {
      LOG.error("the admin port failed", e);
    }
  }

  private Page page(HttpExchange exchange) throws IOException {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return Page.of(405, "method not allowed\n");
    }
    return switch (exchange.getRequestURI().getRawPath()) {
      case "/livez" -> Page.of(200, "alive\n");
      case "/readyz" -> readiness();
      case "/metrics" -> {
        MetricsPage.Content content = metrics.read(exchange.getRequestHeaders().getFirst("accept"));
        yield new Page(200, content.contentType(), content.body());
      }
      case null, default -> Page.of(404, "not found\n");
    };
  }

  private Page readiness() {
    List<String> lines = missing.get();
    return lines.isEmpty()
        ? Page.of(200, "ready\n")
        : Page.of(503, "not ready\n" + String.join("\n", lines) + "\n");
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Page(int status, String contentType, byte[] body) {
    static Page of(int status, String text) {
      return new Page(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
