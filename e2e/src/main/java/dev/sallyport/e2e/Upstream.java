package dev.sallyport.e2e;

import io.grpc.HandlerRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The API behind the boundary: answers every request with what it saw of it, as JSON, so that a
 * test knows what passed and in which form. One port speaks HTTP/1.1, another gRPC.
 */
public final class Upstream implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final ServerSocket http;
  private final Server grpc;

  private Upstream(ServerSocket http, Server grpc) {
    this.http = http;
    this.grpc = grpc;
  }

  /** Starts it on two free ports of 127.0.0.1. */
  public static Upstream start() {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    try {
      ServerSocket http = new ServerSocket(0, 128, loopback);
      Server grpc =
          NettyServerBuilder.forAddress(
                  new InetSocketAddress(loopback, 0), InsecureServerCredentials.create())
              .fallbackHandlerRegistry(new AnyMethod())
              .build()
              .start();
      Upstream upstream = new Upstream(http, grpc);
      Thread.ofVirtual().name("upstream").start(upstream::accept);
      return upstream;
    } catch (IOException e) {
      throw new UncheckedIOException("can't start the upstream", e);
    }
  }

  public int httpPort() {
    return http.getLocalPort();
  }

  public int grpcPort() {
    return grpc.getPort();
  }

  @Override
  public void close() {
    grpc.shutdownNow();
    try {
      http.close();
      grpc.awaitTermination(5, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void accept() {
    while (!http.isClosed()) {
      try {
        Socket connection = http.accept();
        Thread.ofVirtual().name("upstream-connection").start(() -> serve(connection));
      } catch (IOException _) {
        // Closed, or a connection that ended before it began.
      }
    }
  }

  private static void serve(Socket connection) {
    try (connection) {
      BufferedInputStream in = new BufferedInputStream(connection.getInputStream());
      OutputStream out = connection.getOutputStream();
      for (@Nullable Seen seen = Seen.read(in); seen != null; seen = Seen.read(in)) {
        byte[] body = seen.json().getBytes(StandardCharsets.UTF_8);
        String head =
            "HTTP/1.1 200 OK\r\nx-upstream: http\r\ncontent-type: application/json\r\n"
                + ("content-length: " + body.length + "\r\n\r\n");
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        if (!seen.method().equals("HEAD")) {
          out.write(body);
        }
        out.flush();
      }
    } catch (IOException _) {
      // Envoy closed the connection.
    }
  }

  /**
   * A request as it reached the upstream.
   *
   * @param target as in the request line, or the gRPC method's path
   * @param body as Latin-1: a character is a byte
   */
  public record Seen(String method, String target, List<Field> fields, String body) {
    public Seen {
      fields = List.copyOf(fields);
    }

    /** The values of a header, in order. */
    public List<String> all(String name) {
      return fields.stream()
          .filter(field -> field.name().equalsIgnoreCase(name))
          .map(Field::value)
          .toList();
    }

    public Optional<String> first(String name) {
      return all(name).stream().findFirst();
    }

    /** Null at the end of the stream. */
    private static @Nullable Seen read(BufferedInputStream in) throws IOException {
      String line = RawRequest.line(in);
      if (line.isEmpty()) {
        return null;
      }
      // A path may hold a space where a policy let an odd request through: cut at both ends.
      int first = line.indexOf(' ');
      int last = line.lastIndexOf(' ');
      List<Field> fields = RawRequest.fields(in);
      Seen head = new Seen(line.substring(0, first), line.substring(first + 1, last), fields, "");
      if (head.method().equals("CONNECT")) {
        // What follows belongs to the tunnel, and there is none.
        return head;
      }
      byte[] body =
          head.first("transfer-encoding").orElse("").toLowerCase(Locale.ROOT).equals("chunked")
              ? RawRequest.chunks(in)
              : in.readNBytes(Integer.parseInt(head.first("content-length").orElse("0")));
      return new Seen(
          head.method(), head.target(), fields, new String(body, StandardCharsets.ISO_8859_1));
    }

    String json() {
      ObjectNode json = JSON.createObjectNode().put("method", method).put("target", target);
      ArrayNode lines = json.putArray("fields");
      for (Field field : fields) {
        lines.addArray().add(field.name()).add(field.value());
      }
      return json.put("body", body).toPrettyString() + "\n";
    }

    static Seen of(JsonNode json) {
      List<Field> fields = new ArrayList<>();
      for (JsonNode line : json.path("fields")) {
        fields.add(new Field(line.path(0).asString(), line.path(1).asString()));
      }
      return new Seen(
          json.path("method").asString(),
          json.path("target").asString(),
          fields,
          json.path("body").asString());
    }

    /** Of the text that the gRPC port answers with. */
    public static Seen of(String json) {
      return of(JSON.readTree(json));
    }
  }

  /** Every method of every gRPC service, unary, with text for messages. */
  private static final class AnyMethod extends HandlerRegistry {
    @Override
    public ServerMethodDefinition<String, String> lookupMethod(
        String name, @Nullable String authority) {
      return ServerMethodDefinition.create(unary(name), new Echo(name));
    }
  }

  /** Answers with what it saw. */
  private record Echo(String name) implements ServerCallHandler<String, String> {
    @Override
    public ServerCall.Listener<String> startCall(
        ServerCall<String, String> call, Metadata headers) {
      List<Field> fields = new ArrayList<>();
      for (String key : headers.keys()) {
        if (key.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          continue;
        }
        Iterable<String> values =
            headers.getAll(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
        if (values != null) {
          values.forEach(value -> fields.add(new Field(key, value)));
        }
      }
      return ServerCalls.<String, String>asyncUnaryCall(
              (request, observer) -> {
                observer.onNext(new Seen("POST", "/" + name, fields, request).json());
                observer.onCompleted();
              })
          .startCall(call, headers);
    }
  }

  /** A unary method whose messages are text, for tests to call. */
  public static MethodDescriptor<String, String> unary(String name) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(name)
        .setRequestMarshaller(Text.INSTANCE)
        .setResponseMarshaller(Text.INSTANCE)
        .build();
  }

  private enum Text implements MethodDescriptor.Marshaller<String> {
    INSTANCE;

    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw Status.INTERNAL.withCause(e).asRuntimeException();
      }
    }
  }
}
