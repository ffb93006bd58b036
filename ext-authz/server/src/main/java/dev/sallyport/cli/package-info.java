/**
 * The command line: one class a command, all over the engine, so that what is answered offline is
 * what the server answers.
 *
 * <p>In: arguments, files and standard input. Out: text or JSON, and an exit code: 0 fine, 1 found
 * problems, 2 bad usage or configuration.
 */
@NullMarked
package dev.sallyport.cli;

import org.jspecify.annotations.NullMarked;
