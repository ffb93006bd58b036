package dev.sallyport.server.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.ObjectSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real files and the system's own events. */
class FolderSourceTest {
  private static final long DEADLINE_SECONDS = 20;

  @TempDir private Path dir;
  private final Received received = new Received();
  private FolderSource source;

  /** What came out of a source, to be waited for. */
  private static final class Received implements ObjectSource.Sink {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final TreeMap<String, Declared> objects = new TreeMap<>();
    private boolean complete;
    private boolean failsOnce;

    @Override
    public void changed(Changes changes, Instant at) {
      lock.lock();
      try {
        if (failsOnce) {
          failsOnce = false;
          throw new OutOfMemoryError("as if");
        }
        changes.deletions().forEach(key -> objects.remove(key.name()));
        changes.upserts().forEach(declared -> objects.put(declared.key().name(), declared));
        more.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void complete() {
      lock.lock();
      try {
        complete = true;
        more.signalAll();
      } finally {
        lock.unlock();
      }
    }

    void await(Predicate<Received> condition) throws InterruptedException {
      lock.lock();
      try {
        long left = TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (!condition.test(this)) {
          left = more.awaitNanos(left);
          assertThat(left).as("nanoseconds left, with %s", hosts()).isPositive();
        }
      } finally {
        lock.unlock();
      }
    }

    String hosts() {
      StringBuilder hosts = new StringBuilder();
      objects.forEach((name, declared) -> {
        if (declared.content() instanceof Declared.ApiPolicy(var spec)) {
          hosts.append(name).append('=').append(String.join(",", spec.hosts())).append(' ');
        }
      });
      return hosts.toString().strip();
    }
  }

  @BeforeEach
  void open() {
    source = new FolderSource(dir, InstantSource.system());
  }

  @AfterEach
  void close() {
    source.close();
  }

  private void write(String name, String policy, String host) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, FolderTest.policy(policy, host));
  }

  private void start() throws InterruptedException {
    source.start(received);
    received.await(got -> got.complete);
  }

  private void await(String hosts) throws InterruptedException {
    received.await(got -> got.hosts().equals(hosts));
  }

  @Test
  void everythingIsHandedOverBeforeItIsComplete() throws Exception {
    write("a.yaml", "a", "a.example.com");
    write("sub/b.yaml", "b", "b.example.com");

    source.start(received);
    received.await(got -> got.complete);

    assertThat(received.hosts()).isEqualTo("a=a.example.com b=b.example.com");
    assertThat(source.description()).isEqualTo("policies in `" + dir + "`");
  }

  @Test
  void emptyFolderIsCompleteToo() throws Exception {
    start();

    write("a.yaml", "a", "a.example.com");
    await("a=a.example.com");
  }

  @Test
  void editsReplacementsAndDeletionsAreSeen() throws Exception {
    write("a.yaml", "a", "a.example.com");
    start();

    write("a.yaml", "a", "edited.example.com");
    await("a=edited.example.com");

    write("a.yaml.tmp", "a", "replaced.example.com");
    Files.move(dir.resolve("a.yaml.tmp"), dir.resolve("a.yaml"), StandardCopyOption.ATOMIC_MOVE);
    await("a=replaced.example.com");

    Files.delete(dir.resolve("a.yaml"));
    await("");
  }

  @Test
  void newFolderIsWatched() throws Exception {
    start();

    write("new/deep/a.yaml", "a", "a.example.com");
    await("a=a.example.com");
    write("new/deep/a.yaml", "a", "edited.example.com");
    await("a=edited.example.com");

    Files.move(dir.resolve("new/deep"), dir.resolve("moved"));
    write("moved/b.yaml", "b", "b.example.com");
    await("a=edited.example.com b=b.example.com");
  }

  @Test
  void brokenFileKeepsTheLastGoodObjectsAndIsToldOf() throws Exception {
    write("a.yaml", "a", "a.example.com");
    write("b.yaml", "b", "b.example.com");
    start();

    Files.writeString(dir.resolve("a.yaml"), "kind: [");
    write("b.yaml", "b", "edited.example.com");
    await("a=a.example.com b=edited.example.com");

    write("a.yaml", "a", "fixed.example.com");
    await("a=fixed.example.com b=edited.example.com");
    assertThat(source.problems()).isEmpty();
  }

  @Test
  void swapOfAMountedConfigMapIsSeen() throws Exception {
    write("..2026_1/a.yaml", "a", "a.example.com");
    Files.createSymbolicLink(dir.resolve("..data"), Path.of("..2026_1"));
    Files.createSymbolicLink(dir.resolve("a.yaml"), Path.of("..data/a.yaml"));
    start();
    assertThat(received.hosts()).isEqualTo("a=a.example.com");

    write("..2026_2/a.yaml", "a", "swapped.example.com");
    Files.createSymbolicLink(dir.resolve("..data_tmp"), Path.of("..2026_2"));
    Files.move(dir.resolve("..data_tmp"), dir.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    await("a=swapped.example.com");
  }

  @Test
  void folderThatIsReplacedIsWatchedOn(@TempDir Path checkouts) throws Exception {
    Path link = checkouts.resolve("current");
    for (String version : List.of("v1", "v2")) {
      Path file = Files.createDirectory(checkouts.resolve(version)).resolve("a.yaml");
      Files.writeString(file, FolderTest.policy("a", version + ".example.com"));
    }
    Files.createSymbolicLink(link, Path.of("v1"));
    try (FolderSource linked = new FolderSource(link, InstantSource.system())) {
      linked.start(received);
      await("a=v1.example.com");

      Files.createSymbolicLink(checkouts.resolve("next"), Path.of("v2"));
      Files.move(checkouts.resolve("next"), link, StandardCopyOption.ATOMIC_MOVE);
      await("a=v2.example.com");
      Files.writeString(
          checkouts.resolve("v2/a.yaml"), FolderTest.policy("a", "edited.example.com"));
      await("a=edited.example.com");
    }
  }

  @Test
  void fileOutsideThatALinkLeadsToIsWatched(@TempDir Path outside) throws Exception {
    Path target = outside.resolve("target");
    Files.writeString(target, FolderTest.policy("a", "a.example.com"));
    Files.createSymbolicLink(dir.resolve("a.yaml"), target);
    start();
    assertThat(received.hosts()).isEqualTo("a=a.example.com");

    Files.writeString(target, FolderTest.policy("a", "edited.example.com"));
    await("a=edited.example.com");
  }

  @Test
  void loopOfLinksHarmsNothing() throws Exception {
    write("sub/a.yaml", "a", "a.example.com");
    Files.createSymbolicLink(dir.resolve("sub/loop"), dir);
    start();

    write("sub/a.yaml", "a", "edited.example.com");
    await("a=edited.example.com");
  }

  @Test
  void fieldIsFoundWhileWatched() throws Exception {
    write("a.yaml", "a", "a.example.com");
    start();

    assertThat(source.locate(new ObjectKey("ApiPolicy", "default", "a"), "spec.hosts"))
        .isEqualTo(new Location(dir.resolve("a.yaml").toString(), 5, 3));
  }

  @Test
  void folderIsWatchedOnAfterAnError() throws Exception {
    received.failsOnce = true;
    write("a.yaml", "a", "a.example.com");
    start();

    write("b.yaml", "b", "b.example.com");

    await("b=b.example.com");
  }

  @Test
  void nothingIsHeardAfterClosing() throws Exception {
    start();

    source.close();
    write("a.yaml", "a", "a.example.com");
    assertThat(received.hosts()).isEmpty();
  }
}
