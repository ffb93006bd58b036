package dev.sallyport.server.kubernetes;

import dev.sallyport.server.kubernetes.ApiFailure.Kind;
import dev.sallyport.server.objects.JsonReader;
import dev.sallyport.server.objects.Shared;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Asks an API server, once and with a bound on waiting; whoever asks decides about another try. */
final class ApiServer implements AutoCloseable {
  /** Until a list begins; the API server itself gives up on one after this. */
  static final Duration LIST_WAIT = Duration.ofSeconds(60);

  /** Until a watch begins, which it does before there is anything to tell. */
  static final Duration WATCH_WAIT = Duration.ofSeconds(15);

  private static final int LONGEST_REFUSAL_BYTES = 64 << 10;

  private final KubernetesClient client;
  private final HttpClient http;
  private final String address;

  ApiServer(Cluster cluster) {
    client = cluster.impatientClient(LIST_WAIT);
    http = client.getHttpClient();
    String url = client.getMasterUrl().toString();
    address = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** {@code https://10.0.0.1:443}, for people. */
  String address() {
    return address;
  }

  /**
   * Asks.
   *
   * @param path with its query
   * @param accept the media type to answer in
   * @param longestWait until the answer begins
   * @param longestSilence of the answer, once it began
   * @return the answer; the caller closes it
   * @throws ApiFailure if there is none, or a refusal
   */
  AnswerStream get(String path, String accept, Duration longestWait, Duration longestSilence)
      throws ApiFailure, InterruptedException {
    HttpRequest.Builder request = http.newHttpRequestBuilder();
    request.uri(URI.create(address + path).toString());
    request.setHeader("Accept", accept);
    request.timeout(longestWait.toMillis(), TimeUnit.MILLISECONDS);
    AnswerStream stream = new AnswerStream(longestSilence);
    CompletableFuture<HttpResponse<AsyncBody>> asked =
        http.consumeBytes(request.forStreaming().build(), (bytes, _) -> stream.arrived(bytes));
    HttpResponse<AsyncBody> answer = await(asked, longestWait);
    stream.begin(answer.body());
    if (answer.isSuccessful()) {
      return stream;
    }
    if (answer.code() == 401) {
      stream.close();
      throw new ApiFailure(Kind.FORBIDDEN, "the API server does not accept the credential");
    }
    try (stream) {
      throw new ApiFailure(ApiFailure.kind(answer.code()), refusal(answer.code(), stream));
    }
  }

  private static HttpResponse<AsyncBody> await(
      CompletableFuture<HttpResponse<AsyncBody>> asked, Duration longestWait)
      throws ApiFailure, InterruptedException {
    try {
      return asked.get(2 * longestWait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new ApiFailure(Kind.UNREACHABLE, reason(e));
    } catch (TimeoutException _) {
      asked.cancel(true);
      throw new ApiFailure(Kind.UNREACHABLE, "it does not answer");
    } catch (InterruptedException e) {
      asked.cancel(true);
      throw e;
    }
  }

  /** What is made of a failure while an answer is read. */
  static ApiFailure failure(Exception e) throws InterruptedException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedException();
    }
    return new ApiFailure(Kind.UNREACHABLE, reason(e));
  }

  /** In a user's words, as those of an exception are for programmers, or are missing. */
  static String reason(Throwable failure) {
    String said = "";
    boolean isConnection = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String words =
          switch (cause) {
            case HttpTimeoutException _ -> "it does not answer";
            case UnknownHostException _, UnresolvedAddressException _ ->
                "its name can't be resolved";
            case ConnectException _ -> "the connection is refused";
            case SSLException e -> "TLS fails: " + e.getMessage();
            default -> "";
          };
      // The innermost knows best.
      said = words.isEmpty() ? said : words;
      isConnection |= cause instanceof IOException;
    }
    if (!said.isEmpty()) {
      return said;
    }
    return isConnection ? "the connection breaks off" : "the request fails";
  }

  /** The message of the {@code Status} that a refusal holds. */
  private static String refusal(int code, AnswerStream body) {
    try {
      byte[] bytes = body.readNBytes(LONGEST_REFUSAL_BYTES);
      try (JsonParser parser = JsonReader.parser(new ByteArrayInputStream(bytes))) {
        if (parser.nextToken() == JsonToken.START_OBJECT) {
          String message = JsonReader.object(parser, new Shared()).text("message");
          if (!message.isBlank()) {
            return message.strip().lines().findFirst().orElse("");
          }
        }
      }
    } catch (IOException | JacksonException _) {
      // The code alone must do.
    }
    return "it answers " + code;
  }

  @Override
  public void close() {
    client.close();
  }
}
