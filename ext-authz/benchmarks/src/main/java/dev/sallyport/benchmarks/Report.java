package dev.sallyport.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A table in Markdown whose columns line up. */
final class Report {
  private final List<List<String>> rows = new ArrayList<>();

  Report(String... titles) {
    rows.add(List.of(titles));
  }

  /** Adds a row, and shows it: what comes after may take long. */
  void row(String... cells) {
    rows.add(List.of(cells));
    System.out.println(String.join("  ", cells));
  }

  String markdown() {
    List<String> titles = rows.getFirst();
    List<Integer> widths = new ArrayList<>();
    for (int column = 0; column < titles.size(); column++) {
      int width = 3;
      for (List<String> row : rows) {
        width = Math.max(width, row.get(column).length());
      }
      widths.add(width);
    }
    StringBuilder table = new StringBuilder();
    line(table, widths, titles::get, ' ');
    line(table, widths, _ -> "", '-');
    rows.stream().skip(1).forEach(row -> line(table, widths, row::get, ' '));
    return table.toString();
  }

  private static void line(
      StringBuilder table, List<Integer> widths, Function<Integer, String> cells, char filling) {
    for (int column = 0; column < widths.size(); column++) {
      String text = cells.apply(column);
      table.append("| ").append(text);
      table.repeat(filling, widths.get(column) - text.length()).append(' ');
    }
    table.append("|\n");
  }
}
