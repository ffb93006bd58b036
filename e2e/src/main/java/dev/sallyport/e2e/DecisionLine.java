package dev.sallyport.e2e;

import com.google.protobuf.Timestamp;
import dev.sallyport.proto.v1.DecisionRecord;
import dev.sallyport.proto.v1.RateLimit;
import dev.sallyport.proto.v1.Request;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.stream.Collectors;

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
    String verdict =
        "%-5s %-21s".formatted(decision.getVerdict(), allowed ? "" : decision.getReason());
    String line =
        "%s  %s %6.1f ms  %-16s  %-37s  %-3s  %s"
            .formatted(
                TIME.format(Instant.ofEpochSecond(time.getSeconds(), time.getNanos())),
                colour(allowed ? GREEN : RED, verdict),
                decision.getDurationMicros() / 1_000.0,
                orDash(decision.getOperation()),
                orDash(decision.getIdentity()),
                orDash(decision.getSource().getRegion()),
                asked(decision.getRequest()));
    String shadowed = shadowed(decision);
    return shadowed.isEmpty() ? line : line + "  " + colour(YELLOW, "would be " + shadowed);
  }

  /** Something else that is worth knowing. */
  String remark(String text) {
    return colour(GREY, text);
  }

  /** What a policy or limits that are only tried out would have done. */
  private static String shadowed(DecisionRecord decision) {
    if (decision.hasShadowReason()) {
      return "denied: " + decision.getShadowReason();
    }
    String limits =
        decision.getRateLimitsList().stream()
            .filter(limit -> limit.getExceeded() && limit.getShadow())
            .map(RateLimit::getName)
            .collect(Collectors.joining(", "));
    return limits.isEmpty() ? "" : "limited by " + limits;
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
