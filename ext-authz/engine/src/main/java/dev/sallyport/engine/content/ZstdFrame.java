package dev.sallyport.engine.content;

import org.jspecify.annotations.Nullable;

/**
 * The outline of a Zstandard frame (RFC 8878 section 3.1.1): what it says that it becomes, before
 * anything of it is decoded.
 *
 * @param size what it becomes, in bytes; -1 where it does not say
 * @param mostBytes what its blocks can become at most
 */
record ZstdFrame(long size, long mostBytes) {
  private static final int MAGIC = 0xfd2fb528;
  private static final int LARGEST_BLOCK = 128 * 1024;
  private static final int RUN = 1;
  private static final int RESERVED = 3;

  /** Reads the outline; null where the bytes are anything but one whole frame. */
  static @Nullable ZstdFrame read(byte[] bytes) {
    if (bytes.length < 6 || number(bytes, 0, 4) != (MAGIC & 0xffff_ffffL)) {
      return null;
    }
    int descriptor = bytes[4] & 0xff;
    boolean single = (descriptor & 0x20) != 0;
    boolean checked = (descriptor & 0x04) != 0;
    // A reserved bit, or a dictionary, which nobody has.
    if ((descriptor & 0x0b) != 0) {
      return null;
    }
    int sizeBytes =
        switch (descriptor >> 6) {
          case 0 -> single ? 1 : 0;
          case 1 -> 2;
          case 2 -> 4;
          default -> 8;
        };
    int at = single ? 5 : 6;
    if (at + sizeBytes > bytes.length) {
      return null;
    }
    long size = sizeBytes == 0 ? -1 : number(bytes, at, sizeBytes) + (sizeBytes == 2 ? 256 : 0);
    if (size < -1) {
      return null;
    }
    at += sizeBytes;
    long most = 0;
    boolean last = false;
    while (!last) {
      if (at + 3 > bytes.length) {
        return null;
      }
      int header = (int) number(bytes, at, 3);
      int type = header >> 1 & 3;
      int block = header >> 3;
      last = (header & 1) != 0;
      if (type == RESERVED || block > LARGEST_BLOCK) {
        return null;
      }
      at += 3 + (type == RUN ? 1 : block);
      most += type == 2 ? LARGEST_BLOCK : block;
    }
    at += checked ? 4 : 0;
    if (at != bytes.length) {
      return null;
    }
    return new ZstdFrame(size, size >= 0 ? Math.min(size, most) : most);
  }

  private static long number(byte[] bytes, int at, int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    return value;
  }
}
