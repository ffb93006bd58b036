package dev.sallyport.benchmarks;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.authenticate.KeySource;
import dev.sallyport.engine.authenticate.TokenReviewer;
import dev.sallyport.engine.authenticate.Verifiers;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.quota.QuotaStore;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.snapshot.Snapshot;
import dev.sallyport.server.DecisionListener;
import dev.sallyport.server.ObjectSource;
import dev.sallyport.server.files.FolderSource;
import dev.sallyport.server.grpc.CheckService;
import dev.sallyport.server.grpc.Decider;
import dev.sallyport.server.quota.LocalQuotaStore;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/** What benchmarks decide with: generated policies, compiled, and the real parts around them. */
final class World {
  private static final KeySource NO_KEYS = (_, _, _) -> new KeySource.Answer.WouldWait();

  final PolicySet set;
  final Snapshot snapshot;
  final SourceLocator sources = new SourceLocator(0, null, RegionRanges.NONE, RegionSource.NONE);
  final QuotaStore quotas = new LocalQuotaStore(100_000, Ticker.systemTicker());
  final Pipeline pipeline =
      new Pipeline(Verifiers.of(NO_KEYS, TokenReviewer.NONE), sources, quotas);

  private World(PolicySet set, Snapshot snapshot) {
    this.set = set;
    this.snapshot = snapshot;
  }

  static World of(PolicySet set) {
    return new World(set, snapshot(set::write));
  }

  /** Objects that are written into a folder. */
  interface Written {
    void into(Path folder) throws IOException;
  }

  /** What objects are compiled to. */
  static Snapshot snapshot(Written objects) {
    Compilation compilation =
        Compiler.compile(new Changes(read(objects), List.of()), Compilation.EMPTY);
    for (Diagnostic diagnostic : compilation.diagnostics()) {
      if (diagnostic.severity() == Diagnostic.Severity.ERROR) {
        throw new IllegalStateException(diagnostic.toString());
      }
    }
    return compilation.snapshot();
  }

  /** The objects as the server reads them from their files. */
  private static List<Declared> read(Written written) {
    CompletableFuture<List<Declared>> complete = new CompletableFuture<>();
    List<Declared> objects = new ArrayList<>();
    try {
      Path folder = Files.createTempDirectory("sallyport-benchmark");
      written.into(folder);
      try (FolderSource source = new FolderSource(folder, InstantSource.system())) {
        source.start(
            new ObjectSource.Sink() {
              @Override
              public void changed(Changes changes, Instant at) {
                objects.addAll(changes.upserts());
              }

              @Override
              public void complete() {
                complete.complete(List.copyOf(objects));
              }
            });
        return complete.join();
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** What the server makes of a request before it is decided. */
  Inbound inbound(Scenario scenario) {
    AtomicReference<Inbound> seen = new AtomicReference<>();
    try (CheckService service =
        service((inbound, current, patience) -> {
          seen.set(inbound);
          return pipeline.decide(inbound, current, patience);
        })) {
      new UnaryCall<>(service).answer(scenario.request(set));
    }
    return seen.get();
  }

  /** A decision, after a look at whether it is the expected one. */
  Decision decision(Scenario scenario) {
    return switch (pipeline.decide(inbound(scenario), snapshot, Patience.NONE)) {
      case Pipeline.Answer.Decided(Decision decision) -> {
        if (!decision.reason().code().equals(scenario.reason())) {
          throw new IllegalStateException(scenario + " got " + decision.reason().code());
        }
        yield decision;
      }
      case Pipeline.Answer.Waits() -> throw new IllegalStateException(scenario + " would wait");
    };
  }

  CheckService service(Decider decider) {
    return service(decider, DecisionListener.NONE);
  }

  CheckService service(Decider decider, DecisionListener listener) {
    return new CheckService(
        decider,
        () -> snapshot,
        listener,
        1024,
        Duration.ofMillis(150),
        InstantSource.system(),
        System::nanoTime);
  }

  CheckRequest request(Scenario scenario) {
    return scenario.request(set);
  }
}
