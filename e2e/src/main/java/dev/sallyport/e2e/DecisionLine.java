package dev.sallyport.e2e;

import com.google.protobuf.Timestamp;
import dev.sallyport.proto.v1.DecisionRecord;
import dev.sallyport.proto.v1.Request;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Decisions for people: one line each, columns below each other. */
record DecisionLine(boolean colours) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());
  private static final String RED = "\033[31m";
  private static final String GREEN = "\033[32m";
  private static final String YELLOW = "\033[33m";
  private static final String GREY = "\033[90m";
  private static final String PLAIN = "\033[0m";

  String of(DecisionRecord decision) {
    Timestamp time = decision.getTime();
    boolean allowed = decision.getVerdict().equals("allow");
    String verdict = "%-5s %-21s".formatted(decision.getVerdict(), decision.getReason());
    String line =
        "%s  %s  %-17s %-36s %-4s %s  %.1f ms"
            .formatted(
                TIME.format(Instant.ofEpochSecond(time.getSeconds(), time.getNanos())),
                colour(allowed ? GREEN : RED, verdict),
                orDash(decision.getOperation()),
                orDash(decision.getIdentity()),
                orDash(decision.getSource().getRegion()),
                asked(decision.getRequest()),
                decision.getDurationMicros() / 1_000.0);
    return decision.hasShadowReason()
        ? line + "  " + colour(YELLOW, "would be denied: " + decision.getShadowReason())
        : line;
  }

  /** Something else that is worth knowing. */
  String remark(String text) {
    return colour(GREY, text);
  }

  private static String asked(Request request) {
    return request.getMethod() + " " + request.getHost() + request.getPathTemplate();
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private String colour(String colour, String text) {
    return colours ? colour + text + PLAIN : text;
  }
}
