package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What {@code helm template} makes of the chart, as release {@code sallyport} in {@code edge}. */
record Rendering(String yaml) {
  static final String NAMESPACE = "edge";

  /** Runs it, whether it succeeds or not. */
  static CommandRun run(String... options) {
    List<String> command = new ArrayList<>();
    command.add(Checkout.helm().toString());
    command.addAll(List.of("template", "sallyport", Release.CHART, "--namespace", NAMESPACE));
    command.addAll(List.of(options));
    return CommandRun.of(command, Map.of(), "");
  }

  static Rendering of(String... options) {
    return new Rendering(run(options).orThrow());
  }

  /** With values in YAML. */
  static Rendering ofValues(String values) {
    List<String> command =
        List.of(
            Checkout.helm().toString(),
            "template",
            "sallyport",
            Release.CHART,
            "--namespace",
            NAMESPACE,
            "--values",
            "-");
    return new Rendering(CommandRun.of(command, Map.of(), values).orThrow());
  }

  /** As {@code Kind name}. */
  List<String> names() {
    return objects()
        .map(object -> object.get("kind") + " " + at(object, "metadata", "name"))
        .toList();
  }

  boolean has(String kind) {
    return objects().anyMatch(object -> kind.equals(object.get("kind")));
  }

  /** The only object of a kind, or the one whose name ends so. */
  Map<?, ?> object(String kind, String suffix) {
    List<Map<?, ?>> found = new ArrayList<>();
    objects()
        .filter(object -> kind.equals(object.get("kind")))
        .filter(object -> String.valueOf(at(object, "metadata", "name")).endsWith(suffix))
        .forEach(found::add);
    assertThat(found).as(kind + " " + suffix).hasSize(1);
    return found.getFirst();
  }

  /** One container is all that a pod has. */
  Map<?, ?> container() {
    Object containers = at(object("Deployment", ""), "spec", "template", "spec", "containers");
    return (Map<?, ?>) ((List<?>) containers).getFirst();
  }

  private Stream<Map<?, ?>> objects() {
    List<Map<?, ?>> objects = new ArrayList<>();
    for (Object document : documents(yaml)) {
      if (document instanceof Map<?, ?> object) {
        objects.add(object);
      }
    }
    return objects.stream();
  }

  static List<Object> documents(String yaml) {
    List<Object> documents = new ArrayList<>();
    new Load(LoadSettings.builder().setCodePointLimit(Integer.MAX_VALUE).build())
        .loadAllFromString(yaml)
        .forEach(documents::add);
    return documents;
  }

  /** What lies under names in each other; fails where one is missing. */
  static Object at(Map<?, ?> object, String... path) {
    Object value = object;
    for (String name : path) {
      assertThat(value).as(String.join(".", path)).isInstanceOf(Map.class);
      value = ((Map<?, ?>) value).get(name);
    }
    assertThat(value).as(String.join(".", path)).isNotNull();
    return value;
  }
}
