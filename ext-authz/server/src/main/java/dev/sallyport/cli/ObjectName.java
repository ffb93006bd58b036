package dev.sallyport.cli;

import org.jspecify.annotations.Nullable;

/** Names that options give to objects, as Kubernetes takes them. */
final class ObjectName {
  private ObjectName() {}

  /** Refuses what is no name of an object (a DNS subdomain, RFC 1123); null is none given. */
  static void check(String option, @Nullable String value) throws Failure {
    check(option, value, "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
  }

  /** Refuses what is no name of a namespace (a DNS label, RFC 1123); null is none given. */
  static void checkNamespace(String option, @Nullable String value) throws Failure {
    check(option, value, "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  }

  private static void check(String option, @Nullable String value, String pattern) throws Failure {
    if (value != null && !value.matches(pattern)) {
      throw new Failure(option + " takes a name as Kubernetes has it: lower case, digits, `-`");
    }
  }
}
