package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many requests one caller may make in a window.
 *
 * @param name unique among the limits of its list; appears in {@code RateLimit-Policy}
 * @param per what a caller is: {@code identity}, {@code credential}, {@code sourceAddress}, {@code
 *     operation}, together
 * @param requests requests a window refills
 * @param window {@code 1s} to {@code 31d}, as {@code 30s}, {@code 1m}, {@code 1h}, {@code 1d}
 * @param burst requests that may come at once; {@code requests} where it is absent
 * @param enforcement Shadow counts and records, and never denies
 */
public record RateLimitSpec(
    String name,
    List<Dimension> per,
    @Nullable Long requests,
    @Nullable String window,
    @Nullable Long burst,
    Enforcement enforcement) {
  public RateLimitSpec {
    name = Defaults.or(name, "");
    per = Defaults.list(per);
    enforcement = Defaults.or(enforcement, Enforcement.Enforce);
  }

  /** A property of a request that a limit counts by. */
  public enum Dimension {
    @JsonProperty("identity")
    IDENTITY,
    @JsonProperty("credential")
    CREDENTIAL,
    @JsonProperty("sourceAddress")
    SOURCE_ADDRESS,
    @JsonProperty("operation")
    OPERATION
  }
}
