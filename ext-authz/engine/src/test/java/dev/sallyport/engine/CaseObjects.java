package dev.sallyport.engine;

import dev.sallyport.engine.compile.Declared;
import java.util.List;

/** Objects as case files write them, for tests outside this package. */
public final class CaseObjects {
  private CaseObjects() {}

  /** Reads a YAML list of objects. */
  public static List<Declared> parse(String yaml) {
    return CaseFile.parse("about: objects\nobjects:\n" + yaml + "\ntests: []\n").objects();
  }
}
