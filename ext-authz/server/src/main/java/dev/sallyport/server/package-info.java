/** Brings the engine up, gives it the world through its ports, and takes it down again. */
@NullMarked
package dev.sallyport.server;

import org.jspecify.annotations.NullMarked;
