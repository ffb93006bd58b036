package dev.sallyport.server.proofs;

import dev.sallyport.engine.authenticate.NonceSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Nonces that nobody has to remember: each is the keyed digest (HMAC-SHA-256, RFC 2104) of five
 * minutes of the clock. Whoever has the key gives and knows the same ones, so replicas that share
 * it take each other's. Safe for use by many threads.
 *
 * <p>The nonce of now is good for what is left of its five minutes, and ages through the next five;
 * so a proof was made at most ten minutes after its nonce was first given. That of the five minutes
 * to come is good too: it was given by a replica whose clock is ahead.
 */
public final class HmacNonces implements NonceSource {
  private static final long SECONDS = Duration.ofMinutes(5).toSeconds();

  /** So that a key that is used for something else too makes other digests there. */
  private static final byte[] PURPOSE =
      "sallyport dpop nonce 1".getBytes(StandardCharsets.US_ASCII);

  /** More than anybody can try in ten minutes; the rest of the digest is left out. */
  private static final int BYTES = 16;

  private static final int LEAST_KEY_BYTES = 32;
  private static final int MOST_KEY_BYTES = 4096;
  private static final String ALGORITHM = "HmacSHA256";

  /** The nonces of a time; any thread may renew them. */
  private record Window(long number, String next, String current, String previous) {}

  private final SecretKeySpec key;
  private final AtomicReference<Window> window;

  private HmacNonces(byte[] key) {
    this.key = new SecretKeySpec(key, ALGORITHM);
    this.window = new AtomicReference<>(window(0));
  }

  /** With a key that no other process has. */
  public static HmacNonces ofThisProcess(SecureRandom random) {
    byte[] key = new byte[LEAST_KEY_BYTES];
    random.nextBytes(key);
    return new HmacNonces(key);
  }

  /**
   * With the key in a file: all its bytes but for line ends behind them.
   *
   * @throws IOException where it can't be read; the message is fit for users
   */
  public static HmacNonces of(Path keyFile) throws IOException {
    byte[] bytes;
    try {
      if (Files.size(keyFile) > MOST_KEY_BYTES) {
        throw new IOException("`" + keyFile + "` is larger than a key can be");
      }
      bytes = Files.readAllBytes(keyFile);
    } catch (FileSystemException e) {
      throw new IOException("`" + keyFile + "` can't be read", e);
    }
    int length = bytes.length;
    while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r')) {
      length--;
    }
    if (length < LEAST_KEY_BYTES) {
      throw new IOException(
          "`"
              + keyFile
              + "` holds fewer than "
              + LEAST_KEY_BYTES
              + " bytes; make a key with `openssl rand -base64 48`");
    }
    return new HmacNonces(Arrays.copyOf(bytes, length));
  }

  @Override
  public String current(Instant now) {
    return at(now).current;
  }

  @Override
  public Standing judge(String nonce, Instant now) {
    byte[] given = nonce.getBytes(StandardCharsets.UTF_8);
    Window window = at(now);
    // All three are compared whole, whichever it is.
    boolean current = isEqual(window.current, given);
    boolean next = isEqual(window.next, given);
    boolean previous = isEqual(window.previous, given);
    if (current || next) {
      return Standing.CURRENT;
    }
    return previous ? Standing.AGEING : Standing.UNKNOWN;
  }

  /** In constant time. */
  private static boolean isEqual(String known, byte[] given) {
    return MessageDigest.isEqual(known.getBytes(StandardCharsets.UTF_8), given);
  }

  private Window at(Instant now) {
    long number = Math.floorDiv(now.getEpochSecond(), SECONDS);
    Window held = window.get();
    if (held.number == number) {
      return held;
    }
    Window made = window(number);
    window.set(made);
    return made;
  }

  private Window window(long number) {
    return new Window(number, nonce(number + 1), nonce(number), nonce(number - 1));
  }

  private String nonce(long number) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(PURPOSE);
      byte[] digest = mac.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
    }
  }
}
