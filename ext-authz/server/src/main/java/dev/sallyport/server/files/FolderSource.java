package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.ObjectSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects from a watched folder.
 *
 * <p>The system tells of changes, and the folder is walked now and then in case it does not (a
 * network file system, a link that leads elsewhere, a full queue of events). Both only say where to
 * look: what changed is found by reading. After the first event a moment passes for more, so that a
 * file is not read while it is written.
 */
public final class FolderSource implements ObjectSource {
  private static final Logger log = LoggerFactory.getLogger(FolderSource.class);

  /** Events that follow each other this closely are one change. */
  private static final Duration QUIET = Duration.ofMillis(20);

  /** A folder that is never quiet is read nevertheless. */
  private static final Duration LONGEST_WAIT = Duration.ofMillis(100);

  /** How often the folder is walked when nothing is heard of it. */
  private static final Duration WALK_EVERY = Duration.ofSeconds(1);

  /** A walk over very many files is made so seldom that it takes at most one part in this many. */
  private static final int WALK_SHARE = 20;

  private static final int MOST_LOGGED = 20;

  private final Path root;
  private final Folder folder;
  private final WatchService watch;
  private final Map<Path, Watched> watched = new HashMap<>();
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable Sink sink;
  private Set<FileProblem> logged = Set.of();
  private boolean warnedOfWatch;
  private long nextWalkNanos;

  /** A watch, and of which folder it is, whatever its path leads to by now. */
  private record Watched(WatchKey key, Object identity) {}

  /**
   * Reads nothing yet.
   *
   * @throws UncheckedIOException when the system can't watch folders
   */
  public FolderSource(Path root, InstantSource clock) {
    this.root = root;
    this.folder = new Folder(List.of(root), clock);
    try {
      this.watch = FileSystems.getDefault().newWatchService();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot watch folders; raise fs.inotify.max_user_instances", e);
    }
    this.thread = Thread.ofPlatform().daemon().name("sallyport-files").unstarted(this::run);
  }

  @Override
  public String description() {
    return "policies in `" + root + '`';
  }

  @Override
  public void start(Sink sink) {
    this.sink = sink;
    thread.start();
  }

  /** Everything that is wrong now, by file and line. */
  public List<FileProblem> problems() {
    return folder.problems();
  }

  /** Where a field of an object stands; null where no file declares the object. */
  public @Nullable Location locate(ObjectKey key, String field) {
    return folder.locate(key, field);
  }

