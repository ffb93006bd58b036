package dev.sallyport.engine.content;

import dev.sallyport.engine.content.Parameter.Style;
import dev.sallyport.engine.content.ValueType.Kind;
import dev.sallyport.engine.decision.Violation.Part;
import dev.sallyport.engine.json.Json;
import dev.sallyport.engine.json.JsonReader;
import dev.sallyport.engine.json.Pointer;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Query;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parameters of one part of one request while they are read. A value that could be read in two
 * ways is a fault: a parameter that stands twice and is no list, an escaped comma in a list that is
 * separated by commas.
 */
final class ParameterReading {
  private static final String TWICE = "it stands more than once";
  private static final String NOT_SO = "it is not written in its style";
  private static final Pattern ESCAPED_COMMA = Pattern.compile("%2c", Pattern.CASE_INSENSITIVE);
  private static final JsonReader JSON =
      new JsonReader(new JsonReader.Limits(32, 64 * 1024, 64 * 1024, 1024, 100, 10_000));

  private final Parameters parameters;
  private final Map<String, Parameter> byName = new HashMap<>();

  private final DeclaredNames names = new DeclaredNames(byName.keySet());

  /** The parameters that stand as their members, by these. */
  private final Map<String, Parameter> byMember = new HashMap<>();

  private final DeclaredNames members = new DeclaredNames(byMember.keySet());

  private final Fields others = new Fields(ValueType.STRING);
  private final Map<String, Map<String, JsonNode>> objects = new LinkedHashMap<>();
  private final Map<String, List<JsonNode>> values = new LinkedHashMap<>();
  private final Set<String> present = new HashSet<>();

  /** Whether cookies are read without their quotes and escapes. */
  private final boolean unescaping;

  /** Cookies that would then be others. */
  private final Set<String> escaped = new HashSet<>(0);

  ParameterReading(Parameters parameters) {
    this(parameters, false);
  }

  private ParameterReading(Parameters parameters, boolean unescaping) {
    this.parameters = parameters;
    this.unescaping = unescaping;
    for (Parameter parameter : parameters.declared()) {
      byName.put(parameters.key(parameter.name()), parameter);
      if (isSpread(parameter)) {
        parameter.type().properties().keySet().forEach(name -> byMember.put(name, parameter));
      }
    }
  }

  /** Whether an object stands as so many parameters, without a name of its own. */
  private static boolean isSpread(Parameter parameter) {
    return parameter.style() == Style.FORM
        && parameter.explode()
        && parameter.type().kind() == Kind.OBJECT;
  }

  /**
   * Whether a cookie that was read is another one to servers that take off quotes (Go, Python) or
   * escapes (Express, PHP). RFC 6265 knows neither.
   */
  boolean holdsEscapes() {
    return !escaped.isEmpty();
  }

  /** Reads the same as such servers do. */
  ParameterReading unescaped() {
    return new ParameterReading(parameters, true);
  }

  /** Whether a parameter is there, if only without a value. */
  boolean holds(Parameter parameter) {
    return present.contains(parameter.name());
  }

  /** The object with a member for each parameter that has a value. */
  ObjectNode object() {
    ObjectNode object = others.object();
    values.forEach((name, all) -> {
      Parameter parameter = byName.get(parameters.key(name));
      boolean list = parameter != null && parameter.type().isArray();
      object.set(name, list ? new ArrayNode(JsonNodeFactory.instance, all) : all.getFirst());
    });
    objects.forEach(
        (name, members) -> object.set(name, new ObjectNode(JsonNodeFactory.instance, members)));
    return object;
  }

  // ---- where parameters stand

  FormReading.@Nullable Faulty query(String raw) {
    return UrlEncodedForm.each(raw, this::queryField);
  }

  private FormReading.@Nullable Faulty queryField(String name, String raw, String value) {
    Parameter parameter = byName.get(name);
    if (parameter != null && !isSpread(parameter) && parameter.style() != Style.DEEP_OBJECT) {
      return take(parameter, raw);
    }
    Parameter owner = byMember.get(name);
    if (owner != null) {
      return member(owner, name, value);
    }
    int bracket = name.indexOf('[');
    Parameter object = bracket > 0 ? byName.get(name.substring(0, bracket)) : null;
    if (object != null) {
      // To some readers `a[]` and `a[x]` are more of `a`.
      int end = name.length() - 1;
      return object.style() == Style.DEEP_OBJECT && name.indexOf(']') == end && end > bracket + 1
          ? member(object, name.substring(bracket + 1, end), value)
          : new FormReading.Faulty(Pointer.shown(name), NOT_SO);
    }
    if (names.hide(name) || members.hide(name)) {
      return new FormReading.Faulty(Pointer.shown(name), DeclaredNames.HIDING);
    }
    return parameters.others() && !parameters.leftOut().contains(name)
        ? others.add(name, value)
        : null;
  }

