package dev.sallyport.engine;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.have;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The rules of {@code architecture.md} and {@code style.md} that bytecode can show. */
class ArchitectureTest {
  private static final String ENGINE = "dev.sallyport.engine";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ENGINE);

  /** The rooms in their order: each may use those before it, and none behind it. */
  private static final List<String> ORDER =
      List.of(
          "decision",
          "json",
          "schema",
          "receive",
          "content",
          "operation",
          "openapi",
          "mcp",
          "authenticate",
          "identity",
          "authorize",
          "fields",
          "conditions",
          "payload",
          "quota",
          "policy",
          "snapshot",
          "compile");

  private static final Set<String> IN_A_SNAPSHOT =
      Set.of("decision", "policy", "identity", "authenticate");

  private static List<String> open(String room) {
    List<String> before = ORDER.subList(0, ORDER.indexOf(room));
    return room.equals("snapshot")
        ? before.stream().filter(IN_A_SNAPSHOT::contains).toList()
        : before;
  }

  /** Nested classes that one thread fills and lets go of. */
  private static final Set<String> DRAFTS = Set.of("Progress", "Builder", "Draft", "Groups");

  /** What lives for one compilation, on the loader's thread. */
  private static final Set<String> ONE_COMPILATION = Set.of("Compiler", "Report", "Shelf");

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
    assertThat(CLASSES).hasSizeGreaterThan(150);
    assertThat(rooms()).containsExactlyInAnyOrderElementsOf(ORDER);
  }

  @Test
  void aRoomUsesOnlyWhatComesBeforeIt() {
    for (String room : rooms()) {
      String[] open =
          open(room).stream().map(earlier -> ENGINE + '.' + earlier + "..").toArray(String[]::new);
      classes()
          .that()
          .resideInAPackage(ENGINE + '.' + room + "..")
          .should()
          .onlyDependOnClassesThat(
              not(resideInAPackage(ENGINE + ".."))
                  .or(resideInAPackage(ENGINE + '.' + room + ".."))
                  .or(resideInAnyPackage(open)))
          .check(CLASSES);
    }
  }

  @Test
  void roomsFormNoCycle() {
    slices().matching(ENGINE + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyTheCompilerReadsOpenApiDocuments() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ENGINE + ".openapi..", ENGINE + ".compile..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ENGINE + ".openapi..")
        .check(CLASSES);
  }

  @Test
  void whatReadsRequestsKnowsNoCustomResource() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ENGINE + ".decision..",
            ENGINE + ".json..",
            ENGINE + ".schema..",
            ENGINE + ".receive..",
            ENGINE + ".content..",
            ENGINE + ".operation..",
            ENGINE + ".mcp..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.sallyport.crd..")
        .check(CLASSES);
  }

  @Test
  void theEngineTouchesNoWorld() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "dev.sallyport.server..",
                    "dev.sallyport.cli..",
                    "io.envoyproxy..",
                    "io.grpc..",
                    "io.netty..",
                    "io.fabric8..",
                    "io.lettuce..",
                    "io.opentelemetry..",
                    "java.net.http..",
                    "java.nio.channels..",
                    "java.nio.file..",
                    "java.sql..",
                    "java.util.logging..",
                    "org.slf4j..")
                .or(
                    named(
                        "java.io.File",
                        "java.io.FileInputStream",
                        "java.io.FileOutputStream",
                        "java.io.FileReader",
                        "java.io.FileWriter",
                        "java.io.RandomAccessFile",
                        "java.io.Console",
                        "java.net.Socket",
                        "java.net.ServerSocket",
                        "java.net.DatagramSocket",
                        "java.net.URL",
                        "java.net.URLConnection",
                        "java.lang.Process",
                        "java.lang.ProcessBuilder",
                        "java.lang.Runtime")))
        .check(CLASSES);
  }

  @Test
  void theEngineStartsNoThreadAndWaitsForNone() {
    noClasses()
        .should()
        .dependOnClassesThat(
            named(
                "java.lang.Thread",
                "java.lang.Thread$Builder",
                "java.util.Timer",
                "java.util.concurrent.CompletableFuture",
                "java.util.concurrent.Executors",
                "java.util.concurrent.ExecutorService",
                "java.util.concurrent.ForkJoinPool",
                "java.util.concurrent.ScheduledExecutorService",
                "java.util.concurrent.ThreadPoolExecutor"))
        .orShould()
        .callMethodWhere(named(Object.class, "wait", "notify", "notifyAll"))
        .orShould()
        .callMethodWhere(
            describe("parallel streams", call -> call.getName().startsWith("parallel")))
        .check(CLASSES);
  }

  @Test
  void theEngineAsksNobodyTheTime() {
    noClasses()
        .should()
        .callMethodWhere(named(System.class, "currentTimeMillis", "nanoTime"))
        .orShould()
        .callMethodWhere(
            describe(
                "a clock of the machine",
                call ->
                    call.getTargetOwner().getPackageName().startsWith("java.time")
                        && (call.getName().equals("now") || call.getName().startsWith("system"))))
        .orShould()
        .dependOnClassesThat(named("java.util.Date", "java.util.Calendar"))
        .check(
            // A certificate's validity is a Date in the JDK.
            CLASSES.that(
                describe(
                    "read no certificate",
                    type -> !type.getSimpleName().equals("CertificateReading"))));
  }

  @Test
  void theEngineRollsNoDiceAndReadsNoEnvironment() {
    noClasses()
        .should()
        .callMethodWhere(named(System.class, "getenv", "getProperty", "exit"))
        .orShould()
        .callMethodWhere(named(Math.class, "random"))
        .orShould()
        .callMethodWhere(named(UUID.class, "randomUUID"))
        .orShould()
        .dependOnClassesThat(
            named(
                "java.util.Random",
                "java.security.SecureRandom",
                "java.util.concurrent.ThreadLocalRandom"))
        .orShould()
        .accessFieldWhere(
            describe(
                "the standard streams",
                access ->
                    access.getTargetOwner().isEquivalentTo(System.class)
                        && Set.of("in", "out", "err").contains(access.getName())))
        .check(CLASSES);
  }

  @Test
  void fieldsAreFinal() {
    fields()
        .that(describe("are not of a draft", field -> !isDraft(field.getOwner())))
        .should()
        .beFinal()
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
  void noMethodGets() {
    methods()
        .that()
        // A view of a list or a map has the JDK's names.
        .areDeclaredInClassesThat(not(assignableTo(Collection.class).or(assignableTo(Map.class))))
        .should()
        .haveNameNotMatching("get|(get|set)[A-Z].*")
        .check(CLASSES);
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

  // ---- how classes are told apart

  private static List<String> rooms() {
    return packages().stream()
        .filter(name -> name.startsWith(ENGINE + '.'))
        .map(name -> name.substring(ENGINE.length() + 1))
        .toList();
  }

  private static List<String> packages() {
    List<String> packages = new ArrayList<>();
    JavaPackage engine = CLASSES.getPackage(ENGINE);
    packages.add(engine.getName());
    for (JavaPackage room : engine.getSubpackagesInTree()) {
      if (!room.getClasses().isEmpty()) {
        packages.add(room.getName());
      }
    }
    return packages;
  }

  private static boolean isDraft(JavaClass type) {
    return type.isNestedClass()
        ? DRAFTS.contains(type.getSimpleName())
            && type.getModifiers().contains(JavaModifier.STATIC)
            && type.getModifiers().contains(JavaModifier.FINAL)
        : type.getPackageName().equals(ENGINE + ".compile")
            && ONE_COMPILATION.contains(type.getSimpleName());
  }

  private static DescribedPredicate<JavaClass> named(String... names) {
    Set<String> all = Set.of(names);
    return describe("one of " + all, type -> all.contains(type.getFullName()));
  }

  private static DescribedPredicate<JavaMethodCall> named(Class<?> owner, String... names) {
    Set<String> all = Set.of(names);
    return describe(
        owner.getSimpleName() + " " + all,
        call -> {
          AccessTarget.MethodCallTarget target = call.getTarget();
          return target.getOwner().isEquivalentTo(owner) && all.contains(target.getName());
        });
  }
}
