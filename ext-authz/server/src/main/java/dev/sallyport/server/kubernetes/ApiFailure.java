package dev.sallyport.server.kubernetes;

/** A request to the API server that came to nothing. */
final class ApiFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** What went wrong, as far as it matters to what is done next. */
  enum Kind {
    /** Nobody answers, or the answer breaks off. */
    UNREACHABLE,

    /** It has no such resource: the definition is not installed. */
    MISSING,

    /** It does not let us, or does not know who we are. */
    FORBIDDEN,

    /** What was asked for is too long ago. */
    GONE,

    /** It gives something older than it gave before. */
    STALE,

    /** Anything else that it says: it is overloaded, or starting. */
    REFUSED
  }

  /**
   * @param message for people; one line
   */
  ApiFailure(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  String line() {
    return String.valueOf(getMessage());
  }

  static Kind kind(int status) {
    return switch (status) {
      case 401, 403 -> Kind.FORBIDDEN;
      case 404 -> Kind.MISSING;
      case 410 -> Kind.GONE;
      default -> Kind.REFUSED;
    };
  }
}
