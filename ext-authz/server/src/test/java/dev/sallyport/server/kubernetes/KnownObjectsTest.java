package dev.sallyport.server.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.server.kubernetes.KnownObjects.Shown;
import dev.sallyport.server.objects.Fingerprint;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownObjectsTest {
  private static final Fingerprint CONTENT = new Fingerprint(1, 1);
  private static final Fingerprint OTHER = new Fingerprint(2, 2);

  private final KnownObjects known = new KnownObjects();

  private static ObjectKey key(String name) {
    return new ObjectKey("ApiPolicy", "shop", name);
  }

  private static Shown shown(String uid, long version) {
    return new Shown(key("a"), uid, version);
  }

  @Test
  void onlyWhatCountsIsNews() {
    assertThat(known.note(shown("u", 5), CONTENT)).isTrue();
    assertThat(known.note(shown("u", 6), CONTENT)).as("only its status changed").isFalse();
    assertThat(known.note(shown("u", 7), OTHER)).isTrue();
  }

  @Test
  void nothingOlderFollowsOnSomethingNewer() {
    known.note(shown("u", 5), CONTENT);

    assertThat(known.isStale(shown("u", 4))).isTrue();
    assertThat(known.isStale(shown("u", 5))).isFalse();
    assertThat(known.note(shown("u", 5), CONTENT)).as("the same again").isFalse();
    assertThat(known.note(shown("u", 5), OTHER)).as("under another definition").isTrue();
    assertThat(known.isStale(shown("u", 6))).isFalse();
  }

  @Test
  void aDeletedObjectStaysDeletedWhoeverShowsIt() {
    known.note(shown("u", 5), CONTENT);

    assertThat(known.delete(shown("u", 7))).isEqualTo(shown("u", 5));
    assertThat(known.isStale(shown("u", 5))).isTrue();
    assertThat(known.isStale(shown("u", 7))).isTrue();
    assertThat(known.delete(shown("u", 7))).as("told once").isNull();
  }

  @Test
  void anObjectMadeAnewUnderItsNameIsNews() {
    known.note(shown("u", 5), CONTENT);
    known.delete(shown("u", 7));

    assertThat(known.isStale(shown("v", 8))).isFalse();
    assertThat(known.note(shown("v", 8), CONTENT)).isTrue();
  }

  @Test
  void oneThatWasMadeAnewUnseenIsNewsThoughItSaysTheSame() {
    known.note(shown("u", 5), CONTENT);

    assertThat(known.note(shown("v", 8), CONTENT)).isTrue();
  }

  @Test
  void oneThatIsLabelledAgainComesBack() {
    known.note(shown("u", 5), CONTENT);
    known.delete(shown("u", 7));

    assertThat(known.isStale(shown("u", 8))).isFalse();
    assertThat(known.note(shown("u", 8), CONTENT)).isTrue();
  }

  @Test
  void anOldDeletionDoesNotTakeTheNewObject() {
    known.note(shown("v", 8), CONTENT);

    assertThat(known.delete(shown("u", 7))).isNull();
    assertThat(known.retain(Set.of(), 9)).hasSize(1);
  }

  @Test
  void whatAListDoesNotHoldIsGone() {
    known.note(shown("u", 5), CONTENT);
    known.note(new Shown(key("b"), "w", 6), CONTENT);

    assertThat(known.retain(Set.of(key("b")), 9)).containsExactly(shown("u", 5));
    assertThat(known.isStale(shown("u", 5))).as("an older list shows it again").isTrue();
    assertThat(known.isStale(shown("u", 9))).isTrue();
    assertThat(known.isStale(shown("x", 10))).isFalse();
  }

  @Test
  void anOlderListIsRecognised() {
    known.note(shown("u", 5), CONTENT);
    known.reach(20);

    assertThat(known.isBehind(19)).isTrue();
    assertThat(known.isBehind(20)).isFalse();
    assertThat(known.isBehind(0)).as("no number can't be compared").isFalse();
  }

  @Test
  void aRestoredClusterIsTakenAsItIs() {
    known.note(shown("u", 50), CONTENT);
    known.note(new Shown(key("b"), "w", 51), CONTENT);
    known.forgetVersions();

    assertThat(known.isBehind(10)).isFalse();
    assertThat(known.isStale(shown("u", 7))).isFalse();
    assertThat(known.note(shown("u", 7), CONTENT)).as("it says what it said").isFalse();
    assertThat(known.retain(Set.of(key("a")), 10)).hasSize(1);
  }

  @Test
  void gravesAreBounded() {
    for (int i = 0; i < 20_000; i++) {
      Shown one = new Shown(key("n" + i), "u", i + 1);
      known.note(one, CONTENT);
      known.delete(one);
    }

    assertThat(known.isStale(new Shown(key("n19999"), "u", 20_000))).isTrue();
    assertThat(known.isStale(new Shown(key("n0"), "u", 1))).as("long forgotten").isFalse();
    assertThat(known.retain(Set.of(), 20_001)).isEmpty();
  }
}
