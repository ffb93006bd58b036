package dev.sallyport.engine.content;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound.Body;
import dev.sallyport.engine.receive.Inbound.BodyForm;
import dev.sallyport.engine.receive.Request;
import java.util.List;
import java.util.Set;

/** What a request's body is, as far as Envoy shows it. */
sealed interface SentBody {
  /** There is none, for sure. */
  record None() implements SentBody {}

  /** All of it is there, as the caller sent it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Whole(byte[] bytes) implements SentBody {
    /** Never prints a body. */
    @Override
    public String toString() {
      return "Whole[" + bytes.length + " bytes]";
    }
  }

  /** It can't be judged. */
  record Withheld(Denial denial) implements SentBody {}

  /** Methods that have no body unless they say so. */
  Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "DELETE", "OPTIONS", "TRACE");

  /** No content length, or none that can be read. */
  long UNKNOWN = -1;

  /** Envoy sets it when it buffered, and drops a caller's own. */
  String PARTIAL = "x-envoy-auth-partial-body";

  /** Finds the body of a request that is going to be judged by it. */
  static SentBody of(Request request) {
    Headers headers = request.headers();
    Body body = request.inbound().body();
    long declared = declaredSize(headers);
    boolean lengthStands = headers.has("content-length");
    if (lengthStands && declared == UNKNOWN) {
      return cutShort("its length can't be told");
    }
    List<String> partial = headers.values(PARTIAL);
    boolean buffered = partial.size() == 1 && partial.getFirst().equals("false");
    if (!partial.isEmpty() && !buffered) {
      return cutShort(
          "Envoy sent only the beginning of the body: raise `max_request_bytes` of"
              + " `with_request_body`");
    }
    if (body.form() == BodyForm.ABSENT) {
      return unsent(request, body, declared, buffered);
    }
    if (body.size() > body.received()) {
      return cutShort("Envoy sent only a part of the body");
    }
    if (lengthStands ? declared != body.received() : !buffered) {
      return cutShort("it can't be told whether Envoy sent the whole body");
    }
    byte[] bytes = body.bytes();
    if (body.form() == BodyForm.LOSSY && !isUnchanged(bytes)) {
      return cutShort(
          "Envoy sent the body as text, in which it may have replaced bytes: set `pack_as_bytes:"
              + " true` in `with_request_body`");
    }
    return new Whole(bytes);
  }

  private static SentBody unsent(Request request, Body body, long declared, boolean buffered) {
    if (declared > 0 || body.size() > 0 || request.headers().has("transfer-encoding")) {
      return unbuffered();
    }
    return declared == 0 || buffered || WITHOUT_BODY.contains(request.method())
        ? new None()
        : unbuffered();
  }

  private static SentBody unbuffered() {
    return cutShort("Envoy sent no body to judge: set `with_request_body` for this route");
  }

  private static SentBody cutShort(String detail) {
    return new Withheld(Denial.of(Reason.BODY_TRUNCATED, detail));
  }

  /**
   * Whether a text is surely what the caller sent. Envoy puts an exclamation mark for each byte
   * that is not UTF-8, so one in the text may be anything.
   */
  private static boolean isUnchanged(byte[] text) {
    for (byte b : text) {
      if (b < 0 || b == '!') {
        return false;
      }
    }
    return true;
  }

  /** Whether a request says that it has a body, or its method may have one unsaid. */
  static boolean mayBe(Request request) {
    return isTold(request)
        || (!request.headers().has("content-length") && !WITHOUT_BODY.contains(request.method()));
  }

  /** Whether something of a request says that it has a body. */
  static boolean isTold(Request request) {
    Headers headers = request.headers();
    Body body = request.inbound().body();
    return body.received() > 0
        || body.size() > 0
        || headers.has("transfer-encoding")
        || (headers.has("content-length") && declaredSize(headers) != 0);
  }

  /** {@code Content-Length}, or {@link #UNKNOWN} where it is absent or not one number. */
  static long declaredSize(Headers headers) {
    List<String> values = headers.values("content-length");
    if (values.size() != 1) {
      return UNKNOWN;
    }
    String value = values.getFirst();
    if (value.isEmpty() || value.length() > 18) {
      return UNKNOWN;
    }
    long size = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        return UNKNOWN;
      }
      size = 10 * size + (c - '0');
    }
    return size;
  }
}
