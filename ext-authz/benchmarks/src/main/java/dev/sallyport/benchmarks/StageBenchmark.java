package dev.sallyport.benchmarks;

import dev.sallyport.engine.authenticate.KeyDigest;
import dev.sallyport.engine.identity.Identity.Enrolled;
import dev.sallyport.engine.identity.Located;
import dev.sallyport.engine.identity.Lookup;
import dev.sallyport.engine.operation.OperationIndex.Match;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.policy.CompiledPolicy;
import dev.sallyport.engine.policy.PolicyIndex.Search;
import dev.sallyport.engine.quota.Caller;
import dev.sallyport.engine.quota.Quota;
import dev.sallyport.engine.quota.QuotaResult;
import dev.sallyport.engine.receive.Canonical;
import dev.sallyport.engine.receive.Host;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The stages of an allowed request by API key, each by itself. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@NullUnmarked // JMH makes the object first and fills it in setUp.
public class StageBenchmark {
  private World world;
  private Inbound inbound;
  private Host host;
  private CompiledPolicy policy;
  private CompiledOperation operation;
  private List<String> segments;
  private String key;
  private String namespace;
  private Quota quota;
  private Caller caller;

  @Setup
  public void setUp() {
    world = World.of(PolicySet.SMALL);
    inbound = world.inbound(Scenario.ALLOWED);
    host = ((Canonical.Read<Host>) Request.readHost(inbound)).value();
    Request request =
        ((Canonical.Read<Request>) Request.read(inbound, host, Request.Bounds.DEFAULT)).value();
    policy = ((Search.Found) world.snapshot.policies().find(inbound, host)).policy();
    segments = policy.matched(Objects.requireNonNull(request.path()));
    operation =
        ((Match.Found<CompiledOperation>) policy.operations().match(inbound.method(), segments))
            .operation();
    key = Objects.requireNonNull(inbound.headers().first("x-api-key"));
    namespace = policy.claim().key().namespace();
    quota = new Quota(world.quotas);
    caller = new Caller("team-01/caller-000001", "primary", locate().address(), operation.name());
  }

  @Benchmark
  public Canonical<Request> receive() {
    return switch (Request.readHost(inbound)) {
      case Canonical.Read<Host>(var read) -> Request.read(inbound, read, Request.Bounds.DEFAULT);
      case Canonical.Malformed<Host>(var why) -> throw new IllegalStateException(why);
    };
  }

  @Benchmark
  public Located locate() {
    return world.sources.locate(inbound.headers(), inbound.peerAddress());
  }

  @Benchmark
  public Search policy() {
    return world.snapshot.policies().find(inbound, host);
  }

  @Benchmark
  public Match<CompiledOperation> operation() {
    return policy.operations().match(inbound.method(), segments);
  }

  @Benchmark
  public @Nullable Enrolled authenticate() {
    return world.snapshot.identities().find(new Lookup.ByKey(KeyDigest.of(key)), namespace, false);
  }

  @Benchmark
  public boolean authorize() {
    return operation.scopes().suffices(List.of("items:read"));
  }

  @Benchmark
  public QuotaResult quota() {
    return quota.take(operation.limits(), caller);
  }
}
