package dev.sallyport.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Rows under headings, as kubectl prints them. */
final class Table {
  private static final String GAP = "   ";

  private final List<List<String>> rows = new ArrayList<>();

  /** Without headings where none is given. */
  Table(String... headings) {
    if (headings.length > 0) {
      rows.add(List.of(headings));
    }
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  /** A line for each row; the last column is as wide as it likes. */
  List<String> lines() {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns - 1; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).collect(Collectors.toList());
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      line.append(i == 0 ? "" : GAP).append(row.get(i));
      if (i < row.size() - 1) {
        line.repeat(' ', widths[i] - row.get(i).length());
      }
    }
    return line.toString();
  }
}
