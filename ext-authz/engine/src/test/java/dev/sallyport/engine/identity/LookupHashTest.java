package dev.sallyport.engine.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.authenticate.KeyDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LookupHashTest {
  private static final LookupHash HASH = new LookupHash(0x1234, 0x5678);

  private static long distinct(List<Lookup> lookups, LookupHash hash) {
    return lookups.stream().map(hash::of).distinct().count();
  }

  @Test
  void digestsThatBeginAlikeSpread() {
    List<Lookup> keys =
        IntStream.range(0, 20_000)
            .<Lookup>mapToObj(i -> new Lookup.ByKey(new KeyDigest(7, 0, 0, i)))
            .toList();

    assertThat(keys.stream().map(Object::hashCode).distinct()).hasSize(1);
    assertThat(distinct(keys, HASH)).isGreaterThan(19_990);
  }

  /** All of one {@code String.hashCode}. */
  @Test
  void textsOfOneHashCodeSpread() {
    List<Lookup> subjects =
        IntStream.range(0, 4096)
            .<Lookup>mapToObj(i -> new Lookup.BySubject("corp", colliding(i)))
            .toList();

    assertThat(subjects.stream().map(Object::hashCode).distinct()).hasSize(1);
    assertThat(distinct(subjects, HASH)).isGreaterThan(4090);
  }

  private static String colliding(int i) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 12; bit++) {
      text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }

  @Test
  void kindsPartsAndKeysCount() {
    Set<Integer> codes = new HashSet<>();
    KeyDigest digest = KeyDigest.of("k");
    List<Lookup> lookups =
        List.of(
            new Lookup.ByKey(digest),
            new Lookup.ByCertificate(digest),
            new Lookup.ByClient("ab", "c"),
            new Lookup.ByClient("a", "bc"),
            new Lookup.ByClient("abc", ""),
            new Lookup.BySubject("ab", "c"),
            new Lookup.ByServiceAccount("ab", "c"),
            new Lookup.ByDnsName("abc"),
            new Lookup.ByDnsName("abcd"),
            new Lookup.ByDnsName("abc\u0000"));
    lookups.forEach(lookup -> codes.add(HASH.of(lookup)));
    lookups.forEach(lookup -> codes.add(LookupHash.OPEN.of(lookup)));

    assertThat(codes).hasSize(2 * lookups.size());
    assertThat(HASH.of(new Lookup.ByClient("ab", "c")))
        .isEqualTo(HASH.of(new Lookup.ByClient("ab", "c")));
  }
}
