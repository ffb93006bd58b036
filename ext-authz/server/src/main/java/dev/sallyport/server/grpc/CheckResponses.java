package dev.sallyport.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Stage;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.decision.Violation;
import dev.sallyport.engine.receive.Headers;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.DeniedHttpResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one factory of responses. To Envoy an empty response is an allow, and so is one with status
 * zero, whatever else it holds; a gRPC error is one under {@code failure_mode_allow}. So no other
 * class builds a response ({@link EncodedResponses} copies what was built here), and status zero is
 * written in one place here: where the verdict is an {@link Verdict.Allow}.
 */
final class CheckResponses {
  static final String IDENTITY = "x-sallyport-identity";
  static final String OPERATION = "x-sallyport-operation";
  static final String DECISION_ID = "x-sallyport-decision-id";

  private static final String OWN_PREFIX = "x-sallyport-";
  private static final String PATH = ":path";
  private static final String COOKIE = "cookie";

  /** What is added to the HTTP status for the code of a JSON-RPC error of our own. */
  private static final int RPC_CODES = 1000;

  private static final Status OK = status(Code.OK);
  private static final Status UNAUTHENTICATED = status(Code.UNAUTHENTICATED);
  private static final Status PERMISSION_DENIED = status(Code.PERMISSION_DENIED);

  private static final HeaderValueOption PROBLEM_JSON =
      option("content-type", "application/problem+json");
  private static final HeaderValueOption JSON = option("content-type", "application/json");
  private static final HeaderValueOption PLAIN_TEXT = option("content-type", "text/plain");

  private static final Value ALLOW = text("allow");
  private static final Value DENY = text("deny");
  private static final Value TRUE = Value.newBuilder().setBoolValue(true).build();

  /** What is the same in every denial for one reason. */
  private static final Map<Reason, Template> TEMPLATES = templates();

  /** The answer when not even a denial could be built. */
  private static final CheckResponse CLOSED =
      CheckResponse.newBuilder()
          .setStatus(PERMISSION_DENIED)
          .setDeniedResponse(
              DeniedHttpResponse.newBuilder().setStatus(template(Reason.INTERNAL_ERROR).status()))
          .build();

  private CheckResponses() {}

  /**
   * The response that says a decision.
   *
   * @param headers the caller's
   */
  static CheckResponse of(Decision decision, Headers headers) {
    return switch (decision.verdict()) {
      case Verdict.Allow allow -> allowed(decision, allow, headers);
      case Verdict.Deny(Denial denial) -> denied(decision, denial, headers);
    };
  }

  /** A denial that needs nothing and cannot fail. */
  static CheckResponse closed() {
    return CLOSED;
  }

  private static CheckResponse denied(Decision decision, Denial denial, Headers headers) {
    Template template = template(denial.reason());
    DeniedHttpResponse.Builder response =
        DeniedHttpResponse.newBuilder().setStatus(template.status());
    Facts.Rpc rpc = decision.facts().rpc();
    if (isGrpc(headers)) {
      response.addHeaders(PLAIN_TEXT).setBody(grpcMessage(decision, denial));
    } else if (rpc != null) {
      response.addHeaders(JSON).setBodyBytes(rpcError(rpc, decision, denial));
    } else {
      response.addHeaders(PROBLEM_JSON).setBodyBytes(problem(template, decision, denial));
    }
    for (HttpField field : denial.fields()) {
      response.addHeaders(option(field.name(), field.value()));
    }
    return CheckResponse.newBuilder()
        .setStatus(denial.reason().httpStatus() == 401 ? UNAUTHENTICATED : PERMISSION_DENIED)
        .setDeniedResponse(response)
        .setDynamicMetadata(metadata(decision, DENY, null, decision.facts().identity()))
        .build();
  }

