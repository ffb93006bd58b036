package dev.sallyport.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import dev.sallyport.engine.receive.Inbound.BodyForm;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext.HttpRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code CheckRequest} into an {@link Inbound}, as it came. What is absent becomes empty,
 * and the engine says what that means.
 */
final class InboundReader {
  private static final String POLICY_EXTENSION = "sallyport.dev/policy";
  private static final String ROUTE_NAMESPACE = "envoy-gateway";

  private InboundReader() {}

  static Inbound read(CheckRequest request, String id, Instant at) {
    AttributeContext attributes = request.getAttributes();
    HttpRequest http = attributes.getRequest().getHttp();
    return new Inbound(
        id,
        at,
        http.getMethod(),
        http.getPath(),
        http.getHost(),
        headers(http),
        body(http),
        peerAddress(attributes),
        peerCertificate(attributes),
        attributes.getContextExtensionsMap().get(POLICY_EXTENSION),
        routes(attributes));
  }

  /** Envoy fills {@code headers}, or {@code header_map} under {@code encode_raw_headers}. */
  private static Headers headers(HttpRequest http) {
    Map<String, String> joined = http.getHeadersMap();
    if (http.getHeaderMap().getHeadersCount() == 0) {
      return Headers.joined(lowerCase(joined));
    }
    List<HeaderValue> sent = http.getHeaderMap().getHeadersList();
    if (!joined.isEmpty()) {
      return both(sent, joined);
    }
    String[] names = new String[sent.size()];
    long valueBytes = 0;
    for (int i = 0; i < names.length; i++) {
      HeaderValue line = sent.get(i);
      names[i] = lowerCase(line.getKey());
      valueBytes += Math.max(line.getRawValue().size(), line.getValue().length());
    }
    return Headers.listed(names, i -> value(sent.get(i)), valueBytes);
  }

  /** Envoy never fills both; if something else does, nothing of it may go unseen. */
  private static Headers both(List<HeaderValue> sent, Map<String, String> joined) {
    List<Map.Entry<String, String>> lines = new ArrayList<>(sent.size() + joined.size());
    for (HeaderValue line : sent) {
      lines.add(Map.entry(lowerCase(line.getKey()), value(line)));
    }
    joined.forEach((name, value) -> lines.add(Map.entry(lowerCase(name), value)));
    return Headers.listed(lines);
  }

  private static String value(HeaderValue line) {
    return line.getRawValue().isEmpty() ? line.getValue() : line.getRawValue().toStringUtf8();
  }

  /** The map itself where its names are in lower case, as Envoy's always are. */
  private static Map<String, String> lowerCase(Map<String, String> headers) {
    for (String name : headers.keySet()) {
      if (hasUpperCase(name)) {
        Map<String, String> lowered = HashMap.newHashMap(headers.size());
        headers.forEach(
            (key, value) -> lowered.merge(lowerCase(key), value, (a, b) -> a + ',' + b));
        return lowered;
      }
    }
    return headers;
  }

  private static String lowerCase(String name) {
    return hasUpperCase(name) ? name.toLowerCase(Locale.ROOT) : name;
  }

  private static boolean hasUpperCase(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return true;
      }
    }
    return false;
  }

  private static Inbound.Body body(HttpRequest http) {
    ByteString raw = http.getRawBody();
    if (!raw.isEmpty()) {
      return new Inbound.Body(BodyForm.EXACT, raw.size(), http.getSize(), raw::toByteArray);
    }
    ByteString text = http.getBodyBytes();
    if (!text.isEmpty()) {
      return new Inbound.Body(BodyForm.LOSSY, text.size(), http.getSize(), text::toByteArray);
    }
    return http.getSize() == 0 ? Inbound.Body.NONE : Inbound.Body.unsent(http.getSize());
  }

  private static @Nullable String peerAddress(AttributeContext attributes) {
    Address address = attributes.getSource().getAddress();
    String literal = address.getSocketAddress().getAddress();
    return literal.isEmpty() ? null : literal;
  }

  private static @Nullable String peerCertificate(AttributeContext attributes) {
    String certificate = attributes.getSource().getCertificate();
    return certificate.isEmpty() ? null : certificate;
  }

  private static List<Inbound.Route> routes(AttributeContext attributes) {
    if (!attributes.hasRouteMetadataContext()) {
      return List.of();
    }
    Struct metadata =
        attributes.getRouteMetadataContext().getFilterMetadataMap().get(ROUTE_NAMESPACE);
    if (metadata == null) {
      return List.of();
    }
    List<Inbound.Route> routes = new ArrayList<>();
    for (Value resource :
        metadata
            .getFieldsOrDefault("resources", Value.getDefaultInstance())
            .getListValue()
            .getValuesList()) {
      Map<String, Value> fields = resource.getStructValue().getFieldsMap();
      routes.add(
          new Inbound.Route(text(fields, "kind"), text(fields, "namespace"), text(fields, "name")));
    }
    return List.copyOf(routes);
  }

  private static String text(Map<String, Value> fields, String name) {
    Value value = fields.get(name);
    return value == null ? "" : value.getStringValue();
  }
}
