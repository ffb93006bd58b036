package dev.sallyport.engine.openapi;

import dev.sallyport.engine.openapi.DocumentParameter.In;
import dev.sallyport.engine.openapi.DocumentParameter.Style;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the parameters of operations. */
final class ParameterReading {
  /** OpenAPI 3.1.1 section 4.8.12.2: of these a parameter says nothing. */
  private static final Set<String> IGNORED_HEADERS =
      Set.of("accept", "content-type", "authorization");

  private final LocalReferences references;
  private final Findings findings;

  ParameterReading(LocalReferences references, Findings findings) {
    this.references = references;
    this.findings = findings;
  }

  /** Adds those of a path or an operation, which go before those that are there. */
  void read(Place holder, Map<String, DocumentParameter> parameters) {
    Place list = holder.child("parameters");
    if (list == null) {
      return;
    }
    if (!list.node().isArray()) {
      findings.fault(list, "`parameters` must be a list");
      return;
    }
    Map<String, DocumentParameter> own = new LinkedHashMap<>();
    for (int i = 0; i < list.node().size(); i++) {
      Place at = references.resolve(list.item(i));
      DocumentParameter parameter = at == null ? null : parameter(at);
      if (parameter != null
          && own.putIfAbsent(parameter.in().code() + ' ' + parameter.name(), parameter) != null) {
        findings.remark(list.item(i), "the parameter stands twice; the first counts");
      }
    }
    parameters.putAll(own);
  }

  private @Nullable DocumentParameter parameter(Place at) {
    String name = at.text("name");
    String where = at.text("in");
    if (name == null || where == null) {
      findings.fault(at, "a parameter needs `name` and `in`");
      return null;
    }
    In in =
        switch (where) {
          case "path" -> In.PATH;
          case "query" -> In.QUERY;
          case "header" -> In.HEADER;
          case "cookie" -> In.COOKIE;
          default -> null;
        };
    if (in == null) {
      findings.fault(at, "`in` is `path`, `query`, `header` or `cookie`");
      return null;
    }
    if (in == In.HEADER) {
      name = name.toLowerCase(Locale.ROOT);
      if (IGNORED_HEADERS.contains(name)) {
        return null;
      }
    }
    Style style = style(at, in);
    if (style == null) {
      return null;
    }
    boolean explode = at.says("explode", style == Style.FORM);
    boolean emptyAllowed = in == In.QUERY && at.says("allowEmptyValue", false);
    boolean required = at.says("required", false) || in == In.PATH;
    Place content = at.child("content");
    String range = null;
    Place described = at;
    if (content != null) {
      if (!content.node().isObject() || content.node().size() != 1) {
        findings.fault(content, "`content` of a parameter has exactly one media type");
        return null;
      }
      String mediaType = content.node().propertyNames().iterator().next();
      range = BodyReading.range(mediaType);
      described = content.child(mediaType);
    }
    Place schema = described == null ? null : described.child("schema");
    return new DocumentParameter(
        at.pointer(),
        in,
        name,
        required,
        style,
        explode,
        emptyAllowed,
        range,
        schema == null ? null : schema.pointer());
  }

  private @Nullable Style style(Place at, In in) {
    String text = at.text("style");
    if (text == null) {
      return in == In.QUERY || in == In.COOKIE ? Style.FORM : Style.SIMPLE;
    }
    for (Style style : Style.values()) {
      if (style.code().equals(text) && fits(style, in)) {
        return style;
      }
    }
    findings.fault(at, "the `style` is none of a parameter in `" + in.code() + '`');
    return null;
  }

  private static boolean fits(Style style, In in) {
    return switch (in) {
      case PATH -> style == Style.SIMPLE || style == Style.LABEL || style == Style.MATRIX;
      case HEADER -> style == Style.SIMPLE;
      case COOKIE -> style == Style.FORM;
      case QUERY ->
          style == Style.FORM
              || style == Style.SPACE_DELIMITED
              || style == Style.PIPE_DELIMITED
              || style == Style.DEEP_OBJECT;
    };
  }
}
