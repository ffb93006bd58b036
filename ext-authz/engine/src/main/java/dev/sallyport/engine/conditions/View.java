package dev.sallyport.engine.conditions;

/** A list or a map of a request, whose elements are made when they are asked for. */
interface View {
  /**
   * How much there is to walk through, elements of elements included.
   *
   * @param most to count; where there is more, some number above it
   */
  int elements(int most);

  /** How much there is to walk through before its size is known, or its first element. */
  int toOpen();
}
