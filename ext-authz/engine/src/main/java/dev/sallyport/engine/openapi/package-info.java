/**
 * OpenAPI 3.0 and 3.1 documents, as far as requests can be judged by them.
 *
 * <p>In: a document as a tree. Out: its operations with their templates, parameters, bodies and
 * scopes, or why it can't be used; and what of it can't be enforced, each with its place. Schemas
 * are left where they stand and named by JSON Pointers. Fetches nothing: only local references are
 * followed.
 */
@NullMarked
package dev.sallyport.engine.openapi;

import org.jspecify.annotations.NullMarked;
