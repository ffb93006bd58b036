package dev.sallyport.engine.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A pattern as a deterministic automaton: one look into a table for each character of a text, where
 * a program that keeps track of all ways through a pattern takes a step for each of them. Immutable
 * and thread-safe.
 *
 * <p>It is made as a whole when the pattern is compiled (the powerset construction of Rabin and
 * Scott), and only where it stays small: a few patterns would need a state for every combination of
 * their repeats.
 */
final class Automaton {
  /** Cells of the table, two bytes each. */
  private static final int LARGEST = 8192;

  /** Steps of making one, so that no pattern takes long to compile. */
  private static final int MOST_STEPS = 400_000;

  private static final int MOST_NODES = 4000;
  private static final int ASCII = 128;

  /** No text that goes on from here holds the pattern. */
  private static final char LOST = 0;

  /** Every text that goes on from here does. */
  private static final char FOUND = 1;

  private static final char START = 2;

  /** Of each character of ASCII, which column it is looked up in. */
  private final byte[] columns;

  /** Where columns change beyond ASCII, rising. */
  private final int[] bounds;

  /** The column from each of these on. */
  private final byte[] beyond;

  private final int width;

  /** The next state, by state and column. */
  private final char[] table;

  /** Whether a text that ends in a state holds the pattern. */
  private final boolean[] ends;

  private Automaton(
      byte[] columns, int[] bounds, byte[] beyond, int width, char[] table, boolean[] ends) {
    this.columns = columns;
    this.bounds = bounds;
    this.beyond = beyond;
    this.width = width;
    this.table = table;
    this.ends = ends;
  }

  /** Whether the pattern is found anywhere in a text. */
  boolean isFoundIn(String text) {
    char state = START;
    int length = text.length();
    for (int i = 0; i < length && state > FOUND; i++) {
      char c = text.charAt(i);
      int column;
      if (c < ASCII) {
        column = columns[c];
      } else {
        int point = text.codePointAt(i);
        i += Character.charCount(point) - 1;
        column = beyond(point);
      }
      state = table[state * width + column];
    }
    return ends[state];
  }

  private int beyond(int point) {
    int place = Arrays.binarySearch(bounds, point);
    return beyond[place >= 0 ? place : -place - 2];
  }

  // ---- how a pattern is collected

  /** A part of a pattern. */
  private sealed interface Part {
    record One(Characters of) implements Part {}

    record Row(List<Part> parts) implements Part {}

    record Choice(List<Part> parts) implements Part {}

    /**
     * A part so often.
     *
     * @param most -1 where there is no bound
     */
    record Repeat(Part part, int least, int most) implements Part {}

    /** The start of a text. */
    record Start() implements Part {}

    /** Its end. */
    record End() implements Part {}
  }

  /** Collects the parts of a pattern while it is read. */
  static final class Builder {
    private final Deque<Group> open = new ArrayDeque<>(List.of(new Group()));
    private boolean left;

    private static final class Group {
      final List<Part> alternatives = new ArrayList<>(1);
      final List<Part> row = new ArrayList<>();

      Part closed() {
        or();
        return alternatives.size() == 1 ? alternatives.getFirst() : new Part.Choice(alternatives);
      }

      void or() {
        alternatives.add(new Part.Row(List.copyOf(row)));
        row.clear();
      }
    }

    /** It holds something that no automaton is made of. */
    void leave() {
      left = true;
    }

    void open() {
      open.push(new Group());
    }

    void or() {
      open.element().or();
    }

    void close() {
      add(open.pop().closed());
    }

    void take(Characters one) {
      add(new Part.One(one));
    }

    void start() {
      add(new Part.Start());
    }

    void end() {
      add(new Part.End());
    }

    /** The last part is wanted so often instead. */
    void repeat(int least, int most) {
      List<Part> row = open.element().row;
      row.add(new Part.Repeat(row.removeLast(), least, most));
    }

    private void add(Part part) {
      open.element().row.add(part);
    }

    /** The automaton; null where there is none, or it would be large. */
    @Nullable Automaton build() {
      return left ? null : new Draft().automaton(open.element().closed());
    }
  }