  @Override
  public void close() {
    closed = true;
    try {
      watch.close();
    } catch (IOException e) {
      log.warn("the watch of {} could not be closed", root);
    }
    if (thread.getState() == Thread.State.NEW || Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    boolean complete = false;
    Set<String> events = null;
    while (!closed) {
      try {
        look(events);
        if (!complete) {
          complete = true;
          sink().complete();
        }
        events = await();
      } catch (ClosedWatchServiceException _) {
        return;
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException | Error e) {
        // The folder must be watched on: a policy that is revoked later has to be seen.
        log.error("reading {} failed; it is tried again", description(), e);
        events = null;
        pause();
      }
    }
  }

  private Sink sink() {
    if (sink == null) {
      throw new IllegalStateException("not started");
    }
    return sink;
  }

  /** Waits before the next try, unless it is closed meanwhile. */
  private void pause() {
    try {
      WatchKey key = watch.poll(WALK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
      if (key != null) {
        key.pollEvents();
        key.reset();
      }
    } catch (ClosedWatchServiceException _) {
      closed = true;
    } catch (InterruptedException _) {
      closed = true;
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Reads what may have changed and hands it over.
   *
   * @param files null for all
   */
  private void look(@Nullable Set<String> files) {
    if (files != null) {
      deliver(folder.read(files));
      return;
    }
    long start = System.nanoTime();
    deliver(folder.look());
    // A file may have come into a new folder before the folder was watched.
    while (watchFolders() && !closed) {
      start = System.nanoTime();
      deliver(folder.look());
    }
    long tookNanos = System.nanoTime() - start;
    nextWalkNanos = System.nanoTime() + Math.max(WALK_EVERY.toNanos(), tookNanos * WALK_SHARE);
  }

  private void deliver(Folder.Changed changed) {
    logProblems();
    if (!changed.isEmpty()) {
      sink().changed(changed.changes(), changed.at());
    }
  }

  /** Whether a folder was not watched before. */
  private boolean watchFolders() {
    Map<Path, Object> wanted = new LinkedHashMap<>(folder.lastWalk().folders());
    folder.lastWalk().linkTargets().forEach(wanted::putIfAbsent);
    Set<WatchKey> before = new HashSet<>();
    watched.values().forEach(one -> before.add(one.key()));
    // A path that leads to another folder than before needs a watch of that one.
    watched
        .entrySet()
        .removeIf(entry ->
            !entry.getValue().identity().equals(wanted.get(entry.getKey()))
                || !entry.getValue().key().isValid());
    // Two paths of one folder have one key, so it goes only with the last of them.
    watched.values().forEach(one -> before.remove(one.key()));
    before.forEach(WatchKey::cancel);
    boolean isNew = false;
    for (Map.Entry<Path, Object> entry : wanted.entrySet()) {
      if (!watched.containsKey(entry.getKey())) {
        isNew |= watch(entry.getKey(), entry.getValue());
      }
    }
    return isNew;
  }

  private boolean watch(Path path, Object identity) {
    try {
      WatchKey key =
          path.register(
              watch,
              StandardWatchEventKinds.ENTRY_CREATE,
              StandardWatchEventKinds.ENTRY_MODIFY,
              StandardWatchEventKinds.ENTRY_DELETE);
      watched.put(path, new Watched(key, identity));
      return true;
    } catch (IOException _) {
      if (!warnedOfWatch && Files.isDirectory(path)) {
        warnedOfWatch = true;
        log.warn(
            "{} cannot be watched; changes there are seen by a walk only. Raising"
                + " fs.inotify.max_user_watches may help",
            path);
      }
      return false;
    }
  }

  /**
   * Waits until something may have changed.
   *
   * @return the files to read; null for all
   */
  private @Nullable Set<String> await() throws InterruptedException {
    long untilWalk = Math.max(0, nextWalkNanos - System.nanoTime());
    Set<String> files = new HashSet<>(folder.unsettled());
    long wait = files.isEmpty() ? untilWalk : Math.min(untilWalk, 2 * QUIET.toNanos());
    WatchKey key = watch.poll(wait, TimeUnit.NANOSECONDS);
    if (key == null) {
      return files.isEmpty() || wait == untilWalk ? null : files;
    }
    long latest = System.nanoTime() + LONGEST_WAIT.toNanos();
    boolean all = false;
    while (key != null) {
      all |= collect(key, files);
      long left = Math.min(QUIET.toNanos(), latest - System.nanoTime());
      key = left <= 0 ? null : watch.poll(left, TimeUnit.NANOSECONDS);
    }
    return all || System.nanoTime() >= nextWalkNanos ? null : files;
  }

  /** Adds the files that events name; answers whether only a walk can tell what happened. */
  private boolean collect(WatchKey key, Set<String> files) {
    boolean all = false;
    for (WatchEvent<?> event : key.pollEvents()) {
      // An overflow names no file.
      all |=
          !(event.context() instanceof Path name)
              || !(key.watchable() instanceof Path parent)
              || needsWalk(event, parent, name.toString(), files);
    }
    all |= !key.reset();
    return all;
  }

  private boolean needsWalk(WatchEvent<?> event, Path parent, String name, Set<String> files) {
    Path path = parent.resolve(name);
    boolean isFolder = Files.isDirectory(path);
    if (FolderWalk.isRead(name) && !isFolder) {
      boolean isPlain = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
      if (folder.knows(path.toString())
          || (isPlain && folder.lastWalk().folders().containsKey(parent))) {
        files.add(path.toString());
        return false;
      }
      return true;
    }
    // Kubernetes swaps a link `..data` when a mounted ConfigMap or Secret changes.
    if (name.startsWith("..")) {
      return true;
    }
    // What is left is a folder, or a file that is not read, such as an editor's.
    return !name.startsWith(".")
        && (isFolder
            || (event.kind().equals(StandardWatchEventKinds.ENTRY_DELETE)
                && folder.hasBelow(path.toString()))
            || folder.lastWalk().linkTargets().containsKey(parent));
  }

  private void logProblems() {
    Set<FileProblem> current = new HashSet<>(folder.problems());
    int told = 0;
    for (FileProblem problem : folder.problems()) {
      if (logged.contains(problem)) {
        continue;
      }
      if (++told > MOST_LOGGED) {
        continue;
      }
      if (problem.severity() == Severity.ERROR) {
        log.error("{}", problem);
      } else {
        log.warn("{}", problem);
      }
    }
    if (told > MOST_LOGGED) {
      log.error("{} more problems; `sallyport lint {}` shows all", told - MOST_LOGGED, root);
    }
    if (current.isEmpty() && !logged.isEmpty()) {
      log.info("{}: nothing is wrong any more", description());
    }
    logged = current;
  }
}
