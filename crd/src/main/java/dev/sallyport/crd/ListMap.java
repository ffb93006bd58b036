package dev.sallyport.crd;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A list whose items are told apart by a field of theirs, so that server-side apply merges it item
 * by item ({@code x-kubernetes-list-type: map}). A list with neither this nor {@link ListSet} is
 * replaced whole.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface ListMap {
  /** The field, which every item has. */
  String value();
}
