/**
 * The configuration: one YAML file and its environment variables, read into records.
 *
 * <p>In: a file and the environment. Out: a {@link dev.sallyport.server.config.Configuration} in
 * which every value has its type and its default, or one sentence that names the key that is wrong.
 * This package opens no socket and knows nothing of what the values are for.
 */
@NullMarked
package dev.sallyport.server.config;

import org.jspecify.annotations.NullMarked;
