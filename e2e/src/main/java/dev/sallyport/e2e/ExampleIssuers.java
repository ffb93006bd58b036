package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * The two token servers of {@code examples/partner-oauth}, and a copy of the examples that speaks
 * of them: with the ports they have, and with the certificate authorities they made at their start.
 */
public final class ExampleIssuers implements AutoCloseable {
  /** Where the policies of the example say that they are. */
  static final int PARTNERS_PORT = 8443;

  static final int PIPELINES_PORT = 8444;

  static final TokenServer.Client ACME =
      TokenServer.Client.of(
          "acme-logistics",
          "example-secret-acme-logistics",
          "shipments:read",
          "shipments:write",
          "shipments:cancel");
  static final TokenServer.Job MAIN = job("main", "freight/rates", "refs/heads/main", "publish");

  private static final List<TokenServer.Client> CLIENTS =
      List.of(ACME, TokenServer.Client.of("globex", "example-secret-globex", "shipments:read"));

  private static final List<TokenServer.Job> JOBS =
      List.of(
          MAIN,
          job("pull-request", "freight/rates", "refs/pull/7/merge", "publish"),
          job("other-workflow", "freight/rates", "refs/heads/main", "nightly"),
          job("other-repository", "globex/rates", "refs/heads/main", "publish"));

  private static final String METADATA_PATH = "/.well-known/oauth-protected-resource";
  private static final Pattern CERTIFICATE =
      Pattern.compile("(?m)^( *)-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n");
  private static final Pattern TOKEN =
      Pattern.compile("\\$\\{(?:job (?<job>[a-z-]+)|(?<client>[a-z-]+)(?<scopes>( [a-z:]+)*))}");
  private static final JsonMapper JSON = new JsonMapper();

  private final Path examples;
  private final TokenServer partners;
  private final TokenServer pipelines;

  private ExampleIssuers(Path examples, TokenServer partners, TokenServer pipelines) {
    this.examples = examples;
    this.partners = partners;
    this.pipelines = pipelines;
  }

  private static TokenServer.Job job(String name, String repository, String ref, String workflow) {
    return new TokenServer.Job("example-job-" + name, repository, ref, workflow + ".yaml");
  }

  /** Starts both on any free ports. */
  public static ExampleIssuers start(Path work) {
    return start(work, FreePorts.next(), FreePorts.next());
  }

  /** Starts both, and makes the copy. */
  static ExampleIssuers start(Path work, int partnersPort, int pipelinesPort) {
    TokenServer.Settings forPartners =
        TokenServer.Settings.of(work.resolve("partners"), "https://freight.example.com")
            .onPort(partnersPort);
    for (TokenServer.Client client : CLIENTS) {
      forPartners = forPartners.with(client);
    }
    TokenServer.Settings forPipelines =
        TokenServer.Settings.of(work.resolve("pipelines"), "https://rates.example.com")
            .onPort(pipelinesPort)
            .signingWith(SigningKeys.Kind.ES256);
    for (TokenServer.Job job : JOBS) {
      forPipelines = forPipelines.with(job);
    }
    TokenServer partners = TokenServer.start(forPartners);
    TokenServer pipelines = TokenServer.start(forPipelines);
    ExampleIssuers issuers = new ExampleIssuers(work.resolve("examples"), partners, pipelines);
    issuers.copy();
    return issuers;
  }

  private void copy() {
    try (Stream<Path> files = Files.walk(Checkout.examples())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = examples.resolve(Checkout.examples().relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, rendered(Files.readString(file)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String rendered(String text) {
    String authorities = partners.caPem() + pipelines.caPem();
    return CERTIFICATE
        .matcher(text)
        .replaceAll(found -> authorities.indent(found.group(1).length()))
        .replace("https://127.0.0.1:" + PARTNERS_PORT, partners.issuer())
        .replace("https://127.0.0.1:" + PIPELINES_PORT, pipelines.issuer());
  }

  /** The copy of {@code examples/}. */
  public Path examples() {
    return examples;
  }

  public TokenServer partners() {
    return partners;
  }

  public TokenServer pipelines() {
    return pipelines;
  }

  /**
   * Text with a token in each place that asks for one: {@code ${client}} and {@code ${client scope
   * …}} for a client of the partners' issuer, {@code ${job name}} for a job of the pipelines'.
   */
  String fill(String text) {
    return TOKEN.matcher(text).replaceAll(found -> Matcher.quoteReplacement(token(found)));
  }

  private String token(MatchResult place) {
    if (place.group("job") != null) {
      TokenServer.Job asked =
          JOBS.stream()
              .filter(job -> job.requestToken().equals("example-job-" + place.group("job")))
              .findFirst()
              .orElseThrow();
      return pipelines.jobToken(asked, "https://rates.example.com");
    }
    TokenServer.Client asked =
        CLIENTS.stream()
            .filter(client -> client.id().equals(place.group("client")))
            .findFirst()
            .orElseThrow();
    TokenRequest request = TokenRequest.of(asked);
    String scopes = place.group("scopes").strip();
    return (scopes.isEmpty() ? request : request.forScopes(scopes.split(" ", -1))).send(partners);
  }

  /** With what a gateway answers itself in the example: the metadata of the API (RFC 9728). */
  EnvoyProcess.Settings of(EnvoyProcess.Settings envoy) {
    try {
      String document = Files.readString(examples.resolve("partner-oauth/protected-resource.json"));
      return envoy.with(
          envoy.front().withDocument(METADATA_PATH, JSON.readTree(document).toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** With leave to ask what is on this machine. */
  static SallyportProcess.Settings of(SallyportProcess.Settings sallyport) {
    return sallyport.with("issuers", "{allowedNetworks: [127.0.0.1/32]}");
  }

  @Override
  public void close() {
    partners.close();
    pipelines.close();
  }
}
