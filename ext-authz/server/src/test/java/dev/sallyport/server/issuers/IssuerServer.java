package dev.sallyport.server.issuers;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
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
import org.jspecify.annotations.Nullable;

/** A real issuer's server on the loopback, which can misbehave in every way. */
final class IssuerServer implements AutoCloseable {
  /** Answers one request. */
  interface Behaviour {
    void answer(HttpExchange exchange) throws IOException;
  }

  final AtomicInteger requests = new AtomicInteger();
  volatile Behaviour behaviour;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String scheme;
  private final HttpServer server;

  IssuerServer(Behaviour behaviour) throws IOException {
    this(behaviour, null);
  }

  /**
   * A server.
   *
   * @param authority whose certificate it shows; null for HTTP without TLS
   */
  IssuerServer(Behaviour behaviour, @Nullable CertificateAuthority authority) throws IOException {
    this.behaviour = behaviour;
    this.scheme = authority == null ? "http" : "https";
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    if (authority == null) {
      server = HttpServer.create(address, 0);
    } else {
      HttpsServer secure = HttpsServer.create(address, 0);
      secure.setHttpsConfigurator(new HttpsConfigurator(authority.server()));
      server = secure;
    }
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

  /** Where its key set is. */
  URI uri() {
    return uri("127.0.0.1", "/jwks");
  }

  /** A place of it, by another name of this machine. */
  URI uri(String host, String path) {
    return URI.create(scheme + "://" + host + ":" + port() + path);
  }

  int port() {
    return server.getAddress().getPort();
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
