package dev.sallyport.e2e;

import java.nio.file.Path;

/** Where Sallyport listens and Envoy asks. */
public sealed interface CheckAddress {
  /** A port of 127.0.0.1. */
  record Port(int number) implements CheckAddress {}

  /** A Unix domain socket. */
  record Socket(Path path) implements CheckAddress {}

  /** As in {@code grpc.address} of Sallyport's configuration. */
  default String setting() {
    return switch (this) {
      case Port(var number) -> "127.0.0.1:" + number;
      case Socket(var path) -> "unix:" + path;
    };
  }
}
