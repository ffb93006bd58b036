/**
 * Conditions in CEL (Common Expression Language): compiled and type-checked once, evaluated for a
 * request and its caller.
 *
 * <p>In: expressions; later what is asked, by whom, from where and when. Out: what is wrong with an
 * expression; later whether each is met. What can't be evaluated is not met.
 */
@NullMarked
package dev.sallyport.engine.conditions;

import org.jspecify.annotations.NullMarked;
