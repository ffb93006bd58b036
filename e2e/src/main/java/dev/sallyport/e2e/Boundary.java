package dev.sallyport.e2e;

import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** An upstream, a Sallyport and an Envoy in front of both; started together, ended together. */
public record Boundary(Upstream upstream, SallyportProcess sallyport, EnvoyProcess envoy)
    implements AutoCloseable {

  /** With all settings as they are by default. */
  public static Boundary start(Path work, Path policies) {
    return start(work, policies, settings -> settings, settings -> settings);
  }

  /** With policies from wherever they come. */
  public static Boundary start(Path work, SallyportProcess.Source source) {
    return start(work, source, settings -> settings, settings -> settings);
  }

  /** With settings of one's own; whatever was started ends if the rest can't. */
  public static Boundary start(
      Path work,
      Path policies,
      UnaryOperator<SallyportProcess.Settings> sallyportSettings,
      UnaryOperator<EnvoyProcess.Settings> envoySettings) {
    return start(
        work, new SallyportProcess.Source.Folder(policies), sallyportSettings, envoySettings);
  }

  /** With settings of one's own and policies from wherever they come. */
  public static Boundary start(
      Path work,
      SallyportProcess.Source source,
      UnaryOperator<SallyportProcess.Settings> sallyportSettings,
      UnaryOperator<EnvoyProcess.Settings> envoySettings) {
    Upstream upstream = Upstream.start();
    try {
      SallyportProcess sallyport =
          SallyportProcess.start(
              sallyportSettings.apply(
                  SallyportProcess.Settings.of(work.resolve("sallyport"), source)));
      try {
        EnvoyProcess.Settings settings =
            EnvoyProcess.Settings.of(work.resolve("envoy"), upstream, sallyport.address());
        return new Boundary(upstream, sallyport, EnvoyProcess.start(envoySettings.apply(settings)));
      } catch (RuntimeException | Error e) {
        sallyport.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      upstream.close();
      throw e;
    }
  }

  /** Sends a request through Envoy. */
  public Reply send(RawRequest request) {
    return envoy.send(request);
  }

  /** Sends a request through Envoy over TLS. */
  public Reply send(TlsClient client, RawRequest request) {
    return envoy.send(client, request);
  }

  /** Ends Envoy first, so that no caller sees the others go. */
  @Override
  public void close() {
    try (upstream;
        sallyport) {
      envoy.close();
    }
  }
}
