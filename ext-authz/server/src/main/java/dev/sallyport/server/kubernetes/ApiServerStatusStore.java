package dev.sallyport.server.kubernetes;

import dev.sallyport.engine.decision.ObjectKey;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes to the API server, by server-side apply: one request, and no read before it. */
final class ApiServerStatusStore implements StatusStore {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServerStatusStore.class);

  /** Warns of each kind that its version is `v1alpha1`, which our users know. */
  private static final java.util.logging.Logger VERSIONS =
      java.util.logging.Logger.getLogger(
          "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils");

  static {
    VERSIONS.setLevel(java.util.logging.Level.SEVERE);
  }

  private static final String GROUP = "sallyport.dev";
  private static final String VERSION = "v1alpha1";
  private static final String API_VERSION = GROUP + '/' + VERSION;
  private static final String CONTROLLER = "sallyport.dev/sallyport";

  /** Bounds of {@code events.k8s.io/v1}. */
  private static final int LONGEST_NOTE = 1024;

  private static final int LONGEST_INSTANCE = 128;
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** No field that another has set stops us: nobody else should say what is enforced. */
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("sallyport")
          .withForce(true)
          .build();

  private final KubernetesClient client;
  private final String instance;
  private final InstantSource clock;

  /**
   * A store.
   *
   * @param client whose requests give up at once; the caller closes it
   * @param instance the name of this replica
   */
  ApiServerStatusStore(KubernetesClient client, String instance, InstantSource clock) {
    this.client = client;
    this.instance = instance.substring(0, Math.min(instance.length(), LONGEST_INSTANCE));
    this.clock = clock;
  }

  @Override
  public Answer write(ObjectKey key, String uid, Map<String, ?> status) {
    GenericKubernetesResource object = new GenericKubernetesResource();
    object.setApiVersion(API_VERSION);
    object.setKind(key.kind());
    object.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(key.namespace())
            .withName(key.name())
            .withUid(uid)
            .build());
    object.setAdditionalProperty("status", status);
    try {
      return written(
          client
              .genericKubernetesResources(resource(key.kind()))
              .inNamespace(key.namespace())
              .resource(object)
              .subresource("status")
              .patch(APPLY));
    } catch (KubernetesClientException e) {
      return switch (e.getCode()) {
        case 404 -> new Answer.Gone();
        case 400, 409, 422 -> new Answer.Refused(why(e));
        default -> new Answer.Unavailable(why(e));
      };
    }
  }

  private Answer written(@Nullable GenericKubernetesResource answer) {
    if (answer == null) {
      return new Answer.Unavailable("an empty answer");
    }
    return new Answer.Written(
        StoredStatus.read(
                answer.getMetadata().getUid(),
                answer.getMetadata().getResourceVersion(),
                answer.get("status"))
            .answered(clock.instant()));
  }

  private static ResourceDefinitionContext resource(String kind) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(GROUP)
        .withVersion(VERSION)
        .withKind(kind)
        .withPlural(plural(kind))
        .withNamespaced(true)
        .build();
  }

  private static String plural(String kind) {
    return switch (kind) {
      case "ApiPolicy" -> "apipolicies";
      case "NonHumanIdentity" -> "nonhumanidentities";
      case "TokenIssuer" -> "tokenissuers";
      case "DetectionPolicy" -> "detectionpolicies";
      default -> throw new IllegalArgumentException("no status is written of a " + kind);
    };
  }

  private static String why(KubernetesClientException e) {
    if (e.getStatus() != null && e.getStatus().getMessage() != null) {
      return e.getStatus().getMessage();
    }
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return String.valueOf(cause.getMessage() == null ? cause : cause.getMessage());
  }

  @Override
  public boolean announce(Announcement announcement) {
    ObjectKey key = announcement.key();
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(key.namespace())
            .withGenerateName(key.name() + '-')
            .endMetadata()
            .withEventTime(new MicroTime(MICROS.format(clock.instant())))
            .withType(announcement.problem() ? "Warning" : "Normal")
            .withReason(announcement.reason())
            .withAction("Enforce")
            .withNote(note(announcement.note()))
            .withReportingController(CONTROLLER)
            .withReportingInstance(instance)
            .withNewRegarding()
            .withApiVersion(API_VERSION)
            .withKind(key.kind())
            .withNamespace(key.namespace())
            .withName(key.name())
            .withUid(announcement.uid())
            .endRegarding()
            .build();
    try {
      client.events().v1().events().inNamespace(key.namespace()).resource(event).create();
      return true;
    } catch (KubernetesClientException e) {
      LOG.debug("no Event could be written for {}: {}", key, why(e));
      return false;
    }
  }

  private static String note(String note) {
    return note.length() <= LONGEST_NOTE ? note : note.substring(0, LONGEST_NOTE - 1) + '…';
  }
}
