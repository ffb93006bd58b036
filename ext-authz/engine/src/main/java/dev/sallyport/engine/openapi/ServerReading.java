package dev.sallyport.engine.openapi;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads {@code servers}: the paths that stand in front of those of operations. */
final class ServerReading {
  private static final Pattern VARIABLE = Pattern.compile("\\{([^{}]*)\\}");
  private static final Pattern ORIGIN =
      Pattern.compile("(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)(.*)", Pattern.DOTALL);
  private static final int MOST_PATHS = 32;

  private final Findings findings;
  private final Set<String> hosts = new LinkedHashSet<>();

  ServerReading(Findings findings) {
    this.findings = findings;
  }

  /** The hosts of all servers that were read. */
  List<String> hosts() {
    return List.copyOf(hosts);
  }

  /**
   * The paths of the servers of a document, a path or an operation, without a last slash.
   *
   * @param otherwise those of what it stands in
   */
  List<String> paths(Place holder, List<String> otherwise) {
    Place servers = holder.child("servers");
    if (servers == null || servers.node().isEmpty()) {
      return otherwise;
    }
    if (!servers.node().isArray()) {
      findings.fault(servers, "`servers` must be a list");
      return otherwise;
    }
    Set<String> paths = new LinkedHashSet<>();
    for (int i = 0; i < servers.node().size(); i++) {
      Place server = servers.item(i);
      String url = server.text("url");
      if (url == null) {
        findings.fault(server, "a server needs a `url`");
        continue;
      }
      read(server, url, paths);
    }
    return List.copyOf(paths);
  }

  private void read(Place server, String url, Set<String> paths) {
    String path = url;
    Matcher origin = ORIGIN.matcher(url);
    if (origin.matches()) {
      path = origin.group(2);
      addHost(server, origin.group(1));
    } else if (url.isEmpty() || url.equals(".") || url.equals("./")) {
      findings.remark(
          server, "the URL leads to where the document itself is served; it is taken as `/`");
      path = "";
    } else if (!url.startsWith("/") && !url.startsWith("{")) {
      findings.remark(
          server,
          "the URL is relative to where the document itself is served, which is not known; the"
              + " server is left out");
      return;
    }
    if (path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
      findings.remark(server, "the URL has a query or a fragment; the server is left out");
      return;
    }
    for (String expanded : expand(server, path)) {
      if (expanded.indexOf('{') >= 0 || expanded.indexOf('}') >= 0) {
        findings.remark(server, "a variable of the URL has no value; the server is left out");
      } else if (!expanded.isEmpty() && !expanded.startsWith("/")) {
        findings.remark(
            server, "the path of the URL has no slash in front; the server is left out");
      } else if (paths.size() < MOST_PATHS) {
        paths.add(expanded.replaceFirst("/+$", ""));
      } else {
        findings.remark(server, "more than " + MOST_PATHS + " paths; the others are left out");
        return;
      }
    }
  }

  /** The text with each value that its variables may have. */
  private List<String> expand(Place server, String text) {
    List<String> done = new ArrayList<>();
    List<String> ahead = new ArrayList<>(List.of(text));
    while (!ahead.isEmpty() && done.size() <= MOST_PATHS) {
      String next = ahead.removeLast();
      Matcher variable = VARIABLE.matcher(next);
      if (!variable.find()) {
        done.add(next);
        continue;
      }
      List<String> values = values(server, variable.group(1));
      if (values.isEmpty()) {
        done.add(next);
        continue;
      }
      for (String value : values.reversed()) {
        ahead.add(next.substring(0, variable.start()) + value + next.substring(variable.end()));
      }
    }
    return done;
  }

  /** The values that a variable may have, the default first; none where it is not declared. */
  private static List<String> values(Place server, String name) {
    Place variables = server.child("variables");
    Place variable = variables == null ? null : variables.child(name);
    if (variable == null) {
      return List.of();
    }
    Set<String> values = new LinkedHashSet<>();
    String standard = variable.text("default");
    if (standard != null) {
      values.add(standard);
    }
    JsonNode others = variable.node().get("enum");
    if (others != null && others.isArray()) {
      for (JsonNode other : others) {
        if (other.isString()) {
          values.add(other.stringValue());
        }
      }
    }
    // A value with a variable of its own could go on for ever.
    values.removeIf(value -> value.indexOf('{') >= 0 || value.indexOf('}') >= 0);
    return values.stream().limit(MOST_PATHS).toList();
  }

  private void addHost(Place server, String authority) {
    String host = host(authority);
    if (host != null && host.indexOf('{') >= 0) {
      host = host(expand(server, authority).getFirst());
    }
    if (host != null && !host.isEmpty() && host.indexOf('{') < 0) {
      hosts.add(host.toLowerCase(Locale.ROOT));
    }
  }

  private static @Nullable String host(String authority) {
    String withoutUser = authority.substring(authority.lastIndexOf('@') + 1);
    if (withoutUser.startsWith("[")) {
      int end = withoutUser.indexOf(']');
      return end < 0 ? null : withoutUser.substring(0, end + 1);
    }
    int colon = withoutUser.lastIndexOf(':');
    return colon < 0 ? withoutUser : withoutUser.substring(0, colon);
  }
}
