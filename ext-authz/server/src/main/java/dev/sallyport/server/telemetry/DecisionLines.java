package dev.sallyport.server.telemetry;

import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decisions as JSON lines, in one buffer that is used again for each batch.
 *
 * <p>A line is what protobuf's JSON mapping reads as {@code sallyport.v1.DecisionRecord}. It is
 * written by hand because it costs the same core that decides: no tree, no reflection, no text but
 * the bytes themselves.
 *
 * <p>A line is one line whatever a caller sent, and safe to show on a terminal: controls, and the
 * format characters that hide or reorder text, are escaped; half a surrogate pair becomes U+FFFD.
 * Not thread-safe: the writer's own.
 */
final class DecisionLines {
  /** Elements kept of a list; a token may bring many scopes. */
  static final int LIST_LIMIT = 128;

  private static final byte[] HEX = ascii("0123456789abcdef");

  private static final byte[] TIME = ascii("{\"time\":\"");
  private static final byte[] DECISION_ID = ascii("\",\"decisionId\":");
  private static final byte[] ALLOW = ascii(",\"verdict\":\"allow\"");
  private static final byte[] DENY = ascii(",\"verdict\":\"deny\"");
  private static final byte[] REASON = ascii(",\"reason\":");
  private static final byte[] SHADOW_REASON = ascii(",\"shadowReason\":");
  private static final byte[] POLICY = ascii(",\"policy\":");
  private static final byte[] OPERATION = ascii(",\"operation\":");
  private static final byte[] IDENTITY = ascii(",\"identity\":");
  private static final byte[] IDENTITY_TYPE = ascii(",\"identityType\":");
  private static final byte[] CREDENTIAL = ascii(",\"credential\":{");
  private static final byte[] SOURCE = ascii(",\"source\":{");
  private static final byte[] REQUEST = ascii(",\"request\":{\"method\":");
  private static final byte[] HOST = ascii(",\"host\":");
  private static final byte[] PATH_TEMPLATE = ascii(",\"pathTemplate\":");
  private static final byte[] BYTES = ascii(",\"bytes\":");
  private static final byte[] USER_AGENT = ascii(",\"userAgent\":");
  private static final byte[] SCOPES_NEEDED = ascii(",\"scopesNeeded\":");
  private static final byte[] SCOPES_HELD = ascii(",\"scopesHeld\":");
  private static final byte[] RATE_LIMITS = ascii(",\"rateLimits\":[");
  private static final byte[] REMAINING = ascii(",\"remaining\":");
  private static final byte[] EXCEEDED = ascii(",\"exceeded\":true");
  private static final byte[] SHADOW = ascii(",\"shadow\":true");
  private static final byte[] ATTEMPTS = ascii(",\"attempts\":[");
  private static final byte[] RESULT = ascii(",\"result\":");
  private static final byte[] DETAIL = ascii(",\"detail\":");
  private static final byte[] VIOLATIONS = ascii(",\"violations\":[");
  private static final byte[] DURATION_MICROS = ascii(",\"durationMicros\":");
  private static final byte[] TRACE_ID = ascii(",\"traceId\":");
  private static final byte[] SNAPSHOT_VERSION = ascii(",\"snapshotVersion\":");
  private static final byte[] RPC = ascii(",\"rpc\":{");
  private static final byte[] FIELDS_DENIED = ascii(",\"fieldsDenied\":");
  private static final byte[] QUERY_NARROWED = ascii(",\"queryNarrowed\":true");
  private static final byte[] FAILED_CONDITIONS = ascii(",\"failedConditions\":[");
  private static final byte[] SCHEMA_ERRORS = ascii(",\"schemaErrors\":[");
  private static final byte[] END = ascii("}\n");

