package dev.sallyport.server.files;

import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Tells whether a file was written or replaced since it was read.
 *
 * @param modifiedNanos time of modification, in nanoseconds since 1970
 * @param size in bytes
 * @param identity of the inode, as far as the system tells
 */
record FileStamp(long modifiedNanos, long size, int identity) {
  static FileStamp of(BasicFileAttributes attributes) {
    return new FileStamp(
        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
        attributes.size(),
        Objects.hashCode(attributes.fileKey()));
  }

  Instant modified() {
    return Instant.EPOCH.plusNanos(modifiedNanos);
  }
}
