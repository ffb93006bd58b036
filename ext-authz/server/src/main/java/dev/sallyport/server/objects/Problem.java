package dev.sallyport.server.objects;

import dev.sallyport.engine.compile.Diagnostic.Severity;

/**
 * Something wrong with an object as it is written.
 *
 * @param line from 1, in the document's own text; 0 where there is none
 * @param column from 1, in code points; 0 where there is no text
 * @param field path in the object, {@code spec.operations[0].match[0]}; empty for the whole
 * @param severity an error keeps the object out of force, or in force as it last was
 * @param message lower case, no full stop, what to do; never a value out of a Secret
 */
public record Problem(int line, int column, String field, Severity severity, String message) {}
