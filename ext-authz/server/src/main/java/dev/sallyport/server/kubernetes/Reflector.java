package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.kubernetes.ApiFailure.Kind;
import dev.sallyport.server.kubernetes.KnownObjects.Shown;
import dev.sallyport.server.objects.JsonReader;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.ObjectReader;
import dev.sallyport.server.objects.Shared;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Follows the objects of one kind: lists them all, page by page, then hears of each change, and
 * begins anew where that is needed.
 *
 * <p>It keeps no object, reads each by itself, and never ends: neither an object nor the API server
 * can say anything that stops it. A watch that is silent for longer than bookmarks are apart is
 * opened anew, on a new connection, from where it was: the only way to tell a connection that is
 * dead from one where nothing happens, and cheap where nothing happens.
 */
final class Reflector implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Reflector.class);

  /** An API server sends a bookmark about once a minute to whoever has not heard of its newest. */
  static final Duration LONGEST_SILENCE = Duration.ofSeconds(70);

  /** After a watch that lived this long, the next one is not a repetition. */
  private static final Duration SETTLED_AFTER = Duration.ofSeconds(2);

  /** Refusals in a row after which it is not the watch that is refused but where it begins. */
  private static final int REFUSALS_BEFORE_LIST = 3;

  /** Failures that make the longest pause of all. */
  private static final int MANY = 10;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  /** How far lists are apart that are made only in case that a definition changed. */
  private static final Duration BETWEEN_LISTS = Duration.ofSeconds(30);

  /** How long lists may be older than what was seen before the cluster itself must be. */
  private static final Duration RESTORED_AFTER = Duration.ofMinutes(2);

  private static final String OLDER = "what it lists is older than what it showed before";
  private static final String NAMES_ONLY =
      "application/json;as=PartialObjectMetadata%s;g=meta.k8s.io;v=v1";

  private final ApiServer server;
  private final Followed followed;
  private final WatchedKind kind;
  private final Intake intake;
  private final StoredStatuses statuses;
  private final Watching watching;
  private final InstantSource clock;
  private final Duration longestSilence;
  private final Shared shared;
  private final KnownObjects known = new KnownObjects();

  // Only the reflector's thread touches what follows.
  private int apiVersion;
  private int failures;
  private @Nullable Kind failing;
  private @Nullable Instant staleSince;
  private @Nullable String position;
  private Instant listedAt = Instant.EPOCH;

  /** When all must be read again though nothing was missed. */
  private Instant listDue = Instant.MAX;

  /** Whether nothing was heard from where it is now: the cluster may have gone back since. */
  private boolean doubtful;

  /** Of an optional kind: whether it is nothing, if it can't be had now. */
  private boolean isBelieved;

  /** How often in a row it could be believed that there is nothing. */
  private int absences;

  /** Whether it was never settled. */
  private boolean isAwaited = true;

  /** Hears how it goes. */
  interface Watching {
    /**
     * Whether all that there must be was read. An API server that has only begun may know of
     * nothing, or of nobody; what it does not give is not there only when it gives the rest.
     */
    boolean isRead();

    /** All objects were handed over; or, of an optional kind, there are none to be had. */
    void settled(Followed followed);

    /** It can't be read now. */
    void fails(Followed followed, ApiFailure failure);

    /** It can be read again. */
    void works(Followed followed);
  }

  /**
   * @param statuses hears of the status of every object
   * @param longestSilence after which a watch is opened anew
   */
  Reflector(
      ApiServer server,
      Followed followed,
      Intake intake,
      StoredStatuses statuses,
      Watching watching,
      InstantSource clock,
      Duration longestSilence,
      Shared shared) {
    this.server = server;
    this.followed = followed;
    this.kind = followed.kind();
    this.intake = intake;
    this.statuses = statuses;
    this.watching = watching;
    this.clock = clock;
    this.longestSilence = longestSilence;
    this.shared = shared;
  }

  /** Follows until the thread is interrupted. */
  @Override
  public void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        if (position == null || !clock.instant().isBefore(listDue)) {
          isBelieved = watching.isRead();
          list();
          isAwaited = false;
          watching.settled(followed);
        } else if (doubtful) {
          checkPosition(position);
        }
        watch(String.valueOf(position));
      } catch (ApiFailure e) {
        fail(e);
      } catch (InterruptedException _) {
        return;
      } catch (RuntimeException | StackOverflowError bug) {
        if (Thread.currentThread().isInterrupted()) {
          return;
        }
        LOG.error("following {} failed; it is tried again", kind.qualifiedPlural(), bug);
        fail(new ApiFailure(Kind.REFUSED, "its objects can't be followed"));
        position = null;
      }
    }
  }

  private void fail(ApiFailure failure) {
    boolean isRepeated = failure.kind() == failing;
    failures = isRepeated ? failures + 1 : 1;
    failing = failure.kind();
    doubtful = true;
    switch (failure.kind()) {
      case GONE -> {
        boolean isWatch = position != null;
        position = null;
        if (isWatch && clock.instant().isAfter(listedAt.plus(SETTLED_AFTER))) {
          return;
        }
        failures += MANY;
      }
      case MISSING -> {
        position = null;
        apiVersion = (apiVersion + 1) % kind.versions().size();
      }
      case REFUSED, FORBIDDEN, STALE -> {
        if (failures >= REFUSALS_BEFORE_LIST) {
          position = null;
        }
      }
      case UNREACHABLE -> {}
    }
    boolean isAbsent =
        kind.need() == WatchedKind.Need.OPTIONAL
            && (failing == Kind.MISSING || failing == Kind.FORBIDDEN);
    absences = isAbsent && isBelieved ? absences + 1 : 0;
    if (absences >= kind.versions().size()) {
      isAwaited = false;
      watching.settled(followed);
    }
    watching.fails(followed, failure);
    pause();
  }

  private void pause() {
    Duration longest =
        switch (failing) {
          case null -> FIRST_PAUSE;
          case UNREACHABLE, GONE -> Duration.ofSeconds(2);
          case REFUSED, STALE -> Duration.ofSeconds(5);
          case MISSING, FORBIDDEN -> {
            if (kind.need() == WatchedKind.Need.REQUIRED) {
              yield Duration.ofSeconds(5);
            }
            // Where the Gateway API is not installed, every replica asks for it all the time.
            yield isAwaited ? Duration.ofMillis(500) : Duration.ofSeconds(30);
          }
        };
    long millis = FIRST_PAUSE.toMillis() << Math.min(failures - 1, MANY);
    millis = Math.min(millis, longest.toMillis());
    // Not all replicas at the same time.
    millis += ThreadLocalRandom.current().nextLong(millis / 4 + 1);
    try {
      Thread.sleep(millis);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void works() {
    failures = 0;
    failing = null;
    watching.works(followed);
  }

  /** Reads all objects. */
  private void list() throws ApiFailure, InterruptedException {
    Set<ObjectKey> listed = new HashSet<>();
    AtomicReference<String> version = new AtomicReference<>("");
    AtomicBoolean isOlder = new AtomicBoolean();
    new PagedList(server, path(), accept("List"), shared)
        .read(
            new PagedList.Taker() {
              @Override
              public void version(String of) throws ApiFailure {
                checkFresh(number(of));
                version.set(of);
              }

              @Override
              public void object(Node.Mapping object) {
                Shown shown = shown(object);
                if (shown != null) {
                  listed.add(shown.key());
                  isOlder.compareAndSet(false, known.isOlder(shown));
                  found(shown, object);
                }
              }

              @Override
              public void page() {
                intake.flush(clock.instant());
              }
            });
    if (isOlder.get()) {
      throw wentBack();
    }
    known.retain(listed, number(version.get())).forEach(this::gone);
    intake.flush(clock.instant());
    staleSince = null;
    listedAt = clock.instant();
    listDue = Instant.MAX;
    position = version.get();
    works();
  }

  /** A list may come from a server that has not heard of everything that another one told us. */
  private void checkFresh(long version) throws ApiFailure {
    if (!known.isBehind(version)) {
      return;
    }
    Instant now = clock.instant();
    if (staleSince == null) {
      staleSince = now;
    }
    throw now.isBefore(staleSince.plus(RESTORED_AFTER))
        ? new ApiFailure(Kind.STALE, OLDER)
        : wentBack();
  }

  /** All is to be listed once more, from its beginning: what looked too old was passed over. */
  private ApiFailure wentBack() {
    LOG.warn(
        "{} went back to an older state, as after a restored backup; it is taken as it is",
        kind.qualifiedPlural());
    known.forgetVersions();
    return new ApiFailure(Kind.STALE, OLDER);
  }

  /**
   * A watch that begins at a version which is yet to come says nothing, not even that: after a
   * restored backup no change would be heard of until the cluster gets that far again.
   */
  private void checkPosition(String at) throws ApiFailure, InterruptedException {
    long newest =
        number(new PagedList(server, path(), NAMES_ONLY.formatted("List"), shared).version());
    if (newest != 0 && newest < number(at)) {
      position = null;
      throw new ApiFailure(Kind.STALE, OLDER);
    }
  }

  /** Hears of changes until there is a reason to list anew, or to open the watch anew. */
  private void watch(String from) throws ApiFailure, InterruptedException {
    Instant begun = clock.instant();
    doubtful = true;
    int seconds = ThreadLocalRandom.current().nextInt(300, 600);
    String path =
        path()
            + "watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + seconds
            + "&resourceVersion="
            + WatchedKind.encode(from);
    try (AnswerStream answer =
            server.get(path, accept(""), ApiServer.WATCH_WAIT, longestSilence(begun));
        JsonParser in = JsonReader.parser(answer)) {
      works();
      while (in.nextToken() == JsonToken.START_OBJECT) {
        event(in);
        if (!clock.instant().isBefore(listDue)) {
          return;
        }
      }
    } catch (JacksonException e) {
      if (e.getCause() instanceof AnswerStream.Silent) {
        return;
      }
      throw ApiServer.failure(e);
    }
    Instant now = clock.instant();
    if (kind.isOwn() && now.isBefore(begun.plusSeconds(seconds).minus(SETTLED_AFTER))) {
      listAgain(now);
    }
    if (now.isBefore(begun.plus(SETTLED_AFTER))) {
      throw new ApiFailure(Kind.REFUSED, "it ends every watch at once");
    }
  }

  private Duration longestSilence(Instant now) {
    Duration untilList =
        listDue.equals(Instant.MAX) ? longestSilence : Duration.between(now, listDue);
    return untilList.compareTo(longestSilence) < 0 ? untilList : longestSilence;
  }

  /**
   * An API server ends a watch before its time when the definition of the kind changes, and shows
   * the same objects by the new one from then on; what it showed in the moment before may lack
   * fields that the new one has, and no event tells of them. It does so when it shuts down, too:
   * not all replicas should list at once.
   */
  private void listAgain(Instant now) {
    Instant soon = now.plusMillis(ThreadLocalRandom.current().nextLong(1_000, 4_000));
    Instant earliest = listedAt.plus(BETWEEN_LISTS);
    listDue = soon.isBefore(earliest) ? earliest : soon;
  }

  private void event(JsonParser in) throws ApiFailure {
    String type = "";
    Node.Mapping object = null;
    while (in.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = in.currentName();
      JsonToken value = in.nextToken();
      switch (name) {
        case "type" -> type = in.getString();
        case "object" -> {
          if (value == JsonToken.START_OBJECT) {
            object = JsonReader.object(in, shared);
          }
        }
        default -> in.skipChildren();
      }
    }
    if (in.currentToken() != JsonToken.END_OBJECT || object == null) {
      throw new ApiFailure(Kind.UNREACHABLE, "the answer breaks off");
    }
    if (type.equals("ERROR")) {
      // The `Status` of a watch that can't go on; 410 where it began too long ago.
      throw new ApiFailure(
          ApiFailure.kind((int) number(object.text("code"))), object.text("message"));
    }
    boolean isBookmark = type.equals("BOOKMARK");
    if (!isBookmark) {
      Shown shown = shown(object);
      if (shown != null) {
        take(type, shown, object);
      }
    }
    reach(version(object), isBookmark);
    doubtful = false;
  }

  private void take(String type, Shown shown, Node.Mapping object) {
    if (type.equals("DELETED")) {
      Shown deleted = known.delete(shown);
      if (deleted != null) {
        gone(deleted);
      }
    } else {
      found(shown, object);
    }
    intake.flush(clock.instant());
  }

  private void reach(String version, boolean isBookmark) throws ApiFailure {
    long number = number(version);
    if (number == 0 || number >= number(position)) {
      position = version.isEmpty() ? position : version;
      known.reach(number);
    } else if (isBookmark) {
      position = null;
      throw new ApiFailure(Kind.STALE, OLDER);
    }
  }

  private static String version(Node.Mapping object) {
    return object.value("metadata") instanceof Node.Mapping metadata
        ? metadata.text("resourceVersion")
        : "";
  }

  private void found(Shown shown, Node.Mapping object) {
    if (known.isStale(shown)) {
      return;
    }
    if (kind.isOwn()) {
      statuses.seen(
          shown.key(), shown.uid(), version(object), JsonReader.json(object.value("status")));
    }
    Node.Mapping whole = withKind(object);
    if (known.note(shown, ObjectReader.fingerprint(whole))) {
      intake.found(shown.key(), shown.uid(), whole);
    }
  }

  private void gone(Shown deleted) {
    if (kind.isOwn()) {
      statuses.gone(deleted.key());
    }
    intake.gone(deleted.key(), deleted.uid());
  }

  /** What stands in a list of the core API bears neither kind nor version. */
  private Node.Mapping withKind(Node.Mapping object) {
    return kind.complete(object, kind.versions().get(apiVersion));
  }

  private @Nullable Shown shown(Node.Mapping object) {
    ObjectKey key = kind.key(object, shared);
    return key == null || !(object.value("metadata") instanceof Node.Mapping metadata)
        ? null
        : new Shown(key, metadata.text("uid"), number(metadata.text("resourceVersion")));
  }

  private String path() {
    return followed.path(kind.versions().get(apiVersion));
  }

  private String accept(String suffix) {
    // Of service accounts only the names and uids are wanted.
    return kind.equals(WatchedKind.SERVICE_ACCOUNT)
        ? NAMES_ONLY.formatted(suffix)
        : "application/json";
  }

  private static long number(@Nullable String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException _) {
      return 0;
    }
  }
}
