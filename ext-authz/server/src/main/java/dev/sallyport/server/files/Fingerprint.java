package dev.sallyport.server.files;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Tells whether two texts, or two values, are the same: the first half of a SHA-256. */
record Fingerprint(long high, long low) {
  static Fingerprint of(byte[] bytes, int from, int to) {
    MessageDigest digest = sha256();
    digest.update(bytes, from, to - from);
    return of(digest);
  }

  /** Of what a value says: its place, comments and way of writing don't count. */
  static Fingerprint of(YamlNode node) {
    MessageDigest digest = sha256();
    feed(node, digest);
    return of(digest);
  }

  private static void feed(YamlNode node, MessageDigest digest) {
    switch (node) {
      case YamlNode.Scalar scalar -> {
        byte[] text = scalar.text().getBytes(StandardCharsets.UTF_8);
        digest.update((byte) (scalar.plain() ? 'p' : 'q'));
        feed(text.length, digest);
        digest.update(text);
      }
      case YamlNode.Sequence sequence -> {
        digest.update((byte) 's');
        feed(sequence.items().size(), digest);
        for (YamlNode item : sequence.items()) {
          feed(item, digest);
        }
      }
      case YamlNode.Mapping mapping -> {
        digest.update((byte) 'm');
        feed(mapping.entries().size(), digest);
        for (YamlNode.Entry entry : mapping.entries()) {
          feed(entry.key(), digest);
          feed(entry.value(), digest);
        }
      }
    }
  }

  private static void feed(int number, MessageDigest digest) {
    digest.update((byte) (number >>> 24));
    digest.update((byte) (number >>> 16));
    digest.update((byte) (number >>> 8));
    digest.update((byte) number);
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
