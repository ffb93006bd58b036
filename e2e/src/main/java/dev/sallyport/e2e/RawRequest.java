package dev.sallyport.e2e;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One HTTP/1.1 request that goes onto the wire byte for byte as it is told here; the clients that
 * people use would tidy up exactly what is to be tested.
 *
 * <p>Text is Latin-1: a character is a byte.
 *
 * @param target as in the request line
 * @param fields header lines in order, {@code Host} included
 */
public record RawRequest(String method, String target, List<Field> fields, String body) {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  public RawRequest {
    fields = List.copyOf(fields);
  }

  public static RawRequest of(String method, String host, String target) {
    return new RawRequest(method, target, List.of(new Field("Host", host)), "");
  }

  public static RawRequest get(String host, String target) {
    return of("GET", host, target);
  }

  /** With one more header line at the end. */
  public RawRequest with(String name, String value) {
    List<Field> more = new ArrayList<>(fields);
    more.add(new Field(name, value));
    return new RawRequest(method, target, more, body);
  }

  /** With a body and its {@code Content-Length}. */
  public RawRequest withBody(String text) {
    return new RawRequest(method, target, fields, text)
        .with("Content-Length", Integer.toString(text.length()));
  }

  /** Without any line of a name, such as {@code Host}. */
  public RawRequest without(String name) {
    return new RawRequest(
        method,
        target,
        fields.stream().filter(field -> !field.name().equalsIgnoreCase(name)).toList(),
        body);
  }

  /** The bytes of the request. */
  byte[] bytes() {
    StringBuilder text = new StringBuilder(256 + body.length());
    text.append(method).append(' ').append(target).append(" HTTP/1.1\r\n");
    for (Field field : fields) {
      text.append(field.name()).append(": ").append(field.value()).append("\r\n");
    }
    return text.append("\r\n").append(body).toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Sends it on a connection of its own to a port of 127.0.0.1. */
  public Reply send(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      socket.setSoTimeout((int) TIMEOUT.toMillis());
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      out.write(bytes());
      out.flush();
      return Reply.read(new BufferedInputStream(socket.getInputStream()), method);
    }
  }

  /** The same request as a line for a shell. */
  public String curl(int port) {
    StringBuilder line = new StringBuilder("curl -si -w '\\n'");
    if (!method.equals("GET")) {
      line.append(" -X ").append(method);
    }
    for (Field field : fields) {
      if (!field.name().equals("Content-Length")) {
        line.append(" -H '").append(field.name()).append(": ").append(field.value()).append('\'');
      }
    }
    if (!body.isEmpty()) {
      line.append(" -d '").append(body).append('\'');
    }
    return line.append(" 'http://127.0.0.1:").append(port).append(target).append('\'').toString();
  }

  /** Reads one line up to its line feed; the end of the stream ends it too. */
  static String line(BufferedInputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int octet = in.read();
    while (octet >= 0 && octet != '\n') {
      if (octet != '\r') {
        line.write(octet);
      }
      octet = in.read();
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  /** Reads header lines up to the empty one. */
  static List<Field> fields(BufferedInputStream in) throws IOException {
    List<Field> fields = new ArrayList<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      fields.add(new Field(line.substring(0, colon), line.substring(colon + 1).strip()));
    }
    return fields;
  }

  /** Reads a body of the chunked transfer coding, trailers included (RFC 9112 section 7.1). */
  static byte[] chunks(BufferedInputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
      body.write(in.readNBytes(size));
      line(in);
    }
    fields(in);
    return body.toByteArray();
  }

  private static int chunkSize(BufferedInputStream in) throws IOException {
    return Integer.parseInt(line(in).split(";", 2)[0].strip(), 16);
  }
}
