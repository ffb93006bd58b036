package dev.sallyport.engine.schema;

/** What judging a value may still cost. */
@FunctionalInterface
interface Budget {
  /** Takes steps of a few nanoseconds each; false where there are none left, for good. */
  boolean spend(long steps);
}
