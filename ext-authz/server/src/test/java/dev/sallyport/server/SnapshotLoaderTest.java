package dev.sallyport.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SnapshotLoaderTest {
  private static final Instant CHANGED = Instant.parse("2026-11-25T12:00:00Z");
  private static final Instant NOW = CHANGED.plusSeconds(1);

  private final CurrentSnapshot current = new CurrentSnapshot();
  private final BlockingQueue<Published> published = new LinkedBlockingQueue<>();
  private final List<SnapshotListener> listeners = new ArrayList<>();
  private SnapshotLoader loader;

  @AfterEach
  void close() {
    loader.close();
  }

  @Test
  void nothingIsInForceBeforeEverythingWasRead() throws Exception {
    start(Compiler::compile);
    loader.changed(upsert("a"), CHANGED);
    loader.changed(upsert("b"), CHANGED.plusMillis(1));

    assertThat(published.poll(50, TimeUnit.MILLISECONDS)).isNull();
    assertThat(current.ready()).isFalse();
    loader.complete();

    Published first = published.take();
    assertThat(names(first.changes())).containsExactly("a", "b");
    assertThat(first.changedAt()).isEqualTo(CHANGED);
    assertThat(first.enforcedAt()).isEqualTo(NOW);
    assertThat(current.ready()).isTrue();
    assertThat(current.get()).isSameAs(first.compilation().snapshot());
  }

  @Test
  void anEmptySourceIsReadyToo() throws Exception {
    start(Compiler::compile);
    loader.complete();

    assertThat(published.take().changes().upserts()).isEmpty();
    assertThat(current.ready()).isTrue();
  }

  @Test
  void theLastWordOnAnObjectCounts() throws Exception {
    start(Compiler::compile);
    loader.changed(upsert("a"), CHANGED);
    loader.changed(upsert("b"), CHANGED);
    loader.changed(new Changes(List.of(), List.of(key("a"))), CHANGED);
    loader.complete();

    Changes changes = published.take().changes();
    assertThat(names(changes)).containsExactly("b");
    assertThat(changes.deletions()).containsExactly(key("a"));
  }

  @Test
  void anObjectThatFailsStopsNoOther() throws Exception {
    start((changes, previous) -> {
      if (names(changes).contains("bad")) {
        throw new IllegalStateException("a fault of the test");
      }
      return Compiler.compile(changes, previous);
    });
    loader.changed(
        new Changes(List.of(object("a"), object("bad"), object("b")), List.of()), CHANGED);
    loader.complete();

    // One version each for `a` and `b`.
    assertThat(published.take().compilation().snapshot().version()).isEqualTo(2);
    loader.changed(upsert("c"), CHANGED);
    assertThat(published.take().compilation().snapshot().version()).isEqualTo(3);
  }

  @Test
  void aChangeOutlivesAMomentWithoutMemory() throws Exception {
    AtomicBoolean isShort = new AtomicBoolean();
    start((changes, previous) -> {
      if (isShort.compareAndSet(true, false)) {
        throw new OutOfMemoryError("a fault of the test");
      }
      return Compiler.compile(changes, previous);
    });
    loader.changed(upsert("a"), CHANGED);
    loader.complete();
    published.take();
    isShort.set(true);
    loader.changed(new Changes(List.of(), List.of(key("a"))), CHANGED);

    assertThat(published.take().compilation().objects()).isEmpty();
  }

  @Test
  void aListenerThatFailsStopsNoOther() throws Exception {
    listeners.add((_, _, _, _) -> {
      throw new AssertionError("a fault of the test");
    });
    start(Compiler::compile);
    loader.complete();
    published.take();
    loader.changed(upsert("a"), CHANGED);

    assertThat(names(published.take().changes())).containsExactly("a");
  }

  private void start(BiFunction<Changes, Compilation, Compilation> compiler) {
    listeners.add((compilation, changes, changedAt, enforcedAt) ->
        published.add(new Published(compilation, changes, changedAt, enforcedAt)));
    loader = new SnapshotLoader(current, InstantSource.fixed(NOW), new SecureRandom(), compiler);
    loader.start(listeners);
  }

  private static Changes upsert(String name) {
    return new Changes(List.of(object(name)), List.of());
  }

  private static Declared object(String name) {
    return new Declared(key(name), Instant.EPOCH, 1, new Declared.ConfigMap(Map.of()));
  }

  private static ObjectKey key(String name) {
    return new ObjectKey("ConfigMap", "default", name);
  }

  private static List<String> names(Changes changes) {
    return changes.upserts().stream().map(declared -> declared.key().name()).toList();
  }

  private record Published(
      Compilation compilation, Changes changes, Instant changedAt, Instant enforcedAt) {}
}
