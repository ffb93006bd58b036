package dev.sallyport.engine.content;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sallyport.engine.content.ContentCoding.Decoded;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentCodingTest {
  private static final long LIMIT = 1 << 20;
  private static final byte[] JSON =
      "{\"amount\":12,\"currency\":\"EUR\",\"note\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"
          .getBytes(StandardCharsets.UTF_8);

  /** {@link #JSON}, and 1 GiB of zeros, as the command {@code brotli} compresses them. */
  private static final byte[] BROTLI =
      Base64.getDecoder()
          .decode("G0wA4J2HsY0if8EVoxeK+KYWYYnZm2FFIqXTlzJSVTCRA6VIWsSHV4rV3Q0T6uMTDRdgAQ==");

  private static final byte[] BROTLI_BOMB =
      Base64.getDecoder()
          .decode(
              "z///fwAkAOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+"
                  + "n////wBIAMRhAeje//P//x8ACYA4LADd+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79"
                  + "P////wGQAIjDAtC9/+f//z8AEgBxWAC69//8//8HQAIgDgtA9/6f////AEgAxGEB6N7/8///HwAJgDgsAN37"
                  + "f/7//wMgARCHBaB7/8///38AJADisAB07//5//8PgARAHBaA7v0/////AZAAiMMC0L3/5///PwASAHFYALr3"
                  + "//z//wdAAiAOC0D3/p////8ASADEYQHo3v/z//8fAAmAOCwA3ft//v//AyABEIcFoHv/z///fwAkAOKwAHTv"
                  + "//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje"
                  + "//P//x8ACYA4LADd+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9"
                  + "/+f//z8AEgBxWAC69//8//8HQAIgDgtA9/6f////AEgAxGEB6N7/8///HwAJgDgsAN37f/7//wMgARCHBaB7"
                  + "/8///38AJADisAB07//5//8PgARAHBaA7v0/////AZAAiMMC0L3/5///PwASAHFYALr3//z//wdAAiAOC0D3"
                  + "/p////8ASADEYQHo3v/z//8fAAmAOCwA3ft//v//AyABEIcFoHv/z///fwAkAOKwAHTv//n//w+ABEAcFoDu"
                  + "/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje//P//x8ACYA4LADd"
                  + "+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9/+f//z8AEgBxWAC6"
                  + "9//8//8HQAIgDgtA9/6f////AEgAxGEB6N7/8///HwAJgDgsAN37//z//wcgARCHBaB7/w8=");

  /** Something that compresses. */
  private interface Wrapping {
    OutputStream wrap(OutputStream out) throws IOException;
  }

  private static byte[] compressed(byte[] plain, Wrapping wrapping) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = wrapping.wrap(bytes)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] compressed(String coding, byte[] plain) {
    return switch (coding) {
      case "gzip", "x-gzip" -> compressed(plain, GZIPOutputStream::new);
      case "deflate" -> compressed(plain, DeflaterOutputStream::new);
      case "zstd" -> {
        ZstdJavaCompressor zstd = new ZstdJavaCompressor();
        byte[] out = new byte[zstd.maxCompressedLength(plain.length)];
        yield Arrays.copyOf(out, zstd.compress(plain, 0, plain.length, out, 0, out.length));
      }
      default -> BROTLI;
    };
  }

  private static Decoded decode(String coding, byte[] body) {
    return ContentCoding.decode(List.of(coding), body, LIMIT);
  }

  private static byte[] plain(Decoded decoded) {
    assertThat(decoded).isInstanceOf(Decoded.Plain.class);
    return ((Decoded.Plain) decoded).bytes();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "x-gzip", "deflate", "br", "zstd"})
  void oneCodingIsTakenOff(String coding) {
    assertThat(plain(decode(coding, compressed(coding, JSON)))).isEqualTo(JSON);
    assertThat(
            plain(
                decode(
                    " " + coding.toUpperCase(Locale.ROOT) + ", identity",
                    compressed(coding, JSON))))
        .isEqualTo(JSON);
  }

  @Test
  void withoutACodingABodyIsItself() {
    assertThat(plain(ContentCoding.decode(List.of(), JSON, LIMIT))).isSameAs(JSON);
    assertThat(plain(decode("identity", JSON))).isSameAs(JSON);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"gzip, gzip", "gzip,br", "gzip, identity, br", "compress", "", "gzip;q=1"})
  void whatIsNotOneKnownCodingIsNotTakenOff(String header) {
    assertThat(decode(header, JSON)).isInstanceOf(Decoded.Unknown.class);
  }

  @Test
  void twoHeadersAreTwoCodings() {
    assertThat(ContentCoding.decode(List.of("gzip", "gzip"), JSON, LIMIT))
        .isInstanceOf(Decoded.Unknown.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void aStreamIsWholeAndAlone(String coding) {
    byte[] body = compressed(coding, JSON);
    for (int length = 0; length < body.length; length++) {
      assertThat(decode(coding, Arrays.copyOf(body, length)))
          .as("the first %d bytes", length)
          .isInstanceOf(Decoded.Faulty.class);
    }
    assertThat(decode(coding, Arrays.copyOf(body, body.length + 1)))
        .isInstanceOf(Decoded.Faulty.class);
    byte[] twice = Arrays.copyOf(body, 2 * body.length);
    System.arraycopy(body, 0, twice, body.length, body.length);
    assertThat(decode(coding, twice)).isInstanceOf(Decoded.Faulty.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void whatIsNotSoCodedIsRefused(String coding) {
    assertThat(decode(coding, JSON)).isInstanceOf(Decoded.Faulty.class);
    assertThat(decode(coding, new byte[0])).isInstanceOf(Decoded.Faulty.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "zstd"})
  void theLimitIsExact(String coding) {
    byte[] random = new byte[5000];
    new Random(1).nextBytes(random);
    byte[] body = compressed(coding, random);
    assertThat(plain(ContentCoding.decode(List.of(coding), body, 5000))).isEqualTo(random);
    assertThat(ContentCoding.decode(List.of(coding), body, 4999))
        .isInstanceOf(Decoded.TooLarge.class);
  }

  @Test
  void aHeaderOfGzipMayHoldANameAndAComment() {
    byte[] plain = compressed("gzip", JSON);
    byte[] named = new byte[plain.length + 4];
    System.arraycopy(plain, 0, named, 0, 10);
    named[3] = 0x18;
    named[10] = 'n';
    named[12] = 'c';
    System.arraycopy(plain, 10, named, 14, plain.length - 10);
    assertThat(plain(decode("gzip", named))).isEqualTo(JSON);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "zstd", "br"})
  void aBombIsStoppedEarlyAndCostsLittle(String coding) {
    byte[] bomb = coding.equals("br") ? BROTLI_BOMB : compressed(coding, new byte[64 << 20]);
    decode(coding, bomb);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Decoded decoded = decode(coding, bomb);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(decoded).isInstanceOfAny(Decoded.TooLarge.class, Decoded.Inflated.class);
    // What may come out, twice while it grows, and what a decoder keeps of its own.
    assertThat(allocated).isLessThan(2 * LIMIT + 4L * bomb.length + (1 << 20));
  }

  @Test
  void whatIsCompressedBeyondBeliefIsRefusedBelowTheLimitToo() {
    byte[] body = compressed("gzip", new byte[500_000]);
    assertThat(body.length).isLessThan(1000);
    assertThat(decode("gzip", body)).isInstanceOf(Decoded.Inflated.class);
  }

  @Test
  void aZipIsNoCoding() {
    byte[] zip =
        compressed(
            JSON,
            out -> {
              ZipOutputStream zipped = new ZipOutputStream(out);
              zipped.putNextEntry(new ZipEntry("a.json"));
              return zipped;
            });
    for (String coding : ContentCoding.KNOWN) {
      assertThat(decode(coding, zip)).isInstanceOf(Decoded.Faulty.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate", "br", "zstd"})
  void anyBytesAreAnswered(String coding) {
    Random random = new Random(7);
    byte[] body = compressed(coding, JSON);
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = body.clone();
      int changes = 1 + random.nextInt(3);
      for (int c = 0; c < changes; c++) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
      }
      if (decode(coding, changed) instanceof Decoded.Plain(var bytes)) {
        assertThat(bytes.length).isLessThanOrEqualTo((int) LIMIT);
      }
    }
  }
}
