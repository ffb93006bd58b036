package dev.sallyport.server.issuers;

import dev.sallyport.engine.authenticate.KeySet;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/**
 * Asks for key sets by HTTP. Follows no redirect: a key set is where the issuer's object says, or
 * nowhere.
 */
final class KeySetClient implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final Pattern MAX_AGE = Pattern.compile("max-age=\"?([0-9]{1,9})\"?");

  private final Duration timeout;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_TIMEOUT)
          .executor(threads)
          .build();

  /**
   * A client.
   *
   * @param timeout for everything from the connection to the last byte
   */
  KeySetClient(Duration timeout) {
    this.timeout = timeout;
  }

  /** Asks once. Returns at once; the future always has a value. */
  CompletableFuture<Download> fetch(URI uri) {
    // Even to begin takes a look at proxies and names: not on the caller's thread.
    return CompletableFuture.completedFuture(uri)
        .thenComposeAsync(this::send, threads)
        .thenApply(KeySetClient::read)
        .exceptionally(failure -> new Download.Failed(explain(failure)));
  }

  private CompletableFuture<HttpResponse<byte[]>> send(URI uri) {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("accept", "application/jwk-set+json, application/json")
            .header("user-agent", "sallyport")
            .timeout(timeout)
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(
            request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), KeySet.MAX_BYTES));
    // The request's own timeout ends with the headers; a body may drip for ever.
    return answer
        .copy()
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((_, _) -> answer.cancel(true));
  }

  private static Download read(HttpResponse<byte[]> response) {
    if (response.statusCode() != 200) {
      return new Download.Failed("it answered with status " + response.statusCode());
    }
    return switch (KeySet.parse(response.body())) {
      case KeySet.Parsing.Parsed(var keys, var problems) ->
          new Download.Arrived(keys, problems, maxAge(response));
      case KeySet.Parsing.Unreadable(var why) ->
          new Download.Failed("what it sent is no key set: " + why);
    };
  }

  private static Optional<Duration> maxAge(HttpResponse<?> response) {
    return response.headers().allValues("cache-control").stream()
        .flatMap(value -> Stream.of(value.toLowerCase(Locale.ROOT).split(",", -1)))
        .map(directive -> MAX_AGE.matcher(directive.strip()))
        .filter(Matcher::matches)
        .map(matcher -> Duration.ofSeconds(Long.parseLong(matcher.group(1))))
        .findFirst();
  }

  /** Never a message of another library: it may quote what was received. */
  private String explain(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case ConnectException _ -> "it can't be reached";
      case HttpTimeoutException _, TimeoutException _ ->
          "it did not answer within " + timeout.toMillis() + " ms";
      case SSLException _ -> "its certificate is not trusted, or TLS failed";
      case IOException _ -> "its answer broke off, or is larger than 1 MiB";
      default -> "the request could not be made";
    };
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    client.shutdownNow();
    threads.shutdownNow();
  }
}
