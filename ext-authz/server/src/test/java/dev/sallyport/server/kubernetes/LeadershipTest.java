package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replicas in one process that share a Lease, each over a network and with a clock of its own. */
class LeadershipTest {
  private static final Leadership.Timing QUICK =
      new Leadership.Timing(
          Duration.ofMillis(1_500), Duration.ofMillis(1_000), Duration.ofMillis(100));
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long SEED = 20_261_126;

  private final Lease lease = new Lease();
  private final AtomicInteger terms = new AtomicInteger();
  private final List<Replica> replicas = new ArrayList<>();

  /** As the API server keeps it: whoever writes must have seen what he replaces. */
  private static final class Lease {
    private LeaderElectionRecord record;
    private long version;

    synchronized void put(LeaderElectionRecord next) {
      record = next;
      version++;
    }

    synchronized void put(LeaderElectionRecord next, long seen) {
      if (version != seen) {
        throw new KubernetesClientException("the object has been modified", 409, null);
      }
      put(next);
    }
  }

  /** One who takes part. */
  private final class Replica implements Lock {
    private final String name;
    private final Duration skew;
    private final AtomicInteger turns = new AtomicInteger();
    private final Leadership leadership;
    private volatile boolean cut;
    private volatile boolean slow;
    private long seen;

    Replica(String name, Duration skew) {
      this.name = name;
      this.skew = skew;
      KubernetesClient client =
          (KubernetesClient)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {KubernetesClient.class},
                  (_, _, _) -> null);
      this.leadership = new Leadership(client, this, QUICK, this::turned, System::nanoTime);
      replicas.add(this);
      leadership.start();
    }

    private void turned(boolean leads) {
      turns.incrementAndGet();
      if (leads) {
        terms.incrementAndGet();
      }
    }

    boolean leads() {
      return leadership.held();
    }

    private void network() {
      if (cut) {
        throw new KubernetesClientException("connection refused");
      }
    }

    @Override
    public LeaderElectionRecord get(KubernetesClient client) {
      network();
      synchronized (lease) {
        seen = lease.version;
        return lease.record;
      }
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord next) {
      update(client, next);
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord next) {
      network();
      lease.put(
          new LeaderElectionRecord(
              next.getHolderIdentity(),
              next.getLeaseDuration(),
              next.getAcquireTime(),
              next.getRenewTime().plus(skew),
              next.getLeaderTransitions()),
          seen);
      if (slow) {
        // It has arrived, and the answer takes longer than anybody may believe in it.
        within(QUICK.deadline().plusMillis(200), () -> false);
      }
      network();
    }

    @Override
    public String identity() {
      return name;
    }

    @Override
    public String describe() {
      return "lease of " + name;
    }
  }

  @AfterEach
  void closeAll() {
    replicas.forEach(replica -> replica.cut = false);
    replicas.forEach(replica -> replica.leadership.close());
  }

  private static boolean within(Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() >= deadline) {
        return false;
      }
      LockSupport.parkNanos(1_000_000);
    }
    return true;
  }

  private static void await(String what, BooleanSupplier condition) {
    assertThat(within(PATIENCE, condition)).as(what).isTrue();
  }

  private Replica leader() {
    await("one leads", () -> replicas.stream().anyMatch(Replica::leads));
    return replicas.stream().filter(Replica::leads).findFirst().orElseThrow();
  }

  @Test
  void oneOfThreeLeads() {
    new Replica("a", Duration.ZERO);
    new Replica("b", Duration.ZERO);
    new Replica("c", Duration.ZERO);

    leader();

    assertThat(replicas.stream().filter(Replica::leads)).hasSize(1);
  }

  @Test
  void whoLosesTheNetworkStopsInTimeAndComesBack() {
    Replica only = new Replica("a", Duration.ZERO);
    leader();

    only.cut = true;
    await("it stops", () -> !only.leads());
    only.cut = false;

    await("it leads again", only::leads);
  }

  @Test
  void whoEndsReleasesTheLease() {
    Replica first = new Replica("a", Duration.ZERO);
    leader();
    Replica second = new Replica("b", Duration.ZERO);

    first.leadership.close();

    assertThat(first.leads()).isFalse();
    await("the other leads", second::leads);
  }

  @Test
  void aLeaseThatSomebodyElseTookIsGivenUp() {
    Replica first = new Replica("a", Duration.ZERO);
    leader();
    int turns = first.turns.get();

    synchronized (lease) {
      lease.put(
          new LeaderElectionRecord(
              "somebody",
              QUICK.lease(),
              lease.record.getAcquireTime(),
              lease.record.getRenewTime(),
              7));
    }

    await("it stops, and leads again", () -> first.turns.get() >= turns + 2 && first.leads());
  }

  @Test
  void aFollowerWhoseClockIsFarAheadDoesNotTakeTheLeaseOfALiveLeader() {
    // What it writes is an hour old to the other.
    Replica first = new Replica("a", Duration.ofHours(-1));
    leader();
    Replica second = new Replica("b", Duration.ofHours(1));

    boolean taken = within(QUICK.lease().multipliedBy(2), second::leads);

    assertThat(taken).isFalse();
    assertThat(first.turns.get()).isEqualTo(1);
  }

  @Test
  void anAnswerThatComesLateIsNotBelieved() {
    Replica only = new Replica("a", Duration.ZERO);
    leader();

    only.slow = true;

    await("it stops", () -> !only.leads());
    only.slow = false;
    await("it leads again", only::leads);
  }

  @Test
  void whateverHappensThereAreNeverTwo() {
    Random random = new Random(SEED);
    for (String name : List.of("a", "b", "c")) {
      new Replica(name, Duration.ofSeconds(random.nextInt(-3_600, 3_600)));
    }
    long end = System.nanoTime() + Duration.ofSeconds(12).toNanos();
    long next = 0;
    while (System.nanoTime() < end) {
      if (System.nanoTime() > next) {
        next = System.nanoTime() + random.nextLong(900_000_000);
        disturb(random);
      }
      neverTwo();
    }
    replicas.forEach(replica -> {
      replica.cut = false;
      replica.slow = false;
    });
    leader();

    assertThat(terms).as("terms").hasValueGreaterThan(3);
  }

  private void disturb(Random random) {
    Replica victim =
        random.nextBoolean()
            ? replicas.get(random.nextInt(replicas.size()))
            : replicas.stream().filter(Replica::leads).findAny().orElse(replicas.getFirst());
    switch (random.nextInt(5)) {
      case 0 -> victim.cut = true;
      case 1 -> replicas.forEach(replica -> replica.cut = false);
      case 2 -> victim.slow = !victim.slow;
      case 3 -> {
        replicas.remove(victim);
        victim.leadership.close();
        new Replica(victim.name + "'", Duration.ofSeconds(random.nextInt(-3_600, 3_600)));
      }
      default -> {
        synchronized (lease) {
          LeaderElectionRecord record = lease.record;
          if (record != null) {
            lease.put(
                new LeaderElectionRecord(
                    "somebody",
                    record.getLeaseDuration(),
                    record.getAcquireTime(),
                    record.getRenewTime(),
                    record.getLeaderTransitions()));
          }
        }
      }
    }
  }

  /**
   * Two that lead are looked at twice: this thread may be held up between the one and the other.
   */
  private void neverTwo() {
    for (Replica one : replicas) {
      int before = one.turns.get();
      if (!one.leads()) {
        continue;
      }
      for (Replica other : replicas) {
        boolean both =
            !other.equals(one) && other.leads() && one.leads() && one.turns.get() == before;
        assertThat(both).as("%s and %s", one.name, other.name).isFalse();
      }
    }
  }
}
