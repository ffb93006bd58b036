package dev.sallyport.benchmarks;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.server.config.Configuration;
import dev.sallyport.server.telemetry.Telemetry;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Whole decisions, and what is around them on their way from and to the wire. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@NullUnmarked // JMH makes the object first and fills it in setUp.
public class DecisionBenchmark {
  @Param({"ALLOWED", "SCOPE_INSUFFICIENT", "OPERATION_UNDECLARED"})
  private Scenario scenario;

  private World world;
  private Inbound inbound;
  private CheckRequest request;
  private byte[] wire;
  private Object response;
  private Decision decision;
  private Path log;
  private Telemetry counting;
  private Telemetry logging;
  private UnaryCall<Object> mapping;
  private UnaryCall<Object> whole;

  @Setup
  public void setUp() throws IOException {
    world = World.of(PolicySet.SMALL);
    inbound = world.inbound(scenario);
    request = world.request(scenario);
    wire = request.toByteArray();
    decision = world.decision(scenario);
    log = Files.createTempFile("sallyport-benchmark", ".jsonl");
    counting = telemetry(List.of());
    logging = telemetry(List.of(Configuration.Sink.FILE));
    Pipeline.Answer answer = new Pipeline.Answer.Decided(decision);
    mapping = new UnaryCall<>(world.service((_, _, _) -> answer));
    whole = new UnaryCall<>(world.service(world.pipeline::decide, logging));
    response = mapping.answer(request);
  }

  private Telemetry telemetry(List<Configuration.Sink> sinks) throws IOException {
    return Telemetry.start(
        new Configuration.DecisionLog(sinks, log, Configuration.Format.JSON, 1, 8192),
        Map.of(),
        InstantSource.system());
  }

  @TearDown
  public void tearDown() throws IOException {
    counting.close();
    logging.close();
    Files.delete(log);
  }

  /** The request's bytes to its message. */
  @Benchmark
  public CheckRequest parse() throws InvalidProtocolBufferException {
    return CheckRequest.parseFrom(wire);
  }

  /** The request's message to what the engine takes, a given decision, and its response. */
  @Benchmark
  public Object map() {
    return mapping.answer(request);
  }

  /** The response to its bytes. */
  @Benchmark
  public byte[] serialize() {
    return mapping.bytes(response);
  }

  /** The eight stages. */
  @Benchmark
  public Pipeline.Answer decide() {
    return world.pipeline.decide(inbound, world.snapshot, Patience.NONE);
  }

  /** Metrics alone. */
  @Benchmark
  public void count() {
    counting.decided(decision, inbound, 20_000);
  }

  /** Metrics, and what of the decision log the event loop does; a full queue drops. */
  @Benchmark
  public void log() {
    logging.decided(decision, inbound, 20_000);
  }

  /** All that is between the request's message and the response's. */
  @Benchmark
  public Object check() {
    return whole.answer(request);
  }
}
