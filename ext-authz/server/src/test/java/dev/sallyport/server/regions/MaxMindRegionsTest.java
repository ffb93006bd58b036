package dev.sallyport.server.regions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.engine.identity.IpAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MaxMindRegionsTest {
  private static final String MAXMIND = "GeoIP2-Country-Test.mmdb";
  private static final String FLAT = "flat-country.mmdb";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "2.125.160.216, GB",
    "81.2.69.142, GB",
    "89.160.20.128, SE",
    "::ffff:89.160.20.128, SE",
    "2001:218::1, JP",
  })
  void readsTheSchemaOfMaxMind(String address, String region) throws IOException {
    assertThat(regionOf(open(MAXMIND), address)).isEqualTo(region);
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.0, DE",
    "203.0.113.127, DE",
    "203.0.113.128, FR",
    "198.51.100.255, US",
    "2001:db8:1::1, DE",
    "2001:db8:2:ffff::, FR",
  })
  void readsTheFlatSchema(String address, String region) throws IOException {
    MaxMindRegions regions = open(FLAT);
    assertThat(regionOf(regions, address)).isEqualTo(region);
    // And again, when the answer is remembered.
    assertThat(regionOf(regions, address)).isEqualTo(region);
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1", "10.0.0.1", "::1", "2001:db8:ffff::1", "::"})
  void whatTheFileDoesNotHoldIsUnknown(String address) throws IOException {
    MaxMindRegions regions = open(FLAT);
    assertThat(regionOf(regions, address)).isNull();
    assertThat(regionOf(regions, address)).isNull();
  }

  @Test
  void aMissingFileIsRefusedByName() {
    Path missing = folder.resolve("missing.mmdb");
    assertThatThrownBy(() -> MaxMindRegions.open(missing))
        .isInstanceOf(IOException.class)
        .hasMessage("`" + missing + "` cannot be read");
  }

  @ParameterizedTest
  @MethodSource("badFiles")
  void aBadFileIsRefusedOrAnswersAndNeverThrowsAtALookUp(String name) throws IOException {
    MaxMindRegions regions;
    try {
      regions = open(name);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining(folder.toString());
      return;
    }
    for (String address : List.of("0.0.0.0", "1.1.1.1", "255.255.255.255", "::1", "2001:db8::")) {
      assertThat(regionOf(regions, address))
          .matches(region -> region == null || region.length() == 2);
    }
  }

  static Stream<String> badFiles() throws IOException, URISyntaxException {
    URI bad = MaxMindRegionsTest.class.getResource("bad").toURI();
    try (Stream<Path> files = Files.list(Path.of(bad))) {
      return files.map(file -> "bad/" + file.getFileName()).sorted().toList().stream();
    }
  }

  @Test
  void anUnchangedFileIsNotReadAgain() throws IOException {
    MaxMindRegions regions = open(FLAT);
    assertThat(regions.refresh()).isFalse();
  }

  @Test
  void aReplacedFileIsTakenUpAtTheNextRefreshAndNotBefore() throws IOException {
    MaxMindRegions regions = open(FLAT);
    assertThat(regionOf(regions, "203.0.113.1")).isEqualTo("DE");
    replace(MAXMIND);
    assertThat(regionOf(regions, "203.0.113.1")).isEqualTo("DE");
    assertThat(regions.refresh()).isTrue();
    assertThat(regionOf(regions, "203.0.113.1")).isNull();
    assertThat(regionOf(regions, "89.160.20.128")).isEqualTo("SE");
    assertThat(regions.refresh()).isFalse();
  }

  @Test
  void aFileOverwrittenInPlaceIsTakenUp() throws IOException {
    MaxMindRegions regions = open(FLAT);
    Path file = folder.resolve("regions.mmdb");
    Files.write(file, bytes(MAXMIND));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1));
    assertThat(regions.refresh()).isTrue();
    assertThat(regionOf(regions, "89.160.20.128")).isEqualTo("SE");
  }

  @Test
  void aBrokenReplacementLeavesTheFormerInForceUntilItIsMended() throws IOException {
    MaxMindRegions regions = open(FLAT);
    replace("bad/libmaxminddb-corrupt-search-tree.mmdb");
    assertThat(regions.refresh()).isFalse();
    assertThat(regions.refresh()).isFalse();
    assertThat(regionOf(regions, "203.0.113.1")).isEqualTo("DE");
    replace(MAXMIND);
    assertThat(regions.refresh()).isTrue();
    assertThat(regionOf(regions, "89.160.20.128")).isEqualTo("SE");
  }

  @Test
  void aFileCutShortWhileItIsWrittenLeavesTheFormerInForce() throws IOException {
    MaxMindRegions regions = open(FLAT);
    byte[] whole = bytes(MAXMIND);
    for (int length : new int[] {0, 1, 100, whole.length / 2, whole.length - 1}) {
      Files.write(folder.resolve("regions.mmdb"), Arrays.copyOf(whole, length));
      assertThat(regions.refresh()).isFalse();
      assertThat(regionOf(regions, "203.0.113.1")).isEqualTo("DE");
    }
  }

  @Test
  void aFileThatIsGoneLeavesTheFormerInForce() throws IOException {
    MaxMindRegions regions = open(FLAT);
    Files.delete(folder.resolve("regions.mmdb"));
    assertThat(regions.refresh()).isFalse();
    assertThat(regionOf(regions, "203.0.113.1")).isEqualTo("DE");
  }

  @Test
  void onceClosedEveryRegionIsUnknown() throws IOException {
    MaxMindRegions regions = open(FLAT);
    regions.close();
    assertThat(regionOf(regions, "203.0.113.1")).isNull();
  }

  private MaxMindRegions open(String resource) throws IOException {
    replace(resource);
    return MaxMindRegions.open(folder.resolve("regions.mmdb"));
  }

  /** As a careful writer does: a new file, moved over the old one. */
  private void replace(String resource) throws IOException {
    Path fresh = folder.resolve("fresh");
    Files.write(fresh, bytes(resource));
    Files.move(fresh, folder.resolve("regions.mmdb"), StandardCopyOption.REPLACE_EXISTING);
  }

  private static byte[] bytes(String resource) throws IOException {
    try (InputStream in = MaxMindRegionsTest.class.getResourceAsStream(resource)) {
      return in.readAllBytes();
    }
  }

  private static String regionOf(MaxMindRegions regions, String address) {
    return regions.regionOf(IpAddress.parse(address));
  }
}
