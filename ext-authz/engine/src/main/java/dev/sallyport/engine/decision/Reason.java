package dev.sallyport.engine.decision;

import java.util.Locale;

/**
 * Why a decision fell as it did: a stable code, the HTTP status of the answer, and the stage that
 * finds it.
 */
public enum Reason {
  ALLOWED(200, Stage.QUOTA, "Allowed"),
  REQUEST_MALFORMED(400, Stage.RECEIVE, "The request is malformed or ambiguous"),
  POLICY_MISSING(403, Stage.POLICY, "No policy owns this host or route"),
  POLICY_NOT_READY(503, Stage.POLICY, "The policy is not ready"),
  OPERATION_UNDECLARED(403, Stage.OPERATION, "The operation is not declared"),
  CREDENTIAL_MISSING(401, Stage.AUTHENTICATE, "A credential is needed"),
  CREDENTIAL_INVALID(401, Stage.AUTHENTICATE, "The credential is not valid"),
  CREDENTIAL_EXPIRED(401, Stage.AUTHENTICATE, "The credential has expired"),
  CREDENTIAL_AMBIGUOUS(401, Stage.AUTHENTICATE, "More than one credential was presented"),
  CREDENTIAL_REVOKED(403, Stage.AUTHENTICATE, "The credential was revoked"),
  IDENTITY_UNREGISTERED(403, Stage.IDENTITY, "The credential belongs to no registered identity"),
  IDENTITY_EXPIRED(403, Stage.IDENTITY, "The identity has expired"),
  IDENTITY_SUSPENDED(403, Stage.IDENTITY, "The identity is suspended"),
  IDENTITY_QUARANTINED(403, Stage.IDENTITY, "The identity is quarantined"),
  ENVIRONMENT_MISMATCH(403, Stage.IDENTITY, "The identity belongs to another environment"),
  REGION_UNAPPROVED(403, Stage.IDENTITY, "The call comes from an unapproved region"),
  NETWORK_UNAPPROVED(403, Stage.IDENTITY, "The call comes from an unapproved network"),
  SENDER_CONSTRAINT_FAILED(403, Stage.IDENTITY, "The credential is not bound to its sender"),
  SCOPE_INSUFFICIENT(403, Stage.AUTHORIZE, "The scopes do not suffice"),
  FIELD_OUT_OF_SCOPE(403, Stage.AUTHORIZE, "A field is out of scope"),
  CONDITION_FAILED(403, Stage.AUTHORIZE, "A condition of the operation is not met"),
  TOOL_UNDECLARED(403, Stage.OPERATION, "The tool is not declared"),
  CONTENT_TYPE_UNSUPPORTED(415, Stage.PAYLOAD, "The content type is not supported"),
  BODY_TOO_LARGE(413, Stage.PAYLOAD, "The body is too large"),
  BODY_TRUNCATED(413, Stage.PAYLOAD, "The body could not be read whole"),
  SCHEMA_VIOLATION(400, Stage.PAYLOAD, "The request does not match its schema"),
  TOOL_ARGUMENTS_INVALID(400, Stage.PAYLOAD, "The tool arguments do not match their schema"),
  RATE_LIMITED(429, Stage.QUOTA, "Too many requests"),
  DEPENDENCY_UNAVAILABLE(503, Stage.AUTHENTICATE, "A dependency did not answer in time"),
  OVERLOADED(503, Stage.RECEIVE, "Too many decisions are in flight"),
  INTERNAL_ERROR(503, Stage.RECEIVE, "The request could not be decided");

  private final int httpStatus;
  private final Stage stage;
  private final String title;
  private final String code = name().toLowerCase(Locale.ROOT);

  Reason(int httpStatus, Stage stage, String title) {
    this.httpStatus = httpStatus;
    this.stage = stage;
    this.title = title;
  }

  /** The stable code: {@code scope_insufficient}. */
  public String code() {
    return code;
  }

  /** The HTTP status of the answer; of {@link #ALLOWED} it is never sent. */
  public int httpStatus() {
    return httpStatus;
  }

  /** The stage that finds it. */
  public Stage stage() {
    return stage;
  }

  /** One short sentence for people, the same for every request. */
  public String title() {
    return title;
  }
}
