package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A client's request for an access token.
 *
 * @param scopes none for all that the client may have
 * @param dpop the key that the token shall be bound to; null for none
 * @param certificate shown on the connection, which binds the token to it; null for none
 */
public record TokenRequest(
    TokenServer.Client client,
    List<String> scopes,
    @Nullable DpopKey dpop,
    @Nullable Certificates certificate) {
  private static final JsonMapper JSON = new JsonMapper();

  public TokenRequest {
    scopes = List.copyOf(scopes);
  }

  public static TokenRequest of(TokenServer.Client client) {
    return new TokenRequest(client, List.of(), null, null);
  }

  public TokenRequest forScopes(String... names) {
    return new TokenRequest(client, List.of(names), dpop, certificate);
  }

  public TokenRequest boundTo(DpopKey key) {
    return new TokenRequest(client, scopes, key, certificate);
  }

  public TokenRequest boundTo(Certificates own) {
    return new TokenRequest(client, scopes, dpop, own);
  }

  /** Sends it, and gives the access token. */
  public String send(TokenServer server) {
    JsonNode answer = answer(server);
    if (!answer.has("access_token")) {
      throw new AssertionError("no token: " + answer);
    }
    return answer.path("access_token").asString();
  }

  /** Sends it, and gives the whole answer (RFC 6749 section 5). */
  JsonNode answer(TokenServer server) {
    StringBuilder form = new StringBuilder("grant_type=client_credentials");
    if (!scopes.isEmpty()) {
      form.append("&scope=").append(encode(String.join(" ", scopes)));
    }
    String basic = encode(client.id()) + ":" + encode(client.secret());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.at(TokenServer.TOKEN)))
            .timeout(Duration.ofSeconds(30))
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "authorization",
                "Basic "
                    + Base64.getEncoder().encodeToString(basic.getBytes(StandardCharsets.UTF_8)))
            .POST(BodyPublishers.ofString(form.toString()));
    if (dpop != null) {
      request.header("DPoP", dpop.proof("POST", server.at(TokenServer.TOKEN)).sign());
    }
    TlsClient caller =
        certificate == null
            ? TlsClient.trusting(server.caFile())
            : TlsClient.trusting(server.caFile(), certificate);
    return JSON.readTree(send(caller, request.build()));
  }

  private static String send(TlsClient caller, HttpRequest request) {
    try (HttpClient http = caller.http()) {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
