package dev.sallyport.engine.content;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.brotli.dec.BrotliInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Takes one content coding (RFC 9110 section 8.4.1) off a body, within limits.
 *
 * <p>A compressed body is a promise of more bytes than were sent, so what comes out is bounded
 * twice: by what the operation takes, and by how much more it is than what came in. It must be
 * exactly one stream with nothing behind it: what is behind one reader's end is another one's body.
 */
public final class ContentCoding {
  /** The codings that can be taken off. */
  public static final Set<String> KNOWN = Set.of("gzip", "x-gzip", "deflate", "br", "zstd");

  /** How many times its size a body may become. Text of one repeated record comes to about 50. */
  private static final int MOST_RATIO = 100;

  /** What any body may become, so that short ones of much repetition pass. */
  private static final int FREE_BYTES = 64 * 1024;

  /** How many times its size a stream of deflate becomes at most. */
  private static final long MOST_INFLATION = 1032;

  /** The largest window of Brotli: 4 MiB, which is what encoders take by themselves. */
  private static final int WINDOW_BITS = 22;

  private ContentCoding() {}

  /** What came of decoding. */
  sealed interface Decoded {
    /** The body as it was before. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Plain(byte[] bytes) implements Decoded {}

    /** More than the limit. */
    record TooLarge() implements Decoded {}

    /** More than anything honest would be compressed. */
    record Inflated() implements Decoded {}

    /** A coding that can't be taken off, or more than one. */
    record Unknown() implements Decoded {}

    /** Not what the coding says, cut short, or more than one stream. */
    record Faulty() implements Decoded {}
  }

  /**
   * Decodes a body.
   *
   * @param header the values of {@code Content-Encoding}
   * @param most bytes that may come out
   */
  static Decoded decode(List<String> header, byte[] body, long most) {
    String coding = null;
    for (String value : header) {
      for (String name : value.split(",", -1)) {
        String lower = MediaType.trimmed(name).toLowerCase(Locale.ROOT);
        if (lower.equals("identity")) {
          continue;
        }
        if (coding != null) {
          return new Decoded.Unknown();
        }
        coding = lower;
      }
    }
    if (coding == null) {
      return new Decoded.Plain(body);
    }
    Bound bound = Bound.of(body.length, most);
    return switch (coding) {
      case "gzip", "x-gzip" -> gunzip(body, bound);
      case "deflate" -> inflate(body, bound);
      case "br" -> unbrotli(body, bound);
      case "zstd" -> unzstd(body, bound);
      default -> new Decoded.Unknown();
    };
  }

  /**
   * What may come out.
   *
   * @param bytes at most
   * @param beyond what more than that is
   */
  private record Bound(int bytes, Decoded beyond) {
    static Bound of(int sent, long most) {
      long ratio = Math.max(FREE_BYTES, (long) MOST_RATIO * sent);
      return ratio < most
          ? new Bound((int) Math.min(ratio, Integer.MAX_VALUE - 8), new Decoded.Inflated())
          : new Bound((int) Math.min(most, Integer.MAX_VALUE - 8), new Decoded.TooLarge());
    }

    /** Room for what comes first out of so many bytes. */
    byte[] room(int sent) {
      return new byte[(int) Math.min(Math.max(1024, 4L * sent), bytes)];
    }

    /** More room; null where the bound is reached. */
    byte @Nullable [] more(byte[] full) {
      return full.length >= bytes
          ? null
          : Arrays.copyOf(full, (int) Math.min(2L * full.length, bytes));
    }
  }

  // ---- gzip (RFC 1952) and zlib (RFC 1950), which is what HTTP calls deflate

