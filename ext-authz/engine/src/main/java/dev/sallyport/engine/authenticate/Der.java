package dev.sallyport.engine.authenticate;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A value in DER (X.690) that was not looked into yet.
 *
 * @param tag its identifier octet
 * @param content read only from the start; may be shared
 */
record Der(int tag, ByteBuffer content) {
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;
  static final int OCTET_STRING = 0x04;

  /**
   * The values that stand one after the other in some bytes.
   *
   * @return empty where they are no DER, or of a form that no certificate needs: tags above 30,
   *     values from 16 MiB
   */
  static Optional<List<Der>> all(ByteBuffer bytes) {
    ByteBuffer left = bytes.duplicate();
    List<Der> values = new ArrayList<>();
    while (left.hasRemaining()) {
      int tag = left.get() & 0xff;
      int length = length(left);
      if ((tag & 0x1f) == 0x1f || length < 0 || length > left.remaining()) {
        return Optional.empty();
      }
      values.add(new Der(tag, left.slice(left.position(), length)));
      left.position(left.position() + length);
    }
    return Optional.of(values);
  }

  /** The values in this one; empty where it has another tag or holds none. */
  Optional<List<Der>> within(int wantedTag) {
    return tag == wantedTag ? all(content) : Optional.empty();
  }

  byte[] bytes() {
    byte[] bytes = new byte[content.remaining()];
    content.duplicate().get(bytes);
    return bytes;
  }

  /** The definite length (X.690 section 8.1.3); negative where there is none. */
  private static int length(ByteBuffer bytes) {
    if (!bytes.hasRemaining()) {
      return -1;
    }
    int first = bytes.get() & 0xff;
    if (first < 0x80) {
      return first;
    }
    int octets = first & 0x7f;
    if (octets == 0 || octets > 3 || octets > bytes.remaining()) {
      return -1;
    }
    int length = 0;
    for (int i = 0; i < octets; i++) {
      length = length << 8 | (bytes.get() & 0xff);
    }
    return length;
  }
}