  private static CheckResponse allowed(Decision decision, Verdict.Allow allow, Headers headers) {
    Facts facts = decision.facts();
    Facts.@Nullable IdentityUse identity = vouchedFor(facts, allow.shadowed());
    ObjectKey identityKey = identity == null ? null : identity.key();
    OkHttpResponse.Builder response = OkHttpResponse.newBuilder();
    response.addHeaders(overwrite(DECISION_ID, decision.id()));
    if (facts.operation() != null) {
      response.addHeaders(overwrite(OPERATION, facts.operation()));
    }
    if (identityKey != null) {
      response.addHeaders(overwrite(IDENTITY, identityKey.qualifiedName()));
    }
    String path = allow.changes().path();
    if (path != null) {
      response.addHeaders(overwrite(PATH, path));
    }
    String cookie = allow.changes().cookie();
    if (cookie != null && !cookie.isEmpty()) {
      response.addHeaders(overwriteCookie(cookie));
    }
    // The caller's own may be unseen (`allowed_headers`), so these two are removed by name.
    if (facts.operation() == null) {
      response.addHeadersToRemove(OPERATION);
    }
    if (identityKey == null) {
      response.addHeadersToRemove(IDENTITY);
    }
    removeOwn(headers, response);
    for (String name : allow.changes().removeHeaders()) {
      // Envoy removes after it has overwritten.
      if (cookie == null || cookie.isEmpty() || !name.equalsIgnoreCase(COOKIE)) {
        response.addHeadersToRemove(name);
      }
    }
    if (cookie != null && cookie.isEmpty()) {
      response.addHeadersToRemove(COOKIE);
    }
    response.addAllQueryParametersToRemove(allow.changes().removeQuery());
    for (HttpField field : allow.changes().responseFields()) {
      response.addResponseHeadersToAdd(overwrite(field.name(), field.value()));
    }
    return CheckResponse.newBuilder()
        .setStatus(OK)
        .setOkResponse(response)
        .setDynamicMetadata(metadata(decision, ALLOW, allow.shadowed(), identity))
        .build();
  }

  /** The identity, unless shadow lets through a credential that was not accepted. */
  private static Facts.@Nullable IdentityUse vouchedFor(Facts facts, @Nullable Denial shadowed) {
    return shadowed != null && shadowed.reason().stage().compareTo(Stage.IDENTITY) < 0
        ? null
        : facts.identity();
  }

  /** Whether a caller sent a header under our prefix that is not overwritten anyway. */
  static boolean hasOwn(Headers headers) {
    for (String name : headers.names()) {
      if (isRemoved(name)) {
        return true;
      }
    }
    return false;
  }

  /** Removes what a caller sent under our prefix, in any spelling that an upstream may equate. */
  private static void removeOwn(Headers headers, OkHttpResponse.Builder response) {
    for (String name : headers.names()) {
      if (isRemoved(name)) {
        response.addHeadersToRemove(name);
      }
    }
  }

  private static boolean isRemoved(String name) {
    return isOwn(name)
        && !name.equals(DECISION_ID)
        && !name.equals(OPERATION)
        && !name.equals(IDENTITY);
  }

  private static boolean isOwn(String name) {
    if (name.length() < OWN_PREFIX.length()) {
      return false;
    }
    for (int i = 0; i < OWN_PREFIX.length(); i++) {
      char c = name.charAt(i);
      // CGI and its heirs read `_` and `-` as one.
      if ((c == '_' ? '-' : c) != OWN_PREFIX.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static Struct metadata(
      Decision decision,
      Value verdict,
      @Nullable Denial shadowed,
      Facts.@Nullable IdentityUse identity) {
    Facts facts = decision.facts();
    Struct.Builder metadata =
        Struct.newBuilder()
            .putFields("decision_id", text(decision.id()))
            .putFields("verdict", verdict)
            .putFields("reason", template(decision.reason()).code());
    if (facts.policy() != null) {
      metadata.putFields("policy", text(facts.policy().qualifiedName()));
    }
    if (facts.operation() != null) {
      metadata.putFields("operation", text(facts.operation()));
    }
    if (identity != null && identity.key() != null) {
      metadata.putFields("identity", text(identity.key().qualifiedName()));
    }
    Facts.CredentialUse credential = facts.credential();
    if (credential != null) {
      if (credential.name() != null) {
        metadata.putFields("credential", text(credential.name()));
      }
      if (credential.unregistered()) {
        metadata.putFields("unregistered", TRUE);
      }
      if (!credential.constraint().isEmpty()) {
        metadata.putFields("constraint", text(credential.constraint()));
      }
    }
    if (shadowed != null) {
      metadata.putFields("shadow_reason", template(shadowed.reason()).code());
    }
    return metadata.build();
  }

  /** Whether the caller speaks gRPC, so that the body becomes its {@code grpc-message}. */
  static boolean isGrpc(Headers headers) {
    String contentType = headers.first("content-type");
    String grpc = "application/grpc";
    return contentType != null && contentType.regionMatches(true, 0, grpc, 0, grpc.length());
  }

  private static String grpcMessage(Decision decision, Denial denial) {
    return denial.reason().code()
        + ": "
        + visible(denial.detail())
        + " (decision "
        + decision.id()
        + ')';
  }

  /** {@code application/problem+json} (RFC 9457). */
  private static ByteString problem(Template template, Decision decision, Denial denial) {
    StringBuilder json = new StringBuilder(384).append(template.problemStart());
    appendEscaped(json, denial.detail());
    json.append(template.problemMiddle());
    appendEscaped(json, decision.id());
    json.append('"');
    appendErrors(json, denial.errors());
    return ByteString.copyFromUtf8(json.append('}').toString());
  }

  /** A JSON-RPC error (JSON-RPC 2.0 section 5.1), without an id where none may be repeated. */
  private static ByteString rpcError(Facts.Rpc rpc, Decision decision, Denial denial) {
    StringBuilder json = new StringBuilder(384).append("{\"jsonrpc\":\"2.0\"");
    if (rpc.id() != null) {
      json.append(",\"id\":").append(rpc.id());
    }
    json.append(",\"error\":{\"code\":")
        .append(rpc.code() == 0 ? RPC_CODES + denial.reason().httpStatus() : rpc.code())
        .append(",\"message\":\"");
    appendEscaped(json, denial.reason().title() + ": " + denial.detail());
    json.append("\",\"data\":{\"reason\":\"")
        .append(denial.reason().code())
        .append("\",\"decisionId\":\"");
    appendEscaped(json, decision.id());
    json.append('"');
    appendErrors(json, denial.errors());
    return ByteString.copyFromUtf8(json.append("}}}").toString());
  }

  /** The member {@code errors}; nothing where there are none. */
  private static void appendErrors(StringBuilder json, List<Violation> errors) {
    if (errors.isEmpty()) {
      return;
    }
    json.append(",\"errors\":[");
    for (int i = 0; i < errors.size(); i++) {
      Violation error = errors.get(i);
      json.append(i == 0 ? "" : ",").append("{\"in\":\"").append(error.part().code());
      json.append("\",\"pointer\":\"");
      appendEscaped(json, error.pointer());
      json.append("\",\"keyword\":\"");
      appendEscaped(json, error.keyword());
      json.append("\",\"detail\":\"");
      appendEscaped(json, error.detail());
      json.append("\"}");
    }
    json.append(']');
  }

  /** Escapes as RFC 8259 section 7 wants it; half a surrogate pair becomes U+FFFD. */
  private static void appendEscaped(StringBuilder json, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x20 || c == 0x7f) {
        json.append("\\u00").append(Character.forDigit(c >> 4, 16));
        json.append(Character.forDigit(c & 15, 16));
      } else if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        json.append(c).append(text.charAt(++i));
      } else {
        json.append(Character.isSurrogate(c) ? '\ufffd' : c);
      }
    }
  }

