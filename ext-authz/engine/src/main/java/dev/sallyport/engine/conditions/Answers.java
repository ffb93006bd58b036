package dev.sallyport.engine.conditions;

import dev.cel.runtime.CelVariableResolver;
import dev.sallyport.engine.content.Content;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.identity.Identity;
import dev.sallyport.engine.receive.RequestPath;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an expression gets when it names a variable. */
final class Answers {
  private Answers() {}

  /** The variables of one request, each made when it is named. Of one thread. */
  static final class Progress implements CelVariableResolver {
    private final Asked asked;
    private final JsonView.Progress lookups = new JsonView.Progress();
    private @Nullable Parameters parameters;
    private @Nullable HeaderView headers;

    Progress(Asked asked) {
      this.asked = asked;
    }

    @Override
    public Optional<Object> find(String name) {
      return Optional.ofNullable(
          switch (name) {
            case "request" -> new Struct(Variables.REQUEST_WITH_BODY, this::request);
            case "identity" -> new Struct(Variables.IDENTITY, this::identity);
            case "credential" -> new Struct(Variables.CREDENTIAL, this::credential);
            case "source" -> new Struct(Variables.SOURCE, this::source);
            case "operation" -> new Struct(Variables.OPERATION, this::operation);
            case "tool" -> new Struct(Variables.TOOL, this::tool);
            case "scopes" -> ListView.of(asked.scopes());
            case "now" -> asked.now();
            default -> null;
          });
    }

    private @Nullable Object request(String field) {
      return switch (field) {
        case "method" -> asked.request().method();
        case "host" -> asked.request().host().name();
        case "path" -> path(asked.request().path());
        case "query" -> parameters().single();
        case "queryAll" -> parameters().all();
        case "headers" -> headers();
        case "contentType" -> mediaType();
        case "body" -> body();
        default -> null;
      };
    }

    /** As it was matched: a letter that is escaped is the same letter to the upstream. */
    private static String path(@Nullable RequestPath path) {
      return path == null ? "" : '/' + String.join("/", path.segments());
    }

    private Parameters parameters() {
      Parameters known = parameters;
      if (known == null) {
        known = Parameters.of(asked.request().query());
        parameters = known;
      }
      return known;
    }

    private HeaderView headers() {
      HeaderView known = headers;
      if (known == null) {
        known = new HeaderView(asked.request().headers());
        headers = known;
      }
      return known;
    }

    private String mediaType() {
      String type = HeaderView.only(asked.request().headers().values("content-type"));
      if (type == null) {
        return "";
      }
      int semicolon = type.indexOf(';');
      return (semicolon < 0 ? type : type.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    }

    private @Nullable Object body() {
      return switch (asked.content()) {
        case Content.Tree(var value, _) -> JsonView.of(value, lookups);
        case Content.Absent() -> null;
        case Content.Unread() -> throw new Faulty("the body was not read");
        case Content.Refused _ -> throw new Faulty("the body can't be judged");
      };
    }

    private @Nullable Object identity(String field) {
      Identity identity = asked.identity();
      return switch (field) {
        case "registered" -> identity != null;
        case "name" -> identity == null ? "" : identity.key().name();
        case "namespace" -> identity == null ? "" : identity.key().namespace();
        case "type" -> identity == null ? "" : orEmpty(identity.type());
        case "environment" -> identity == null ? "" : orEmpty(identity.environment());
        default -> null;
      };
    }

    private @Nullable Object credential(String field) {
      Facts.CredentialUse credential = asked.credential();
      return switch (field) {
        case "name" -> credential == null ? "" : orEmpty(credential.name());
        case "method" -> credential == null ? "" : credential.method();
        case "kind" -> credential == null ? "" : credential.kind();
        case "constraint" -> credential == null ? "" : credential.constraint();
        default -> null;
      };
    }

    private @Nullable Object source(String field) {
      return switch (field) {
        case "address" ->
            asked.source().address() == null ? "" : asked.source().address().toString();
        case "region" -> orEmpty(asked.source().region());
        default -> null;
      };
    }

    private @Nullable Object operation(String field) {
      return switch (field) {
        case "name" -> asked.operation();
        case "template" -> orEmpty(asked.template());
        default -> null;
      };
    }

    private @Nullable Object tool(String field) {
      return switch (field) {
        case "name" -> orEmpty(asked.tool());
        // MCP: a call without arguments has none of them.
        case "arguments" ->
            asked.arguments() == null ? Map.of() : JsonView.of(asked.arguments(), lookups);
        default -> null;
      };
    }

    private static String orEmpty(@Nullable String text) {
      return text == null ? "" : text;
    }
  }
}
