package dev.sallyport.cli;

import dev.sallyport.engine.Assumption;
import dev.sallyport.engine.receive.Inbound;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One test of policies: a request, and what it gets.
 *
 * @param line of its file
 * @param repeat how often it is asked; the last answer counts
 * @param every how long after one another
 * @param inRegion whether the test says where the caller is
 * @param caller who calls, whatever the request presents; null where its credential says so
 */
record PolicyTest(
    String name,
    int line,
    int repeat,
    Duration every,
    Inbound inbound,
    boolean inRegion,
    @Nullable Assumption caller,
    Expected expected) {
  /** The request as it is asked for the nth time, from 0: each is another decision. */
  Inbound inbound(int n) {
    return inbound.again(inbound.id() + '-' + n, inbound.at().plus(every.multipliedBy(n)));
  }
}