  FormReading.@Nullable Faulty path(String target) {
    int question = target.indexOf('?');
    // The first of these stands before the slash that every path starts with.
    String[] segments = (question < 0 ? target : target.substring(0, question)).split("/", -1);
    for (Parameter parameter : parameters.declared()) {
      int at = parameter.segment() + 1;
      FormReading.Faulty fault =
          at < segments.length && !segments[at].isEmpty() ? take(parameter, segments[at]) : null;
      if (fault != null) {
        return fault;
      }
    }
    return null;
  }

  FormReading.@Nullable Faulty headers(Headers headers) {
    for (String name : headers.names()) {
      // CGI and its heirs read `_` and `-` as one.
      if (name.indexOf('_') >= 0
          && !byName.containsKey(name)
          && byName.containsKey(name.replace('_', '-'))) {
        return new FormReading.Faulty(Pointer.shown(name), DeclaredNames.HIDING);
      }
    }
    for (Parameter parameter : parameters.declared()) {
      boolean list = parameter.type().isArray() || parameter.type().kind() == Kind.OBJECT;
      List<String> lines = headers.values(parameters.key(parameter.name()));
      // Lines of a list are one list (RFC 9110 section 5.3).
      List<String> found = list && lines.size() > 1 ? List.of(String.join(",", lines)) : lines;
      for (String value : found) {
        FormReading.Faulty fault = take(parameter, value);
        if (fault != null) {
          return fault;
        }
      }
    }
    return null;
  }

  FormReading.@Nullable Faulty cookies(List<String> lines) {
    for (String line : lines) {
      for (String pair : line.split(";", -1)) {
        String cookie = MediaType.trimmed(pair);
        int equals = cookie.indexOf('=');
        int comma = cookie.indexOf(',');
        if (comma >= 0 && cookie.indexOf('=', comma) > 0) {
          // Envoy joins two headers of HTTP/1.1 so.
          return new FormReading.Faulty("", "a cookie holds a comma and what may be another one");
        }
        // Servers trim names and values.
        String name = MediaType.trimmed(equals < 0 ? cookie : cookie.substring(0, equals));
        Parameter parameter = equals < 0 ? null : byName.get(name);
        FormReading.Faulty fault =
            parameter == null
                ? null
                : take(parameter, cookie(name, MediaType.trimmed(cookie.substring(equals + 1))));
        if (fault != null) {
          return fault;
        }
      }
    }
    return null;
  }

  private String cookie(String name, String value) {
    boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
    String bare = quoted ? value.substring(1, value.length() - 1) : value;
    String decoded = Query.decode(bare.replace("+", "%2B"));
    String plain = decoded == null ? bare : decoded;
    if (unescaping) {
      return plain;
    }
    if (!plain.equals(value)) {
      escaped.add(name);
    }
    return value;
  }

  // ---- how a value is written

  private FormReading.@Nullable Faulty take(Parameter parameter, String raw) {
    String name = parameter.name();
    boolean again = !present.add(name);
    boolean repeats =
        parameter.type().isArray()
            && parameter.explode()
            && (parameters.part() == Part.QUERY || parameters.part() == Part.COOKIE)
            && parameter.style() != Style.JSON;
    if (again && !repeats) {
      return new FormReading.Faulty(Pointer.shown(name), TWICE);
    }
    if (raw.isEmpty() && parameter.emptyAllowed()) {
      return null;
    }
    if (parameter.style() == Style.JSON) {
      return json(parameter, raw);
    }
    if (repeats) {
      return element(parameter, raw);
    }
    String written = written(parameter, raw);
    if (written == null) {
      return new FormReading.Faulty(Pointer.shown(name), NOT_SO);
    }
    return switch (parameter.type().kind()) {
      case ARRAY -> list(parameter, written);
      case OBJECT -> members(parameter, written);
      case STRING, INTEGER, NUMBER, BOOLEAN -> value(parameter, parameter.type(), written);
    };
  }

  private FormReading.@Nullable Faulty json(Parameter parameter, String raw) {
    String text = decoded(raw);
    if (text != null
        && JSON.read(text.getBytes(StandardCharsets.UTF_8)) instanceof Json.Value(var tree)) {
      values.put(parameter.name(), List.of(tree));
      return null;
    }
    return new FormReading.Faulty(Pointer.shown(parameter.name()), "it is not JSON");
  }

  private FormReading.@Nullable Faulty element(Parameter parameter, String raw) {
    return value(parameter, parameter.type().element(), raw);
  }

  private FormReading.@Nullable Faulty value(Parameter parameter, ValueType type, String raw) {
    String text = decoded(raw);
    if (text == null || Fields.holdsNul(text)) {
      return new FormReading.Faulty(Pointer.shown(parameter.name()), "it can't be decoded");
    }
    List<JsonNode> all = values.computeIfAbsent(parameter.name(), _ -> new ArrayList<>(1));
    if (all.size() == Fields.MOST) {
      return new FormReading.Faulty(Pointer.shown(parameter.name()), "it holds too many values");
    }
    all.add(type.read(text));
    return null;
  }

