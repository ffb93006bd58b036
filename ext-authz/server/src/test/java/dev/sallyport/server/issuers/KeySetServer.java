package dev.sallyport.server.issuers;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A real server of a key set on the loopback, which can misbehave in every way. */
final class KeySetServer implements AutoCloseable {
  /** Answers one request. */
  interface Behaviour {
    void answer(HttpExchange exchange) throws IOException;
  }

  final AtomicInteger requests = new AtomicInteger();
  volatile Behaviour behaviour;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  KeySetServer(Behaviour behaviour) throws IOException {
    this.behaviour = behaviour;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          try (exchange) {
            this.behaviour.answer(exchange);
          }
        });
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/jwks");
  }

  static Behaviour sends(String body) {
    return sends(200, body, Map.of());
  }

  static Behaviour sends(int status, String body, Map<String, String> headers) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return exchange -> {
      headers.forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  /** Sends only once a permit is there. */
  static Behaviour sendsAfter(Semaphore permits, Behaviour then) {
    return exchange -> {
      permits.acquireUninterruptibly();
      then.answer(exchange);
    };
  }

  /** Sends without end, and counts the bytes. */
  static Behaviour sendsWithoutEnd(AtomicInteger sent) {
    return exchange -> {
      exchange.sendResponseHeaders(200, 0);
      byte[] spaces = " ".repeat(8192).getBytes(StandardCharsets.UTF_8);
      try (OutputStream body = exchange.getResponseBody()) {
        while (sent.addAndGet(spaces.length) < 1 << 28) {
          body.write(spaces);
        }
      }
    };
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
