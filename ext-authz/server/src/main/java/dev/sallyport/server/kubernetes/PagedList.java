package dev.sallyport.server.kubernetes;

import dev.sallyport.server.kubernetes.ApiFailure.Kind;
import dev.sallyport.server.objects.JsonReader;
import dev.sallyport.server.objects.Node;
import dev.sallyport.server.objects.Shared;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads all objects of a kind, page by page and one by one. */
final class PagedList {
  private static final int PAGE = 500;
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

  private final ApiServer server;
  private final String path;
  private final String accept;
  private final Shared shared;

  /** Takes what is read. */
  interface Taker {
    /**
     * The version of the list; it may come before the objects of a page, or after.
     *
     * @throws ApiFailure if it is not to be read
     */
    void version(String version) throws ApiFailure;

    /** An object. */
    void object(Node.Mapping object);

    /** All objects of a page were given. */
    void page();
  }

  /**
   * @param path with the beginning of a query
   * @param accept the media type of the list
   */
  PagedList(ApiServer server, String path, String accept, Shared shared) {
    this.server = server;
    this.path = path;
    this.accept = accept;
    this.shared = shared;
  }

  /**
   * Reads them.
   *
   * @throws ApiFailure if not all of them were read
   */
  void read(Taker taker) throws ApiFailure, InterruptedException {
    String next = "";
    do {
      next = page(rest(next), ApiServer.LIST_WAIT, taker);
      taker.page();
    } while (!next.isEmpty());
  }

  /** Asks how new a list would be, and reads as little of it as there can be. */
  String version() throws ApiFailure, InterruptedException {
    String[] version = {""};
    var _ =
        page(
            "limit=1",
            // Whoever asks has a watch to open.
            ApiServer.WATCH_WAIT,
            new Taker() {
              @Override
              public void version(String of) {
                version[0] = of;
              }

              @Override
              public void object(Node.Mapping object) {}

              @Override
              public void page() {}
            });
    return version[0];
  }

  /**
   * Reads a page.
   *
   * @param query which page
   * @param longestWait until the answer begins
   * @return where the next one begins; empty after the last
   */
  private String page(String query, Duration longestWait, Taker taker)
      throws ApiFailure, InterruptedException {
    try (AnswerStream answer = server.get(path + query, accept, longestWait, LONGEST_SILENCE);
        JsonParser in = JsonReader.parser(answer)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new ApiFailure(Kind.REFUSED, "what it answers is no list");
      }
      String version = "";
      String next = "";
      while (in.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = in.currentName();
        in.nextToken();
        switch (name) {
          case "metadata" -> {
            Node.Mapping metadata = JsonReader.object(in, shared);
            version = metadata.text("resourceVersion");
            next = metadata.text("continue");
            taker.version(version);
          }
          case "items" -> items(in, taker);
          default -> in.skipChildren();
        }
      }
      if (version.isEmpty() || in.currentToken() != JsonToken.END_OBJECT) {
        throw new ApiFailure(Kind.UNREACHABLE, "the answer breaks off");
      }
      answer.drain();
      return next;
    } catch (JacksonException e) {
      throw ApiServer.failure(e);
    }
  }

  private static String rest(String from) {
    return "limit=" + PAGE + (from.isEmpty() ? "" : "&continue=" + WatchedKind.encode(from));
  }

  private void items(JsonParser in, Taker taker) {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      in.skipChildren();
      return;
    }
    while (in.nextToken() == JsonToken.START_OBJECT) {
      taker.object(JsonReader.object(in, shared));
    }
  }
}
