package dev.sallyport.server.config;

import java.io.Serial;

/**
 * The configuration can't be used: the caller prints the message on one line and ends with exit
 * code 2.
 */
public final class ConfigurationException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  /**
   * One line for people: where, which key, which value, what to do.
   *
   * @param message holds no secret
   */
  public ConfigurationException(String message) {
    super(message);
  }
}
