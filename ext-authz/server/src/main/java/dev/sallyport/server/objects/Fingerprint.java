package dev.sallyport.server.objects;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Tells whether two texts, or two values, are the same: the first half of a SHA-256. */
public record Fingerprint(long high, long low) {
  /** Of some of the bytes. */
  public static Fingerprint of(byte[] bytes, int from, int to) {
    MessageDigest digest = sha256();
    digest.update(bytes, from, to - from);
    return of(digest);
  }

  /** Of what a value says: its place, comments and way of writing don't count. */
  public static Fingerprint of(Node node) {
    ByteArrayOutputStream said = new ByteArrayOutputStream(4096);
    write(node, said);
    MessageDigest digest = sha256();
    digest.update(said.toByteArray());
    return of(digest);
  }

  /** INVARIANT: no two values are written alike, as lengths stand before what they measure. */
  private static void write(Node node, ByteArrayOutputStream said) {
    switch (node) {
      case Node.Scalar scalar -> {
        byte[] text = scalar.text().getBytes(StandardCharsets.UTF_8);
        said.write(scalar.plain() ? 'p' : 'q');
        write(text.length, said);
        said.writeBytes(text);
      }
      case Node.TooDeep _ -> said.write('t');
      case Node.Sequence sequence -> {
        said.write('s');
        write(sequence.items().size(), said);
        for (Node item : sequence.items()) {
          write(item, said);
        }
      }
      case Node.Mapping mapping -> {
        said.write('m');
        write(mapping.entries().size(), said);
        for (Node.Entry entry : mapping.entries()) {
          write(entry.key(), said);
          write(entry.value(), said);
        }
      }
    }
  }

  private static void write(int number, ByteArrayOutputStream said) {
    said.write(number >>> 24);
    said.write(number >>> 16);
    said.write(number >>> 8);
    said.write(number);
  }

  private static Fingerprint of(MessageDigest digest) {
    ByteBuffer bytes = ByteBuffer.wrap(digest.digest());
    return new Fingerprint(bytes.getLong(), bytes.getLong());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
