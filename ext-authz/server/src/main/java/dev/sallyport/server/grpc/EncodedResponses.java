package dev.sallyport.server.grpc;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.sallyport.engine.decision.Decision;
import dev.sallyport.engine.decision.Denial;
import dev.sallyport.engine.decision.Facts;
import dev.sallyport.engine.decision.HttpField;
import dev.sallyport.engine.decision.ObjectKey;
import dev.sallyport.engine.decision.Reason;
import dev.sallyport.engine.decision.Verdict;
import dev.sallyport.engine.receive.Headers;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Responses as bytes, the same ones that {@link CheckResponses} builds.
 *
 * <p>Answers to one caller of one operation differ in nothing but the decision's id, which has one
 * length and stands in two places. So an answer is built once with a placeholder for the id, and
 * from then on copied with the id filled in. What a caller can write into (a cookie, a path, the
 * errors of a body, a header of ours that must be removed) is built each time; fields of the
 * response that change with every request, such as what is left of a rate limit, are added at the
 * end of the part that holds them.
 *
 * <p>Safe for use by many threads.
 */
final class EncodedResponses {
  /** Longer than any name may hold the same character, and like an id in length. */
  private static final String PLACEHOLDER = "~".repeat(DecisionIds.LENGTH);

  private static final byte[] PLACEHOLDER_BYTES = PLACEHOLDER.getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CLOSED = CheckResponses.closed().toByteArray();
  private static final byte[] NOTHING = {};

  private final Cache<Shape, Template> templates =
      Caffeine.newBuilder().maximumSize(20_000).executor(Runnable::run).build();

  /** A denial that needs nothing and cannot fail. */
  static byte[] closed() {
    return CLOSED;
  }

  /** The answer to a decision. */
  byte[] of(Decision decision, Headers headers) {
    Shape shape = Shape.of(decision, headers);
    if (shape == null || decision.id().length() != PLACEHOLDER_BYTES.length) {
      return CheckResponses.of(decision, headers).toByteArray();
    }
    Template template = templates.getIfPresent(shape);
    if (template == null) {
      template = Template.of(decision, headers);
      if (template == null) {
        return CheckResponses.of(decision, headers).toByteArray();
      }
      templates.put(shape, template);
    }
    return template.with(
        decision.id(),
        switch (decision.verdict()) {
          case Verdict.Allow(_, var changes) -> EncodedFields.of(changes.responseFields());
          case Verdict.Deny _ -> NOTHING;
        });
  }

