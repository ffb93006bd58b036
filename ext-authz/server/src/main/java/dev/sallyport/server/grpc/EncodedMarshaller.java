package dev.sallyport.server.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Sends responses that are bytes already. A server reads none. */
final class EncodedMarshaller implements MethodDescriptor.Marshaller<byte[]> {
  @Override
  public InputStream stream(byte[] response) {
    return new Bytes(response);
  }

  @Override
  public byte[] parse(InputStream stream) {
    throw new UnsupportedOperationException("a server reads no responses");
  }

  /**
   * Tells gRPC its length beforehand, so that it need not be copied to be counted, and writes
   * itself, or gRPC would make a buffer of 8 KiB to copy it with.
   */
  private static final class Bytes extends ByteArrayInputStream implements KnownLength, Drainable {
    Bytes(byte[] bytes) {
      super(bytes);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int drained = count - pos;
      target.write(buf, pos, drained);
      pos = count;
      return drained;
    }
  }
}
