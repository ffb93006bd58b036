package dev.sallyport.server.regions;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.maxmind.db.DatabaseRecord;
import com.maxmind.db.InvalidNetworkException;
import com.maxmind.db.MaxMindDbParameter;
import com.maxmind.db.Networks;
import com.maxmind.db.Reader;
import dev.sallyport.engine.identity.IpAddress;
import dev.sallyport.engine.identity.RegionSource;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The country of an address, as an ISO 3166-1 code, from a MaxMind database file; the schema of
 * GeoIP2 and GeoLite2 ({@code country.iso_code}) and the flat one ({@code country_code}).
 *
 * <p>The file is read whole into memory: one that is cut short under a mapping would end the
 * process. {@link #refresh} is called from one thread, look-ups from any.
 */
public final class MaxMindRegions implements RegionSource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MaxMindRegions.class);
  private static final int REMEMBERED_ADDRESSES = 10_000;
  private static final int PROBED_NETWORKS = 1_000;
  private static final String UNKNOWN = "";

  private final Path file;
  // Written by the thread that refreshes, and on close.
  private volatile Opened opened;
  private Stamp seen;

  private MaxMindRegions(Path file, Opened opened, Stamp seen) {
    this.file = file;
    this.opened = opened;
    this.seen = seen;
  }

  /** What changes when a file does. */
  private record Stamp(FileTime modified, long size, @Nullable Object key) {
    static Stamp of(Path file) throws IOException {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }
  }

  /** One state of the file, with the answers that it gave of late. */
  private record Opened(Reader reader, Cache<IpAddress, String> answers, AtomicBoolean complained) {
    Opened(Reader reader) {
      this(
          reader,
          Caffeine.newBuilder().maximumSize(REMEMBERED_ADDRESSES).executor(Runnable::run).build(),
          new AtomicBoolean());
    }
  }

  /** What is read of an entry, in either schema. Public, because the reader makes them. */
  public record Entry(
      @MaxMindDbParameter(name = "country") @Nullable Country country,
      @MaxMindDbParameter(name = "country_code") @Nullable String countryCode) {
    String region() {
      String code = country == null ? countryCode : country.isoCode();
      return code == null ? UNKNOWN : code;
    }
  }

  /** The country of GeoIP2's schema. */
  public record Country(@MaxMindDbParameter(name = "iso_code") @Nullable String isoCode) {}

  /**
   * Reads a file.
   *
   * @throws IOException where it cannot be read or holds no countries; the message is for the
   *     author of the configuration
   */
  public static MaxMindRegions open(Path file) throws IOException {
    Stamp stamp;
    try {
      // The stamp first: what changes while the file is read is seen by the next refresh.
      stamp = Stamp.of(file);
    } catch (IOException e) {
      throw new IOException("`" + file + "` cannot be read", e);
    }
    return new MaxMindRegions(file, new Opened(read(file)), stamp);
  }

  /**
   * Takes up the file if it changed since it was last looked at. One that cannot be read is logged
   * once and leaves the former state in force.
   *
   * @return whether a new state is in force
   */
  public boolean refresh() {
    Stamp now;
    try {
      now = Stamp.of(file);
    } catch (IOException e) {
      // Gone for a moment while it is replaced, or for good: what was read of it stays.
      return false;
    }
    if (now.equals(seen)) {
      return false;
    }
    seen = now;
    try {
      // The former is not closed: look-ups may still be in it, and it holds nothing but memory.
      opened = new Opened(read(file));
      LOG.info("regions are read from the new {}", file);
      return true;
    } catch (IOException e) {
      LOG.warn("the new {} is not used, the former stays: {}", file, e.getMessage());
      return false;
    }
  }

  private static Reader read(Path file) throws IOException {
    Reader reader;
    boolean useful;
    try {
      reader = new Reader(file.toFile(), Reader.FileMode.MEMORY);
      useful = holdsCountries(reader);
    } catch (IOException | InvalidNetworkException | RuntimeException e) {
      // The reader answers most broken files with whatever its arithmetic runs into.
      throw new IOException("`" + file + "` is no MaxMind database, or a broken one", e);
    }
    if (!useful) {
      throw new IOException("`" + file + "` holds no countries");
    }
    return reader;
  }

  private static boolean holdsCountries(Reader reader) throws IOException, InvalidNetworkException {
    Networks<Entry> networks = reader.networks(Entry.class);
    for (int i = 0; i < PROBED_NETWORKS && networks.hasNext(); i++) {
      DatabaseRecord<Entry> network = networks.next();
      if (network.data() != null && !network.data().region().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public @Nullable String regionOf(IpAddress address) {
    Opened now = opened;
    String region = now.answers().getIfPresent(address);
    if (region == null) {
      region = lookUp(now, address);
      now.answers().put(address, region);
    }
    return region.isEmpty() ? null : region;
  }

  private String lookUp(Opened now, IpAddress address) {
    if (now.reader().getMetadata().ipVersion() == 4 && !address.isV4()) {
      return UNKNOWN;
    }
    try {
      Entry entry = now.reader().get(InetAddress.getByAddress(address.bytes()), Entry.class);
      return entry == null ? UNKNOWN : entry.region();
    } catch (IOException | RuntimeException e) {
      if (now.complained().compareAndSet(false, true)) {
        LOG.warn("{} has entries that cannot be read, their regions are unknown", file, e);
      }
      return UNKNOWN;
    }
  }

  @Override
  public void close() throws IOException {
    opened.reader().close();
  }
}
