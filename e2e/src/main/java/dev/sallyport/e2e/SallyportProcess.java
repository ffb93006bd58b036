package dev.sallyport.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The built distribution, running {@code sallyport serve} on 127.0.0.1. */
public final class SallyportProcess implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final ChildProcess process;
  private final CheckAddress address;
  private final int adminPort;
  private final DecisionLog decisions;

  private SallyportProcess(
      ChildProcess process, CheckAddress address, int adminPort, DecisionLog decisions) {
    this.process = process;
    this.address = address;
    this.adminPort = adminPort;
    this.decisions = decisions;
  }

  /** Where policies come from. */
  public sealed interface Source {
    /** A folder of files. */
    record Folder(Path path) implements Source {
      @Override
      public String option() {
        return "--policies";
      }
    }

    /** The API server of a kubeconfig. */
    record ApiServer(Path path) implements Source {
      @Override
      public String option() {
        return "--kubeconfig";
      }
    }

    /** The option of {@code sallyport serve} that takes the path. */
    String option();

    Path path();
  }

  /**
   * How one is started.
   *
   * @param work a folder for its configuration, its decision log and what it prints
   * @param source where it reads policies and watches them
   * @param tls null for cleartext
   * @param configuration more keys of its configuration file, one line of YAML each
   * @param file a configuration file that is taken as it is: {@code tls} and {@code configuration}
   *     don't count then, and the environment says addresses and decision log; null to write one
   */
  public record Settings(
      Path work,
      Source source,
      CheckAddress address,
      int adminPort,
      @Nullable Tls tls,
      List<String> configuration,
      @Nullable Path file) {
    public Settings {
      configuration = List.copyOf(configuration);
    }

    /** Cleartext on free ports; regions come from a header, and nothing waits for the drain. */
    public static Settings of(Path work, Path policies) {
      return of(work, new Source.Folder(policies));
    }

    /** As with a folder, from wherever the policies come. */
    public static Settings of(Path work, Source source) {
      return new Settings(
          work,
          source,
          new CheckAddress.Port(FreePorts.next()),
          FreePorts.next(),
          null,
          List.of(
              "regions: {header: x-client-region}",
              "drain: 0s",
              // Not what is measured here, and a busy machine must not turn it into a denial.
              "decisionTimeout: 5s"),
          null);
    }

    public Settings on(CheckAddress address) {
      return new Settings(work, source, address, adminPort, tls, configuration, file);
    }

    public Settings withAdminPort(int port) {
      return new Settings(work, source, address, port, tls, configuration, file);
    }

    public Settings withTls(Tls tls) {
      return new Settings(work, source, address, adminPort, tls, configuration, file);
    }

    /** With a line of YAML in place of the one for the same key. */
    public Settings with(String key, String value) {
      List<String> lines = new ArrayList<>(configuration);
      lines.removeIf(line -> line.startsWith(key + ":"));
      lines.add(key + ": " + value);
      return new Settings(work, source, address, adminPort, tls, lines, file);
    }

    /** With a configuration file of somebody else's. */
    public Settings withFile(Path file) {
      return new Settings(work, source, address, adminPort, tls, configuration, file);
    }
  }

  /**
   * {@code grpc.tls}, with files in PEM.
   *
   * @param clientCaFile null where clients need no certificate
   */
  public record Tls(Path certFile, Path keyFile, @Nullable Path clientCaFile) {}

  /** Starts one and waits until it is ready. */
  public static SallyportProcess start(Settings settings) {
    SallyportProcess sallyport = launch(settings);
    try {
      sallyport.awaitReady();
      return sallyport;
    } catch (RuntimeException | Error e) {
      sallyport.close();
      throw e;
    }
  }

  /** Starts one that need not become ready. */
  public static SallyportProcess launch(Settings settings) {
    try {
      Files.createDirectories(settings.work());
      Path decisions = settings.work().resolve("decisions.jsonl");
      Path file = settings.file();
      if (file == null) {
        file = settings.work().resolve("sallyport.yaml");
        Files.write(file, configuration(settings, decisions));
      }
      ChildProcess process =
          ChildProcess.start(
              "sallyport",
              List.of(
                  Checkout.sallyport().toString(),
                  "serve",
                  settings.source().option(),
                  settings.source().path().toString(),
                  "--config",
                  file.toString()),
              environment(settings, decisions),
              settings.work().resolve("sallyport.log"));
      return new SallyportProcess(
          process, settings.address(), settings.adminPort(), new DecisionLog(decisions));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> environment(Settings settings, Path decisions) {
    Map<String, String> environment = new TreeMap<>();
    environment.put(
        "SALLYPORT_JAVA", Path.of(System.getProperty("java.home"), "bin/java").toString());
    if (settings.file() != null) {
      environment.put("SALLYPORT_GRPC_ADDRESS", settings.address().setting());
      environment.put("SALLYPORT_ADMIN_ADDRESS", "127.0.0.1:" + settings.adminPort());
      environment.put("SALLYPORT_DECISION_LOG_SINKS", "file");
      environment.put("SALLYPORT_DECISION_LOG_FILE", decisions.toString());
    }
    return environment;
  }

  private static List<String> configuration(Settings settings, Path decisions) {
    List<String> lines = new ArrayList<>();
    lines.add("grpc:");
    lines.add("  address: '" + settings.address().setting() + "'");
    Tls tls = settings.tls();
    if (tls != null) {
      lines.add("  tls:");
      lines.add("    certFile: '" + tls.certFile() + "'");
      lines.add("    keyFile: '" + tls.keyFile() + "'");
      if (tls.clientCaFile() != null) {
        lines.add("    clientCaFile: '" + tls.clientCaFile() + "'");
      }
    }
    lines.add("admin: {address: '127.0.0.1:" + settings.adminPort() + "'}");
    lines.add("decisionLog: {sinks: [file], file: '" + decisions + "'}");
    lines.addAll(settings.configuration());
    return lines;
  }

  public CheckAddress address() {
    return address;
  }

  public int adminPort() {
    return adminPort;
  }

  public DecisionLog decisions() {
    return decisions;
  }

  /** The process, to look at what it prints and to end it in unusual ways. */
  public ChildProcess process() {
    return process;
  }

  /** Status and text of a page of the admin port. */
  public HttpResponse<String> admin(String path) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Waits until {@code /readyz} says so. */
  public void awaitReady() {
    Await.until(
        "sallyport is ready",
        Await.PATIENT,
        () -> {
          if (!process.isAlive()) {
            throw new IllegalStateException("sallyport ended");
          }
          return admin("/readyz").statusCode() == 200 ? Optional.of(true) : Optional.empty();
        },
        () -> "\nit said:\n" + process.output());
  }

  /** Waits until what it prints holds a text, and gives the first line that does. */
  public String awaitLine(String text) {
    return Await.until(
        "sallyport prints `" + text + "`",
        Await.PATIENT,
        () -> process.output().lines().filter(line -> line.contains(text)).findFirst(),
        () -> "\nit said:\n" + process.output());
  }

  @Override
  public void close() {
    process.close();
  }
}
