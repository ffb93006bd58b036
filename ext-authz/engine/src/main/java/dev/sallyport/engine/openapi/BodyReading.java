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
              media.pointer(), range, schema == null ? null : schema.pointer(), oddField(media)));
    }
    return types.isEmpty()
        ? null
        : new RequestBody(at.pointer(), at.says("required", false), types);
  }

  private static @Nullable String oddField(Place media) {
    Place encoding = media.child("encoding");
    if (encoding == null) {
      return null;
    }
    for (String name : encoding.node().propertyNames()) {
      Place field = encoding.child(name);
      String style = field == null ? null : field.text("style");
      if (field != null
          && ((style != null && !style.equals("form")) || !field.says("explode", true))) {
        return field.pointer();
      }
    }
    return null;
  }

  /** A media type or range as it is compared: lower case, without parameters. */
  static String range(String mediaType) {
    int semicolon = mediaType.indexOf(';');
    return (semicolon < 0 ? mediaType : mediaType.substring(0, semicolon))
        .strip()
        .toLowerCase(Locale.ROOT);
  }
}
