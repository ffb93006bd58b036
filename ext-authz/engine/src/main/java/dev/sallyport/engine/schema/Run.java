package dev.sallyport.engine.schema;

import tools.jackson.databind.JsonNode;

/** What judging one value may cost: so many steps for a value of its size, and so many levels. */
final class Run {
  /** Steps that every value has; most need no more, and are then never measured. */
  private static final long FREE = 100_000;

  private static final long FOR_EACH_NODE = 64;

  /** Steps beyond {@link #FREE} that no value has, however large: all take about 4 ms. */
  private static final long MOST = 300_000;

  /** Schemas that are being judged at one time, each inside of the one before. */
  private static final int DEEPEST = 400;

  private Run() {}

  /** One judgement under way. */
  static final class Progress implements Budget {
    private final JsonNode whole;
    private long left = FREE;
    private boolean measured;
    private boolean exhausted;
    private int depth;

    /** Whether a schema that judges the same value takes null: OpenAPI 3.0 alone. */
    boolean nullable;

    /** Whether a schema met a property that it does not name, and says nothing of such ones. */
    boolean unnamed;

    Progress(JsonNode whole) {
      this.whole = whole;
    }

    @Override
    public boolean spend(long steps) {
      left -= steps;
      if (left >= 0) {
        return true;
      }
      if (!measured) {
        measured = true;
        left += Math.min(FOR_EACH_NODE * Values.size(whole), MOST);
      }
      exhausted |= left < 0;
      return !exhausted;
    }

    /** Begins with a schema; false where that is one too many. */
    boolean enter() {
      if (++depth > DEEPEST) {
        exhausted = true;
      }
      return spend(1) && !exhausted;
    }

    void leave() {
      depth--;
    }

    /** Ends the run: it can't be told what the value is. */
    boolean giveUp() {
      exhausted = true;
      return false;
    }

    /** Whether it was given up, and whatever came of it means nothing. */
    boolean exhausted() {
      return exhausted;
    }
  }
}
