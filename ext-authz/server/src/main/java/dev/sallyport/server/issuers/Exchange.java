package dev.sallyport.server.issuers;

import static java.util.Locale.ROOT;

import dev.sallyport.server.issuers.IssuerClient.Access;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.jspecify.annotations.Nullable;

/**
 * One call under way, with what it takes to end it: {@link #run} on a thread of its own, {@link
 * #giveUp} on another.
 */
final class Exchange implements Runnable {
  private static final int MAX_REDIRECTS = 3;
  private static final ContentType FORM = ContentType.create("application/x-www-form-urlencoded");
  private static final Pattern MAX_AGE = Pattern.compile("max-age=\"?([0-9]{1,9})\"?");
  private static final Pattern JSON = Pattern.compile("application/([a-z0-9.+_-]+\\+)?json");

  private final Call call;
  private final Function<URI, Access> access;
  private final CompletableFuture<Reply> reply;
  private volatile boolean givenUp;
  private volatile @Nullable Thread thread;
  private volatile @Nullable HttpUriRequestBase request;

  /**
   * A call that is not yet under way.
   *
   * @param access asked for the call's URI, and for each to which it is redirected
   * @param reply completed once, with what came of it
   */
  Exchange(Call call, Function<URI, Access> access, CompletableFuture<Reply> reply) {
    this.call = call;
    this.access = access;
    this.reply = reply;
  }

  /** The time is over: a body may drip for ever. */
  void giveUp() {
    reply.complete(
        new Reply.Failed("it did not answer within " + call.timeout().toMillis() + " ms"));
    givenUp = true;
    HttpUriRequestBase sent = request;
    if (sent != null) {
      sent.cancel();
    }
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    try {
      reply.complete(follow());
    } catch (RuntimeException e) {
      reply.complete(Reply.Failed.of(e, false));
    } finally {
      thread = null;
    }
  }

