package dev.sallyport.server;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.conditions.ArchConditions.have;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.sallyport.engine.Assumption;
import dev.sallyport.engine.Pipeline;
import dev.sallyport.engine.identity.SourceLocator;
import dev.sallyport.engine.quota.QuotaStore;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The rules of {@code architecture.md} and {@code style.md} for what touches the world. */
class ServerArchitectureTest {
  private static final String SERVER = "dev.sallyport.server";
  private static final String CLI = "dev.sallyport.cli";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(SERVER, CLI);

  /** The only packages that see a library's types. */
  private static final Map<String, List<String>> SEEN_BY =
      Map.ofEntries(
          entry("io.envoyproxy..", SERVER + ".grpc.."),
          entry("io.fabric8.kubernetes..", SERVER + ".kubernetes.."),
          entry("io.grpc..", SERVER + ".grpc..", SERVER + ".telemetry.."),
          entry("io.netty..", SERVER + ".grpc..", SERVER + ".telemetry.."),
          entry("io.opentelemetry..", SERVER + ".telemetry.."),
          entry("io.prometheus..", SERVER + ".telemetry.."),
          entry("com.maxmind..", SERVER + ".regions.."),
          entry("org.apache.hc..", SERVER + ".issuers.."),
          entry("org.conscrypt..", SERVER + ".issuers.."),
          entry("org.snakeyaml..", SERVER + ".files..", SERVER + ".config.."),
          entry("com.sun.net.httpserver..", SERVER + ".admin.."),
          entry("picocli..", CLI + ".."));

  private static final Set<String> BANNED_ENDINGS =
      Set.of(
          "Util",
          "Utils",
          "Helper",
          "Manager",
          "Processor",
          "Handler",
          "Impl",
          "Data",
          "Info",
          "Context",
          "Base");

  @Test
  void theRulesSeeTheClasses() {
    assertThat(CLASSES).hasSizeGreaterThan(80);
    assertThat(packages()).contains(SERVER, SERVER + ".grpc", SERVER + ".files");
  }

  @Test
  void aLibraryIsSeenOnlyWhereItBelongs() {
    SEEN_BY.forEach((library, rooms) ->
        noClasses()
            .that()
            .resideOutsideOfPackages(rooms.toArray(String[]::new))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(library)
            .check(CLASSES));
  }

  @Test
  void partsOfTheServerFormNoCycle() {
    slices().matching(SERVER + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void noPartKnowsTheWhole() {
    noClasses()
        .that()
        .resideInAPackage(SERVER + ".*..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Wiring.class, Serving.class, Main.class)
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage(CLI + "..")
        .check(CLASSES);
  }

  @Test
  void nobodyButAPolicyTestAssumesACaller() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(CLI + ".TestRun")
        .should()
        .callMethod(
            Pipeline.class, "assuming", Assumption.class, SourceLocator.class, QuotaStore.class)
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(SERVER + "..")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(Assumption.class)
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarked() throws ClassNotFoundException {
    for (String name : packages()) {
      assertThat(Class.forName(name + ".package-info").isAnnotationPresent(NullMarked.class))
          .as(name)
          .isTrue();
    }
  }

  @Test
  void noNameEndsInNothing() {
    assertThat(CLASSES.stream().map(JavaClass::getSimpleName))
        .allSatisfy(
            name -> assertThat(BANNED_ENDINGS.stream().filter(name::endsWith)).as(name).isEmpty());
  }

  @Test
  void publicClassesCannotBeExtended() {
    classes()
        .that()
        .arePublic()
        .and()
        .areNotInterfaces()
        .should(
            have(
                describe(
                    "a final modifier",
                    (JavaClass type) ->
                        type.isEnum() || type.getModifiers().contains(JavaModifier.FINAL))))
        .check(CLASSES);
  }

  private static Map.Entry<String, List<String>> entry(String library, String... rooms) {
    return Map.entry(library, List.of(rooms));
  }

  private static List<String> packages() {
    return Stream.of(SERVER, CLI)
        .filter(CLASSES::containPackage)
        .map(CLASSES::getPackage)
        .flatMap(root -> Stream.concat(Stream.of(root), root.getSubpackagesInTree().stream()))
        .filter(room -> !room.getClasses().isEmpty())
        .map(room -> room.getName())
        .toList();
  }
}
