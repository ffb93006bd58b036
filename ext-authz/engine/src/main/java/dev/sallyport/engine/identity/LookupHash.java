package dev.sallyport.engine.identity;

import dev.sallyport.engine.authenticate.KeyDigest;

/**
 * Hash codes of credentials that nobody can foretell who does not know the key (SipHash-1-3,
 * Aumasson and Bernstein, 2012).
 *
 * <p>Who writes identities chooses what they are found by. With hash codes that anybody can
 * compute, a thousand objects make the index a list: each change takes seconds then, and each
 * request with one of these credentials walks it.
 *
 * @param first half of the key
 * @param second half of the key
 */
public record LookupHash(long first, long second) {
  /** For what is compiled once and of one's own, where a key would only cost reproducibility. */
  public static final LookupHash OPEN = new LookupHash(0, 0);

  /** The hash code of a credential. */
  int of(Lookup lookup) {
    Draft draft = new Draft(first, second);
    switch (lookup) {
      case Lookup.ByKey(var digest) -> draft.add(1, digest);
      case Lookup.ByClient(var trust, var client) -> draft.add(2, trust, client);
      case Lookup.BySubject(var trust, var subject) -> draft.add(3, trust, subject);
      case Lookup.ByServiceAccount(var namespace, var name) -> draft.add(4, namespace, name);
      case Lookup.ByCertificate(var digest) -> draft.add(5, digest);
      case Lookup.BySpiffeId(var id) -> draft.add(6, id.text(), "");
      case Lookup.ByDnsName(var name) -> draft.add(7, name, "");
      case Lookup.ByDistinguishedName(var subject) -> draft.add(8, subject.canonical(), "");
    }
    return draft.end();
  }

  /** Never prints its key. */
  @Override
  public String toString() {
    return "LookupHash[redacted]";
  }

  /** The state of one computation. */
  private static final class Draft {
    private long v0;
    private long v1;
    private long v2;
    private long v3;

    Draft(long first, long second) {
      v0 = first ^ 0x736f6d6570736575L;
      v1 = second ^ 0x646f72616e646f6dL;
      v2 = first ^ 0x6c7967656e657261L;
      v3 = second ^ 0x7465646279746573L;
    }

    void add(int kind, KeyDigest digest) {
      add(kind);
      add(digest.a());
      add(digest.b());
      add(digest.c());
      add(digest.d());
    }

    /** INVARIANT: lengths first, so that no two pairs are one text. */
    void add(int kind, String one, String other) {
      add(((long) kind << 56) | ((long) one.length() << 28) | other.length());
      add(one);
      add(other);
    }

    private void add(String text) {
      long word = 0;
      for (int i = 0; i < text.length(); i++) {
        word |= (long) text.charAt(i) << (16 * (i & 3));
        if ((i & 3) == 3) {
          add(word);
          word = 0;
        }
      }
      add(word);
    }

    private void add(long word) {
      v3 ^= word;
      round();
      v0 ^= word;
    }

    private void round() {
      v0 += v1;
      v2 += v3;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 = Long.rotateLeft(v0, 32) + v3;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 = Long.rotateLeft(v2, 32);
    }

    int end() {
      v2 ^= 0xff;
      round();
      round();
      round();
      return Long.hashCode(v0 ^ v1 ^ v2 ^ v3);
    }
  }
}
