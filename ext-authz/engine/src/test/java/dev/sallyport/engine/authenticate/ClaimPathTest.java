package dev.sallyport.engine.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimPathTest {
  /** RFC 6901 section 5, and what is between objects and lists. */
  private static final Map<String, Object> CLAIMS =
      Map.of(
          "foo", List.of("bar", "baz"),
          "", 0L,
          "a/b", 1L,
          "m~n", 8L,
          "~1", 9L,
          "https://corp.example/roles", "admin",
          "realm_access", Map.of("roles", List.of("a", "b"), "0", "zero"));

  private static Optional<Object> find(String text) {
    return ClaimPath.parse(text).orElseThrow().find(CLAIMS);
  }

  @ParameterizedTest
  @CsvSource({
    "/,0",
    "/a~1b,1",
    "/m~0n,8",
    "/~01,9",
    "~1,9",
    "a/b,1",
    "https://corp.example/roles,admin",
    "/https:~1~1corp.example~1roles,admin",
    "/foo/0,bar",
    "/foo/1,baz",
    "/realm_access/0,zero",
    "/realm_access/roles/1,b"
  })
  void claimIsFound(String text, String value) {
    assertThat(find(text).map(Object::toString)).contains(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "foo/0",
        "/foo/2",
        "/foo/-",
        "/foo/-1",
        "/foo/00",
        "/foo/01",
        "/foo/4294967296",
        "/foo/0/x",
        "/foo/",
        "/realm_access/",
        "/realm_access/Roles",
        "/nothing/at/all",
        "realm_access/roles"
      })
  void whatIsNotThereIsNotFound(String text) {
    assertThat(find(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/~", "/a~", "/~2", "/a~~0", "/a/~b"})
  void strayTildeIsNoPointer(String text) {
    assertThat(ClaimPath.parse(text)).isEmpty();
  }

  @Test
  void claimsAreReadByPointerInTheirOwnShapes() {
    Claims claims = new Claims(CLAIMS);

    assertThat(claims.texts("/realm_access/roles")).contains(List.of("a", "b"));
    assertThat(claims.text("/foo/1")).contains("baz");
    assertThat(claims.has("/foo/2")).isFalse();
    assertThat(claims.says("/m~0n", "8")).isTrue();
    assertThat(claims.texts("/realm_access")).isEmpty();
  }
}
