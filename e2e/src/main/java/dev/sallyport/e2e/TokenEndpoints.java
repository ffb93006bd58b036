package dev.sallyport.e2e;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.text.ParseException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLPeerUnverifiedException;
import tools.jackson.databind.json.JsonMapper;

/** What a {@link TokenServer} answers on good days. */
final class TokenEndpoints {
  private static final JsonMapper JSON = new JsonMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  private final TokenServer server;
  private final TokenServer.Settings settings;

  /** Every token that was given and not revoked. */
  private final Map<String, Issued> live = new ConcurrentHashMap<>();

  TokenEndpoints(TokenServer server, TokenServer.Settings settings) {
    this.server = server;
    this.settings = settings;
  }

  /** What introspection tells of a token. */
  private record Issued(JWTClaimsSet claims, String tokenType) {}

  /** An error of OAuth (RFC 6749 section 5.2). */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String error;

    Refusal(int status, String error) {
      super(error);
      this.status = status;
      this.error = error;
    }
  }

  void revoke(String token) {
    live.remove(token);
  }

  void answer(HttpsExchange exchange, String path) throws IOException {
    try {
      switch (exchange.getRequestMethod() + " " + path) {
        case "GET " + TokenServer.OPENID_METADATA, "GET " + TokenServer.OAUTH_METADATA ->
            sendJson(exchange, 200, metadata());
        case "GET " + TokenServer.KEYS -> {
          exchange.getResponseHeaders().set("cache-control", "max-age=60");
          TokenServer.send(exchange, 200, "application/jwk-set+json", server.keys().toJson());
        }
        case "POST " + TokenServer.TOKEN -> sendJson(exchange, 200, token(exchange));
        case "POST " + TokenServer.INTROSPECTION ->
            sendJson(exchange, 200, introspection(exchange));
        case "POST " + TokenServer.REVOCATION -> {
          authenticate(exchange);
          revoke(form(exchange).getOrDefault("token", ""));
          exchange.sendResponseHeaders(200, -1);
        }
        case "GET " + TokenServer.JOB_TOKEN -> sendJson(exchange, 200, jobToken(exchange));
        // What an administrator does; here whoever reaches 127.0.0.1 may.
        case "POST /keys/announce" ->
            sendJson(exchange, 200, Map.of("kid", server.keys().announce(settings.kind())));
        case "POST /keys/use" -> {
          server.keys().useNewest();
          sendJson(exchange, 200, Map.of("kid", server.keys().signingKeyId()));
        }
        case "POST /keys/retire" -> {
          server.keys().retireOthers();
          sendJson(exchange, 200, Map.of("kid", server.keys().signingKeyId()));
        }
        default -> sendJson(exchange, 404, Map.of("error", "not_found"));
      }
    } catch (Refusal refusal) {
      if (refusal.status == 401) {
        exchange.getResponseHeaders().set("www-authenticate", "Basic realm=\"tokens\"");
      }
      sendJson(exchange, refusal.status, Map.of("error", refusal.error));
    }
  }

  private Map<String, Object> metadata() {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("issuer", server.issuer());
    metadata.put("jwks_uri", server.at(TokenServer.KEYS));
    metadata.put("token_endpoint", server.at(TokenServer.TOKEN));
    metadata.put("introspection_endpoint", server.at(TokenServer.INTROSPECTION));
    metadata.put("revocation_endpoint", server.at(TokenServer.REVOCATION));
    metadata.put("authorization_endpoint", server.at("/authorize"));
    metadata.put("response_types_supported", List.of("code"));
    metadata.put("subject_types_supported", List.of("public"));
    metadata.put("grant_types_supported", List.of("client_credentials"));
    metadata.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic"));
    metadata.put("id_token_signing_alg_values_supported", List.of(settings.kind().name()));
    metadata.put("dpop_signing_alg_values_supported", List.of("ES256", "RS256"));
    metadata.put("tls_client_certificate_bound_access_tokens", true);
    return metadata;
  }

  /** The token endpoint (RFC 6749 sections 4.4 and 5.1). */
  private Map<String, Object> token(HttpsExchange exchange) throws IOException, Refusal {
    TokenServer.Client client = authenticate(exchange);
    Map<String, String> form = form(exchange);
    if (!form.getOrDefault("grant_type", "").equals("client_credentials")) {
      throw new Refusal(400, "unsupported_grant_type");
    }
    String scope = form.getOrDefault("scope", String.join(" ", client.scopes()));
    if (!new HashSet<>(client.scopes()).containsAll(List.of(scope.split(" ", -1)))) {
      throw new Refusal(400, "invalid_scope");
    }
    JWTClaimsSet.Builder claims = server.claims(client.id(), scope);
    Optional.ofNullable(form.get("resource")).ifPresent(claims::audience);
    Optional<String> proven = provenKey(exchange);
    Optional<String> shown = clientCertificate(exchange).map(Certificates::thumbprint);
    Map<String, Object> confirmation = new HashMap<>();
    proven.ifPresent(key -> confirmation.put("jkt", key));
    shown.ifPresent(certificate -> confirmation.put("x5t#S256", certificate));
    if (!confirmation.isEmpty()) {
      claims.claim("cnf", confirmation);
    }
    String type = proven.isPresent() ? "DPoP" : "Bearer";
    JWTClaimsSet issued = claims.build();
    String token = client.opaque() ? random() : server.sign(issued);
    live.put(token, new Issued(issued, type));
    return Map.of(
        "access_token", token,
        "token_type", type,
        "expires_in", settings.lifetime().toSeconds(),
        "scope", scope);
  }

  private static String random() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** By client_secret_basic (RFC 6749 section 2.3.1). */
  private TokenServer.Client authenticate(HttpExchange exchange) throws Refusal {
    String[] presented = basic(exchange);
    return settings.clients().stream()
        .filter(client -> client.id().equals(presented[0]) && client.secret().equals(presented[1]))
        .findFirst()
        .orElseThrow(() -> new Refusal(401, "invalid_client"));
  }

  /** Name and password; both empty where there is nothing of the kind. */
  private static String[] basic(HttpExchange exchange) {
    String header = authorization(exchange);
    if (!header.startsWith("Basic ")) {
      return new String[] {"", ""};
    }
    byte[] decoded = Base64.getDecoder().decode(header.substring("Basic ".length()));
    String[] parts = new String(decoded, StandardCharsets.UTF_8).split(":", 2);
    return Arrays.stream(Arrays.copyOf(parts, 2))
        .map(part -> part == null ? "" : URLDecoder.decode(part, StandardCharsets.UTF_8))
        .toArray(String[]::new);
  }

  private static String authorization(HttpExchange exchange) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst("authorization")).orElse("");
  }

  /** The thumbprint of the key that the request's proof shows; empty where it has no proof. */
  private Optional<String> provenKey(HttpExchange exchange) throws Refusal {
    List<String> proofs = exchange.getRequestHeaders().getOrDefault("DPoP", List.of());
    if (proofs.isEmpty()) {
      return Optional.empty();
    }
    try {
      SignedJWT proof = SignedJWT.parse(proofs.getFirst());
      JWSHeader header = proof.getHeader();
      JWTClaimsSet claims = proof.getJWTClaimsSet();
      if (proofs.size() == 1
          && header.getJWK() instanceof AsymmetricJWK shown
          && new JOSEObjectType("dpop+jwt").equals(header.getType())
          && "POST".equals(claims.getStringClaim("htm"))
          && server.at(TokenServer.TOKEN).equals(claims.getStringClaim("htu"))
          && proof.verify(
              new DefaultJWSVerifierFactory().createJWSVerifier(header, shown.toPublicKey()))) {
        return Optional.of(DpopKey.thumbprint((JWK) shown));
      }
    } catch (ParseException | JOSEException _) {
      // As wrong as one that says something else.
    }
    throw new Refusal(400, "invalid_dpop_proof");
  }

  private static Optional<X509Certificate> clientCertificate(HttpsExchange exchange) {
    try {
      return Optional.of((X509Certificate) exchange.getSSLSession().getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException _) {
      return Optional.empty();
    }
  }

  /** RFC 7662 section 2. */
  private Map<String, Object> introspection(HttpExchange exchange) throws IOException, Refusal {
    String[] basic = basic(exchange);
    boolean asClient =
        basic[0].equals("resource-server") && basic[1].equals(settings.introspector());
    if (!asClient && !authorization(exchange).equals("Bearer " + settings.introspector())) {
      throw new Refusal(401, "invalid_client");
    }
    Issued issued = live.get(form(exchange).getOrDefault("token", ""));
    if (issued == null || !issued.claims().getExpirationTime().toInstant().isAfter(Instant.now())) {
      return Map.of("active", false);
    }
    Map<String, Object> answer = new LinkedHashMap<>(issued.claims().toJSONObject());
    answer.put("active", true);
    answer.put("token_type", issued.tokenType());
    return answer;
  }

  private Map<String, Object> jobToken(HttpExchange exchange) throws Refusal {
    TokenServer.Job job =
        settings.jobs().stream()
            .filter(it -> authorization(exchange).equals("Bearer " + it.requestToken()))
            .findFirst()
            .orElseThrow(() -> new Refusal(401, "invalid_token"));
    String query = Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
    return Map.of(
        "value", server.jobToken(job, pairs(query).getOrDefault("audience", server.issuer())));
  }

  private static Map<String, String> form(HttpExchange exchange) throws IOException {
    return pairs(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
  }

  private static Map<String, String> pairs(String text) {
    Set<String> pairs = Stream.of(text.split("&", -1)).collect(Collectors.toSet());
    Map<String, String> decoded = new HashMap<>();
    for (String pair : pairs) {
      String[] parts = pair.split("=", 2);
      if (parts.length == 2) {
        decoded.put(
            URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
            URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }
    return decoded;
  }

  private static void sendJson(HttpExchange exchange, int status, Map<String, ?> body)
      throws IOException {
    exchange.getResponseHeaders().set("cache-control", "no-store");
    TokenServer.send(exchange, status, "application/json", JSON.writeValueAsString(body) + "\n");
  }
}
