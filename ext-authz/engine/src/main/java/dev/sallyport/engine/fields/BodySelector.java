package dev.sallyport.engine.fields;

import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.receive.Request;

/** A part of the body that names fields. Such a part is never rewritten. */
interface BodySelector {
  /** What a request names there. */
  Reading read(Request request, Content content, FieldNode root);
}
