package dev.sallyport.e2e;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.server.transport.HttpServletStatelessServerTransport;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import jakarta.servlet.Servlet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Wrapper;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;

/**
 * The MCP server of {@code examples/agent-tools}, on the official SDK. It has the tools of that
 * folder's {@code tools.json}, runs whatever it is asked to, and remembers it: what must not run is
 * for others to refuse.
 */
public final class LogisticsServer implements AutoCloseable {
  static final String PATH = "/mcp";

  private final Tomcat tomcat;
  private final AutoCloseable server;
  private final Queue<Ran> ran;

  private LogisticsServer(Tomcat tomcat, AutoCloseable server, Queue<Ran> ran) {
    this.tomcat = tomcat;
    this.server = server;
    this.ran = ran;
  }

  /** Whether the server gives its clients sessions. */
  public enum Sessions {
    ASSIGNED,
    NONE
  }

  /** A tool that ran. */
  public record Ran(String tool, Map<String, Object> arguments) {
    public Ran {
      arguments = Map.copyOf(arguments);
    }
  }

  /** Starts it on a free port of 127.0.0.1. */
  public static LogisticsServer start(Path work, Sessions sessions) {
    Queue<Ran> ran = new ConcurrentLinkedQueue<>();
    List<McpSchema.Tool> tools = tools();
    return switch (sessions) {
      case ASSIGNED -> {
        var transport =
            HttpServletStreamableServerTransportProvider.builder().mcpEndpoint(PATH).build();
        var server =
            McpServer.sync(transport)
                .serverInfo("logistics", "1.0")
                .validateToolInputs(false)
                .tools(
                    tools.stream()
                        .map(tool ->
                            McpServerFeatures.SyncToolSpecification.builder()
                                .tool(tool)
                                .callHandler((_, call) -> run(call, ran))
                                .build())
                        .toList())
                .build();
        yield start(work, transport, server::close, ran);
      }
      case NONE -> {
        var transport = HttpServletStatelessServerTransport.builder().messageEndpoint(PATH).build();
        var server =
            McpServer.sync(transport)
                .serverInfo("logistics", "1.0")
                .validateToolInputs(false)
                .tools(
                    tools.stream()
                        .map(tool ->
                            McpStatelessServerFeatures.SyncToolSpecification.builder()
                                .tool(tool)
                                .callHandler((_, call) -> run(call, ran))
                                .build())
                        .toList())
                .build();
        yield start(work, transport, server::close, ran);
      }
    };
  }

  private static List<McpSchema.Tool> tools() {
    try {
      String list = Files.readString(Checkout.examples().resolve("agent-tools/tools.json"));
      return McpJsonDefaults.getMapper().readValue(list, McpSchema.ListToolsResult.class).tools();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static McpSchema.CallToolResult run(McpSchema.CallToolRequest call, Queue<Ran> ran) {
    Map<String, Object> arguments = call.arguments() == null ? Map.of() : call.arguments();
    ran.add(new Ran(call.name(), arguments));
    return McpSchema.CallToolResult.builder()
        .addTextContent(call.name() + " ran with " + arguments)
        .build();
  }

  private static LogisticsServer start(
      Path work, Servlet servlet, AutoCloseable server, Queue<Ran> ran) {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(work.resolve("tomcat").toString());
    tomcat.setPort(0);
    tomcat.setSilent(true);
    if (!tomcat.getConnector().setProperty("address", "127.0.0.1")) {
      throw new IllegalStateException("the server would listen everywhere");
    }
    Context context = tomcat.addContext("", work.toString());
    if (context instanceof StandardContext standard) {
      // Nothing is loaded again here, so nothing needs to be found that would leak then.
      standard.setClearReferencesThreadLocals(false);
      standard.setClearReferencesRmiTargets(false);
    }
    Wrapper wrapper = Tomcat.addServlet(context, "mcp", servlet);
    wrapper.setAsyncSupported(true);
    wrapper.addMapping(PATH);
    LogisticsServer started = new LogisticsServer(tomcat, server, ran);
    try {
      tomcat.start();
      return started;
    } catch (LifecycleException e) {
      started.close();
      throw new IllegalStateException("the logistics server can't start", e);
    }
  }

  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  /** The tools that ran, in their order. */
  public List<Ran> ran() {
    return new ArrayList<>(ran);
  }

  @Override
  public void close() {
    try {
      server.close();
      tomcat.stop();
      tomcat.destroy();
    } catch (Exception e) {
      throw new IllegalStateException("the logistics server does not end", e);
    }
  }
}