  private static HeaderValueOption overwrite(String name, String value) {
    // `append` stays unset: Envoy 1.40 reads only it for request headers, and unset overwrites.
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(name).setValue(visible(value)))
        .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
        .build();
  }

  /** The caller's own cookies less one: text beyond ASCII stays, controls cannot. */
  private static HeaderValueOption overwriteCookie(String cookie) {
    StringBuilder kept = new StringBuilder(cookie.length());
    for (int i = 0; i < cookie.length(); i++) {
      char c = cookie.charAt(i);
      if (c >= 0x20 && c != 0x7f) {
        kept.append(c);
      }
    }
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(COOKIE).setValue(kept.toString()))
        .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
        .build();
  }

  private static HeaderValueOption option(String name, String value) {
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(name).setValue(visible(value)))
        .build();
  }

  /** The text without what is not visible ASCII or a space: nothing splits a field. */
  private static String visible(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isVisible(text.charAt(i))) {
        StringBuilder kept = new StringBuilder(text.length());
        text.chars().filter(CheckResponses::isVisible).forEach(c -> kept.append((char) c));
        return kept.toString();
      }
    }
    return text;
  }

  private static boolean isVisible(int c) {
    return c >= 0x20 && c <= 0x7e;
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Status status(Code code) {
    return Status.newBuilder().setCode(code.getNumber()).build();
  }

  private static Template template(Reason reason) {
    Template template = TEMPLATES.get(reason);
    if (template == null) {
      throw new IllegalStateException(reason.name());
    }
    return template;
  }

  private static Map<Reason, Template> templates() {
    Map<Reason, Template> templates = new EnumMap<>(Reason.class);
    for (Reason reason : List.of(Reason.values())) {
      templates.put(reason, Template.of(reason));
    }
    return templates;
  }

  /**
   * What is the same in every response for one reason.
   *
   * @param problemStart the problem's JSON up to the detail
   * @param problemMiddle from there to the decision's id
   */
  private record Template(
      Value code, HttpStatus status, String problemStart, String problemMiddle) {
    static Template of(Reason reason) {
      StringBuilder start = new StringBuilder("{\"type\":\"https://sallyport.dev/problems/");
      start.append(reason.code()).append("\",\"title\":\"");
      appendEscaped(start, reason.title());
      start.append("\",\"status\":").append(reason.httpStatus()).append(",\"detail\":\"");
      return new Template(
          text(reason.code()),
          HttpStatus.newBuilder().setCode(StatusCode.forNumber(reason.httpStatus())).build(),
          start.toString(),
          "\",\"reason\":\"" + reason.code() + "\",\"decisionId\":\"");
    }
  }
}
