package dev.sallyport.server.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.sallyport.engine.decision.HttpField;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Fields of a response as the end of an {@link OkHttpResponse}: {@code response_headers_to_add},
 * each replacing what the upstream sent under its name.
 *
 * <p>Names and values are visible ASCII, as {@link HttpField} has it, so characters are bytes.
 */
final class EncodedFields {
  private static final byte[] NONE = {};
  private static final int ACTION = HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD_VALUE;
  private static final int ACTION_SIZE =
      CodedOutputStream.computeEnumSize(HeaderValueOption.APPEND_ACTION_FIELD_NUMBER, ACTION);

  private EncodedFields() {}

  static byte[] of(List<HttpField> fields) {
    if (fields.isEmpty()) {
      return NONE;
    }
    int size = 0;
    for (HttpField field : fields) {
      size += delimited(optionSize(field));
    }
    byte[] bytes = new byte[size];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      for (HttpField field : fields) {
        write(field, out);
      }
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes;
  }

  // Every field's number is below 16, so that its tag is one byte.
  private static int delimited(int size) {
    return 1 + CodedOutputStream.computeUInt32SizeNoTag(size) + size;
  }

  private static int valueSize(HttpField field) {
    return delimited(field.name().length()) + delimited(field.value().length());
  }

  private static int optionSize(HttpField field) {
    return delimited(valueSize(field)) + ACTION_SIZE;
  }

  private static void write(HttpField field, CodedOutputStream out) throws IOException {
    begin(OkHttpResponse.RESPONSE_HEADERS_TO_ADD_FIELD_NUMBER, optionSize(field), out);
    begin(HeaderValueOption.HEADER_FIELD_NUMBER, valueSize(field), out);
    out.writeString(HeaderValue.KEY_FIELD_NUMBER, field.name());
    out.writeString(HeaderValue.VALUE_FIELD_NUMBER, field.value());
    out.writeEnum(HeaderValueOption.APPEND_ACTION_FIELD_NUMBER, ACTION);
  }

  private static void begin(int number, int size, CodedOutputStream out) throws IOException {
    out.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(size);
  }
}
