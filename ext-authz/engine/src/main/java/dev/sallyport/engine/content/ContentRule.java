package dev.sallyport.engine.content;

import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import dev.sallyport.engine.json.KnownNames;
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
 * @param contentTypes any where it is empty; where bodies are read, then those of JSON
 * @param contentEncodings codings that are let through, lower case; none where it is empty
 * @param maxBytes 0 where there must be no body; -1 where any size will do; where bodies are read,
 *     then {@link #READ_BYTES}. Holds for the body as it was sent and as it is decoded
 * @param parsed whether the body is read; else only its type, encoding and size are judged
 * @param forms what the fields of forms stand for; where none takes a form's type, for text
 * @param opaque types that are taken as they are where others are read
 * @param names of members that bodies are likely to have
 */
public record ContentRule(
    List<MediaRange> contentTypes,
    Set<String> contentEncodings,
    long maxBytes,
    boolean parsed,
    List<Form> forms,
    List<MediaRange> opaque,
    KnownNames names) {
  /** Nothing is looked at. */
  public static final ContentRule NONE = new ContentRule(List.of(), Set.of(), -1, false);

  /** The largest body that is read where the rule does not say. */
  public static final long READ_BYTES = 1 << 20;

  private static final Set<String> NEVER_WITH_BODY = Set.of("GET", "HEAD", "TRACE");

  /** The types of JSON. */
  public static final List<MediaRange> JSON =
      List.of(
          new MediaRange("application", "json", ""), new MediaRange("application", "*", "+json"));

  /**
   * What the fields of a form stand for.
   *
   * @param type an object with a property for each field
   */
  public record Form(MediaRange types, ValueType type) {}

  public ContentRule {
    contentTypes = List.copyOf(contentTypes);
    contentEncodings = Set.copyOf(contentEncodings);
    forms = List.copyOf(forms);
    opaque = List.copyOf(opaque);
  }

  /** A rule without forms whose fields are anything but text. */
  public ContentRule(
      List<MediaRange> contentTypes, Set<String> contentEncodings, long maxBytes, boolean parsed) {
    this(contentTypes, contentEncodings, maxBytes, parsed, List.of(), List.of());
  }

  /** A rule for bodies of which no names are known. */
  public ContentRule(
      List<MediaRange> contentTypes,
      Set<String> contentEncodings,
      long maxBytes,
      boolean parsed,
      List<Form> forms,
      List<MediaRange> opaque) {
    this(contentTypes, contentEncodings, maxBytes, parsed, forms, opaque, KnownNames.NONE);
  }

  /** Whether there are bodies of a range that can be read. */
  public static boolean canRead(MediaRange range) {
    if (!range.subtype().equals("*")) {
      return MediaType.isReadable(range.type() + '/' + range.subtype() + range.suffix());
    }
    return range.suffix().isEmpty()
        ? Set.of("*", "application", "multipart").contains(range.type())
        : range.suffix().endsWith("+json");
  }

  /** Whether there are forms in a range. */
  public static boolean mayBeForm(MediaRange range) {
    return range.takes("application/x-www-form-urlencoded") || range.takes("multipart/form-data");
  }

  /** The same, and the body is read. */
  public ContentRule reading() {
    return new ContentRule(contentTypes, contentEncodings, maxBytes, true, forms, opaque, names);
  }

  /** The same for bodies that are likely to have some names. */
  public ContentRule knowing(KnownNames likely) {
    return new ContentRule(contentTypes, contentEncodings, maxBytes, parsed, forms, opaque, likely);
  }

  /**
   * Whether a request of a method counts as one without a body where nothing shows a body: where
   * Envoy sends none, one without a length is not judged.
   */
  public static boolean isTakenForBodiless(String method) {
    return SentBody.WITHOUT_BODY.contains(method);
  }

  /** The same for requests that have no body. */
  public ContentRule withoutBody() {
    return new ContentRule(contentTypes, contentEncodings, 0, parsed, forms, opaque, names);
  }

  /** Reads the body of a request. */
  public Content read(Request request) {
    if (contentTypes.isEmpty() && contentEncodings.isEmpty() && maxBytes < 0 && !parsed) {
      return new Content.Unread();
    }
    if (parsed && NEVER_WITH_BODY.contains(request.method()) && SentBody.isTold(request)) {
      return refused(Reason.REQUEST_MALFORMED, "a request of this method has no body");
    }
    Denial denial = checkEncoding(request.headers());
    if (denial != null) {
      return new Content.Refused(denial);
    }
    return parsed ? readParsed(request) : readUnparsed(request);
  }

  private static Content refused(Reason reason, String detail) {
    return new Content.Refused(Denial.of(reason, detail));
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

  // ---- bodies that are not looked into

  private Content readUnparsed(Request request) {
    Denial denial = checkType(request);
    if (denial == null) {
      denial = checkSize(request, maxBytes);
    }
    if (denial == null && maxBytes >= 0 && !sizeIsKnown(request)) {
      denial =
          Denial.of(
              Reason.BODY_TRUNCATED,
              maxBytes == 0
                  ? "it can't be told that there is no body, which the operation does not take;"
                      + " say `Content-Length: 0`"
                  : "the size of the body can't be told: it has no content length and was not"
                      + " sent whole");
    }
    if (denial != null) {
      return new Content.Refused(denial);
    }
    return SentBody.of(request) instanceof SentBody.None
        ? new Content.Absent()
        : new Content.Unread();
  }

  private @Nullable Denial checkType(Request request) {
    if (contentTypes.isEmpty()) {
      return null;
    }
    List<String> values = request.headers().values("content-type");
    if (values.isEmpty() && !SentBody.mayBe(request)) {
      return null;
    }
    return checkType(values, MediaType.read(values), contentTypes);
  }

  private static @Nullable Denial checkType(
      List<String> values, @Nullable MediaType type, List<MediaRange> taken) {
    if (values.isEmpty()) {
      return Denial.of(Reason.CONTENT_TYPE_UNSUPPORTED, "a body needs a content type");
    }
    if (type == null) {
      return Denial.of(
          Reason.CONTENT_TYPE_UNSUPPORTED, "the content type is not exactly one media type");
    }
    return takes(taken, type)
        ? null
        : Denial.of(
            Reason.CONTENT_TYPE_UNSUPPORTED, "the operation does not take this content type");
  }

  private static boolean takes(List<MediaRange> ranges, MediaType type) {
    for (MediaRange range : ranges) {
      if (range.takes(type.name())) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable Denial checkSize(Request request, long maxBytes) {
    Inbound.Body body = request.inbound().body();
    long seen = Math.max(body.received(), body.size());
    long size = Math.max(seen, SentBody.declaredSize(request.headers()));
    return maxBytes >= 0 && size > maxBytes ? tooLarge(maxBytes) : null;
  }

  private static Denial tooLarge(long maxBytes) {
    return Denial.of(
        Reason.BODY_TOO_LARGE,
        maxBytes == 0
            ? "the operation takes no body"
            : "the body is larger than the " + maxBytes + " bytes allowed");
  }

  /** Whether the size that was compared is the size of the whole body. */
  private static boolean sizeIsKnown(Request request) {
    Headers headers = request.headers();
    if (headers.has("content-length")) {
      // Envoy refuses a message whose body is longer than it declares.
      return SentBody.declaredSize(headers) != SentBody.UNKNOWN;
    }
    String partial = headers.first(SentBody.PARTIAL);
    return partial == null ? !SentBody.mayBe(request) : partial.equals("false");
  }

  // ---- bodies that are read

  private Content readParsed(Request request) {
    long limit = maxBytes < 0 ? READ_BYTES : maxBytes;
    Denial tooLarge = checkSize(request, limit);
    if (tooLarge != null) {
      return new Content.Refused(tooLarge);
    }
    List<String> types = request.headers().values("content-type");
    MediaType type = MediaType.read(types);
    if (type != null && takes(opaque, type)) {
      return SentBody.mayBe(request) ? readUnparsed(request) : new Content.Absent();
    }
    return switch (SentBody.of(request)) {
      case SentBody.None() -> new Content.Absent();
      case SentBody.Withheld(var denial) -> new Content.Refused(denial);
      case SentBody.Whole(var bytes) -> {
        Denial denial = checkType(types, type, contentTypes.isEmpty() ? JSON : contentTypes);
        yield denial != null || type == null
            ? new Content.Refused(denial == null ? unreadable() : denial)
            : decode(request, bytes, type, limit);
      }
    };
  }

  private static Denial unreadable() {
    return Denial.of(
        Reason.CONTENT_TYPE_UNSUPPORTED, "bodies of this content type can't be judged");
  }

  private Content decode(Request request, byte[] bytes, MediaType type, long limit) {
    if (!type.isUtf8()) {
      return refused(
          Reason.CONTENT_TYPE_UNSUPPORTED,
          "the content type has another charset than utf-8, or parameters that can't be read");
    }
    List<String> codings = request.headers().values("content-encoding");
    return switch (ContentCoding.decode(codings, bytes, limit)) {
      case ContentCoding.Decoded.Plain(var plain) ->
          parse(
              plain, type, JsonReader.Limits.ofBody(limit).withDepth(request.bounds().jsonDepth()));
      case ContentCoding.Decoded.TooLarge() -> new Content.Refused(tooLarge(limit));
      case ContentCoding.Decoded.Inflated() ->
          refused(
              Reason.BODY_TOO_LARGE, "the body is compressed more than any honest body would be");
      case ContentCoding.Decoded.Unknown() ->
          refused(
              Reason.CONTENT_TYPE_UNSUPPORTED,
              "the body has a content encoding that can't be judged, or more than one");
      case ContentCoding.Decoded.Faulty() ->
          faulty("", "it is not what its content encoding says, or not to its end");
    };
  }

  private Content parse(byte[] bytes, MediaType type, JsonReader.Limits limits) {
    if (type.isJson()) {
      return switch (new JsonReader(limits, names).read(bytes)) {
        case Json.Value(var tree) -> new Content.Tree(tree, type.name());
        case Json.Faulty(var why, _) -> faulty("", why);
      };
    }
    FormReading form;
    if (type.isForm()) {
      form = UrlEncodedForm.read(bytes, fields(type));
    } else if (type.isMultipart()) {
      form = MultipartForm.read(bytes, type, fields(type), limits);
    } else {
      return new Content.Refused(unreadable());
    }
    return switch (form) {
      case FormReading.Fields(var object) -> new Content.Tree(object, type.name());
      case FormReading.Faulty(var pointer, var why) -> faulty(pointer, why);
    };
  }

  private ValueType fields(MediaType type) {
    Form narrowest = null;
    for (Form form : forms) {
      if (form.types.takes(type.name())
          && (narrowest == null || form.types.isNarrowerThan(narrowest.types))) {
        narrowest = form;
      }
    }
    return narrowest == null ? ValueType.STRING : narrowest.type;
  }

  private static Content faulty(String pointer, String why) {
    return new Content.Refused(
        Denial.of(
            Reason.SCHEMA_VIOLATION,
            "the body can't be read",
            List.of(new Violation(Part.BODY, pointer, "syntax", why))));
  }
}
