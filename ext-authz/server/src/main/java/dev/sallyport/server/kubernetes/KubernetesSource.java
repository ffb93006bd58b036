package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.server.ObjectSource;
import dev.sallyport.server.objects.Shared;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Objects from an API server: the four kinds, the Secrets and ConfigMaps that are labelled {@code
 * sallyport.dev/watch: "true"}, the routes of the Gateway API where it is installed, and which
 * service accounts are there.
 *
 * <p>Each kind is followed by itself, and in each namespace by itself where namespaces are named,
 * so that no request goes beyond what a Role of these namespaces allows.
 */
public final class KubernetesSource implements ObjectSource {
  private static final Duration TELL_EVERY = Duration.ofSeconds(1);

  private final ApiServer server;
  private final Map<Followed, Reflector> reflectors = new LinkedHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Troubles troubles;
  private final Set<Followed> unsettled = Collections.synchronizedSet(new HashSet<>());

  private final Object delivery = new Object();
  private @Nullable Sink sink;

  /**
   * Asks nothing yet.
   *
   * @param namespaces whose objects are read; empty for all
   * @param skipped resources that are not asked for, by their plural
   * @param accounts hears which service accounts are there
   * @param statuses hears of the status of every object of the four kinds
   */
  public KubernetesSource(
      Cluster cluster,
      List<String> namespaces,
      Set<String> skipped,
      ServiceAccounts accounts,
      StoredStatuses statuses,
      InstantSource clock) {
    server = new ApiServer(cluster);
    troubles = new Troubles(server.address(), clock);
    Shared shared = new Shared();
    List<WatchedKind> kinds = new ArrayList<>(WatchedKind.DECLARED);
    kinds.add(WatchedKind.SERVICE_ACCOUNT);
    kinds.removeIf(kind -> skipped.contains(kind.plural()));
    List<@Nullable String> places = new ArrayList<>(Set.copyOf(namespaces));
    if (places.isEmpty()) {
      places.add(null);
    }
    for (WatchedKind kind : kinds) {
      for (String place : places) {
        Intake intake =
            kind.equals(WatchedKind.SERVICE_ACCOUNT)
                ? new SeenAccounts(accounts)
                : new DeclaredObjects(shared, this::changed);
        Followed followed = new Followed(kind, place);
        reflectors.put(
            followed,
            new Reflector(
                server,
                followed,
                intake,
                statuses,
                watching(),
                clock,
                Reflector.LONGEST_SILENCE,
                shared));
        unsettled.add(followed);
      }
    }
  }

  private Reflector.Watching watching() {
    return new Reflector.Watching() {
      @Override
      public boolean isRead() {
        synchronized (unsettled) {
          return unsettled.stream()
              .allMatch(other -> other.kind().need() == WatchedKind.Need.OPTIONAL);
        }
      }

      @Override
      public void settled(Followed followed) {
        KubernetesSource.this.settled(followed);
      }

      @Override
      public void fails(Followed followed, ApiFailure failure) {
        troubles.begins(followed, failure);
      }

      @Override
      public void works(Followed followed) {
        troubles.ends(followed);
      }
    };
  }

  @Override
  public String description() {
    return "policies in the API server `" + server.address() + '`';
  }

  @Override
  public void start(Sink sink) {
    synchronized (delivery) {
      this.sink = sink;
    }
    reflectors.forEach((followed, reflector) ->
        threads.add(Thread.ofVirtual().name("follow " + followed).start(reflector)));
    threads.add(Thread.ofVirtual().name("follow-log").start(this::tell));
  }

  private void tell() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Thread.sleep(TELL_EVERY);
        troubles.tell();
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  private void changed(Changes changes, Instant at) {
    // Under a lock, so that the sink hears nothing after the source was closed.
    synchronized (delivery) {
      if (sink != null) {
        sink.changed(changes, at);
      }
    }
  }

  private void settled(Followed followed) {
    if (unsettled.remove(followed) && unsettled.isEmpty()) {
      synchronized (delivery) {
        if (sink != null) {
          sink.complete();
        }
      }
    }
  }

  @Override
  public void close() {
    synchronized (delivery) {
      sink = null;
    }
    threads.forEach(Thread::interrupt);
    server.close();
  }
}
