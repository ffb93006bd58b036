package dev.sallyport.engine.openapi;

import dev.sallyport.engine.operation.PathTemplate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operation of a document.
 *
 * @param name no other of the document has it; a name as policies want it, made of the {@code
 *     operationId}, or of method and path
 * @param id the {@code operationId}; null where there is none
 * @param pointer its place in the document
 * @param method in capitals
 * @param templates with the paths of {@code servers} in front; at least one
 * @param body null where there is none
 */
public record DocumentOperation(
    String name,
    @Nullable String id,
    String pointer,
    String method,
    List<PathTemplate> templates,
    List<DocumentParameter> parameters,
    @Nullable RequestBody body,
    Scopes scopes) {
  public DocumentOperation {
    templates = List.copyOf(templates);
    parameters = List.copyOf(parameters);
  }
}
