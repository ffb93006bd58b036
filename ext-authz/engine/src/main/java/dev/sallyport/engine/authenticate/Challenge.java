package dev.sallyport.engine.authenticate;

import dev.sallyport.engine.authenticate.CredentialLocation.InAuthorization;
import dev.sallyport.engine.authenticate.CredentialLocation.InConnection;
import dev.sallyport.engine.authenticate.CredentialLocation.InCookie;
import dev.sallyport.engine.authenticate.CredentialLocation.InHeader;
import dev.sallyport.engine.authenticate.CredentialLocation.InQuery;
import dev.sallyport.engine.decision.HttpField;
import java.util.ArrayList;
import java.util.List;

/**
 * A challenge (RFC 9110 section 11.6.1): a scheme, and its parameters in order.
 *
 * @param scheme a token (RFC 9110 section 5.6.2)
 * @param parameters each name once (RFC 9110 section 11.2)
 */
public record Challenge(String scheme, List<Parameter> parameters) {
  /**
   * A parameter.
   *
   * @param name lower case
   * @param value visible ASCII and spaces, as it is before it is quoted
   */
  public record Parameter(String name, String value) {}

  public Challenge {
    parameters = List.copyOf(parameters);
    for (int i = 1; i < parameters.size(); i++) {
      for (int before = 0; before < i; before++) {
        if (parameters.get(i).name().equals(parameters.get(before).name())) {
          throw new IllegalArgumentException("a parameter of a challenge stands twice");
        }
      }
    }
  }

  /** A challenge that names its protection space (RFC 9110 section 11.5). */
  public static Challenge of(String scheme, String realm) {
    return new Challenge(scheme, List.of(new Parameter("realm", realm)));
  }

  /** With one parameter more. */
  public Challenge with(String name, String value) {
    List<Parameter> more = new ArrayList<>(parameters);
    more.add(new Parameter(name, value));
    return new Challenge(scheme, more);
  }

  /** That says where else than in {@code Authorization} the credential is looked for. */
  public Challenge at(CredentialLocation location) {
    return switch (location) {
      case InAuthorization _, InConnection() -> this;
      case InHeader(var name, _) ->
          name.equals(InAuthorization.HEADER) ? this : with("header", name);
      case InQuery(var name, _) -> with("query", name);
      case InCookie(var name) -> with("cookie", name);
    };
  }

  /** As a field of an answer; two challenges are two fields. */
  HttpField field() {
    StringBuilder text = new StringBuilder(scheme);
    char separator = ' ';
    for (Parameter parameter : parameters) {
      text.append(separator).append(separator == ' ' ? "" : " ").append(parameter.name());
      text.append("=\"");
      quote(parameter.value(), text);
      text.append('"');
      separator = ',';
    }
    return new HttpField("www-authenticate", text.toString());
  }

  /** A quoted string (RFC 9110 section 5.6.4); the field itself refuses what is not ASCII. */
  private static void quote(String value, StringBuilder text) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\');
      }
      text.append(c);
    }
  }
}
