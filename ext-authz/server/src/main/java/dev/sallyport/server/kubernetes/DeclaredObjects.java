package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.compile.Declared.Fault;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.objects.FieldPath;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.ObjectReader;
import dev.sallyport.server.objects.ObjectReading;
import dev.sallyport.server.objects.Problem;
import dev.sallyport.server.objects.Problems;
import dev.sallyport.server.objects.Shared;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Reads the objects that policies are made of, and collects what changed of them. */
final class DeclaredObjects implements Intake {
  private final Shared shared;
  private final BiConsumer<Changes, Instant> sink;
  private final Map<ObjectKey, Optional<Declared>> pending = new LinkedHashMap<>();

  DeclaredObjects(Shared shared, BiConsumer<Changes, Instant> sink) {
    this.shared = shared;
    this.sink = sink;
  }

  @Override
  public void found(ObjectKey key, String uid, Node.Mapping object) {
    pending.put(key, Optional.of(read(key, object)));
  }

  @Override
  public void gone(ObjectKey key, String uid) {
    pending.put(key, Optional.empty());
  }

  @Override
  public void flush(Instant at) {
    if (pending.isEmpty()) {
      return;
    }
    List<Declared> upserts = new ArrayList<>();
    List<ObjectKey> deletions = new ArrayList<>();
    pending.forEach(
        (key, object) -> object.ifPresentOrElse(upserts::add, () -> deletions.add(key)));
    pending.clear();
    sink.accept(new Changes(upserts, deletions), at);
  }

  /** What an object declares. Never throws: one that can't be read says so. */
  private Declared read(ObjectKey key, Node.Mapping object) {
    Problems problems = new Problems();
    try {
      return switch (ObjectReader.read(object, FieldPath.ROOT, problems, shared)) {
        case ObjectReading.Good good ->
            new Declared(key, good.created(), good.generation(), good.content());
        case ObjectReading.Broken broken ->
            new Declared(
                key,
                broken.created(),
                broken.generation(),
                new Declared.Unreadable(broken.rough(), faults(problems)));
        case ObjectReading.PassedOver _, ObjectReading.Nameless _ -> unreadable(key, problems);
      };
    } catch (RuntimeException | StackOverflowError bug) {
      // Contained here, so that one object that the reader can't take stops no other.
      return unreadable(key, problems);
    }
  }

  private static Declared unreadable(ObjectKey key, Problems problems) {
    return new Declared(key, Instant.EPOCH, 0, new Declared.Unreadable(null, faults(problems)));
  }

  private static List<Fault> faults(Problems problems) {
    List<Fault> faults = new ArrayList<>();
    for (Problem problem : problems.told()) {
      faults.add(new Fault(problem.field(), problem.message()));
    }
    return faults.isEmpty() ? List.of(new Fault("", "the object can't be read")) : faults;
  }
}
