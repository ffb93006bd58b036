package dev.sallyport.benchmarks;

import com.google.rpc.Status;
import dev.sallyport.server.config.Address;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.config.ConfigurationException;
import dev.sallyport.server.grpc.GrpcServer;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc.AuthorizationImplBase;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a Check server costs that decides nothing: Sallyport's own gRPC server, on which every
 * request gets the same small allow, on the event loop that read it.
 */
public final class NoOpServer extends AuthorizationImplBase {
  private static final CheckResponse ALLOW =
      CheckResponse.newBuilder()
          .setStatus(Status.getDefaultInstance())
          .setOkResponse(OkHttpResponse.getDefaultInstance())
          .build();

  private NoOpServer() {}

  /** Listens on the port of 127.0.0.1 that is the first argument, until the process is ended. */
  static void main(String[] arguments) throws ConfigurationException, InterruptedException {
    Configuration.Grpc configuration =
        new Configuration.Grpc(
            new Address.Tcp("127.0.0.1", Integer.parseInt(arguments[0])),
            null,
            Runtime.getRuntime().availableProcessors());
    GrpcServer server = GrpcServer.start(configuration, new NoOpServer(), Duration.ZERO);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(server::close));
    Thread.currentThread().join();
  }

  /** Starts it as a process of its own, with the JVM and the options of bin/sallyport. */
  static MeasuredProcess process(String cores, int port, Path output) throws IOException {
    return MeasuredProcess.start(
        cores,
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            NoOpServer.class.getName(),
            Integer.toString(port)),
        output,
        Map.of());
  }

  @Override
  public void check(CheckRequest request, StreamObserver<CheckResponse> observer) {
    observer.onNext(ALLOW);
    observer.onCompleted();
  }
}
