package dev.sallyport.e2e;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.sallyport.proto.v1.DecisionRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** The decision log of a Sallyport, as its file sink writes it: one JSON object a line. */
public final class DecisionLog {
  /** Newer servers may write fields that this build does not know. */
  private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();

  private final Path file;

  DecisionLog(Path file) {
    this.file = file;
  }

  /** Every whole line so far. */
  public List<String> lines() {
    return linesFrom(0).lines();
  }

  /** Every decision so far. */
  public List<DecisionRecord> decisions() {
    return lines().stream().map(DecisionLog::parse).toList();
  }

  /** The decision with an id, as soon as it is there. */
  public DecisionRecord await(String decisionId) {
    return awaitFirst("a decision `" + decisionId + "`", d -> d.getDecisionId().equals(decisionId));
  }

  /** The newest decision that fits, as soon as there is one. */
  public DecisionRecord awaitFirst(String what, Predicate<DecisionRecord> fits) {
    return Await.until(
        what,
        Await.PATIENT,
        () -> decisions().reversed().stream().filter(fits).findFirst(),
        () -> "\nthe last lines:\n" + String.join("\n", last(10)));
  }

  private List<String> last(int count) {
    List<String> lines = lines();
    return lines.subList(Math.max(0, lines.size() - count), lines.size());
  }

  /** Whole lines, and the offset behind them. */
  record Part(List<String> lines, long end) {}

  Part linesFrom(long start) {
    return linesOf(file, start);
  }

  /** The whole lines of a file behind an offset; none where there is no file yet. */
  static Part linesOf(Path file, long start) {
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(start);
      byte[] bytes = in.readAllBytes();
      int end = bytes.length;
      while (end > 0 && bytes[end - 1] != '\n') {
        end--;
      }
      String text = new String(bytes, 0, end, StandardCharsets.UTF_8);
      return new Part(text.lines().filter(line -> !line.isBlank()).toList(), start + end);
    } catch (NoSuchFileException _) {
      return new Part(List.of(), start);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static DecisionRecord parse(String line) {
    DecisionRecord.Builder decision = DecisionRecord.newBuilder();
    try {
      PARSER.merge(line, decision);
      return decision.build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("no decision: " + line, e);
    }
  }
}
