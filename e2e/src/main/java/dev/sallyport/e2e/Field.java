package dev.sallyport.e2e;

/** One header line. */
public record Field(String name, String value) {}
