package dev.sallyport.benchmarks;

import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Starts the distribution once, asks it for a while and stops it, so that the JVM leaves an AOT
 * cache beside its jars: with that it starts in a third of the time, and its first answers take no
 * classes to load. The launcher uses the cache where it finds one.
 */
public final class Rehearsal {
  private static final int REQUESTS = 1500;

  // Enough files for the JVM to learn what reading and compiling them takes.
  private static final PolicySet SET = new PolicySet(100, 20, 1000);

  private Rehearsal() {}

  /** Arguments: the distribution, and an empty folder to work in. */
  static void main(String[] arguments) throws IOException, InterruptedException {
    Path distribution = Path.of(arguments[0]).toAbsolutePath();
    Path folder = Path.of(arguments[1]).toAbsolutePath();
    Path policies = folder.resolve("policies");
    SET.write(policies);
    Path cache = distribution.resolve("lib/sallyport.aot");
    Files.deleteIfExists(cache);
    // Only G1 writes heap objects into a cache; every collector can read them.
    String options = "-XX:+UseG1GC -XX:AOTCacheOutput=" + cache;
    Sallyport rehearsed = Sallyport.start("", distribution, policies, folder, options);
    try (rehearsed;
        CheckClient client = new CheckClient(rehearsed.port())) {
      for (Scenario scenario : Scenario.values()) {
        CheckRequest request = scenario.request(SET);
        for (int i = 0; i < REQUESTS; i++) {
          client.expect(request, scenario.reason());
        }
      }
      if (rehearsed.dropped() != 0) {
        throw new IOException("decisions were dropped");
      }
    }
    if (!Files.exists(cache)) {
      throw new IOException("no cache was written: " + rehearsed.process().said());
    }
  }
}