  // ---- how it is made

  /** An automaton under way. */
  private static final class Draft {
    private static final int MATCH = 0;

    /** Nodes of the automaton that may be in several states at once. */
    private final List<Node> nodes = new ArrayList<>(List.of(new Node.Match()));

    /** Those that wait for a character or for the end. */
    private final BitSet waiting = new BitSet();

    private final List<BitSet> states = new ArrayList<>();
    private final Map<BitSet, Character> numbers = new HashMap<>();
    private final List<boolean[]> members = new ArrayList<>();
    private int steps;

    private sealed interface Node {
      record Match() implements Node {}

      record Read(Characters characters, int next) implements Node {}

      record Split(int one, int other) implements Node {}

      record Start(int next) implements Node {}

      record End(int next) implements Node {}
    }

    @Nullable Automaton automaton(Part whole) {
      int first = enter(whole, MATCH);
      if (nodes.size() > MOST_NODES) {
        return null;
      }
      int[] points = points();
      byte[] kinds = new byte[points.length];
      int width = columns(points, kinds);
      if (width < 0) {
        return null;
      }
      // Of the three states that are always there, a text is only in the last.
      states.addAll(List.of(new BitSet(), new BitSet(), closure(first, true, false)));
      BitSet again = closure(first, false, false);
      for (int i = 0; i < nodes.size(); i++) {
        waiting.set(i, nodes.get(i) instanceof Node.Read || nodes.get(i) instanceof Node.End);
      }
      if (states.get(START).get(MATCH)) {
        return everything();
      }
      char[] table = new char[LARGEST];
      for (int state = START; state < states.size(); state++) {
        if ((state + 1) * width > LARGEST || steps > MOST_STEPS) {
          return null;
        }
        for (int column = 0; column < width; column++) {
          table[state * width + column] = after(states.get(state), column, again);
        }
      }
      boolean[] ends = new boolean[states.size()];
      ends[FOUND] = true;
      for (int state = START; state < ends.length; state++) {
        ends[state] = endsIn(states.get(state), state == START);
      }
      return new Automaton(
          ascii(points, kinds),
          points,
          kinds,
          width,
          Arrays.copyOf(table, states.size() * width),
          ends);
    }

    /** It is found in every text: nothing has to be read. */
    private static Automaton everything() {
      return new Automaton(
          new byte[ASCII],
          new int[1],
          new byte[1],
          1,
          new char[] {FOUND, FOUND, FOUND},
          new boolean[] {true, true, true});
    }

    /** Adds the nodes of a part, from which others lead on; returns the first. */
    private int enter(Part part, int next) {
      if (nodes.size() > MOST_NODES) {
        return next;
      }
      return switch (part) {
        case Part.One(var characters) -> add(new Node.Read(characters, next));
        case Part.Start() -> add(new Node.Start(next));
        case Part.End() -> add(new Node.End(next));
        case Part.Row(var parts) -> {
          int first = next;
          for (Part one : parts.reversed()) {
            first = enter(one, first);
          }
          yield first;
        }
        case Part.Choice(var parts) -> {
          int first = enter(parts.getLast(), next);
          for (Part one : parts.subList(0, parts.size() - 1)) {
            first = add(new Node.Split(enter(one, next), first));
          }
          yield first;
        }
        case Part.Repeat(var one, var least, var most) -> {
          int first = next;
          if (most < 0) {
            // The place is taken before it is known what leads there.
            first = add(new Node.Match());
            nodes.set(first, new Node.Split(enter(one, first), next));
          }
          for (int i = least; i < most; i++) {
            first = add(new Node.Split(enter(one, first), next));
          }
          for (int i = 0; i < least; i++) {
            first = enter(one, first);
          }
          yield first;
        }
      };
    }

    private int add(Node node) {
      nodes.add(node);
      return nodes.size() - 1;
    }