  private Reply follow() {
    URI uri = call.uri();
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      switch (step(uri)) {
        case Step.Done(var done) -> {
          return done;
        }
        case Step.Moved(var to) -> uri = to;
      }
    }
    return new Reply.Failed("it redirects more than " + MAX_REDIRECTS + " times");
  }

  private Step step(URI uri) {
    return switch (access.apply(uri)) {
      case Access.Open(var connections) -> ask(connections, uri);
      case Access.Barred(var why) -> Step.failed(why);
    };
  }

  private Step ask(Connections connections, URI uri) {
    HttpUriRequestBase asked = request(uri);
    request = asked;
    if (givenUp) {
      return Step.failed("it was given up");
    }
    HttpHost target = new HttpHost(uri.getScheme(), Proxies.bare(uri.getHost()), uri.getPort());
    HttpClientContext context = HttpClientContext.create();
    try {
      ClassicHttpResponse response = connections.client().executeOpen(target, asked, context);
      @Nullable Step step = null;
      try {
        boolean isOfProxy =
            connections.proxied() && Proxies.isSecure(uri) && context.getSSLSession() == null;
        step =
            isOfProxy
                ? Step.failed("its proxy answered with status " + response.getCode())
                : judge(uri, response);
        return step;
      } finally {
        if (!(step instanceof Step.Done(Reply.Arrived _))) {
          // To close a response is to read what is left of it, and that may never end.
          asked.cancel();
        }
        close(response);
      }
    } catch (IOException e) {
      return new Step.Done(Reply.Failed.of(e, connections.proxied()));
    }
  }

  private static void close(ClassicHttpResponse response) {
    try {
      response.close();
    } catch (IOException _) {
      // What was wanted of it was read, or will never be.
    }
  }

  private HttpUriRequestBase request(URI uri) {
    HttpUriRequestBase made = new HttpUriRequestBase(call.post().isPresent() ? "POST" : "GET", uri);
    made.setHeader("accept", call.accept());
    if (!call.etag().isEmpty()) {
      made.setHeader("if-none-match", call.etag());
    }
    call.post()
        .ifPresent(post -> {
          made.setHeader("authorization", post.authorization());
          made.setEntity(new StringEntity(post.form(), FORM));
        });
    return made;
  }

  private Step judge(URI uri, ClassicHttpResponse response) throws IOException {
    return switch (response.getCode()) {
      case 200 -> new Step.Done(read(response));
      case 301, 302, 303, 307, 308 -> redirect(uri, response);
      case 304 ->
          new Step.Done(
              call.etag().isEmpty()
                  ? new Reply.Refused(304)
                  : new Reply.Unchanged(maxAge(response)));
      default -> new Step.Done(new Reply.Refused(response.getCode()));
    };
  }

  private Step redirect(URI from, ClassicHttpResponse response) {
    if (call.post().isPresent()) {
      return Step.failed("it redirects, and a token is sent nowhere else");
    }
    Header[] locations = response.getHeaders("location");
    if (locations.length != 1 || locations[0].getValue() == null) {
      return Step.failed("it redirects to nowhere");
    }
    URI to;
    try {
      to = from.resolve(new URI(locations[0].getValue()));
    } catch (URISyntaxException _) {
      return Step.failed("it redirects to nowhere");
    }
    return hasOrigin(to, from)
        ? new Step.Moved(to)
        : Step.failed("it redirects to another host, port or scheme");
  }

  private Reply read(ClassicHttpResponse response) throws IOException {
    Optional<String> fault = fault(response);
    if (fault.isPresent()) {
      return new Reply.Failed(fault.get());
    }
    HttpEntity entity = response.getEntity();
    if (entity == null) {
      return new Reply.Failed("its answer is empty");
    }
    byte[] body = entity.getContent().readNBytes(call.maxBytes() + 1);
    return body.length > call.maxBytes()
        ? tooLarge()
        : new Reply.Arrived(body, only(response, "etag").orElse(""), maxAge(response));
  }

  private Reply.Failed tooLarge() {
    int kibibytes = call.maxBytes() >> 10;
    return new Reply.Failed(
        "its answer is larger than "
            + (kibibytes < 1024 ? kibibytes + " KiB" : (kibibytes >> 10) + " MiB"));
  }

  /** What of an answer can be judged before its body is read. */
  private Optional<String> fault(ClassicHttpResponse response) {
    String type =
        only(response, "content-type").orElse("?").split(";", 2)[0].strip().toLowerCase(ROOT);
    if (type.equals("text/html")) {
      return Optional.of("its answer is a web page, not JSON");
    }
    if (response.containsHeader("content-type") && !JSON.matcher(type).matches()) {
      return Optional.of("its answer is not JSON by its content type");
    }
    if (!only(response, "content-encoding").orElse("?").equalsIgnoreCase("identity")
        && response.containsHeader("content-encoding")) {
      return Optional.of("its answer is encoded, which nobody asked for");
    }
    return Optional.empty();
  }

  /** What one request of a call led to. */
  private sealed interface Step {
    record Done(Reply reply) implements Step {}

    /** To another place of the same origin. */
    record Moved(URI to) implements Step {}

    static Step failed(String why) {
      return new Done(new Reply.Failed(why));
    }
  }

  private static boolean hasOrigin(URI uri, URI origin) {
    return uri.getHost() != null
        && uri.getRawUserInfo() == null
        && origin.getScheme().equalsIgnoreCase(uri.getScheme())
        && origin.getHost().equalsIgnoreCase(uri.getHost())
        && Proxies.port(origin) == Proxies.port(uri);
  }

  /** The value of a header that came once; nothing where it came more often, or never. */
  private static Optional<String> only(ClassicHttpResponse response, String name) {
    Header[] headers = response.getHeaders(name);
    return headers.length == 1 ? Optional.ofNullable(headers[0].getValue()) : Optional.empty();
  }

  private static Optional<Duration> maxAge(ClassicHttpResponse response) {
    return Stream.of(response.getHeaders("cache-control"))
        .flatMap(header -> Stream.of(header.getValue().toLowerCase(ROOT).split(",", -1)))
        .map(directive -> MAX_AGE.matcher(directive.strip()))
        .filter(Matcher::matches)
        .map(matcher -> Duration.ofSeconds(Long.parseLong(matcher.group(1))))
        .findFirst();
  }
}
