package dev.sallyport.server.issuers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.server.issuers.Proxies.Proxy;
import dev.sallyport.server.issuers.Proxies.Way;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
  private static final URI ISSUER = URI.create("https://login.corp.example/jwks");

  private static Way way(String uri, Map<String, String> environment) {
    return new Proxies(environment).way(URI.create(uri));
  }

  @Test
  void withoutVariablesNothingGoesThroughAProxy() {
    assertThat(new Proxies(Map.of()).way(ISSUER)).isEqualTo(new Way.Direct());
    assertThat(new Proxies(Map.of("HTTPS_PROXY", " ")).way(ISSUER)).isEqualTo(new Way.Direct());
  }

  @Test
  void eachSchemeHasItsOwnVariable() {
    Map<String, String> both = Map.of("HTTPS_PROXY", "http://a:1", "HTTP_PROXY", "http://b:2");

    assertThat(way("https://x.example/", both)).isEqualTo(new Way.Through(proxy("a", 1)));
    assertThat(way("http://x.example/", both)).isEqualTo(new Way.Through(proxy("b", 2)));
    assertThat(way("HTTPS://x.example/", both)).isEqualTo(new Way.Through(proxy("a", 1)));
  }

  @Test
  void nameInLowerCaseGoesFirst() {
    assertThat(way("https://x.example/", Map.of("https_proxy", "a:1", "HTTPS_PROXY", "b:2")))
        .isEqualTo(new Way.Through(proxy("a", 1)));
    assertThat(way("https://x.example/", Map.of("https_proxy", "", "HTTPS_PROXY", "b:2")))
        .isEqualTo(new Way.Through(proxy("b", 2)));
  }

  private static Proxy proxy(String host, int port) {
    return new Proxy(host, port, "", "");
  }

  @Test
  void userAndPasswordAreReadAndNotShown() {
    Way way = way("https://x.example/", Map.of("HTTPS_PROXY", "http://me:se%40c+ret@p:3128/"));

    assertThat(way).isEqualTo(new Way.Through(new Proxy("p", 3128, "me", "se@c+ret")));
    assertThat(way.toString()).doesNotContain("ret", "me:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://p:1", "socks5://p:1", "http://", "p q", "http://u:hunter2@:1", "://"})
  void whatNamesNoProxyStopsTheCall(String value) {
    Way way = way("https://x.example/", Map.of("HTTPS_PROXY", value));

    assertThat(way).isInstanceOf(Way.Unknown.class);
    assertThat(way.toString()).contains("HTTPS_PROXY").doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://localhost/",
        "https://LOCALHOST:8443/",
        "https://127.0.0.1/",
        "https://127.9.9.9/",
        "https://[::1]:8443/"
      })
  void loopbackIsCalledDirectly(String uri) {
    assertThat(way(uri, Map.of("HTTPS_PROXY", "p:1"))).isEqualTo(new Way.Direct());
  }

  @ParameterizedTest
  @CsvSource({
    "*, true",
    "corp.example, true",
    "CORP.example, true",
    "login.corp.example, true",
    "'other.example, corp.example', true",
    ".corp.example, true",
    "*.corp.example, true",
    ".login.corp.example, false",
    "orp.example, false",
    "corp.example.net, false",
    "corp.example:443, true",
    "corp.example:8443, false",
    "10.0.0.0/8, false",
    "'', false"
  })
  void namesAreExcepted(String exceptions, boolean direct) {
    Map<String, String> environment = Map.of("HTTPS_PROXY", "p:1", "no_proxy", exceptions);

    assertThat(way(ISSUER.toString(), environment) instanceof Way.Direct).isEqualTo(direct);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, https://10.1.2.3/, true",
    "10.1.2.3, https://10.1.2.3/, true",
    "10.1.2.3:443, https://10.1.2.3/, true",
    "10.1.2.3:444, https://10.1.2.3/, false",
    "10.1.2.4, https://10.1.2.3/, false",
    "fd00::/8, https://[fd12::1]/, true",
    "fd12::1, https://[fd12::1]/, true",
    "[fd12::1], https://[fd12::1]/, true",
    "[fd12::1]:443, https://[fd12::1]/, true"
  })
  void addressesAreExcepted(String exceptions, String uri, boolean direct) {
    Map<String, String> environment = Map.of("HTTPS_PROXY", "p:1", "NO_PROXY", exceptions);

    assertThat(way(uri, environment) instanceof Way.Direct).isEqualTo(direct);
  }
}
