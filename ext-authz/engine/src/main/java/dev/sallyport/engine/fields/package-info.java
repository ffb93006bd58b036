/**
 * Field scopes: which fields of a resource a request asks for or sets, and which of them its caller
 * may.
 *
 * <p>In: an operation's fields, a request with its content, and the scopes held. Out: it is within,
 * it is once its query is narrowed, or what is beyond.
 */
@NullMarked
package dev.sallyport.engine.fields;

import org.jspecify.annotations.NullMarked;
