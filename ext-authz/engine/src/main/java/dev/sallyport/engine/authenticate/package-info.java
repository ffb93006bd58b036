/**
 * Stage 4: a credential becomes a verified {@link dev.sallyport.engine.authenticate.Subject}.
 *
 * <p>In: the canonical request and a policy's authentication rules. Out: what was presented, and
 * whose it says it is, verified as far as the credential itself can show. Whether an API key is
 * known at all, only the identities can tell: that is asked by the pipeline. Owns the index of
 * issuers; declares the ports {@link dev.sallyport.engine.authenticate.KeySource} and {@link
 * dev.sallyport.engine.authenticate.TokenReviewer}.
 */
@NullMarked
package dev.sallyport.engine.authenticate;

import org.jspecify.annotations.NullMarked;
