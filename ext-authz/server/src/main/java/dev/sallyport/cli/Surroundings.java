package dev.sallyport.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * What a command meets outside of its arguments.
 *
 * @param environment variables of the environment
 * @param random good enough for secrets
 */
record Surroundings(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    InstantSource clock,
    RandomGenerator random) {}
