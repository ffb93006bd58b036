package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ProofRulesTest {
  private static String normal(String uri) {
    return TargetUri.read(uri).map(TargetUri::text).orElse("none");
  }

  @Example
  void equivalentUrisHaveOneForm() {
    for (String uri :
        List.of(
            "https://api.test/a/b",
            "HTTPS://API.Test/a/b",
            "https://api.test:443/a/b",
            "https://api.test:/a/b",
            "https://api.test/a/./b",
            "https://api.test/a/c/../b",
            "https://api.test/../a/b",
            "https://api.test/%61/%62",
            "https://api.test/a/%2E/b",
            "https://api.test/a/x/%2e%2E/b",
            "https://api.test/a/b?q#f",
            "https://api.test/a/b#f?q")) {
      assertThat(normal(uri)).as(uri).isEqualTo("https://api.test/a/b");
    }
    assertThat(normal("https://api.test")).isEqualTo("https://api.test/");
    assertThat(normal("https://api.test?q")).isEqualTo("https://api.test/");
    assertThat(normal("https://api.test/%c3%bc%2f")).isEqualTo("https://api.test/%C3%BC%2F");
    assertThat(normal("https://[::1]:8443/a")).isEqualTo("https://[0:0:0:0:0:0:0:1]:8443/a");
    assertThat(normal("https://[0::0001]:8443/a")).isEqualTo("https://[0:0:0:0:0:0:0:1]:8443/a");
  }

  @Example
  void urisThatDifferStayDifferent() {
    List<String> different =
        List.of(
            "https://api.test/a/b",
            "https://api.test/a/b/",
            "https://api.test/a//b",
            "https://api.test//a/b",
            "https://api.test/A/b",
            "https://api.test/a%2Fb",
            "https://api.test/a%252Fb",
            "https://api.test/a;x/b",
            "https://api.test/a%3Bx/b",
            "https://api.test/a/b%20",
            "https://api.test/a/...",
            "https://api.test:444/a/b",
            "https://api.test:80/a/b",
            "https://api.test./a/b",
            "https://api.tes/t/a/b",
            "https://b.api.test/a/b");
    assertThat(different.stream().map(ProofRulesTest::normal).distinct())
        .hasSize(different.size())
        .doesNotContain("none");
  }

  @Example
  void whatIsNoHttpsUriHasNoForm() {
    for (String uri :
        List.of(
            "",
            "/a/b",
            "api.test/a",
            "http://api.test/a",
            "https:/api.test/a",
            "https:///a",
            "https://",
            "https://user@api.test/a",
            "https://api.test@evil.test/a",
            "https://api.test:443:443/a",
            "https://api.test:0443/a",
            "https://api.test:x/a",
            "https://api.test:123456/a",
            "https://api test/a",
            "https://api.test/a b",
            "https://api.test/a\\b",
            "https://api.test\\@evil.test/a",
            "https://api.test/%",
            "https://api.test/%2",
            "https://api.test/%zz",
            "https://api.test/\u00fc",
            "https://\u00fcpi.test/",
            "https://api.test/\n",
            "https://api.test/a\n",
            "https://%61pi.test/a",
            "https://[::1/a",
            "https://[1:2]/a",
            "https://[::ffff:1.2.3.4.5]/a",
            " https://api.test/a")) {
      assertThat(normal(uri)).as(uri).isEqualTo("none");
    }
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of(
            "/", "/", ".", "..", "a", "b", "%2e", "%2E", "%61", "%2f", "%2F", "%25", ";", "%c3%bc")
        .list()
        .ofMaxSize(8)
        .map(parts -> "/" + String.join("", parts));
  }

  @Property(tries = 1000)
  void formOfAFormIsItself(@ForAll("paths") String path) {
    String once = normal("https://api.test" + path);
    assertThat(normal(once)).isEqualTo(once);
    Optional<String> origin = ProofRules.origin("https://api.test" + path);
    assertThat(origin.flatMap(ProofRules::origin)).isEqualTo(origin);
  }

  /** The JDK resolves dot segments too, but for those above the root, which it keeps. */
  @Property(tries = 1000)
  void dotSegmentsAreResolvedAsTheJdkDoes(@ForAll("paths") String path) {
    String plain = path.replaceAll("%2[eE]", ".").replace("%61", "a").replaceAll("//+", "/");
    String jdk = URI.create("https://api.test" + plain).normalize().getRawPath();
    if (!jdk.contains("/..")) {
      assertThat(normal("https://api.test" + plain))
          .isEqualTo(
              "https://api.test"
                  + (jdk.isEmpty() ? "/" : jdk).replace("%2f", "%2F").replace("%c3%bc", "%C3%BC"));
    }
  }

  @Example
  void originsAreThoseOfUrisThatNameNothingElse() {
    assertThat(ProofRules.origin("HTTPS://Api.Test:443")).contains("https://api.test");
    assertThat(ProofRules.origin("https://api.test/")).contains("https://api.test");
    assertThat(ProofRules.origin("https://api.test//")).contains("https://api.test");
    assertThat(ProofRules.origin("https://api.test/base/")).contains("https://api.test/base");
    for (String none : List.of("https://api.test?", "https://api.test#", "http://api.test", "x")) {
      assertThat(ProofRules.origin(none)).as(none).isEmpty();
    }
  }

  @Example
  void rulesThatCanNotBeMeantAreNotMade() {
    Set<JWSAlgorithm> es256 = Set.of(JWSAlgorithm.ES256);
    Duration minute = Duration.ofMinutes(1);
    List<String> origins = List.of("https://api.test");
    assertThatThrownBy(() -> new ProofRules(List.of(), es256, minute, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ProofRules(List.of("https://API.test"), es256, minute, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ProofRules(origins, Set.of(), minute, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ProofRules(origins, Set.of(JWSAlgorithm.HS256), minute, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ProofRules(origins, es256, Duration.ZERO, false))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
