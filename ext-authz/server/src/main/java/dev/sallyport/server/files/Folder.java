package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Diagnostic.Severity;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.Fingerprint;
import dev.sallyport.server.objects.Shared;
import dev.sallyport.server.objects.Wording;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one or more folders, and what changed in them since somebody last asked.
 *
 * <p>Specs are handed over and not kept: of an object only a fingerprint stays, by which an edit is
 * told from a file that was merely touched. So an object that was handed over can't be handed over
 * again without reading its file.
 *
 * <p>Rules. The last good objects of a file stay while it can't be read. A document that can't be
 * read keeps its own object; where nobody can say which object that is, the file's objects that are
 * not found any more all stay. Where two files declare one object, the first by path keeps it and
 * the other is told; when the first lets go of it, it is the other's.
 *
 * <p>One thread writes; {@link #problems} and {@link #locate} may be called from any.
 */
public final class Folder {
  /** From so many files on it pays to read on all processors. */
  private static final int MANY = 16;

  private final List<Path> roots;
  private final InstantSource clock;
  private final Shared shared = new Shared();

  private final Map<String, Known> files = new ConcurrentHashMap<>();
  private final Map<ObjectKey, Claim> claims = new ConcurrentHashMap<>();

  /** Files that declare an object too, and don't have it. Few, so that a sorted set is fine. */
  private final Map<ObjectKey, TreeSet<String>> contested = new HashMap<>();

  private final Map<String, List<FileProblem>> fileProblems = new HashMap<>();
  private final Set<String> unsettled = new HashSet<>();
  private FolderWalk lastWalk = FolderWalk.over(List.of());
  private @Nullable Instant lastRead;
  private volatile List<FileProblem> problems = List.of();

  /**
   * What is remembered of a file.
   *
   * @param held objects that it declared before something in it broke
   */
  private record Known(
      @Nullable FileStamp stamp, List<FileReading.Document> documents, Set<ObjectKey> held) {
    private static final Known NEVER_READ = new Known(null, List.of(), Set.of());

    /** Every object that the file declares or holds on to. */
    private Set<ObjectKey> keys() {
      Set<ObjectKey> keys = new HashSet<>(held);
      for (FileReading.Document document : documents) {
        for (FileReading.Seen seen : document.objects()) {
          keys.add(seen.key());
        }
      }
      return keys;
    }
  }

  /** Which file has an object, and what was handed over of it. */
  private record Claim(String file, Fingerprint content, long generation) {}

  /**
   * What changed.
   *
   * @param at when the oldest change was made, as far as the files tell
   */
  public record Changed(Changes changes, Instant at) {
    public boolean isEmpty() {
      return changes.upserts().isEmpty() && changes.deletions().isEmpty();
    }
  }

  /** The changes of one look. */
  private final class Batch {
    private final Map<ObjectKey, Declared> upserts = new LinkedHashMap<>();
    private final Map<ObjectKey, Claim> released = new LinkedHashMap<>();

    private void claim(
        ObjectKey key, String file, FileReading.Seen seen, ReadObject.@Nullable Good fresh) {
      Claim holder = claims.get(key);
      if (holder != null && !holder.file().equals(file) && holder.file().compareTo(file) < 0) {
        contested.computeIfAbsent(key, _ -> new TreeSet<>()).add(file);
        return;
      }
      Claim before = holder == null ? released.remove(key) : holder;
      if (before != null && before.content().equals(seen.content())) {
        take(key, new Claim(file, before.content(), before.generation()), holder);
        return;
      }
      ReadObject.Good good = fresh == null ? readAgain(file, key) : fresh;
      if (good == null) {
        // It changed again since; the next look sees it.
        unsettled.add(file);
        if (holder == null && before != null) {
          released.put(key, before);
        }
        return;
      }
      long generation = before == null ? 1 : before.generation() + 1;
      take(key, new Claim(file, good.fingerprint(), generation), holder);
      upserts.put(key, new Declared(key, good.created(), generation, good.content()));
    }

    private void take(ObjectKey key, Claim claim, @Nullable Claim holder) {
      claims.put(key, claim);
      if (holder != null && !holder.file().equals(claim.file())) {
        contested.computeIfAbsent(key, _ -> new TreeSet<>()).add(holder.file());
      }
      withdraw(key, claim.file());
    }

    private void release(ObjectKey key, String file) {
      withdraw(key, file);
      Claim holder = claims.get(key);
      if (holder != null && holder.file().equals(file)) {
        claims.remove(key);
        released.put(key, holder);
      }
    }

    private void withdraw(ObjectKey key, String file) {
      TreeSet<String> others = contested.get(key);
      if (others != null && others.remove(file) && others.isEmpty()) {
        contested.remove(key);
      }
    }

    /** Gives what was let go of to the next file that declares it, or lets it be deleted. */
    private Changes finish() {
      for (ObjectKey key : List.copyOf(released.keySet())) {
        for (String file : List.copyOf(contested.getOrDefault(key, new TreeSet<>()))) {
          ReadObject.Good good = readAgain(file, key);
          if (good != null && !claims.containsKey(key)) {
            claim(key, file, seen(good), good);
          }
        }
      }
      for (ObjectKey key : released.keySet()) {
        upserts.remove(key);
      }
      return new Changes(List.copyOf(upserts.values()), List.copyOf(released.keySet()));
    }

    private static FileReading.Seen seen(ReadObject.Good good) {
      return new FileReading.Seen(good.key(), good.line(), good.column(), good.fingerprint());
    }
  }

  /**
   * @param roots folders, or single files; their paths stand in problems as they are given
   */
  public Folder(List<Path> roots, InstantSource clock) {
    this.roots = List.copyOf(roots);
    this.clock = clock;
  }

  /** Looks at every file, and reads those that were written since. */
  public Changed look() {
    FolderWalk walk = FolderWalk.over(roots);
    lastWalk = walk;
    List<String> changed = new ArrayList<>();
    for (Map.Entry<String, FileStamp> found : walk.files().entrySet()) {
      Known known = files.get(found.getKey());
      if (known == null
          || !found.getValue().equals(known.stamp())
          || unsettled.contains(found.getKey())) {
        changed.add(found.getKey());
      }
    }
    for (String file : files.keySet()) {
      if (!walk.files().containsKey(file) && !walk.isHidden(file)) {
        changed.add(file);
      }
    }
    return read(changed);
  }

  /** Reads these files, whether they seem to have changed or not. */
  Changed read(Collection<String> changed) {
    Instant now = clock.instant();
    Instant oldest = now;
    Instant since = lastRead == null ? now : lastRead;
    lastRead = now;
    Batch batch = new Batch();
    List<String> inOrder = changed.stream().sorted().toList();
    List<FileReading> readings = readAll(inOrder, now);
    for (int i = 0; i < inOrder.size(); i++) {
      FileReading reading = readings.get(i);
      apply(inOrder.get(i), reading, batch);
      if (reading instanceof FileReading.Read read && read.stamp().modified().isBefore(oldest)) {
        // A file that was moved here bears the time of its last edit, long before it was here.
        Instant modified = read.stamp().modified();
        oldest = modified.isBefore(since) ? since : modified;
      }
    }
    Changes changes = batch.finish();
    problems = told();
    return new Changed(changes, oldest);
  }

  private List<FileReading> readAll(List<String> changed, Instant now) {
    Stream<String> stream = changed.size() < MANY ? changed.stream() : changed.parallelStream();
    return stream
        .map(file ->
            FileReading.read(
                file,
                files.getOrDefault(file, Known.NEVER_READ).documents(),
                document(file),
                shared,
                now))
        .toList();
  }

  /** The key of a document that policies refer to by its path; null where a file holds objects. */
  private @Nullable ObjectKey document(String file) {
    Path path = Path.of(file);
    String name = FolderWalk.name(path);
    if (!FolderWalk.isDocument(name)) {
      return null;
    }
    for (Path root : roots) {
      if (path.startsWith(root) && !path.equals(root)) {
        return Declared.file(root.relativize(path).toString().replace('\\', '/'));
      }
    }
    return Declared.file(name);
  }

  private void apply(String file, FileReading reading, Batch batch) {
    Known before = files.getOrDefault(file, Known.NEVER_READ);
    unsettled.remove(file);
    fileProblems.remove(file);
    switch (reading) {
      case FileReading.Gone _ -> {
        files.remove(file);
        before.keys().forEach(key -> batch.release(key, file));
      }
      case FileReading.Failed(var stamp, var message) -> {
        files.put(file, new Known(stamp, before.documents(), before.held()));
        String kept = before.keys().isEmpty() ? "" : "; what it held stays";
        fileProblems.put(file, List.of(FileProblem.ofFile(file, Severity.ERROR, message + kept)));
      }
      case FileReading.Read read -> apply(file, before, read, batch);
    }
  }

  private void apply(String file, Known before, FileReading.Read read, Batch batch) {
    if (!read.settled()) {
      unsettled.add(file);
    }
    Map<ObjectKey, ReadObject.Good> fresh = HashMap.newHashMap(read.fresh().size());
    read.fresh().forEach(good -> fresh.putIfAbsent(good.key(), good));
    List<FileProblem> told = new ArrayList<>(0);
    Set<ObjectKey> found = new HashSet<>();
    boolean unattributed = false;
    for (FileReading.Document document : read.documents()) {
      unattributed |= document.unattributed();
      document.problems().forEach(problem -> told.add(problem.movedDown(document.line())));
      for (FileReading.Seen seen : document.objects()) {
        if (!found.add(seen.key())) {
          told.add(
              problemOf(
                  file,
                  document,
                  seen,
                  seen.key() + " is declared twice in this file; the first one counts"));
        } else if (seen.content() != null) {
          batch.claim(seen.key(), file, seen, fresh.get(seen.key()));
        }
      }
    }
    Set<ObjectKey> held = new HashSet<>();
    for (ObjectKey key : before.keys()) {
      if (found.contains(key)) {
        continue;
      }
      if (unattributed) {
        held.add(key);
        continue;
      }
      batch.release(key, file);
    }
    files.put(file, new Known(read.stamp(), read.documents(), Set.copyOf(held)));
    if (!told.isEmpty()) {
      fileProblems.put(file, List.copyOf(told));
    }
  }

  private static FileProblem problemOf(
      String file, FileReading.Document document, FileReading.Seen seen, String message) {
    return new FileProblem(
        file,
        document.line() + seen.line(),
        seen.column(),
        "metadata.name",
        Severity.ERROR,
        message);
  }

  /** The object as the file declares it now; null where it does not, or not well. */
  private ReadObject.@Nullable Good readAgain(String file, ObjectKey key) {
    return FileReading.read(file, List.of(), document(file), shared, clock.instant())
            instanceof FileReading.Read read
        ? read.fresh().stream().filter(good -> good.key().equals(key)).findFirst().orElse(null)
        : null;
  }

  /** Files that may have been written while they were read: worth reading again soon. */
  Set<String> unsettled() {
    return Set.copyOf(unsettled);
  }

  /** Whether a file was read, well or not. */
  boolean knows(String file) {
    return files.containsKey(file);
  }

  /** Whether files were read out of a folder. */
  boolean hasBelow(String path) {
    return files.keySet().stream().anyMatch(file -> file.startsWith(path + '/'));
  }

  /** How many objects are declared; documents are none. */
  public int size() {
    return (int) claims.keySet().stream().filter(key -> !key.kind().equals(Declared.FILE)).count();
  }

  FolderWalk lastWalk() {
    return lastWalk;
  }

  /** Everything that is wrong as of the last look, by file and line. */
  public List<FileProblem> problems() {
    return problems;
  }

  private List<FileProblem> told() {
    TreeMap<String, List<FileProblem>> byFile = new TreeMap<>();
    lastWalk
        .problems()
        .forEach(
            problem -> byFile.computeIfAbsent(problem.file(), _ -> new ArrayList<>()).add(problem));
    fileProblems.forEach(
        (file, told) -> byFile.computeIfAbsent(file, _ -> new ArrayList<>()).addAll(told));
    contested.forEach((key, others) -> {
      Claim holder = claims.get(key);
      for (String file : others) {
        byFile
            .computeIfAbsent(file, _ -> new ArrayList<>())
            .add(conflict(key, file, holder == null ? "" : holder.file()));
      }
    });
    List<FileProblem> all = new ArrayList<>();
    for (List<FileProblem> told : byFile.values()) {
      told.sort(Comparator.comparingInt(FileProblem::line).thenComparingInt(FileProblem::column));
      all.addAll(told);
    }
    return List.copyOf(all);
  }

  private FileProblem conflict(ObjectKey key, String file, String holder) {
    String message =
        key + " is declared in " + Wording.quote(holder) + " too, which keeps it; remove one";
    for (FileReading.Document document : files.getOrDefault(file, Known.NEVER_READ).documents()) {
      for (FileReading.Seen seen : document.objects()) {
        if (seen.key().equals(key)) {
          return problemOf(file, document, seen, message);
        }
      }
    }
    return FileProblem.ofFile(file, Severity.ERROR, message);
  }

  /**
   * Where a field of an object stands, or the nearest above it that does; the file is read again
   * for it.
   *
   * @param field such as {@code spec.operations[2].match[0].path}; empty for the whole object
   * @return null where no file declares the object
   */
  public @Nullable Location locate(ObjectKey key, String field) {
    return new Places(this).locate(key, field);
  }

  /** The file that has an object; null where none does. */
  @Nullable String fileOf(ObjectKey key) {
    Claim claim = claims.get(key);
    return claim == null ? null : claim.file();
  }

  /** Whether a document may declare an object: those that are known not to need not be read. */
  boolean mayDeclare(String file, Fingerprint text, ObjectKey key) {
    for (FileReading.Document document : files.getOrDefault(file, Known.NEVER_READ).documents()) {
      if (document.text().equals(text)) {
        return document.objects().stream().anyMatch(seen -> seen.key().equals(key));
      }
    }
    return true;
  }
}
