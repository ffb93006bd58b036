package dev.sallyport.server.issuers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Queue;

/** An HTTP proxy on the loopback that makes tunnels to one place, whatever it is asked for. */
final class ConnectProxy implements AutoCloseable {
  private final RawServer server;

  /** A proxy whose tunnels end at a port of this machine. */
  ConnectProxy(int port) throws IOException {
    server =
        new RawServer((_, client, out) -> {
          try (Socket target = new Socket(InetAddress.getLoopbackAddress(), port)) {
            RawServer.write(out, "HTTP/1.1 200 Connection established\r\n\r\n");
            Thread back = Thread.ofVirtual().start(() -> copy(target, client));
            copy(client, target);
            back.join();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] bytes = new byte[8192];
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        out.write(bytes, 0, count);
        out.flush();
      }
    } catch (IOException _) {
      // One side is gone, and so is the tunnel.
    }
  }

  /** The heads of what it was asked for. */
  Queue<String> heads() {
    return server.heads;
  }

  String address() {
    return "127.0.0.1:" + server.port();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