    /** Where a set of characters begins or ends; the first is zero. */
    private int[] points() {
      TreeSet<Integer> points = new TreeSet<>(List.of(0));
      for (Node node : nodes) {
        if (node instanceof Node.Read(var characters, _)) {
          for (int bound : characters.bounds()) {
            points.add(bound);
          }
        }
      }
      points.remove(Character.MAX_CODE_POINT + 1);
      return points.stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * Finds which characters no node tells apart; returns how many kinds there are, -1 for many.
     */
    private int columns(int[] points, byte[] kinds) {
      List<Characters> sets = new ArrayList<>();
      Map<List<Integer>, Integer> known = new HashMap<>();
      int[] ofNode = new int[nodes.size()];
      for (int i = 0; i < ofNode.length; i++) {
        if (nodes.get(i) instanceof Node.Read(var characters, _)) {
          List<Integer> bounds = Arrays.stream(characters.bounds()).boxed().toList();
          ofNode[i] = known.computeIfAbsent(bounds, _ -> known.size());
          if (ofNode[i] == sets.size()) {
            sets.add(characters);
          }
        }
      }
      Map<BitSet, Byte> columns = new HashMap<>();
      for (int i = 0; i < points.length; i++) {
        BitSet holding = new BitSet();
        for (int set = 0; set < sets.size(); set++) {
          steps++;
          holding.set(set, sets.get(set).holds(points[i]));
        }
        if (columns.size() == Byte.MAX_VALUE || steps > MOST_STEPS) {
          return -1;
        }
        kinds[i] = columns.computeIfAbsent(holding, _ -> (byte) columns.size());
      }
      boolean[][] bySet = new boolean[sets.size()][columns.size()];
      columns.forEach(
          (holding, column) -> holding.stream().forEach(set -> bySet[set][column] = true));
      for (int i = 0; i < ofNode.length; i++) {
        members.add(nodes.get(i) instanceof Node.Read ? bySet[ofNode[i]] : new boolean[0]);
      }
      return columns.size();
    }

    private static byte[] ascii(int[] points, byte[] kinds) {
      byte[] columns = new byte[ASCII];
      for (int i = 0; i < points.length; i++) {
        int end = i + 1 < points.length ? Math.min(points[i + 1], ASCII) : ASCII;
        if (points[i] < end) {
          Arrays.fill(columns, points[i], end, kinds[i]);
        }
      }
      return columns;
    }

    private char after(BitSet state, int column, BitSet again) {
      // The pattern may begin behind any character.
      BitSet next = (BitSet) again.clone();
      for (int node = state.nextSetBit(0); node >= 0; node = state.nextSetBit(node + 1)) {
        steps++;
        if (nodes.get(node) instanceof Node.Read(_, var target) && members.get(node)[column]) {
          close(next, target, false, false);
        }
      }
      if (next.get(MATCH)) {
        return FOUND;
      }
      // What leads on without reading says nothing more.
      next.and(waiting);
      return next.isEmpty()
          ? LOST
          : numbers.computeIfAbsent(
              next,
              added -> {
                states.add(added);
                return (char) (states.size() - 1);
              });
    }

    private boolean endsIn(BitSet state, boolean atStart) {
      BitSet reached = new BitSet();
      for (int node = state.nextSetBit(0); node >= 0; node = state.nextSetBit(node + 1)) {
        if (nodes.get(node) instanceof Node.End) {
          close(reached, node, atStart, true);
        }
      }
      return reached.get(MATCH);
    }

    private BitSet closure(int node, boolean atStart, boolean atEnd) {
      BitSet reached = new BitSet();
      close(reached, node, atStart, atEnd);
      return reached;
    }

    /** Adds a node, and all that are reached from it without reading a character. */
    private void close(BitSet reached, int from, boolean atStart, boolean atEnd) {
      Deque<Integer> left = new ArrayDeque<>(List.of(from));
      while (!left.isEmpty()) {
        int at = left.pop();
        if (reached.get(at)) {
          continue;
        }
        steps++;
        reached.set(at);
        switch (nodes.get(at)) {
          case Node.Match(), Node.Read _ -> {}
          case Node.Split(var one, var other) -> {
            left.push(one);
            left.push(other);
          }
          case Node.Start(var next) -> {
            if (atStart) {
              left.push(next);
            }
          }
          case Node.End(var next) -> {
            if (atEnd) {
              left.push(next);
            }
          }
        }
      }
    }
  }
}
