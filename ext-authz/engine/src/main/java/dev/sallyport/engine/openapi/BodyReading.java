package dev.sallyport.engine.openapi;

import dev.sallyport.engine.openapi.RequestBody.MediaType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the bodies of operations. */
final class BodyReading {
  private static final Pattern RANGE =
      Pattern.compile("\\*/\\*|[a-z0-9!#$&^_.-]{1,127}/(\\*|[a-z0-9!#$&^_.-]+)(\\+[a-z0-9.-]+)?");

  private static final String URL_ENCODED = "application/x-www-form-urlencoded";

  /** Types and ranges that forms are of. */
  private static final Set<String> FORMS =
      Set.of(URL_ENCODED, "multipart/form-data", "multipart/*", "application/*", "*/*");

  private static final Set<String> WITHOUT_BODY = Set.of("get", "head", "trace");

  private final LocalReferences references;
  private final Findings findings;

  BodyReading(LocalReferences references, Findings findings) {
    this.references = references;
    this.findings = findings;
  }

  /**
   * The body of an operation's requests; null where there is none, or it can't be read.
   *
   * @param method in lower case
   */
  @Nullable RequestBody read(Place operation, String method) {
    Place named = operation.child("requestBody");
    if (named != null && WITHOUT_BODY.contains(method)) {
      findings.remark(named, "requests of this method have no body, so it has no effect");
      return null;
    }
    Place at = named == null ? null : references.resolve(named);
    if (at == null) {
      return null;
    }
    Place content = at.child("content");
    if (content == null || !content.node().isObject() || content.node().isEmpty()) {
      findings.fault(at, "a body needs `content` with at least one media type");
      return null;
    }
    List<MediaType> types = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String name : content.node().propertyNames()) {
      Place media = content.child(name);
      String range = range(name);
      if (media == null || !RANGE.matcher(range).matches()) {
        findings.fault(content, "not every name in it is a media type");
        continue;
      }
      if (!seen.add(range)) {
        findings.remark(
            media, "parameters of media types are not compared, so the one before it counts");
        continue;
      }
      Place schema = media.child("schema");
      types.add(
          new MediaType(
              media.pointer(),
              range,
              schema == null ? null : schema.pointer(),
              oddField(media, range)));
    }
    return types.isEmpty()
        ? null
        : new RequestBody(at.pointer(), at.says("required", false), types);
  }

  /** The first field that can't be read as it is written; what is passed over is told. */
  private @Nullable String oddField(Place media, String range) {
    Place encoding = media.child("encoding");
    if (encoding == null || encoding.node().isEmpty()) {
      return null;
    }
    if (!FORMS.contains(range)) {
      findings.remark(encoding, "it is for the fields of forms, so it has no effect here");
      return null;
    }
    String odd = null;
    for (String name : encoding.node().propertyNames()) {
      Place field = encoding.child(name);
      if (field == null) {
        continue;
      }
      String style = field.text("style");
      if (odd == null
          && ((style != null && !style.equals("form")) || !field.says("explode", true))) {
        odd = field.pointer();
      }
      remarkIgnored(field, range);
    }
    return odd;
  }

  private void remarkIgnored(Place field, String range) {
    Place type = field.child("contentType");
    if (type != null) {
      findings.remark(
          type,
          range.equals(URL_ENCODED)
              ? "a field of such a form is read as text, whatever its type"
              : "the type of a part is not compared with it; the part itself says whether it is"
                  + " JSON or text");
    }
    Place headers = field.child("headers");
    if (headers != null) {
      findings.remark(headers, "headers of parts are not judged");
    }
  }

  /** A media type or range as it is compared: lower case, without parameters. */
  static String range(String mediaType) {
    int semicolon = mediaType.indexOf(';');
    return (semicolon < 0 ? mediaType : mediaType.substring(0, semicolon))
        .strip()
        .toLowerCase(Locale.ROOT);
  }
}
