package dev.sallyport.engine.compile;

import dev.sallyport.crd.ApiPolicySpec;
import dev.sallyport.engine.mcp.McpEndpoint;
import dev.sallyport.engine.policy.CompiledOperation;
import dev.sallyport.engine.quota.Limit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compiles the MCP endpoint of one {@code ApiPolicy}. */
final class McpCompilation {
  private McpCompilation() {}

  /**
   * The endpoint; null where there is none, or it was refused.
   *
   * @param limits of the whole API
   */
  static @Nullable McpEndpoint<CompiledOperation> compile(
      ApiPolicySpec spec,
      Declared declared,
      Report report,
      References references,
      List<Limit> limits) {
    if (spec.mcp() != null) {
      report.unsupported("spec.mcp", "a Model Context Protocol endpoint");
    }
    return null;
  }
}
