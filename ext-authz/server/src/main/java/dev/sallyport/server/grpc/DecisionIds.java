package dev.sallyport.server.grpc;

import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Names decisions: UUIDs of version 7 (RFC 9562 section 5.7), which sort by time. They are unique,
 * not secret: nothing may rest on their being hard to guess.
 */
final class DecisionIds {
  /** In characters, of every id. */
  static final int LENGTH = 36;

  private DecisionIds() {}

  static String at(Instant time) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = time.toEpochMilli() << 16 | 0x7000 | random.nextInt(0x1000);
    long low = 0x8000_0000_0000_0000L | random.nextLong() >>> 2;
    return new UUID(high, low).toString();
  }
}
