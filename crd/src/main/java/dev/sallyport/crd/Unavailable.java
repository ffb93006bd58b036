package dev.sallyport.crd;

/** What the descriptions of fields say that have their form already, and no effect yet. */
final class Unavailable {
  /** Of an object that can't be in force with the field. */
  static final String REFUSED = " Not available in this version: no object with it is Ready.";

  /** Of a field that nothing acts on. */
  static final String IDLE = " Nothing acts on it in this version.";

  private Unavailable() {}
}
