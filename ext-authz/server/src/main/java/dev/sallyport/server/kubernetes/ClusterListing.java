package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Declared;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.kubernetes.ApiFailure.Kind;
import dev.sallyport.server.kubernetes.WatchedKind.Need;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Shared;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All objects of a cluster, read once. */
public final class ClusterListing {
  private ClusterListing() {}

  /**
   * Reads them.
   *
   * @param namespaces whose objects are read; empty for all
   * @return all of them, as news; an object that can't be read is among them and says so
   * @throws IOException with one line for people, if not all can be had
   */
  public static Changes read(Cluster cluster, List<String> namespaces)
      throws IOException, InterruptedException {
    List<Declared> all = new ArrayList<>();
    Shared shared = new Shared();
    try (ApiServer server = new ApiServer(cluster)) {
      for (WatchedKind kind : WatchedKind.DECLARED) {
        if (namespaces.isEmpty()) {
          read(server, kind, null, shared, all);
        }
        for (String namespace : namespaces) {
          read(server, kind, namespace, shared, all);
        }
      }
    }
    return new Changes(all, List.of());
  }

  private static void read(
      ApiServer server,
      WatchedKind kind,
      @Nullable String namespace,
      Shared shared,
      List<Declared> to)
      throws IOException, InterruptedException {
    for (String version : kind.versions()) {
      DeclaredObjects objects =
          new DeclaredObjects(shared, (changes, _) -> to.addAll(changes.upserts()));
      try {
        new PagedList(server, kind.path(version, namespace), "application/json", shared)
            .read(taker(kind, version, objects, shared));
        return;
      } catch (ApiFailure e) {
        if (e.kind() != Kind.MISSING) {
          throw new IOException(explain(server, kind, e), e);
        }
      }
    }
    if (kind.need() == Need.REQUIRED) {
      throw new IOException(
          "the API server `"
              + server.address()
              + "` does not know "
              + kind.qualifiedPlural()
              + "; "
              + InstallHint.OF_DEFINITIONS);
    }
  }

  private static String explain(ApiServer server, WatchedKind kind, ApiFailure failure) {
    return switch (failure.kind()) {
      case UNREACHABLE ->
          "the API server `" + server.address() + "` can't be reached: " + failure.line();
      case FORBIDDEN, MISSING, GONE, STALE, REFUSED ->
          kind.qualifiedPlural() + " can't be read: " + failure.line();
    };
  }

  private static PagedList.Taker taker(
      WatchedKind kind, String version, DeclaredObjects objects, Shared shared) {
    return new PagedList.Taker() {
      @Override
      public void version(String of) {}

      @Override
      public void object(Node.Mapping object) {
        ObjectKey key = kind.key(object, shared);
        if (key != null) {
          objects.found(key, "", kind.complete(object, version));
        }
      }

      @Override
      public void page() {
        objects.flush(Instant.EPOCH);
      }
    };
  }
}
