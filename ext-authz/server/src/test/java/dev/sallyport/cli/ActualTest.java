package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ActualTest {
  private static final Actual.Parts A_TYPE =
      new Actual.Parts("body /a type", Map.of("pointer", "/a", "keyword", "type"));
  private static final Actual.Parts A_MAXIMUM =
      new Actual.Parts("body /a maximum", Map.of("pointer", "/a", "keyword", "maximum"));
  private static final Actual.Parts B_TYPE =
      new Actual.Parts("body /b type", Map.of("pointer", "/b", "keyword", "type"));

  private static Actual errors(Actual.Parts... errors) {
    return Actual.Several.of(List.of(errors), Map.of());
  }

  @Test
  void nothingIsNothing() {
    assertThat(new Actual.One("").is(null)).isTrue();
    assertThat(Actual.Several.of(List.of()).is(null)).isTrue();
    assertThat(Actual.Several.of(List.of()).is(List.of())).isTrue();
    assertThat(new Actual.One("x").is(null)).isFalse();
    assertThat(new Actual.One("").is("x")).isFalse();
  }

  @Test
  void aListOfWordsIsComparedInOrder() {
    Actual scopes = Actual.Several.of(List.of("a", "b"));

    assertThat(scopes.is(List.of("a", "b"))).isTrue();
    assertThat(scopes.is("[a, b]")).isTrue();
    assertThat(scopes.is(List.of("b", "a"))).isFalse();
    assertThat(scopes.is(List.of("a"))).isFalse();
    assertThat(Actual.Several.of(List.of("a")).is("a")).isTrue();
  }

  @Test
  void errorsAreComparedInAnyOrderByWhatIsSaidOfThem() {
    Actual errors = errors(A_TYPE, A_MAXIMUM, B_TYPE);

    assertThat(
            errors.is(
                List.of(
                    Map.of("keyword", "type"),
                    Map.of("pointer", "/b"),
                    Map.of("pointer", "/a", "keyword", "maximum"))))
        .isTrue();
    // The first fits two, and must leave the other its only one.
    assertThat(
            errors(A_TYPE, B_TYPE).is(List.of(Map.of("keyword", "type"), Map.of("pointer", "/a"))))
        .isTrue();
    assertThat(errors.is(List.of(Map.of("pointer", "/a"), Map.of("pointer", "/b")))).isFalse();
    assertThat(
            errors.is(
                List.of(Map.of("pointer", "/b"), Map.of("pointer", "/b"), Map.of("pointer", "/a"))))
        .isFalse();
    assertThat(errors.is("[body /a type, body /a maximum, body /b type]")).isTrue();
  }

  @Test
  void ofWhatHasNamesOnlyThoseNamedAreCompared() {
    Actual limits =
        Actual.Several.of(
            List.of(new Actual.One("a=1 left"), new Actual.One("b=exceeded")),
            Map.of("a", "1 left", "b", "exceeded"));

    assertThat(limits.is(Map.of("b", "exceeded"))).isTrue();
    assertThat(limits.is(Map.of("b", "*"))).isTrue();
    assertThat(limits.is(Map.of("c", "*"))).isFalse();
    assertThat(limits.is(Map.of("a", "2 left"))).isFalse();
    assertThat(limits.is(List.of("a=1 left", "b=exceeded"))).isTrue();
  }
}
