package dev.sallyport.engine.openapi;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What is said of one document while it is read. */
final class Findings {
  /** More than anybody reads at once. */
  private static final int MOST = 100;

  private static final int MOST_FAULTS = 20;

  private final List<Remark> remarks = new ArrayList<>();
  private final List<Remark> faults = new ArrayList<>(0);
  private final Set<Remark> unsaid = new HashSet<>(0);

  /** Something can't be enforced as it stands there. */
  void remark(Place at, String message) {
    remark(at.pointer(), message);
  }

  void remark(String pointer, String message) {
    Remark remark = new Remark(pointer, message);
    // What an operation shares with others is met again with each.
    if (remarks.contains(remark)) {
      return;
    }
    if (remarks.size() < MOST) {
      remarks.add(remark);
    } else {
      unsaid.add(remark);
    }
  }

  /** The document can't be used. */
  void fault(Place at, String message) {
    Remark fault = new Remark(at.pointer(), message);
    if (faults.size() < MOST_FAULTS && !faults.contains(fault)) {
      faults.add(fault);
    }
  }

  List<Remark> remarks() {
    List<Remark> all = new ArrayList<>(remarks);
    if (!unsaid.isEmpty()) {
      all.add(new Remark("", unsaid.size() + " more places can't be enforced as they stand"));
    }
    return all;
  }

  List<Remark> faults() {
    return faults;
  }
}
