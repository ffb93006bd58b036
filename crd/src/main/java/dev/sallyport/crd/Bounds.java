package dev.sallyport.crd;

/**
 * What several fields are bounded by. The API server estimates the cost of a rule from the largest
 * value that the schema takes, and refuses rules over lists, maps and strings without bounds.
 */
final class Bounds {
  /** Of a name within an object: an operation, a method, a credential. */
  static final int NAME_LENGTH = 63;

  static final String NAME = "^[A-Za-z0-9._-]+$";

  /** Of a rate limit: it stands in a header field. */
  static final String LIMIT_NAME = "^[a-z0-9-]+$";

  /** Of another object: a DNS subdomain. */
  static final int OBJECT_NAME_LENGTH = 253;

  static final int ENVIRONMENT_LENGTH = 63;

  /** RFC 6749 section 3.3. */
  static final String SCOPE = "^[!#-\\[\\]-~]+$";

  static final int SCOPE_LENGTH = 256;

  /** Of what an operation needs. */
  static final int MOST_SCOPES = 64;

  /** Of what an identity holds. */
  static final int MOST_GRANTS = 256;

  static final int AUDIENCE_LENGTH = 1024;
  static final int MOST_AUDIENCES = 32;
  static final int MOST_LIMITS = 16;
  static final int MOST_CONDITIONS = 16;
  static final int MOST_OPERATIONS = 2000;
  static final int MOST_TOOLS = 1000;
  static final int MOST_CREDENTIALS = 64;

  /** Of the properties of a JSON Schema at its root. */
  static final int SCHEMA_PROPERTIES = 64;

  static final int URI_LENGTH = 2048;
  static final int TEXT_LENGTH = 1024;

  /** A whole number and a unit. */
  static final String DURATION = "^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$";

  static final int DURATION_LENGTH = 12;

  /** An RFC 3339 time with nanoseconds and an offset. */
  static final int TIME_LENGTH = 35;

  static final String HTTPS = "^[Hh][Tt][Tt][Pp][Ss]://[^@#\\s]+$";

  /** https without user, query and fragment, in characters that a quoted string takes. */
  static final String PLAIN_HTTPS = "^[Hh][Tt][Tt][Pp][Ss]://[!$%&-;=A-Z\\[\\]_a-z~]+$";

  /** Where an API is reached: https, a host, a port that is not left empty, and a path. */
  static final String ORIGIN =
      "^[Hh][Tt][Tt][Pp][Ss]://([A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"
          + "(\\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*|\\[[0-9A-Fa-f:.]+\\])"
          + "(:[1-9][0-9]{0,4})?(/([!$&-;=A-Z_a-z~]|%[0-9A-Fa-f]{2})*)?$";

  /** https; no user, no fragment. */
  static final String HTTPS_URI = "^[Hh][Tt][Tt][Pp][Ss]://[^/?@#\\s][^@#\\s]*$";

  /** https, or http to a loopback address; no user, no fragment. */
  static final String ISSUER_URI =
      "^([Hh][Tt][Tt][Pp][Ss]://[^/?@#\\s]|[Hh][Tt][Tt][Pp]://(127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?([/?]|$))[^@#\\s]*$";

  /** Of a path template: no dot segment, nothing encoded, parameters that are whole segments. */
  private static final String SEGMENT =
      "(\\{[^/{}*]+\\}"
          + "|[^/{}*?#%\\\\;\\x00-\\x1f\\x7f]*[^./{}*?#%\\\\;\\x00-\\x1f\\x7f][^/{}*?#%\\\\;\\x00-\\x1f\\x7f]*"
          + "|\\.{3,})";

  /** A path template: no empty segment but a last one, at most 64. */
  static final String PATH = "^(/" + SEGMENT + "){0,63}(/|/\\*\\*|/" + SEGMENT + ")$";

  /** Of a workload: no empty segment, no dot segment. */
  static final String SPIFFE_ID =
      "^spiffe://[a-z0-9._-]{1,255}(/([A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*|\\.{3,}))+$";

  /** CEL: the variable {@code d}, a duration, in milliseconds. */
  static final String MILLIS =
      "(d.endsWith('ms') ? int(d.substring(0, d.size() - 2))"
          + " : int(d.substring(0, d.size() - 1)) * (d.endsWith('s') ? 1000"
          + " : d.endsWith('m') ? 60000 : d.endsWith('h') ? 3600000 : 86400000))";

  /** CEL: the variable {@code d} is no duration, which its pattern has refused already. */
  static final String NO_DURATION = "!d.matches('^[0-9]{1,10}(ms|s|m|h|d)$')";

  /** CEL: the variable {@code d} is at most a hundred years. */
  static final String IN_LIFE = NO_DURATION + " || " + MILLIS + " <= 3153600000000";

  /** What begins no escape of a JSON Pointer (RFC 6901 section 3). */
  static final String STRAY_TILDE = "~([^01]|$)";

  static final String POINTER_MESSAGE =
      "a `~` in a JSON Pointer is written `~0`, and a `/` in a name `~1`";

  private Bounds() {}

  /** A field of a resource, as {@code card.number}. */
  static final String FIELD =
      "^[A-Za-z0-9_$@:][A-Za-z0-9_$@:-]*(\\.[A-Za-z0-9_$@:][A-Za-z0-9_$@:-]*)*$";

  /** A field, all below one, or all. */
  static final String FIELDS =
      "^(\\*|[A-Za-z0-9_$@:][A-Za-z0-9_$@:-]*(\\.[A-Za-z0-9_$@:][A-Za-z0-9_$@:-]*)*(\\.\\*)?)$";
}
