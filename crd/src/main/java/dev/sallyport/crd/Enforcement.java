package dev.sallyport.crd;

/** Whether a rule's verdict is carried out, or only recorded. */
public enum Enforcement {
  /** A denial is answered as a denial. */
  Enforce,
  /** Everything is evaluated and recorded, and the request is allowed. */
  Shadow
}
