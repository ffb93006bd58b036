/**
 * The specs of Sallyport's custom resources, group {@code sallyport.dev}, version {@code v1alpha1}.
 *
 * <p>In: the fields of an object as a user wrote them. Out: immutable records with their defaults
 * applied; lists and maps are never null. Bounds and rules that span fields are checked where specs
 * are compiled, so that one diagnostic names the field. This package knows nothing of how a request
 * is decided.
 */
@NullMarked
package dev.sallyport.crd;

import org.jspecify.annotations.NullMarked;
