package dev.sallyport.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSinkTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("decisions.log");
  }

  @Test
  void appendsAndEachBatchIsThereAtItsEnd() throws Exception {
    Files.writeString(file, "before\n");
    try (FileSink sink = new FileSink(file)) {
      write(sink, "one\n");
      assertThat(file).hasContent("before\none\n");
      write(sink, "two\n");
      assertThat(file).hasContent("before\none\ntwo\n");
    }
  }

  @Test
  void rotatedFileIsFollowedByANewOne() throws Exception {
    Path rotated = folder.resolve("decisions.log.1");
    try (FileSink sink = new FileSink(file)) {
      write(sink, "one\n");
      Files.move(file, rotated);
      write(sink, "two\n");
      Files.move(file, folder.resolve("decisions.log.2"));
      Files.createFile(file);
      write(sink, "three\n");
    }
    assertThat(rotated).hasContent("one\n");
    assertThat(folder.resolve("decisions.log.2")).hasContent("two\n");
    assertThat(file).hasContent("three\n");
  }

  @Test
  void truncatedFileIsWrittenFromItsBeginning() throws Exception {
    try (FileSink sink = new FileSink(file)) {
      write(sink, "one\n");
      Files.writeString(file, "");
      write(sink, "two\n");
    }
    assertThat(file).hasContent("two\n");
  }

  @Test
  void lostFolderFailsUntilItIsBack() throws Exception {
    Path lost = Files.createDirectory(folder.resolve("logs"));
    Path inside = lost.resolve("decisions.log");
    try (FileSink sink = new FileSink(inside)) {
      write(sink, "one\n");
      Files.delete(inside);
      Files.delete(lost);
      assertThatThrownBy(() -> write(sink, "two\n")).isInstanceOf(IOException.class);
      Files.createDirectory(lost);
      write(sink, "three\n");
    }
    assertThat(inside).hasContent("three\n");
  }

  @Test
  void halfALineOfBeforeIsEnded() throws Exception {
    Files.writeString(file, "whole\n{\"ha");
    try (FileSink sink = new FileSink(file)) {
      write(sink, "one\n");
    }
    assertThat(file).hasContent("whole\n{\"ha\none\n");
  }

  @Test
  void fileThatCannotBeOpenedIsSaidAtOnce() {
    assertThatThrownBy(() -> new FileSink(folder)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> new FileSink(folder.resolve("absent").resolve("x")))
        .isInstanceOf(IOException.class);
  }

  private static void write(FileSink sink, String lines) throws IOException {
    byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
    sink.write(List.of(Samples.entry("x")), bytes, bytes.length);
  }
}
