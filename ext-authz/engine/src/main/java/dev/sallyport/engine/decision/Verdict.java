package dev.sallyport.engine.decision;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Allow or deny: there is no third, and no default. */
public sealed interface Verdict {
  /** The reason's code is what users see. */
  Reason reason();

  /** What is changed of the request and of its response; nothing where it is refused. */
  Changes changes();

  /** The fields that the caller gets beside those of the upstream, or of the denial. */
  List<HttpField> responseFields();

  /**
   * The request may go on.
   *
   * @param shadowed what would have denied it, under shadow enforcement; null where nothing would
   * @param changes what is changed on its way
   */
  record Allow(@Nullable Denial shadowed, Changes changes) implements Verdict {
    @Override
    public Reason reason() {
      return Reason.ALLOWED;
    }

    @Override
    public List<HttpField> responseFields() {
      return changes.responseFields();
    }
  }

  /** The request is refused. */
  record Deny(Denial denial) implements Verdict {
    @Override
    public Reason reason() {
      return denial.reason();
    }

    @Override
    public Changes changes() {
      return Changes.NONE;
    }

    @Override
    public List<HttpField> responseFields() {
      return denial.fields();
    }
  }

  /**
   * What is changed of an allowed request and of its response.
   *
   * @param removeHeaders request headers to remove
   * @param removeQuery query parameters to remove, by name
   * @param cookie the {@code cookie} header to set in place of the caller's, null where it stays
   * @param path the {@code :path} to set in place of the caller's, percent-encoded, of which
   *     parameters are removed after that; null where it stays
   * @param responseFields fields to add to the response
   */
  record Changes(
      List<String> removeHeaders,
      List<String> removeQuery,
      @Nullable String cookie,
      @Nullable String path,
      List<HttpField> responseFields) {
    public static final Changes NONE = new Changes(List.of(), List.of(), null, null, List.of());

    public Changes {
      removeHeaders = List.copyOf(removeHeaders);
      removeQuery = List.copyOf(removeQuery);
      responseFields = List.copyOf(responseFields);
    }

    /** The same, with these fields of the response. */
    public Changes responding(List<HttpField> fields) {
      return fields.isEmpty()
          ? this
          : new Changes(removeHeaders, removeQuery, cookie, path, fields);
    }

    /** The same, with this path and query in place of the caller's; null leaves it. */
    public Changes asking(@Nullable String path) {
      return path == null
          ? this
          : new Changes(removeHeaders, removeQuery, cookie, path, responseFields);
    }
  }
}