  private static final byte[] NAME_FIRST = ascii("\"name\":");
  private static final byte[] METHOD_FIRST = ascii("\"method\":");
  private static final byte[] REVISION_FIRST = ascii("\"revision\":");
  private static final byte[] PART_FIRST = ascii("\"part\":");
  private static final byte[] KEYWORD = ascii(",\"keyword\":");
  private static final byte[] COUNT = ascii(",\"count\":");
  private static final byte[] KIND = ascii(",\"kind\":");
  private static final byte[] CONSTRAINT = ascii(",\"constraint\":");
  private static final byte[] UNREGISTERED = ascii(",\"unregistered\":true");
  private static final byte[] ADDRESS_FROM_FIRST = ascii("\"addressFrom\":");
  private static final byte[] ADDRESS = ascii(",\"address\":");
  private static final byte[] REGION = ascii(",\"region\":");
  private static final byte[] REGION_FROM = ascii(",\"regionFrom\":");

  /** What protobuf's Timestamp holds: the years 1 to 9999. */
  private static final long FIRST_SECOND = -62_135_596_800L;

  private static final long LAST_SECOND = 253_402_300_799L;

  private byte[] bytes = new byte[64 * 1024];
  private int length;

  private long second = Long.MIN_VALUE;
  private byte[] secondText = {};

  void clear() {
    length = 0;
  }

  /** The buffer; the first {@link #length()} bytes are the lines. Valid until the next call. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void append(DecisionEntry entry) {
    int start = length;
    try {
      line(entry);
    } catch (RuntimeException e) {
      // INVARIANT: the buffer holds whole lines only.
      length = start;
      throw e;
    }
  }

  private void line(DecisionEntry entry) {
    Facts facts = entry.facts();
    raw(TIME);
    time(entry.at());
    raw(DECISION_ID);
    text(entry.id());
    raw(entry.allowed() ? ALLOW : DENY);
    raw(REASON);
    text(entry.reason().code());
    if (entry.shadowReason() != null) {
      raw(SHADOW_REASON);
      text(entry.shadowReason().code());
    }
    member(POLICY, facts.policy());
    member(OPERATION, facts.operation());
    if (facts.identity() != null) {
      member(IDENTITY, facts.identity().key());
      member(IDENTITY_TYPE, facts.identity().type());
    }
    if (facts.credential() != null) {
      credential(facts.credential());
    }
    if (facts.source() != null) {
      source(facts.source());
    }
    request(entry, facts);
    texts(SCOPES_NEEDED, facts.scopesNeeded());
    texts(SCOPES_HELD, facts.scopesHeld());
    limits(facts.limits());
    attempts(facts.attempts());
    violations(facts.violations());
    raw(DURATION_MICROS);
    number(durationMicros(entry.durationNanos()));
    member(TRACE_ID, entry.traceId());
    raw(SNAPSHOT_VERSION);
    number(entry.snapshotVersion());
    if (facts.rpc() != null) {
      rpc(facts.rpc());
    }
    texts(FIELDS_DENIED, facts.fieldsDenied());
    if (entry.queryNarrowed()) {
      raw(QUERY_NARROWED);
    }
    conditions(DecisionEntry.failed(facts));
    errors(entry.errors());
    raw(END);
  }

  /** An unsigned 32-bit number. */
  static long durationMicros(long durationNanos) {
    return Math.clamp(durationNanos / 1000, 0, 0xffff_ffffL);
  }

  private void credential(Facts.CredentialUse credential) {
    raw(CREDENTIAL);
    raw(METHOD_FIRST);
    text(credential.method());
    raw(KIND);
    text(credential.kind());
    if (credential.name() != null) {
      one(',');
      raw(NAME_FIRST);
      text(credential.name());
    }
    if (!credential.constraint().isEmpty()) {
      raw(CONSTRAINT);
      text(credential.constraint());
    }
    if (credential.unregistered()) {
      raw(UNREGISTERED);
    }
    one('}');
  }

  private void source(Facts.Source source) {
    raw(SOURCE);
    raw(ADDRESS_FROM_FIRST);
    text(source.addressFrom());
    member(ADDRESS, source.address());
    raw(REGION_FROM);
    text(source.regionFrom());
    member(REGION, source.region());
    one('}');
  }

