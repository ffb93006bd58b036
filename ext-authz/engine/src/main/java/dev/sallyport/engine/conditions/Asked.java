package dev.sallyport.engine.conditions;

import dev.sallyport.engine.authenticate.Subject;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.identity.Located;
import dev.sallyport.engine.receive.Request;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a condition can look at.
 *
 * @param operation its name
 * @param template the path template that matched; null where none did
 * @param content never {@code Refused}; {@code Unread} where {@code Conditions.readsContent} is
 *     false
 * @param tool the MCP tool that is called; null where none is
 * @param arguments the tool's; null where none is called, or without arguments
 * @param subject null for an anonymous caller
 * @param identity null for a caller that is anonymous or unregistered
 * @param credential how the caller authenticated; null for an anonymous caller
 * @param scopes the effective scopes
 * @param now the decision's clock
 */
public record Asked(
    Request request,
    String operation,
    @Nullable String template,
    Content content,
    @Nullable String tool,
    @Nullable JsonNode arguments,
    @Nullable Subject subject,
    @Nullable Identity identity,
    Facts.@Nullable CredentialUse credential,
    Located source,
    List<String> scopes,
    Instant now) {}
