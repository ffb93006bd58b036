package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import java.util.Map;

/** Where statuses and Events are written: the API server. May block; any thread may call it. */
interface StatusStore {
  /**
   * Puts a status in the place of what this program wrote of it before.
   *
   * @param uid of the object; one that has its name and another uid is left alone
   * @param status as JSON has it
   */
  Answer write(ObjectKey key, String uid, Map<String, ?> status);

  /**
   * Tells those who look at an object that something happened to it.
   *
   * @return whether it was taken; nothing is tried again
   */
  boolean announce(Announcement announcement);

  /** What became of a status. */
  sealed interface Answer {
    /** It is stored. */
    record Written(StoredStatus stored) implements Answer {}

    /** There is no such object any more. */
    record Gone() implements Answer {}

    /** It will not be taken, however often it is offered. */
    record Refused(String why) implements Answer {}

    /** It may be taken later. */
    record Unavailable(String why) implements Answer {}
  }

  /**
   * Something that happened to an object.
   *
   * @param uid of the object
   * @param problem whether it is bad news
   * @param reason one word in CamelCase
   * @param note for people
   */
  record Announcement(ObjectKey key, String uid, boolean problem, String reason, String note) {}
}
