package dev.sallyport.engine.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.engine.operation.OperationIndex.Match;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class OperationIndexTest {
  /** Were each level looked through twice, this would take as long as the universe has. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aLongPathThatEndsElsewhereIsLookedThroughOnce() {
    OperationIndex.Builder<String> builder = new OperationIndex.Builder<>();
    builder.add(Set.of("GET"), PathTemplate.parse("/a".repeat(60) + "/end"), "narrow");
    OperationIndex<String> index = builder.build();
    List<String> segments = new ArrayList<>(Collections.nCopies(60, "a"));
    segments.add("other");
    assertThat(index.match("GET", segments)).isEqualTo(new Match.Unmatched<>());
    segments.set(60, "END");
    assertThat(index.match("GET", segments)).isEqualTo(new Match.Barred<>());
    segments.set(60, "end");
    assertThat(index.match("GET", segments)).isInstanceOf(Match.Found.class);
  }
}
