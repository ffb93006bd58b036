package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.CaseObjects;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.compile.Changes;
import dev.sallyport.engine.compile.Compilation;
import dev.sallyport.engine.compile.Compiler;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Patience;
import dev.sallyport.engine.identity.RegionRanges;
import dev.sallyport.engine.identity.RegionSource;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.quota.QuotaStore;
import dev.sallyport.engine.receive.Headers;
import dev.sallyport.engine.receive.Inbound;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What a request with a signed token gets of declared objects, at one time. */
final class TokenRequest {
  static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final QuotaStore NO_LIMITS = charges -> List.of();

  private TokenRequest() {}

  /** Decides {@code GET https://api.example.com/x} with a token. */
  static Decision decide(String objects, String token) {
    Compilation compilation =
        Compiler.compile(new Changes(CaseObjects.parse(objects), List.of()), Compilation.EMPTY);
    return decide(compilation, new TokenVerifier(KeySource.NONE, TokenIntrospector.NONE), token);
  }

  /** Decides it with what was compiled, and with a verifier that may know the token. */
  static Decision decide(Compilation compilation, TokenVerifier verifier, String token) {
    Inbound inbound =
        new Inbound(
            "id",
            NOW,
            "GET",
            "/x",
            "api.example.com",
            Headers.joined(Map.of("authorization", "Bearer " + token)),
            Inbound.Body.NONE,
            null,
            null,
            null,
            List.of());
    Pipeline pipeline =
        new Pipeline(
            new Verifiers(
                verifier,
                TokenReviewer.NONE,
                CertificateReader.OF_CONNECTION,
                new Possession(ReplayStore.NONE, NonceSource.NONE)),
            new SourceLocator(0, null, RegionRanges.of(Map.of()), RegionSource.NONE),
            NO_LIMITS);
    return ((Pipeline.Answer.Decided)
            pipeline.decide(inbound, compilation.snapshot(), Patience.until(NOW.plusSeconds(1))))
        .decision();
  }
}
