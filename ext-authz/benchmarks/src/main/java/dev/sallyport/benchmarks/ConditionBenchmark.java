package dev.sallyport.benchmarks;

import dev.sallyport.crd.NonHumanIdentitySpec;
import dev.sallyport.engine.conditions.Asked;
import dev.sallyport.engine.conditions.Conditions;
import dev.sallyport.engine.conditions.Conditions.Condition;
import dev.sallyport.engine.conditions.Dialect;
import dev.sallyport.engine.conditions.Expression;
import dev.sallyport.engine.conditions.Expression.Compilation.Compiled;
import dev.sallyport.engine.conditions.Expression.Compilation.Refused;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.Facts.ConditionUse;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.Located;
import dev.sallyport.engine.receive.Canonical;
import dev.sallyport.engine.receive.Host;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import tools.jackson.databind.json.JsonMapper;

/** The conditions of one request, all of which are met. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@NullUnmarked // JMH makes the object first and fills it in setUp.
public class ConditionBenchmark {
  private static final Instant WORKDAY = Instant.parse("2026-11-25T12:00:00Z");

  private Conditions three;
  private Conditions body;
  private Conditions loop;
  private Asked asked;

  @Setup
  public void setUp() {
    three =
        conditions(
            "identity.type != 'Partner' || !('limit' in request.query)"
                + " || int(request.query['limit']) <= 100",
            "inWindow(now, 'Mon-Fri', '08:00-18:00', 'Europe/Berlin')",
            "cidr('203.0.113.0/24').containsIP(source.address) || source.region in ['DE', 'FR']");
    body = conditions("request.body.amount <= 100 && request.body.currency == 'EUR'");
    loop = conditions("request.body.lines.all(line, line.quantity > 0)");
    asked = asked();
    for (Conditions conditions : List.of(three, body, loop)) {
      for (ConditionUse use : conditions.evaluate(asked)) {
        if (!use.met()) {
          throw new IllegalStateException(use.toString());
        }
      }
    }
  }

  private static Conditions conditions(String... expressions) {
    List<Condition> conditions = new ArrayList<>();
    for (String text : expressions) {
      switch (Expression.compile(text, Dialect.OPERATION)) {
        case Compiled(var expression, _) -> conditions.add(new Condition(text, expression));
        case Refused(var faults) -> throw new IllegalStateException(faults.toString());
      }
    }
    return Conditions.of(conditions);
  }

  private static Asked asked() {
    Inbound inbound = World.of(PolicySet.SMALL).inbound(Scenario.ALLOWED);
    Host host = ((Canonical.Read<Host>) Request.readHost(inbound)).value();
    return new Asked(
        ((Canonical.Read<Request>) Request.read(inbound, host, Request.Bounds.DEFAULT)).value(),
        "read-04",
        "/v1/collection-04/{id}",
        new Content.Tree(
            JsonMapper.shared().readTree(PayloadRequests.order(1024)), "application/json"),
        null,
        null,
        null,
        new Identity(
            new ObjectKey("NonHumanIdentity", "team-01", "caller-000001"),
            Instant.EPOCH,
            "Partner",
            "production",
            NonHumanIdentitySpec.State.Active,
            null,
            List.of("items:read"),
            Identity.Constraints.NONE),
        new Facts.CredentialUse("keys", "apiKey", "", "primary"),
        new Located(IpAddress.parse("203.0.113.7"), "peer", "DE", "header"),
        List.of("items:read"),
        WORKDAY);
  }

  /** Of the query, the time, and the source. */
  @Benchmark
  public List<ConditionUse> three() {
    return three.evaluate(asked);
  }

  @Benchmark
  public List<ConditionUse> body() {
    return body.evaluate(asked);
  }

  @Benchmark
  public List<ConditionUse> loop() {
    return loop.evaluate(asked);
  }
}
