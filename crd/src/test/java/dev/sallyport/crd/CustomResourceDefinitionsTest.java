package dev.sallyport.crd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The YAML in the charts is what the records say; {@code make crds} writes it anew. */
class CustomResourceDefinitionsTest {
  /** Helm takes the first with an installation, and the second with every upgrade. */
  private static final List<Path> FOLDERS =
      List.of(Path.of("../helm/sallyport/crds"), Path.of("../helm/sallyport-crds/templates"));

  @Test
  void checkedInYamlIsWhatTheRecordsSay() throws IOException {
    Map<String, String> files = CustomResourceDefinitions.generate();
    if (Boolean.getBoolean("crds.write")) {
      write(files);
    }
    for (Path folder : FOLDERS) {
      assertThat(names(folder)).as("files in %s", folder).containsAll(files.keySet());
      for (Map.Entry<String, String> file : files.entrySet()) {
        assertThat(Files.readString(folder.resolve(file.getKey())))
            .as(
                "%s in %s is not what the records in crd/ say: run `make crds`",
                file.getKey(), folder)
            .isEqualTo(file.getValue());
      }
    }
  }

  @Test
  void generatingTwiceGivesTheSameBytes() {
    assertThat(CustomResourceDefinitions.generate())
        .isEqualTo(CustomResourceDefinitions.generate());
  }

  private static void write(Map<String, String> files) throws IOException {
    for (Path folder : FOLDERS) {
      Files.createDirectories(folder);
      for (Map.Entry<String, String> file : files.entrySet()) {
        Files.writeString(folder.resolve(file.getKey()), file.getValue());
      }
    }
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      Set<String> names = new TreeSet<>();
      files.forEach(file -> names.add(file.getFileName().toString()));
      return names;
    }
  }
}
