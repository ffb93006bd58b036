package dev.sallyport.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Passes TCP connections on to a port of 127.0.0.1, and can stop doing so without closing one, as a
 * firewall does that has forgotten them: nobody is told anything.
 */
public final class FreezableProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition thawed = lock.newCondition();
  private boolean frozen;

  private FreezableProxy(ServerSocket server, int target) {
    this.server = server;
    this.target = target;
  }

  static FreezableProxy start(int target) {
    try {
      ServerSocket server = new ServerSocket();
      server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      FreezableProxy proxy = new FreezableProxy(server, target);
      Thread.ofVirtual().name("proxy").start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Stops passing on for every connection, and for those that still come, until a thaw. */
  public void freeze() {
    lock.lock();
    try {
      frozen = true;
    } finally {
      lock.unlock();
    }
  }

  /** Stops passing on for the connections of this moment, until a thaw; new ones work. */
  public void freezeOpenConnections() {
    lock.lock();
    try {
      connections.forEach(connection -> connection.frozen = true);
    } finally {
      lock.unlock();
    }
  }

  /** Passes on again, beginning with what was held back. */
  public void thaw() {
    lock.lock();
    try {
      frozen = false;
      connections.forEach(connection -> connection.frozen = false);
      thawed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Connection connection = new Connection(server.accept());
        connections.add(connection);
        Thread.ofVirtual().name("proxy-connection").start(connection::open);
      } catch (IOException _) {
        // Closed, or the caller left again: the condition of the loop tells which.
      }
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      connections.forEach(Connection::close);
      thaw();
    }
  }

  /** One caller's, with the connection that was opened for it. */
  private final class Connection {
    private final Socket caller;
    private final Socket callee = new Socket();

    /** Guarded by the proxy's lock. */
    private boolean frozen;

    Connection(Socket caller) {
      this.caller = caller;
    }

    void open() {
      try {
        awaitThaw();
        callee.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), target));
        Thread.ofVirtual().name("proxy-answers").start(() -> pass(callee, caller));
        pass(caller, callee);
      } catch (IOException _) {
        close();
      }
    }

    /** Passes bytes on until either side ends, and then ends both. */
    private void pass(Socket from, Socket to) {
      byte[] buffer = new byte[16 * 1024];
      try (InputStream in = from.getInputStream();
          OutputStream out = to.getOutputStream()) {
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          awaitThaw();
          out.write(buffer, 0, count);
        }
        awaitThaw();
      } catch (IOException _) {
        // One side reset the connection: so does the other.
        awaitThaw();
      } finally {
        close();
      }
    }

    private void awaitThaw() {
      lock.lock();
      try {
        while ((FreezableProxy.this.frozen || frozen) && !server.isClosed()) {
          thawed.awaitUninterruptibly();
        }
      } finally {
        lock.unlock();
      }
    }

    void close() {
      connections.remove(this);
      try (caller;
          callee) {
        // Closing is all.
      } catch (IOException _) {
        // Nobody is left to be told.
      }
    }
  }
}
