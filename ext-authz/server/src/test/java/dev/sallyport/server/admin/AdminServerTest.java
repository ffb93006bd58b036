package dev.sallyport.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminServerTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private volatile List<String> missing = List.of();
  private AdminServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        AdminServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            () -> missing,
            accept ->
                new MetricsPage.Content(
                    "text/metrics", ("accept " + accept).getBytes(StandardCharsets.UTF_8)));
  }

  @AfterEach
  void close() {
    server.close();
    client.close();
  }

  @Test
  void aliveIsSaidAtOnce() throws Exception {
    missing = List.of("policies");

    assertThat(ask("GET", "/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void readinessSaysWhatIsMissing() throws Exception {
    missing = List.of("policies in `/policies` were not read yet");
    HttpResponse<String> before = ask("GET", "/readyz");
    missing = List.of();
    HttpResponse<String> after = ask("GET", "/readyz");

    assertThat(before.statusCode()).isEqualTo(503);
    assertThat(before.body()).contains("policies in `/policies` were not read yet");
    assertThat(after.statusCode()).isEqualTo(200);
  }

  @Test
  void metricsAreThoseOfThePage() throws Exception {
    HttpResponse<String> metrics = ask("GET", "/metrics");

    assertThat(metrics.headers().firstValue("content-type")).contains("text/metrics");
    assertThat(metrics.body()).isEqualTo("accept text/anything");
  }

  @Test
  void aHeadHasNoBody() throws Exception {
    HttpResponse<String> head = ask("HEAD", "/readyz");

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  @Test
  void nothingElseIsServed() throws Exception {
    assertThat(ask("GET", "/").statusCode()).isEqualTo(404);
    assertThat(ask("GET", "/livez/").statusCode()).isEqualTo(404);
    assertThat(ask("GET", "/livez%2f").statusCode()).isEqualTo(404);
    HttpResponse<String> post = ask("POST", "/livez");
    assertThat(post.statusCode()).isEqualTo(405);
    assertThat(post.headers().firstValue("allow")).contains("GET, HEAD");
  }

  private HttpResponse<String> ask(String method, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
            .method(method, BodyPublishers.noBody())
            .header("accept", "text/anything")
            .build(),
        BodyHandlers.ofString());
  }
}
