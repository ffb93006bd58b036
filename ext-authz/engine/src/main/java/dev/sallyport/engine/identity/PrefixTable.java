package dev.sallyport.engine.identity;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers, for an address, the value of the longest network that holds it.
 *
 * <p>Networks nest or are disjoint, so they cut the address space into runs that each have one
 * answer. A table is the sorted starts of these runs and the answer of each; a look-up is one
 * binary search over two arrays of longs, however deep the networks nest. IPv4 and IPv6 have a
 * table each, because a network is of one of them alone ({@link Network}).
 */
final class PrefixTable<V> {
  private final Runs<V> v4;
  private final Runs<V> v6;

  private PrefixTable(Runs<V> v4, Runs<V> v6) {
    this.v4 = v4;
    this.v6 = v6;
  }

  static <V> PrefixTable<V> of(Map<Network, V> networks) {
    List<Map.Entry<Network, V>> v4 = new ArrayList<>();
    List<Map.Entry<Network, V>> v6 = new ArrayList<>();
    networks.forEach((network, value) -> (network.isV4() ? v4 : v6).add(Map.entry(network, value)));
    return new PrefixTable<>(Runs.of(v4), Runs.of(v6));
  }

  @Nullable V find(IpAddress address) {
    return (address.isV4() ? v4 : v6).find(address.high(), address.low());
  }

  private static final class Runs<V> {
    private final long[] high;
    private final long[] low;
    private final List<Answer<V>> answers;

    private Runs(List<IpAddress> starts, List<Answer<V>> answers) {
      this.high = starts.stream().mapToLong(IpAddress::high).toArray();
      this.low = starts.stream().mapToLong(IpAddress::low).toArray();
      this.answers = List.copyOf(answers);
    }

    private record Answer<V>(@Nullable V value) {}

    static <V> Runs<V> of(List<Map.Entry<Network, V>> networks) {
      // By start, the larger first: then what encloses a network comes before it.
      networks.sort(
          Comparator.comparing(
              Map.Entry::getKey,
              Comparator.comparing(Network::first, PrefixTable::compare)
                  .thenComparingInt(Network::prefixBits)));
      List<IpAddress> starts = new ArrayList<>();
      List<Answer<V>> answers = new ArrayList<>();
      Deque<Map.Entry<Network, V>> open = new ArrayDeque<>();
      for (Map.Entry<Network, V> next : networks) {
        closeBefore(next.getKey().first(), open, starts, answers);
        begin(next.getKey().first(), next.getValue(), starts, answers);
        open.push(next);
      }
      closeBefore(null, open, starts, answers);
      return new Runs<>(starts, answers);
    }

    /** Ends every open network that ends before an address; all of them where it is null. */
    private static <V> void closeBefore(
        @Nullable IpAddress address,
        Deque<Map.Entry<Network, V>> open,
        List<IpAddress> starts,
        List<Answer<V>> answers) {
      while (!open.isEmpty()
          && (address == null || compare(open.element().getKey().last(), address) < 0)) {
        IpAddress last = open.pop().getKey().last();
        if (last.high() != -1 || last.low() != -1) {
          Map.Entry<Network, V> around = open.peek();
          begin(after(last), around == null ? null : around.getValue(), starts, answers);
        }
      }
    }

    private static <V> void begin(
        IpAddress start, @Nullable V value, List<IpAddress> starts, List<Answer<V>> answers) {
      // Two networks may begin, or end and begin, at one address: the later word holds.
      if (!starts.isEmpty() && starts.getLast().equals(start)) {
        answers.set(answers.size() - 1, new Answer<>(value));
        return;
      }
      starts.add(start);
      answers.add(new Answer<>(value));
    }

    @Nullable V find(long atHigh, long atLow) {
      int from = 0;
      int to = high.length;
      // INVARIANT: every start before `from` is at most the address, every one from `to` is after.
      while (from < to) {
        int middle = (from + to) >>> 1;
        if (compare(high[middle], low[middle], atHigh, atLow) <= 0) {
          from = middle + 1;
        } else {
          to = middle;
        }
      }
      return from == 0 ? null : answers.get(from - 1).value();
    }
  }

  private static IpAddress after(IpAddress address) {
    long low = address.low() + 1;
    return new IpAddress(low == 0 ? address.high() + 1 : address.high(), low);
  }

  private static int compare(IpAddress one, IpAddress other) {
    return compare(one.high(), one.low(), other.high(), other.low());
  }

  private static int compare(long high, long low, long otherHigh, long otherLow) {
    int byHigh = Long.compareUnsigned(high, otherHigh);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, otherLow);
  }
}
