package dev.sallyport.server.grpc;

import java.io.Serial;

/** The TLS files can't be used; the message says which and why, and holds nothing of a key. */
final class UnusableTlsException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  UnusableTlsException(String message) {
    super(message);
  }
}
