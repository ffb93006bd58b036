package dev.sallyport.engine.content;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Request;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What body a request to one operation may carry.
 *
 * @param contentTypes any where it is empty
 * @param contentEncodings codings that are let through, lower case; none where it is empty
 * @param maxBytes -1 where any size will do
 * @param parsed whether the body is read; else only its type, encoding and size are judged
 */
public record ContentRule(
    List<MediaRange> contentTypes, Set<String> contentEncodings, long maxBytes, boolean parsed) {
  /** Nothing is looked at. */
  public static final ContentRule NONE = new ContentRule(List.of(), Set.of(), -1, false);

  private static final Set<String> WITHOUT_BODY =
      Set.of("GET", "HEAD", "DELETE", "OPTIONS", "TRACE");
  private static final long UNKNOWN = -1;

  public ContentRule {
    contentTypes = List.copyOf(contentTypes);
    contentEncodings = Set.copyOf(contentEncodings);
  }

  /** Reads the body of a request. */
  public Content read(Request request) {
    Denial denial = check(request);
    if (denial != null) {
      return new Content.Refused(denial);
    }
    return parsed
        ? new Content.Refused(
            Denial.of(Reason.SCHEMA_VIOLATION, "bodies can't be read in this version"))
        : new Content.Unread();
  }

  private @Nullable Denial check(Request request) {
    if (contentTypes.isEmpty() && contentEncodings.isEmpty() && maxBytes < 0 && !parsed) {
      return null;
    }
    Headers headers = request.headers();
    Denial denial = checkEncoding(headers);
    if (denial == null) {
      denial = checkType(request);
    }
    return denial == null ? checkSize(request) : denial;
  }

  private @Nullable Denial checkEncoding(Headers headers) {
    for (String value : headers.values("content-encoding")) {
      for (String coding : value.split(",", -1)) {
        String name = coding.strip().toLowerCase(Locale.ROOT);
        if (!name.equals("identity") && !contentEncodings.contains(name)) {
          return Denial.of(
              Reason.CONTENT_TYPE_UNSUPPORTED, "the operation does not take this content encoding");
        }
      }
    }
    return null;
  }

  private @Nullable Denial checkType(Request request) {
    if (contentTypes.isEmpty()) {
      return null;
    }
    List<String> values = request.headers().values("content-type");
    if (values.isEmpty()) {
      return mayHaveBody(request)
          ? Denial.of(Reason.CONTENT_TYPE_UNSUPPORTED, "a body needs a content type")
          : null;
    }
    String mediaType = values.size() == 1 ? MediaRange.mediaType(values.getFirst()) : null;
    if (mediaType == null) {
      return Denial.of(
          Reason.CONTENT_TYPE_UNSUPPORTED, "the content type is not exactly one media type");
    }
    for (MediaRange range : contentTypes) {
      if (range.takes(mediaType)) {
        return null;
      }
    }
    return Denial.of(
        Reason.CONTENT_TYPE_UNSUPPORTED, "the operation does not take this content type");
  }

  private @Nullable Denial checkSize(Request request) {
    if (maxBytes < 0) {
      return null;
    }
    Inbound.Body body = request.inbound().body();
    long seen = Math.max(body.received(), body.size());
    long size = Math.max(seen, declaredSize(request.headers()));
    if (size > maxBytes) {
      return Denial.of(
          Reason.BODY_TOO_LARGE, "the body is larger than the " + maxBytes + " bytes allowed");
    }
    return sizeIsKnown(request)
        ? null
        : Denial.of(
            Reason.BODY_TRUNCATED,
            "the size of the body can't be told: it has no content length and was not sent whole");
  }

  /** Whether the size that was compared is the size of the whole body. */
  private static boolean sizeIsKnown(Request request) {
    Headers headers = request.headers();
    if (headers.has("content-length")) {
      // Envoy refuses a message whose body is longer than it declares.
      return declaredSize(headers) != UNKNOWN;
    }
    // Envoy sets it when it buffered, and drops a caller's own.
    String partial = headers.first("x-envoy-auth-partial-body");
    if (partial != null) {
      return partial.equals("false");
    }
    return !mayHaveBody(request);
  }

  private static boolean mayHaveBody(Request request) {
    Headers headers = request.headers();
    Inbound.Body body = request.inbound().body();
    if (body.received() > 0 || body.size() > 0 || headers.has("transfer-encoding")) {
      return true;
    }
    return headers.has("content-length")
        ? declaredSize(headers) != 0
        : !WITHOUT_BODY.contains(request.method());
  }

  /** {@code Content-Length}, or {@link #UNKNOWN} where it is absent or not one number. */
  private static long declaredSize(Headers headers) {
    List<String> values = headers.values("content-length");
    if (values.size() != 1) {
      return UNKNOWN;
    }
    String value = values.getFirst();
    if (value.isEmpty()
        || value.length() > 18
        || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return UNKNOWN;
    }
    return Long.parseLong(value);
  }
}
