/**
 * JSON Schema 2020-12, and the dialects of OpenAPI: schemas compiled once, values judged by them.
 *
 * <p>In: a schema as a tree; later a value. Out: a compiled schema or what is wrong with it; later
 * the violations, which never hold a value. Fetches nothing: only local references are followed.
 */
@NullMarked
package dev.sallyport.engine.schema;

import org.jspecify.annotations.NullMarked;