  private static Decoded gunzip(byte[] body, Bound bound) {
    int start = gzipHeaderEnd(body);
    if (start < 0) {
      return new Decoded.Faulty();
    }
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(body, start, body.length - start);
      // Its size stands at the end. Nothing can be inflated to more than so many times what it was.
      long size = little(body, body.length - 4, 4);
      boolean told = size <= MOST_INFLATION * body.length;
      if (told && size > bound.bytes) {
        return bound.beyond;
      }
      byte[] room = told ? new byte[(int) Math.max(1, size)] : bound.room(body.length);
      Decoded decoded = inflated(inflater, room, bound);
      if (!(decoded instanceof Decoded.Plain(var plain))) {
        return decoded;
      }
      int trailer = body.length - inflater.getRemaining();
      CRC32 check = new CRC32();
      check.update(plain);
      return inflater.getRemaining() == 8
              && little(body, trailer, 4) == check.getValue()
              && little(body, trailer + 4, 4) == plain.length
          ? decoded
          : new Decoded.Faulty();
    } finally {
      inflater.end();
    }
  }

  private static Decoded inflate(byte[] body, Bound bound) {
    Inflater inflater = new Inflater(false);
    try {
      inflater.setInput(body);
      Decoded decoded = inflated(inflater, bound.room(body.length), bound);
      return decoded instanceof Decoded.Plain && inflater.getRemaining() > 0
          ? new Decoded.Faulty()
          : decoded;
    } finally {
      inflater.end();
    }
  }

  private static Decoded inflated(Inflater inflater, byte[] room, Bound bound) {
    byte[] out = room;
    int length = 0;
    try {
      while (!inflater.finished()) {
        if (length == out.length) {
          // Full, and yet it may be at its end: what is left must be no byte.
          byte[] one = new byte[1];
          if (inflater.inflate(one) == 0) {
            return inflater.finished() ? new Decoded.Plain(out) : new Decoded.Faulty();
          }
          byte[] more = bound.more(out);
          if (more == null) {
            return bound.beyond;
          }
          out = more;
          out[length++] = one[0];
          continue;
        }
        int read = inflater.inflate(out, length, out.length - length);
        length += read;
        if (read == 0 && !inflater.finished()) {
          // It wants more input, or a dictionary that nobody has.
          return new Decoded.Faulty();
        }
      }
    } catch (DataFormatException _) {
      return new Decoded.Faulty();
    }
    return new Decoded.Plain(length == out.length ? out : Arrays.copyOf(out, length));
  }

  /** Where the compressed data starts; -1 where there is no header. */
  private static int gzipHeaderEnd(byte[] body) {
    if (body.length < 18 || little(body, 0, 3) != 0x08_8b_1f) {
      return -1;
    }
    int flags = body[3] & 0xff;
    if ((flags & 0xe0) != 0) {
      return -1;
    }
    int at = 10;
    if ((flags & 0x04) != 0) {
      at += 2 + (int) little(body, at, 2);
    }
    for (int text = 0x08; text <= 0x10; text <<= 1) {
      if ((flags & text) == 0) {
        continue;
      }
      while (at < body.length && body[at] != 0) {
        at++;
      }
      at++;
    }
    at += (flags & 0x02) != 0 ? 2 : 0;
    return at < body.length ? at : -1;
  }

  /** A number of some bytes, the lowest first. */
  private static long little(byte[] bytes, int at, int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    return value;
  }

  // ---- Brotli (RFC 7932)

  private static Decoded unbrotli(byte[] body, Bound bound) {
    BrotliStart start = BrotliStart.read(body);
    if (start == null) {
      return new Decoded.Faulty();
    }
    // The library makes room for a whole block, up to the window, before it gives anything out.
    if (start.firstBytes() > bound.bytes || start.windowBits() > WINDOW_BITS) {
      return bound.beyond;
    }
    byte[] out = bound.room(body.length);
    int length = 0;
    // Reads of its own size: it looks at what is behind the stream's end, and finds it.
    try (BrotliInputStream stream =
        new BrotliInputStream(
            new ByteArrayInputStream(body), BrotliInputStream.DEFAULT_INTERNAL_BUFFER_SIZE)) {
      while (true) {
        if (length == out.length) {
          byte[] more = bound.more(out);
          if (more == null) {
            return stream.read() < 0 ? new Decoded.Plain(out) : bound.beyond;
          }
          out = more;
        }
        int read = stream.read(out, length, out.length - length);
        if (read < 0) {
          return new Decoded.Plain(Arrays.copyOf(out, length));
        }
        length += read;
      }
    } catch (IOException | RuntimeException _) {
      // The library checks some of what it reads only by the bounds of its arrays.
      return new Decoded.Faulty();
    }
  }

  // ---- Zstandard (RFC 8878)

  private static Decoded unzstd(byte[] body, Bound bound) {
    ZstdFrame frame = ZstdFrame.read(body);
    if (frame == null) {
      return new Decoded.Faulty();
    }
    long most = frame.mostBytes();
    if (frame.size() > bound.bytes) {
      return bound.beyond;
    }
    // One byte more than may come out, to see whether more would.
    byte[] out = new byte[(int) Math.min(most, bound.bytes + 1L)];
    try {
      int length = new ZstdJavaDecompressor().decompress(body, 0, body.length, out, 0, out.length);
      if (length > bound.bytes) {
        return bound.beyond;
      }
      return new Decoded.Plain(length == out.length ? out : Arrays.copyOf(out, length));
    } catch (MalformedInputException | IllegalArgumentException | IndexOutOfBoundsException _) {
      return most > out.length ? bound.beyond : new Decoded.Faulty();
    }
  }
}
