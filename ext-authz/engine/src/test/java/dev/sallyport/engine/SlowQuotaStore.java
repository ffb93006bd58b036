package dev.sallyport.engine;

import dev.sallyport.engine.quota.Limit;
import dev.sallyport.engine.quota.QuotaStore;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Token buckets as the textbook has them: a number of tokens and when it was counted. */
final class SlowQuotaStore implements QuotaStore {
  private final Map<String, Bucket> buckets = new HashMap<>();
  private final InstantSource clock;

  private record Bucket(BigDecimal tokens, Instant countedAt) {}

  SlowQuotaStore(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public List<Taken> take(List<Charge> charges) {
    List<BigDecimal> tokens = charges.stream().map(this::tokens).toList();
    boolean denied = false;
    for (int i = 0; i < charges.size(); i++) {
      denied |= tokens.get(i).compareTo(BigDecimal.ONE) < 0 && !charges.get(i).limit().shadow();
    }
    List<Taken> taken = new ArrayList<>();
    for (int i = 0; i < charges.size(); i++) {
      boolean exceeded = tokens.get(i).compareTo(BigDecimal.ONE) < 0;
      BigDecimal left = denied || exceeded ? tokens.get(i) : tokens.get(i).subtract(BigDecimal.ONE);
      buckets.put(name(charges.get(i)), new Bucket(left, clock.instant()));
      Limit limit = charges.get(i).limit();
      taken.add(
          new Taken(
              exceeded,
              exceeded ? 0 : left.setScale(0, RoundingMode.FLOOR).longValueExact(),
              exceeded ? refill(BigDecimal.ONE.subtract(left), limit) : Duration.ZERO,
              refill(BigDecimal.valueOf(limit.burst()).subtract(left), limit)));
    }
    return taken;
  }

  private static String name(Charge charge) {
    return charge.limit().id() + '\n' + charge.subject();
  }

  private BigDecimal tokens(Charge charge) {
    BigDecimal burst = BigDecimal.valueOf(charge.limit().burst());
    Bucket bucket = buckets.get(name(charge));
    if (bucket == null) {
      return burst;
    }
    BigDecimal nanos =
        BigDecimal.valueOf(Duration.between(bucket.countedAt(), clock.instant()).toNanos());
    return bucket
        .tokens()
        .add(
            nanos
                .multiply(BigDecimal.valueOf(charge.limit().requests()))
                .divide(
                    BigDecimal.valueOf(charge.limit().window().toNanos()), MathContext.DECIMAL128))
        .min(burst);
  }

  private static Duration refill(BigDecimal tokens, Limit limit) {
    return Duration.ofNanos(
        tokens
            .multiply(BigDecimal.valueOf(limit.window().toNanos()))
            .divide(BigDecimal.valueOf(limit.requests()), 0, RoundingMode.CEILING)
            .longValueExact());
  }
}