  /** All that a response depends on beside the decision's id. */
  private record Shape(
      Reason reason,
      @Nullable Reason shadowed,
      String detail,
      List<HttpField> fields,
      List<String> removeHeaders,
      List<String> removeQuery,
      @Nullable ObjectKey policy,
      @Nullable String operation,
      @Nullable ObjectKey identity,
      @Nullable String credential,
      boolean unregistered,
      String constraint,
      boolean grpc) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Shape shape
          && reason == shape.reason
          && shadowed == shape.shadowed
          && Objects.equals(identity, shape.identity)
          && Objects.equals(policy, shape.policy)
          && Objects.equals(operation, shape.operation)
          && Objects.equals(credential, shape.credential)
          && unregistered == shape.unregistered
          && grpc == shape.grpc
          && constraint.equals(shape.constraint)
          && detail.equals(shape.detail)
          && removeHeaders.equals(shape.removeHeaders)
          && removeQuery.equals(shape.removeQuery)
          && fields.equals(shape.fields);
    }

    /** Of what tells most answers apart; equality sees to the rest. */
    @Override
    public int hashCode() {
      int who = 31 * Objects.hashCode(identity) + Objects.hashCode(credential);
      int where = 31 * Objects.hashCode(policy) + Objects.hashCode(operation);
      int why = 31 * reason.hashCode() + detail.hashCode();
      return 31 * (31 * (31 * who + where) + why) + removeHeaders.hashCode();
    }

    /** Null where the response depends on more than that. */
    static @Nullable Shape of(Decision decision, Headers headers) {
      return switch (decision.verdict()) {
        case Verdict.Allow(var shadowed, var changes) ->
            changes.cookie() != null || changes.path() != null || CheckResponses.hasOwn(headers)
                ? null
                : of(
                    decision,
                    shadowed == null ? null : shadowed.reason(),
                    "",
                    List.of(),
                    changes,
                    false);
        case Verdict.Deny(Denial(var reason, var detail, var fields, var errors)) ->
            reason == Reason.RATE_LIMITED || !errors.isEmpty() || decision.facts().rpc() != null
                ? null
                : of(
                    decision,
                    null,
                    detail,
                    fields,
                    Verdict.Changes.NONE,
                    CheckResponses.isGrpc(headers));
      };
    }

    private static Shape of(
        Decision decision,
        @Nullable Reason shadowed,
        String detail,
        List<HttpField> fields,
        Verdict.Changes changes,
        boolean grpc) {
      Facts facts = decision.facts();
      Facts.IdentityUse identity = facts.identity();
      Facts.CredentialUse credential = facts.credential();
      return new Shape(
          decision.reason(),
          shadowed,
          detail,
          fields,
          changes.removeHeaders(),
          changes.removeQuery(),
          facts.policy(),
          facts.operation(),
          identity == null ? null : identity.key(),
          credential == null ? null : credential.name(),
          credential != null && credential.unregistered(),
          credential == null ? "" : credential.constraint(),
          grpc);
    }
  }

  /**
   * A response without its decision's id, cut before the message that is the verdict's own.
   *
   * @param head all other fields: the order of fields has no meaning in Protobuf
   * @param tag the field that holds the verdict's message
   * @param body that message
   */
  private record Template(Part head, int tag, Part body) {
    /** Null where the id's places can't be told for sure. */
    static @Nullable Template of(Decision decision, Headers headers) {
      Verdict verdict =
          switch (decision.verdict()) {
            case Verdict.Allow(var shadowed, var changes) ->
                new Verdict.Allow(
                    shadowed,
                    new Verdict.Changes(
                        changes.removeHeaders(), changes.removeQuery(), null, null, List.of()));
            case Verdict.Deny denied -> denied;
          };
      CheckResponse response =
          CheckResponses.of(
              new Decision(
                  PLACEHOLDER,
                  decision.at(),
                  verdict,
                  decision.facts(),
                  decision.snapshotVersion()),
              headers);
      Part head = Part.of(response.toBuilder().clearHttpResponse().build().toByteArray());
      Part body =
          Part.of(
              switch (verdict) {
                case Verdict.Allow _ -> response.getOkResponse().toByteArray();
                case Verdict.Deny _ -> response.getDeniedResponse().toByteArray();
              });
      int tag =
          switch (verdict) {
            case Verdict.Allow _ -> CheckResponse.OK_RESPONSE_FIELD_NUMBER;
            case Verdict.Deny _ -> CheckResponse.DENIED_RESPONSE_FIELD_NUMBER;
          };
      // Once as metadata, once for the upstream or in the problem.
      return head.places.length == 1 && body.places.length == 1
          ? new Template(head, tag, body)
          : null;
    }

    /**
     * The response.
     *
     * @param more fields that the verdict's message has beside the template's
     */
    byte[] with(String id, byte[] more) {
      byte[] idBytes = id.getBytes(StandardCharsets.ISO_8859_1);
      int length = body.bytes.length + more.length;
      int lengthSize = CodedOutputStream.computeUInt32SizeNoTag(length);
      byte[] filled = new byte[head.bytes.length + 1 + lengthSize + length];
      head.write(filled, 0, idBytes);
      int at = head.bytes.length;
      // INVARIANT: the field's number is below 16, so its tag is one byte.
      filled[at++] = (byte) (tag << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED);
      for (int rest = length; ; rest >>>= 7) {
        if (rest < 0x80) {
          filled[at++] = (byte) rest;
          break;
        }
        filled[at++] = (byte) (rest | 0x80);
      }
      body.write(filled, at, idBytes);
      System.arraycopy(more, 0, filled, at + body.bytes.length, more.length);
      return filled;
    }
  }

  /** Bytes with the places that an id goes to. */
  private static final class Part {
    private final byte[] bytes;
    private final int[] places;

    private Part(byte[] bytes, int[] places) {
      this.bytes = bytes;
      this.places = places;
    }

    static Part of(byte[] bytes) {
      List<Integer> places = new ArrayList<>(1);
      for (int at = 0; at + PLACEHOLDER_BYTES.length <= bytes.length; at++) {
        if (Arrays.equals(
            bytes,
            at,
            at + PLACEHOLDER_BYTES.length,
            PLACEHOLDER_BYTES,
            0,
            PLACEHOLDER_BYTES.length)) {
          places.add(at);
        }
      }
      return new Part(bytes, places.stream().mapToInt(Integer::intValue).toArray());
    }

    void write(byte[] target, int at, byte[] id) {
      System.arraycopy(bytes, 0, target, at, bytes.length);
      for (int place : places) {
        System.arraycopy(id, 0, target, at + place, id.length);
      }
    }
  }
}
