package dev.sallyport.server.issuers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server on the loopback that says what it likes after it has read a request's head. */
final class RawServer implements AutoCloseable {
  /** Answers one request. */
  interface Behaviour {
    void answer(String requestLine, Socket client, OutputStream out) throws IOException;
  }

  /** The heads of all requests, as they came. */
  final Queue<String> heads = new ConcurrentLinkedQueue<>();

  private final ServerSocket socket;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  RawServer(Behaviour behaviour) throws IOException {
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(() -> {
      while (!socket.isClosed()) {
        try {
          Socket client = socket.accept();
          threads.execute(() -> serve(client, behaviour));
        } catch (IOException _) {
          return;
        }
      }
    });
  }

  private void serve(Socket client, Behaviour behaviour) {
    try (client) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
      StringBuilder head = new StringBuilder();
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        head.append(line).append('\n');
      }
      heads.add(head.toString());
      behaviour.answer(
          head.toString().lines().findFirst().orElse(""), client, client.getOutputStream());
    } catch (IOException _) {
      // The client went away, as it may.
    }
  }

  static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port() + "/");
  }

  int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
  }
}
