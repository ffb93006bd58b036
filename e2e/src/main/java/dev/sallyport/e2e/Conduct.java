package dev.sallyport.e2e;

import java.net.URI;
import java.time.Duration;

/** How a {@link TokenServer} answers on a path, on good days and on bad ones. */
public sealed interface Conduct {
  /** As the standard says. */
  record Proper() implements Conduct {}

  /** As the standard says, after a while. */
  record Late(Duration delay) implements Conduct {}

  /** With an error's status and a text. */
  record Failing(int status) implements Conduct {}

  /** With a page for people, and status 200: what a proxy's login page looks like. */
  record Page() implements Conduct {}

  /** From somewhere else. */
  record Redirecting(URI target) implements Conduct {}

  /** With a body of somebody's own, and status 200. */
  record Saying(String contentType, String body) implements Conduct {}

  /** Takes the request and never answers. */
  record Silent() implements Conduct {}

  /** Begins a JSON document, and goes on with it a byte at a time, for ever. */
  record Dripping(Duration pause) implements Conduct {}

  /** Begins a JSON document that has no end, as fast as it is read. */
  record Endless() implements Conduct {}
}