  private void request(DecisionEntry entry, Facts facts) {
    raw(REQUEST);
    text(facts.method());
    raw(HOST);
    text(facts.host());
    member(PATH_TEMPLATE, facts.template());
    raw(BYTES);
    number(entry.bytes());
    member(USER_AGENT, entry.userAgent());
    one('}');
  }

  private void limits(List<Facts.LimitUse> limits) {
    int count = Math.min(limits.size(), LIST_LIMIT);
    if (count == 0) {
      return;
    }
    raw(RATE_LIMITS);
    for (int i = 0; i < count; i++) {
      Facts.LimitUse limit = limits.get(i);
      open(i);
      raw(NAME_FIRST);
      text(limit.name());
      raw(REMAINING);
      number(limit.remaining());
      if (limit.exceeded()) {
        raw(EXCEEDED);
      }
      if (limit.shadow()) {
        raw(SHADOW);
      }
      one('}');
    }
    one(']');
  }

  private void attempts(List<Facts.Attempt> attempts) {
    int count = Math.min(attempts.size(), LIST_LIMIT);
    if (count == 0) {
      return;
    }
    raw(ATTEMPTS);
    for (int i = 0; i < count; i++) {
      Facts.Attempt attempt = attempts.get(i);
      open(i);
      raw(METHOD_FIRST);
      text(attempt.method());
      raw(RESULT);
      text(attempt.result());
      if (!attempt.detail().isEmpty()) {
        raw(DETAIL);
        text(attempt.detail());
      }
      one('}');
    }
    one(']');
  }

  private void violations(List<Reason> violations) {
    if (violations.isEmpty()) {
      return;
    }
    raw(VIOLATIONS);
    for (int i = 0; i < violations.size(); i++) {
      if (i > 0) {
        one(',');
      }
      text(violations.get(i).code());
    }
    one(']');
  }

  private void rpc(Facts.Rpc rpc) {
    raw(RPC);
    if (rpc.method() != null) {
      raw(METHOD_FIRST);
      text(rpc.method());
    }
    if (rpc.revision() != null) {
      if (rpc.method() != null) {
        one(',');
      }
      raw(REVISION_FIRST);
      text(rpc.revision());
    }
    one('}');
  }

  private void conditions(List<Facts.ConditionUse> failed) {
    int count = Math.min(failed.size(), LIST_LIMIT);
    if (count == 0) {
      return;
    }
    raw(FAILED_CONDITIONS);
    for (int i = 0; i < count; i++) {
      Facts.ConditionUse condition = failed.get(i);
      open(i);
      raw(NAME_FIRST);
      text(condition.name());
      if (!condition.why().isEmpty()) {
        raw(DETAIL);
        text(condition.why());
      }
      one('}');
    }
    one(']');
  }

  private void errors(List<DecisionEntry.ErrorCount> errors) {
    if (errors.isEmpty()) {
      return;
    }
    raw(SCHEMA_ERRORS);
    for (int i = 0; i < errors.size(); i++) {
      DecisionEntry.ErrorCount error = errors.get(i);
      open(i);
      raw(PART_FIRST);
      text(error.part().code());
      raw(KEYWORD);
      text(error.keyword());
      raw(COUNT);
      number(error.count());
      one('}');
    }
    one(']');
  }

  private void texts(byte[] name, List<String> texts) {
    int count = Math.min(texts.size(), LIST_LIMIT);
    if (count == 0) {
      return;
    }
    raw(name);
    for (int i = 0; i < count; i++) {
      one(i == 0 ? '[' : ',');
      text(texts.get(i));
    }
    one(']');
  }

  private void open(int index) {
    if (index > 0) {
      one(',');
    }
    one('{');
  }

  private void member(byte[] name, @Nullable String text) {
    if (text != null) {
      raw(name);
      text(text);
    }
  }

  private void member(byte[] name, @Nullable ObjectKey key) {
    if (key != null) {
      raw(name);
      one('"');
      escaped(key.namespace());
      one('/');
      escaped(key.name());
      one('"');
    }
  }

