package dev.sallyport.server.objects;

import org.jspecify.annotations.Nullable;

/**
 * Makes equal values one object, so that a thousand identities with one scope hold it once.
 *
 * <p>A table of fixed size that forgets: a value that is not found stays as it is. Threads may
 * race; the worst that happens is a second copy, as all values are immutable with final fields.
 */
public final class Shared {
  private static final int SLOTS = 1 << 14;

  private final @Nullable Object[] slots = new @Nullable Object[SLOTS];

  /** The value, or one that is equal and was seen before. */
  public <T> T one(T value) {
    // With the class, as a record of one list has that list's hash and would share its slot.
    int hash = value.hashCode() + value.getClass().getName().hashCode();
    int slot = (hash * 0x9e3779b9) >>> 18;
    Object seen = slots[slot];
    if (seen != null && value.equals(seen)) {
      @SuppressWarnings("unchecked") // equal values of the types that come here have one class
      T same = (T) seen;
      return same;
    }
    slots[slot] = value;
    return value;
  }
}
