package dev.sallyport.cli;

import picocli.CommandLine.Command;

/** {@code sallyport version}. */
@Command(
    name = "version",
    description = "Print the version.",
    footer = {"", "Example:", "  sallyport version"})
final class Version implements Runnable {
  private final Surroundings around;

  Version(Surroundings around) {
    this.around = around;
  }

  @Override
  public void run() {
    // In the manifest of the jar; classes that were never packed have no version.
    String version = Version.class.getPackage().getImplementationVersion();
    around.out().println("sallyport " + (version == null ? "development" : version));
  }
}
