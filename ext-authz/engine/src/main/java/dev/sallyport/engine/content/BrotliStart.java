package dev.sallyport.engine.content;

import org.jspecify.annotations.Nullable;

/**
 * What a Brotli stream says first (RFC 7932 section 9.1 and 9.2): how much it asks its reader to
 * keep, before anything of it is decoded.
 *
 * @param windowBits of its window
 * @param firstBytes what its first block becomes; 0 where it has none, or hides it
 */
record BrotliStart(int windowBits, int firstBytes) {
  /** Reads the start; null where it is none. */
  static @Nullable BrotliStart read(byte[] bytes) {
    long bits = 0;
    for (int i = Math.min(bytes.length, 8) - 1; i >= 0; i--) {
      bits = bits << 8 | (bytes[i] & 0xff);
    }
    int window;
    if ((bits & 1) == 0) {
      window = 16;
      bits >>>= 1;
    } else if ((bits & 0x0e) != 0) {
      window = 17 + (int) (bits >> 1 & 7);
      bits >>>= 4;
    } else {
      int small = (int) (bits >> 4 & 7);
      if (small == 1) {
        return null;
      }
      window = small == 0 ? 17 : 8 + small;
      bits >>>= 7;
    }
    boolean last = (bits & 1) != 0;
    if (last && (bits & 2) != 0) {
      return new BrotliStart(window, 0);
    }
    bits >>>= last ? 2 : 1;
    int nibbles = 4 + (int) (bits & 3);
    int mask = (1 << (4 * nibbles)) - 1;
    int length = nibbles == 7 ? 0 : 1 + ((int) (bits >> 2) & mask);
    return new BrotliStart(window, length);
  }
}
