package dev.sallyport.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sallyport.engine.receive.Request;
import dev.sallyport.server.config.Configuration.Policies;
import dev.sallyport.server.config.Configuration.Sink;
import dev.sallyport.server.config.Configuration.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationReaderTest {
  @TempDir Path folder;

  @Test
  void nothingSaidMeansTheDefaults() throws Exception {
    Configuration configuration = ConfigurationReader.read(null, Map.of());

    assertThat(configuration.grpc().address()).isEqualTo(new Address.Tcp("0.0.0.0", 9001));
    assertThat(configuration.grpc().tls()).isNull();
    assertThat(configuration.admin().address()).isEqualTo(new Address.Tcp("0.0.0.0", 9090));
    assertThat(configuration.policies()).isEqualTo(new Policies.None());
    assertThat(configuration.client().trustedHops()).isZero();
    assertThat(configuration.decisionLog().sinks()).containsExactly(Sink.STDOUT);
    assertThat(configuration.decisionLog().sampleAllowed()).isEqualTo(1);
    assertThat(configuration.state()).isEqualTo(new State.Memory());
    assertThat(configuration.limits())
        .isEqualTo(
            new Configuration.Limits(2000, 500_000, 500_000, Request.Bounds.DEFAULT.jsonDepth()));
    assertThat(configuration.dpop().nonceKeyFile()).isNull();
    assertThat(configuration.drain()).isEqualTo(Duration.ofSeconds(5));
    assertThat(configuration.decisionTimeout()).isEqualTo(Duration.ofMillis(150));
  }

  @Test
  void everyKeyIsReadFromTheFile() throws Exception {
    Configuration configuration =
        read(
            """
            grpc:
              address: unix:/run/sallyport.sock
              tls: {certFile: a.pem, keyFile: b.pem, clientCaFile: c.pem}
              threads: 3
            admin: {address: "[::1]:9"}
            policies: {files: policies}
            client: {trustedHops: 2, xfcc: LastHop}
            issuers: {allowedNetworks: [10.0.0.0/8, "fd00::/8"]}
            regions:
              header: X-Region
              mmdb: country.mmdb
              ranges: {DE: [203.0.113.0/24, 2001:db8::/32]}
            decisionLog: {sinks: [stdout, file], file: log.json, format: json, sampleAllowed: 0.25, buffer: 7}
            state: {memory: {}}
            dpop: {nonceKeyFile: nonce.key}
            limits: {concurrentRequests: 10, quotaKeys: 20, proofs: 30, jsonDepth: 40}
            drain: 1m
            decisionTimeout: 90ms
            """);

    assertThat(configuration.grpc())
        .isEqualTo(
            new Configuration.Grpc(
                new Address.UnixSocket(Path.of("/run/sallyport.sock")),
                new Configuration.Tls(Path.of("a.pem"), Path.of("b.pem"), Path.of("c.pem")),
                3));
    assertThat(configuration.admin().address()).isEqualTo(new Address.Tcp("::1", 9));
    assertThat(configuration.policies()).isEqualTo(new Policies.Files(Path.of("policies")));
    assertThat(configuration.client().trustedHops()).isEqualTo(2);
    assertThat(configuration.issuers().allowedNetworks()).containsExactly("10.0.0.0/8", "fd00::/8");
    assertThat(configuration.regions())
        .isEqualTo(
            new Configuration.Regions(
                "x-region",
                Path.of("country.mmdb"),
                Map.of("DE", List.of("203.0.113.0/24", "2001:db8::/32"))));
    assertThat(configuration.decisionLog())
        .isEqualTo(
            new Configuration.DecisionLog(
                List.of(Sink.STDOUT, Sink.FILE),
                Path.of("log.json"),
                Configuration.Format.JSON,
                0.25,
                7));
    assertThat(configuration.limits()).isEqualTo(new Configuration.Limits(10, 20, 30, 40));
    assertThat(configuration.dpop()).isEqualTo(new Configuration.Dpop(Path.of("nonce.key")));
    assertThat(configuration.drain()).isEqualTo(Duration.ofMinutes(1));
    assertThat(configuration.decisionTimeout()).isEqualTo(Duration.ofMillis(90));
  }

  @Test
  void aVariableWinsOverTheFile() throws Exception {
    Configuration configuration =
        ConfigurationReader.read(
            file("drain: 1s\nclient: {trustedHops: 1}"),
            Map.of(
                "SALLYPORT_CLIENT_TRUSTED_HOPS", "4",
                "SALLYPORT_DECISION_LOG_SINKS", "stdout,otlp",
                "SALLYPORT_REGIONS_RANGES", "{FR: [192.0.2.0/24]}",
                "PATH", "/bin"));

    assertThat(configuration.client().trustedHops()).isEqualTo(4);
    assertThat(configuration.drain()).isEqualTo(Duration.ofSeconds(1));
    assertThat(configuration.decisionLog().sinks()).containsExactly(Sink.STDOUT, Sink.OTLP);
    assertThat(configuration.regions().ranges()).containsEntry("FR", List.of("192.0.2.0/24"));
  }

  @Test
  void theLaunchersVariablesAndServiceLinksOfKubernetesAreLeftAlone() throws Exception {
    Configuration configuration =
        ConfigurationReader.read(
            null,
            Map.of(
                "SALLYPORT_JAVA", "/usr/bin/java",
                "SALLYPORT_JAVA_OPTS", "-Xmx1g",
                "SALLYPORT_SERVICE_HOST", "10.0.0.1",
                "SALLYPORT_SERVICE_PORT_GRPC", "9001",
                "SALLYPORT_PORT", "tcp://10.0.0.1:9001",
                "SALLYPORT_PORT_9001_TCP_ADDR", "10.0.0.1"));

    assertThat(configuration).isEqualTo(ConfigurationReader.read(null, Map.of()));
  }

  @Test
  void anUnknownKeyIsNamedWithItsPlaceAndItsNeighbour() throws Exception {
    Path file = file("drain: 1s\ngrpc:\n  adress: 0.0.0.0:1");

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> ConfigurationReader.read(file, Map.of()))
        .withMessage(file + ":3:3: unknown key `grpc.adress`; did you mean `grpc.address`");
  }

  @Test
  void whatIsSkippedIsNamedAsRbacNamesIt() throws Exception {
    Path file = file("policies: {kubernetes: {skip: [secrets, httproutes]}}");

    assertThat(ConfigurationReader.read(file, Map.of()).policies())
        .isInstanceOfSatisfying(
            Configuration.Policies.Kubernetes.class,
            kubernetes ->
                assertThat(kubernetes.skip())
                    .containsExactlyInAnyOrder(
                        Configuration.Resource.SECRETS, Configuration.Resource.HTTP_ROUTES));
  }

  @Test
  void anUnknownVariableIsNamed() {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> ConfigurationReader.read(null, Map.of("SALLYPORT_DRIAN", "1s")))
        .withMessage("unknown variable `SALLYPORT_DRIAN`; did you mean `SALLYPORT_DRAIN`");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          grpc: {address: nowhere}                    | grpc.address              | nowhere
          grpc: {address: 'a:99999'}                  | grpc.address              | a:99999
          grpc: {address: 'unix:relative'}            | grpc.address              | unix:relative
          grpc: {threads: 0}                          | grpc.threads              | 0
          grpc: {tls: {certFile: a.pem}}              | grpc.tls.certFile         | grpc.tls.keyFile
          grpc: {tls: {clientCaFile: a.pem}}          | grpc.tls.clientCaFile     | grpc.tls.keyFile
          grpc: 9001                                  | grpc                      | needs keys
          admin: {address: 'unix:/a'}                 | admin.address             | host and a port
          policies: {files: x, kubernetes: }          | policies.files | exclude each other
          policies: {kubernetes: {status: Maybe}}     | policies.kubernetes.status | is not one of Never, Write
          policies: {kubernetes: {skip: [pods]}}      | policies.kubernetes.skip | is not one of configmaps, grpcroutes, httproutes, secrets, serviceaccounts
          policies: {kubernetes: {namespaces: [A_]}}  | policies.kubernetes.namespaces | `A_` is no namespace
          client: {trustedHops: -1}                   | client.trustedHops        | -1
          client: {trustedHops: many}                 | client.trustedHops        | many
          client: {xfcc: Always}                      | client.xfcc               | is not one of LastHop, Never
          issuers: {allowedNetworks: [intranet]}      | issuers.allowedNetworks   | `intranet` is no network
          regions: {header: 'a b'}                    | regions.header            | a b
          regions: {ranges: [a]}                      | regions.ranges            | mapping
          regions: {ranges: {DE: {a: b}}}             | regions.ranges            | list
          decisionLog: {sinks: [printer]}             | decisionLog.sinks         | printer
          decisionLog: {sinks: [file]}                | decisionLog.sinks         | decisionLog.file
          decisionLog: {file: a}                      | decisionLog.file          | decisionLog.sinks
          decisionLog: {format: ocsf}                 | decisionLog.format        | not available in this version
          decisionLog: {format: xml}                  | decisionLog.format        | xml
          decisionLog: {sampleAllowed: 1.5}           | decisionLog.sampleAllowed | 1.5
          decisionLog: {sampleAllowed: NaN}           | decisionLog.sampleAllowed | NaN
          decisionLog: {buffer: 0}                    | decisionLog.buffer        | 0
          state: {redis: {uri: 'redis://a'}}          | state.redis.uri           | not available in this version
          state: {memory: {size: 1}}                  | state.memory              | takes nothing
          limits: {concurrentRequests: 0}             | limits.concurrentRequests | 0
          limits: {quotaKeys: 1e9}                    | limits.quotaKeys          | 1e9
          limits: {proofs: 0}                         | limits.proofs             | 0
          limits: {jsonDepth: 129}                    | limits.jsonDepth          | 129
          drain: 5                                    | drain                     | 5
          drain: 2h                                   | drain                     | 2h
          drain: [1s]                                 | drain                     | needs one value
          drain:                                      | drain                     | needs one value
          decisionTimeout: 0ms                        | decisionTimeout           | longer
          """)
  void aBadValueIsRefusedWithItsKey(String yaml, String key, String problem) throws IOException {
    Path file = file(yaml);

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> ConfigurationReader.read(file, Map.of()))
        .withMessageStartingWith(file + ":1:")
        .withMessageContaining("`" + key + "`")
        .withMessageContaining(problem)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drain: 1s\ndrain: 2s",
        "drain: *nowhere",
        "drain: [",
        "- a",
        "? {a: b}\n: c",
        "drain: 1s\n---\ndrain: 2s",
        "text"
      })
  void aFileThatIsNoMappingOfKeysIsRefusedInOneLine(String text) throws IOException {
    Path file = file(text);

    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> ConfigurationReader.read(file, Map.of()))
        .withMessageStartingWith(file.toString())
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing yet", "grpc:", "grpc: {tls: }"})
  void anEmptyFileOrSectionSaysNothing(String text) throws Exception {
    assertThat(read(text)).isEqualTo(ConfigurationReader.read(null, Map.of()));
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(() -> ConfigurationReader.read(folder.resolve("absent.yaml"), Map.of()))
        .withMessage("configuration `" + folder.resolve("absent.yaml") + "` does not exist");
  }

  @Test
  void aVariablesBadValueIsNamed() {
    assertThatExceptionOfType(ConfigurationException.class)
        .isThrownBy(
            () -> ConfigurationReader.read(null, Map.of("SALLYPORT_DECISION_TIMEOUT", "soon")))
        .withMessageStartingWith("SALLYPORT_DECISION_TIMEOUT: `decisionTimeout` `soon`");
  }

  private Configuration read(String yaml) throws Exception {
    return ConfigurationReader.read(file(yaml), Map.of());
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("config.yaml"), yaml);
  }
}
