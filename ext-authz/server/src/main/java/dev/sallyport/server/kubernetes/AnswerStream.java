package dev.sallyport.server.kubernetes;

import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, as it arrives. Asks for more only when what came before is read, so that
 * memory holds little of it. One thread reads.
 */
final class AnswerStream extends InputStream {
  private final Duration longestSilence;
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private final Deque<ByteBuffer> unread = new ArrayDeque<>();
  private @Nullable AsyncBody body;
  private boolean ended;

  private sealed interface Arrival {
    record Bytes(List<ByteBuffer> buffers) implements Arrival {}

    record End(@Nullable Throwable failure) implements Arrival {}
  }

  /** Thrown to its reader when nothing came for longer than it may. */
  static final class Silent extends IOException {
    private static final long serialVersionUID = 1L;

    private Silent() {
      super("nothing is heard");
    }
  }

  AnswerStream(Duration longestSilence) {
    this.longestSilence = longestSilence;
  }

  /** Bytes came; called by the client. */
  void arrived(List<ByteBuffer> buffers) {
    arrivals.add(new Arrival.Bytes(buffers));
  }

  /** The body may be asked for its bytes. */
  void begin(AsyncBody body) {
    this.body = body;
    var _ = body.done().whenComplete((_, failure) -> arrivals.add(new Arrival.End(failure)));
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (unread.isEmpty()) {
      if (ended || body == null) {
        return -1;
      }
      await(body);
    }
    ByteBuffer next = unread.getFirst();
    int count = Math.min(length, next.remaining());
    next.get(to, from, count);
    if (!next.hasRemaining()) {
      unread.removeFirst();
    }
    return count;
  }

  private void await(AsyncBody from) throws IOException {
    if (arrivals.isEmpty()) {
      from.consume();
    }
    Arrival arrival;
    try {
      arrival = arrivals.poll(longestSilence.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("no longer wanted");
    }
    switch (arrival) {
      case null -> throw new Silent();
      case Arrival.Bytes(var buffers) ->
          buffers.stream().filter(ByteBuffer::hasRemaining).forEach(unread::add);
      case Arrival.End(var failure) -> {
        ended = true;
        if (failure != null) {
          throw new IOException("the answer breaks off", failure);
        }
      }
    }
  }

  /** Reads to the end, so that the connection can be used again; it is no matter if it can't. */
  void drain() {
    try {
      transferTo(OutputStream.nullOutputStream());
    } catch (IOException _) {
      // All that is wanted was read before.
    }
  }

  /** Lets go of the connection, unless all was read. */
  @Override
  public void close() {
    if (body != null) {
      body.cancel();
    }
  }
}