  /** RFC 3339 in UTC with microseconds; nanoseconds where there are any. */
  private void time(Instant at) {
    long wanted = Math.clamp(at.getEpochSecond(), FIRST_SECOND, LAST_SECOND);
    if (wanted != second) {
      // Without a fraction it is the text of the second and a `Z`.
      String text = Instant.ofEpochSecond(wanted).toString();
      secondText = ascii(text.substring(0, text.length() - 1));
      second = wanted;
    }
    raw(secondText);
    one('.');
    int nanos = at.getNano();
    if (nanos % 1000 == 0) {
      digits(nanos / 1000, 6);
    } else {
      digits(nanos, 9);
    }
    one('Z');
  }

  private void digits(int number, int width) {
    room(width);
    int rest = number;
    for (int i = length + width - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += width;
  }

  private void number(long number) {
    room(20);
    if (number <= 0) {
      // Rare: zero and what a clock or a counter should not have given.
      raw(ascii(Long.toString(number)));
      return;
    }
    int width = 0;
    for (long rest = number; rest > 0; rest /= 10) {
      width++;
    }
    long rest = number;
    for (int i = length + width - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += width;
  }

  private void text(String text) {
    one('"');
    escaped(DecisionEntry.bounded(text));
    one('"');
  }

  private void escaped(String text) {
    int count = text.length();
    // No character takes more than the six bytes of an escape.
    room(6 * count);
    byte[] to = bytes;
    int at = length;
    for (int i = 0; i < count; i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c < 0x7f) {
        if (c == '"' || c == '\\') {
          to[at++] = '\\';
        }
        to[at++] = (byte) c;
      } else if (hidden(c)) {
        at = escape(to, at, c);
      } else if (c < 0x800) {
        to[at++] = (byte) (0xc0 | (c >> 6));
        to[at++] = trail(c, 0);
      } else if (!Character.isSurrogate(c)) {
        at = threeBytes(to, at, c);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < count
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        int codePoint = Character.toCodePoint(c, text.charAt(++i));
        to[at++] = (byte) (0xf0 | (codePoint >> 18));
        to[at++] = trail(codePoint, 12);
        to[at++] = trail(codePoint, 6);
        to[at++] = trail(codePoint, 0);
      } else {
        at = threeBytes(to, at, '\ufffd');
      }
    }
    length = at;
  }

  /** Controls, and what hides or reorders the text around it. */
  private static boolean hidden(char c) {
    return c < 0xa0
        || c == 0xad
        || (c >= 0x200b && c <= 0x200f)
        || (c >= 0x2028 && c <= 0x202e)
        || (c >= 0x2060 && c <= 0x206f)
        || c == 0xfeff;
  }

  private static int escape(byte[] to, int at, char c) {
    to[at] = '\\';
    to[at + 1] = 'u';
    to[at + 2] = HEX[c >> 12];
    to[at + 3] = HEX[(c >> 8) & 0xf];
    to[at + 4] = HEX[(c >> 4) & 0xf];
    to[at + 5] = HEX[c & 0xf];
    return at + 6;
  }

  private static int threeBytes(byte[] to, int at, char c) {
    to[at] = (byte) (0xe0 | (c >> 12));
    to[at + 1] = trail(c, 6);
    to[at + 2] = trail(c, 0);
    return at + 3;
  }

  /** A byte of UTF-8 that follows a first one (RFC 3629 section 3). */
  private static byte trail(int codePoint, int shift) {
    return (byte) (0x80 | ((codePoint >> shift) & 0x3f));
  }

  private void raw(byte[] ascii) {
    room(ascii.length);
    System.arraycopy(ascii, 0, bytes, length, ascii.length);
    length += ascii.length;
  }

  private void one(char ascii) {
    room(1);
    bytes[length++] = (byte) ascii;
  }

  private void room(int wanted) {
    if (bytes.length - length < wanted) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + wanted));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
