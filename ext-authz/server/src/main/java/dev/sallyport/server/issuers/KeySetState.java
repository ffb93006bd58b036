package dev.sallyport.server.issuers;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How it stands with the remote keys of an issuer, for people.
 *
 * @param usableKeys that are held; zero also where none is held
 * @param problems of keys that are in the set and can't be used, each with its place in it
 * @param fetchedAt when what is held came, or was last said to be the newest
 * @param goodUntil until when that is used if it can't be fetched again
 * @param failure why the last fetch failed; empty where it did not. Holds nothing of what was
 *     received
 */
public record KeySetState(
    int usableKeys,
    List<String> problems,
    Optional<Instant> fetchedAt,
    Optional<Instant> goodUntil,
    Optional<String> failure) {
  public KeySetState {
    problems = List.copyOf(problems);
  }
}