  /** The value without what the style puts before it; null where that is not there. */
  private @Nullable String written(Parameter parameter, String raw) {
    return switch (parameter.style()) {
      case LABEL -> raw.startsWith(".") ? raw.substring(1) : null;
      case MATRIX -> {
        if (parameter.explode() && parameter.type().kind() == Kind.OBJECT) {
          yield raw.startsWith(";") ? raw.substring(1) : null;
        }
        String start = ';' + parameter.name() + '=';
        yield raw.startsWith(start) ? raw.substring(start.length()) : null;
      }
      case FORM, SPACE_DELIMITED, PIPE_DELIMITED, DEEP_OBJECT, SIMPLE, JSON -> raw;
    };
  }

  private FormReading.@Nullable Faulty list(Parameter parameter, String written) {
    List<String> parts = split(parameter, written);
    if (parts == null) {
      return escapedComma(parameter);
    }
    for (String part : parts) {
      FormReading.Faulty fault = element(parameter, part);
      if (fault != null) {
        return fault;
      }
    }
    return null;
  }

  private static FormReading.Faulty escapedComma(Parameter parameter) {
    return new FormReading.Faulty(
        Pointer.shown(parameter.name()), "a comma between values must not be escaped");
  }

  private FormReading.@Nullable Faulty members(Parameter parameter, String written) {
    List<String> parts = split(parameter, written);
    if (parts == null) {
      return escapedComma(parameter);
    }
    boolean pairs = parameter.explode();
    if (!pairs && parts.size() % 2 != 0) {
      return new FormReading.Faulty(Pointer.shown(parameter.name()), NOT_SO);
    }
    for (int i = 0; i < parts.size(); i += pairs ? 1 : 2) {
      int equals = pairs ? parts.get(i).indexOf('=') : -1;
      String name = decoded(pairs && equals > 0 ? parts.get(i).substring(0, equals) : parts.get(i));
      String value =
          pairs ? decoded(parts.get(i).substring(equals + 1)) : decoded(parts.get(i + 1));
      if ((pairs && equals < 1) || name == null || value == null || Fields.holdsNul(value)) {
        return new FormReading.Faulty(Pointer.shown(parameter.name()), NOT_SO);
      }
      FormReading.Faulty fault = member(parameter, name, value);
      if (fault != null) {
        return fault;
      }
    }
    return null;
  }

  private FormReading.@Nullable Faulty member(Parameter parameter, String name, String value) {
    present.add(parameter.name());
    Map<String, JsonNode> members =
        objects.computeIfAbsent(parameter.name(), _ -> new LinkedHashMap<>());
    ValueType declared = parameter.type().property(name);
    ValueType type = declared == null ? ValueType.STRING : declared;
    JsonNode before = members.get(name);
    boolean list = type.isArray();
    if (before != null && !list) {
      return new FormReading.Faulty(Pointer.shown(parameter.name()) + Pointer.shown(name), TWICE);
    }
    if (list) {
      ArrayNode elements =
          before instanceof ArrayNode some ? some : JsonNodeFactory.instance.arrayNode();
      elements.add(type.element().read(value));
      members.put(name, elements);
      return null;
    }
    members.put(name, type.read(value));
    return null;
  }

  /** The values of a list, as they were written; null where a comma can't be told from one. */
  private @Nullable List<String> split(Parameter parameter, String written) {
    return switch (parameter.style()) {
      case SPACE_DELIMITED -> List.of(written.replace("%20", "+").split("\\+", -1));
      case PIPE_DELIMITED ->
          List.of(written.replace("%7C", "|").replace("%7c", "|").split("\\|", -1));
      case LABEL -> List.of(written.split(parameter.explode() ? "\\." : ",", -1));
      case MATRIX -> {
        if (!parameter.explode()) {
          yield commas(written);
        }
        String again = ';' + parameter.name() + '=';
        yield List.of(written.split(parameter.type().isArray() ? Pattern.quote(again) : ";", -1));
      }
      case FORM, DEEP_OBJECT, SIMPLE, JSON -> commas(written);
    };
  }

  private @Nullable List<String> commas(String written) {
    if (parameters.part() == Part.HEADER) {
      List<String> parts = new ArrayList<>();
      for (String part : written.split(",", -1)) {
        parts.add(MediaType.trimmed(part));
      }
      return parts;
    }
    return ESCAPED_COMMA.matcher(written).find() ? null : List.of(written.split(",", -1));
  }

  /** The text of what was written; null where an escape is bad. */
  private @Nullable String decoded(String raw) {
    return switch (parameters.part()) {
      case QUERY -> Query.decode(raw);
      // A plus is a plus there.
      case PATH -> Query.decode(raw.replace("+", "%2B"));
      case HEADER, COOKIE, BODY, ARGUMENTS -> raw;
    };
  }
}
