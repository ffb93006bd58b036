package dev.sallyport.engine;

import dev.sallyport.engine.authenticate.AuthenticationMethod;
import dev.sallyport.engine.decision.Patience;

/**
 * Tries authentication methods on requests: by what they present, or by what is assumed of them.
 */
sealed interface Attempts permits CredentialCheck, AssumedCredential {
  /** Tries a method. Throws nothing that a caller could bring about. */
  Tried attempt(AuthenticationMethod method, CredentialCheck.Asked asked, Patience patience);
}
