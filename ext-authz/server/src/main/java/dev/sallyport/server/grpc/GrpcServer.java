package dev.sallyport.server.grpc;

import dev.sallyport.server.config.Address;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC server: checks, health and reflection, over cleartext HTTP/2, TLS or a Unix socket.
 *
 * <p>Calls run on the event loops that read them; {@link CheckService} moves away what would wait.
 */
public final class GrpcServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcServer.class);
  private static final int MAX_MESSAGE_BYTES = 16 << 20;
  private static final int MAX_METADATA_BYTES = 64 << 10;
  private static final int FLOW_CONTROL_WINDOW_BYTES = 1 << 20;
  private static final Duration TLS_INTERVAL = Duration.ofSeconds(1);

  /** How long calls in flight may take after the drain; each is bounded by its own time-out. */
  private static final Duration FINISH = Duration.ofSeconds(10);

  /** Held, so that the level stays. */
  private static final java.util.logging.Logger STREAM_ERRORS =
      java.util.logging.Logger.getLogger("io.grpc.netty.NettyServerHandler");

  static {
    // A caller that leaves with calls in flight is no news, and gRPC prints a stack trace for each.
    if (STREAM_ERRORS.getLevel() == null) {
      STREAM_ERRORS.setLevel(Level.SEVERE);
    }
  }

  private final Address address;
  private final Duration drain;
  private final HealthStatusManager health = new HealthStatusManager();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** What to close after the server, the last one first. */
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  private final Server server;

  private GrpcServer(Configuration.Grpc configuration, BindableService checks, Duration drain)
      throws ConfigurationException {
    this.address = configuration.address();
    this.drain = drain;
    serving(false);
    Transport transport = Transport.of(address);
    SocketAddress socket = socketAddress(address);
    EventLoopGroup acceptor = eventLoops(1, "grpc-accept", transport);
    EventLoopGroup workers = eventLoops(configuration.threads(), "grpc", transport);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(socket)
            .channelType(transport.channel())
            .bossEventLoopGroup(acceptor)
            .workerEventLoopGroup(workers)
            .directExecutor()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .maxInboundMetadataSize(MAX_METADATA_BYTES)
            .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(checks)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    if (address instanceof Address.UnixSocket) {
      // gRPC asks for it everywhere, and Netty warns of every connection that can't have it.
      builder.withChildOption(ChannelOption.SO_KEEPALIVE, null);
    }
    try {
      if (configuration.tls() != null) {
        TlsFiles files = TlsFiles.watch(configuration.tls(), TLS_INTERVAL);
        resources.push(files);
        builder.sslContext(files.sslContext());
      }
      this.server = builder.build().start();
    } catch (IOException e) {
      closeResources();
      throw new ConfigurationException(
          "`grpc.address`: can't listen on `" + address + "`: " + reason(e));
    } catch (ConfigurationException e) {
      closeResources();
      throw e;
    }
  }

  /**
   * Listens at once; health says NOT_SERVING until {@link #serving}.
   *
   * @param checks the one that decides, {@link CheckService}, or one to compare it with
   * @param drain how long {@link #close} still answers new work
   * @throws ConfigurationException if the address or a TLS file can't be used
   */
  public static GrpcServer start(
      Configuration.Grpc configuration, BindableService checks, Duration drain)
      throws ConfigurationException {
    return new GrpcServer(configuration, checks, drain);
  }

  /** Says what health checks hear from now on, for the server and for the service. */
  public void serving(boolean serving) {
    ServingStatus status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    health.setStatus(AuthorizationGrpc.SERVICE_NAME, status);
  }

  /** The port that was had, where the configured one is zero; -1 for a Unix socket. */
  public int port() {
    return server.getPort();
  }

  /**
   * Drains and stops: health says NOT_SERVING at once, new work is still answered for {@code
   * drain}, and what is then in flight finishes.
   */
  @Override
  public void close() {
    health.enterTerminalState();
    try {
      if (!drain.isZero() && !closed.await(drain.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.info("drained for {} s", drain.toSeconds());
      }
      server.shutdown();
      if (!server.awaitTermination(FINISH.toSeconds(), TimeUnit.SECONDS)) {
        LOG.warn("calls were still in flight and are cut off");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      server.shutdownNow();
      closeResources();
    }
  }

  private EventLoopGroup eventLoops(int threads, String name, Transport transport) {
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            threads, new DefaultThreadFactory(name, true), transport.handlers());
    resources.push(
        () -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2000));
    return group;
  }

  private void closeResources() {
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (Exception e) {
        LOG.warn("a part of the gRPC server could not be closed", e);
      }
    }
    if (address instanceof Address.UnixSocket(Path path)) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        LOG.debug("the socket could not be removed", e);
      }
    }
  }

  private static SocketAddress socketAddress(Address address) throws ConfigurationException {
    return switch (address) {
      case Address.Tcp(String host, int port) -> {
        InetSocketAddress socket = new InetSocketAddress(host, port);
        if (socket.isUnresolved()) {
          throw new ConfigurationException("`grpc.address`: unknown host `" + host + "`");
        }
        yield socket;
      }
      case Address.UnixSocket(Path path) -> {
        removeStale(path);
        yield new DomainSocketAddress(path.toFile());
      }
    };
  }

  /** A process that was killed leaves its socket behind; one that lives answers on it. */
  private static void removeStale(Path path) throws ConfigurationException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      removeSocket(path);
      return;
    }
    throw new ConfigurationException("`grpc.address`: `unix:" + path + "` is already in use");
  }

  private static void removeSocket(Path path) throws ConfigurationException {
    if (Files.isRegularFile(path) || Files.isDirectory(path)) {
      throw new ConfigurationException("`grpc.address`: `" + path + "` is no socket");
    }
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new ConfigurationException("`grpc.address`: `" + path + "` can't be replaced");
    }
  }

  private static String reason(IOException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String message = cause.getMessage();
    return message == null ? "the system gives no reason" : message;
  }

  /** How bytes get in and out: epoll where there is one. */
  private record Transport(Class<? extends ServerChannel> channel, IoHandlerFactory handlers) {
    static Transport of(Address address) throws ConfigurationException {
      return switch (address) {
        case Address.UnixSocket _ -> {
          if (!Epoll.isAvailable()) {
            throw new ConfigurationException(
                "`grpc.address`: a Unix socket needs Linux and epoll; use a port");
          }
          yield new Transport(EpollServerDomainSocketChannel.class, EpollIoHandler.newFactory());
        }
        case Address.Tcp _ ->
            Epoll.isAvailable()
                ? new Transport(EpollServerSocketChannel.class, EpollIoHandler.newFactory())
                : new Transport(NioServerSocketChannel.class, NioIoHandler.newFactory());
      };
    }
  }
}
