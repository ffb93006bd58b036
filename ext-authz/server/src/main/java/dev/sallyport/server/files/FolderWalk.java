package dev.sallyport.server.files;

import dev.sallyport.engine.compile.Diagnostic.Severity;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * One walk over folders: which files are there to read, and which folders to watch. Policy tests
 * are not among them.
 *
 * <p>Names that begin with a dot are passed over: they are of editors, of git, or the {@code
 * ..data} of a mounted ConfigMap, whose files are linked from beside it. Links are followed; a
 * folder that can be reached in two ways is read once, under the first path.
 */
final class FolderWalk {
  private static final int DEEPEST = 32;
  private static final Pattern DOCUMENT =
      Pattern.compile("(?:[^.].*\\.)?(?:openapi|schema|tools)\\.(?:yaml|yml|json)");

  private final TreeMap<String, FileStamp> files = new TreeMap<>();
  private final List<FileProblem> problems = new ArrayList<>(0);
  private final Map<Path, Object> folders = new LinkedHashMap<>();
  private final Map<Path, Object> linkTargets = new HashMap<>();
  private final List<String> unreadable = new ArrayList<>(0);
  private final Set<Object> visited = new HashSet<>();

  private FolderWalk() {}

  static FolderWalk over(List<Path> roots) {
    FolderWalk walk = new FolderWalk();
    for (Path root : roots) {
      walk.root(root);
    }
    return walk;
  }

  static boolean isRead(String name) {
    return isDocument(name)
        || (!name.startsWith(".")
            && (name.endsWith(".yaml") || name.endsWith(".yml"))
            && !TestFiles.isTest(name));
  }

  /** Whether a file is a document that policies may refer to: it holds no objects. */
  static boolean isDocument(String name) {
    return DOCUMENT.matcher(name).matches();
  }

  private void root(Path root) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(root, BasicFileAttributes.class);
      if (attributes.isDirectory()) {
        folder(root, attributes, new ArrayList<>());
        return;
      }
      files.put(root.toString(), FileStamp.of(attributes));
      Path parent = root.toAbsolutePath().getParent();
      if (parent != null) {
        addLinkTarget(parent);
      }
    } catch (IOException e) {
      unreadable(root, e);
    }
  }

  private void folder(Path folder, BasicFileAttributes attributes, List<Object> ancestors)
      throws IOException {
    Object identity = identity(folder, attributes);
    if (ancestors.contains(identity) || ancestors.size() == DEEPEST) {
      problems.add(
          FileProblem.ofFile(
              folder.toString(),
              Severity.WARNING,
              ancestors.size() == DEEPEST
                  ? "lies more than " + DEEPEST + " folders deep, and is not read"
                  : "is a link back to a folder above it, and is not followed"));
      return;
    }
    if (!visited.add(identity)) {
      return;
    }
    // Watched even where it can't be listed, so that a change of its rights is seen.
    folders.put(folder, identity);
    ancestors.addLast(identity);
    try {
      for (Path entry : list(folder)) {
        entry(entry, ancestors);
      }
    } catch (IOException e) {
      unreadable(folder, e);
    }
    ancestors.removeLast();
  }

  private static Object identity(Path folder, BasicFileAttributes attributes) throws IOException {
    return attributes.fileKey() == null ? folder.toRealPath() : attributes.fileKey();
  }

  private void addLinkTarget(Path folder) throws IOException {
    if (!linkTargets.containsKey(folder)) {
      linkTargets.put(
          folder, identity(folder, Files.readAttributes(folder, BasicFileAttributes.class)));
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      for (Path entry : stream) {
        if (!name(entry).startsWith(".")) {
          entries.add(entry);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    entries.sort(null);
    return entries;
  }

  private void entry(Path entry, List<Object> ancestors) {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (attributes.isSymbolicLink()) {
        if (!isRead(name(entry)) && !Files.isDirectory(entry)) {
          return;
        }
        attributes = Files.readAttributes(entry, BasicFileAttributes.class);
        Path target = entry.toRealPath().getParent();
        if (target != null && !attributes.isDirectory()) {
          addLinkTarget(target);
        }
      }
      if (attributes.isDirectory()) {
        folder(entry, attributes, ancestors);
        return;
      }
      if (isRead(name(entry))) {
        files.put(entry.toString(), FileStamp.of(attributes));
      }
    } catch (NoSuchFileException _) {
      // Deleted since it was listed, or a link.
      if (Files.isSymbolicLink(entry)) {
        problems.add(
            FileProblem.ofFile(
                entry.toString(), Severity.ERROR, "is a link to a file that does not exist"));
      }
    } catch (FileSystemException e) {
      if (Files.isSymbolicLink(entry)) {
        problems.add(
            FileProblem.ofFile(
                entry.toString(), Severity.ERROR, "is a link that leads to no file"));
        return;
      }
      unreadable(entry, e);
    } catch (IOException e) {
      unreadable(entry, e);
    }
  }

  private void unreadable(Path path, IOException reason) {
    unreadable.add(path.toString());
    problems.add(
        FileProblem.ofFile(
            path.toString(), Severity.ERROR, FileReading.explain(reason) + "; what it held stays"));
  }

  static String name(Path path) {
    Path name = path.getFileName();
    return name == null ? "" : name.toString();
  }

  /** What there is to read, in path order. */
  Map<String, FileStamp> files() {
    return files;
  }

  List<FileProblem> problems() {
    return problems;
  }

  /** Folders where an event may mean that a file changed; a path may come to mean another one. */
  Map<Path, Object> folders() {
    return folders;
  }

  /** Folders with files that links lead to; they may be outside of the others. */
  Map<Path, Object> linkTargets() {
    return linkTargets;
  }

  /** Whether it is unknown what became of a file, as a folder above it can't be read. */
  boolean isHidden(String file) {
    for (String folder : unreadable) {
      if (file.equals(folder) || file.startsWith(folder.endsWith("/") ? folder : folder + '/')) {
        return true;
      }
    }
    return false;
  }
}
