package dev.sallyport.cli;

import dev.sallyport.engine.authenticate.CredentialLocation;
import dev.sallyport.engine.authenticate.KeyDigest;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sallyport keys}: makes API keys, and the digests by which identities know them. */
@Command(
    name = "keys",
    synopsisSubcommandLabel = "COMMAND",
    description = "Make API keys, and the digests that policies hold in their place.",
    footer = {"", "Examples:", "  sallyport keys create", "  sallyport keys hash < key.txt"})
final class Keys implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "`create` or `hash` is missing");
    }
  }

  /** What is written in the YAML of an identity. */
  private static String snippet(String name, String sha256) {
    return credentials(name, "{sha256: \"" + sha256 + "\"}");
  }

  private static String credentials(String name, String apiKey) {
    return "credentials:\n- name: " + name + "\n  apiKey: " + apiKey + "\n";
  }

  /** {@code sallyport keys create}. */
  @Command(
      name = "create",
      description = "Make a key. It is shown once; keep it where secrets are kept.",
      footer = {
        "",
        "Examples:",
        "  sallyport keys create",
        "  sallyport keys create --prefix acme --name primary --output json",
        "  sallyport keys create --kubectl --identity acme -n payments --name next |",
        "    kubectl patch nhi acme -n payments --type json --patch-file /dev/stdin",
        "  sallyport keys create --kubectl --secret acme-key -n payments | kubectl apply -f -"
      })
  static final class Create implements Callable<Integer> {
    /** The words that {@code --output} takes. */
    enum Form {
      text,
      yaml,
      json
    }

    private static final int RANDOM_BYTES = 32;

    /** So many that every 32 bytes fit. */
    private static final int LETTERS = 43;

    private static final String ALPHABET =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    @Option(
        names = "--prefix",
        paramLabel = "WORD",
        defaultValue = "slp",
        description = "What the key begins with, so that scanners find it (${DEFAULT-VALUE}).")
    private String prefix = "slp";

    @Option(
        names = "--name",
        paramLabel = "NAME",
        defaultValue = "primary",
        description = "The credential's name in the snippet (${DEFAULT-VALUE}).")
    private String name = "primary";

    @Option(
        names = "--output",
        paramLabel = "FORM",
        description = "${COMPLETION-CANDIDATES} (text).")
    private @Nullable Form output;

    @Option(
        names = "--kubectl",
        description =
            "Print YAML for kubectl. The key is shown once on standard error, or stands in the Secret"
                + " of --secret.")
    private boolean kubectl;

    @Option(
        names = "--identity",
        paramLabel = "NAME",
        description =
            "With --kubectl: print a patch that adds the credential to this NonHumanIdentity.")
    private @Nullable String identity;

    @Option(
        names = "--secret",
        paramLabel = "NAME",
        description = "With --kubectl: a Secret for the key, to which the credential refers.")
    private @Nullable String secret;

    @Option(
        names = {"-n", "--namespace"},
        paramLabel = "NAME",
        description = "With --kubectl: the namespace; that of kubectl where it is left out.")
    private @Nullable String namespace;

    private final Surroundings around;

    Create(Surroundings around) {
      this.around = around;
    }

    @Override
    public Integer call() throws Failure {
      if (!prefix.matches("[A-Za-z0-9]{1,16}")) {
        throw new Failure("--prefix takes 1 to 16 letters and digits");
      }
      if (!name.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
        throw new Failure("--name takes 1 to 63 lower-case letters, digits and `-`");
      }
      checkOptions();
      byte[] bytes = new byte[RANDOM_BYTES];
      around.random().nextBytes(bytes);
      String key = prefix + '_' + letters(bytes);
      String sha256 = KeyDigest.of(key).hex();
      if (kubectl) {
        printObjects(key, sha256);
        return 0;
      }
      switch (output == null ? Form.text : output) {
        case text -> {
          around.out().println("key:    " + key + "   (shown once)");
          around.out().println("sha256: " + sha256);
          around.out().println();
          around.out().println("In the spec of its NonHumanIdentity:");
          around.out().println();
          around.out().print(snippet(name, sha256).indent(2));
        }
        case yaml -> {
          around.out().println("key: " + key);
          around.out().println("sha256: \"" + sha256 + "\"");
          around.out().print(snippet(name, sha256));
        }
        case json -> around.out().println(Output.json(described(key, sha256)));
      }
      return 0;
    }

    private void checkOptions() throws Failure {
      if (!kubectl && (identity != null || secret != null || namespace != null)) {
        throw new Failure("--identity, --secret and --namespace need --kubectl");
      }
      if (kubectl && output != null) {
        throw new Failure("--kubectl and --output exclude each other");
      }
      ObjectName.check("--identity", identity);
      ObjectName.check("--secret", secret);
      ObjectName.checkNamespace("--namespace", namespace);
    }

    private void printObjects(String key, String sha256) {
      if (secret != null) {
        around.out().print(KeyObject.secret(secret, namespace, key));
        String apiKey = "{secretRef: {name: \"" + secret + "\", key: " + KeyObject.ENTRY + "}}";
        around.out().println();
        around.out().print(commented(reference(apiKey)));
        return;
      }
      around.err().println("key:    " + key + "   (shown once)");
      String apiKey = "{sha256: \"" + sha256 + "\"}";
      around.out().print(identity == null ? credentials(name, apiKey) : patched(apiKey));
    }

    private String reference(String apiKey) {
      return identity == null
          ? "In the spec of its NonHumanIdentity:\n" + credentials(name, apiKey)
          : "Then, with what follows on its standard input:\n" + patched(apiKey);
    }

    private String patched(String apiKey) {
      String command = KeyObject.patchCommand(String.valueOf(identity), namespace);
      return "# " + command + '\n' + KeyObject.patch(name, apiKey);
    }

    /** Beside a Secret to apply the rest may be no part of the YAML. */
    private static String commented(String text) {
      return text.replaceAll("(?m)^(?=.)", "# ").replace("# # ", "# ");
    }

    private Map<String, Object> described(String key, String sha256) {
      Map<String, Object> credential = new LinkedHashMap<>();
      credential.put("name", name);
      credential.put("apiKey", Map.of("sha256", sha256));
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("key", key);
      all.put("sha256", sha256);
      all.put("credential", credential);
      return all;
    }

    /** Letters and digits only, so that a double click takes the whole key. */
    private static String letters(byte[] bytes) {
      BigInteger left = new BigInteger(1, bytes);
      BigInteger base = BigInteger.valueOf(ALPHABET.length());
      char[] letters = new char[LETTERS];
      for (int i = LETTERS - 1; i >= 0; i--) {
        BigInteger[] divided = left.divideAndRemainder(base);
        letters[i] = ALPHABET.charAt(divided[1].intValue());
        left = divided[0];
      }
      return new String(letters);
    }
  }

  /** {@code sallyport keys hash}. */
  @Command(
      name = "hash",
      description = {
        "Print the SHA-256 of a key, as an identity holds it. The key comes from a file or from"
            + " standard input, never from the command line, which others can see."
      },
      footer = {
        "",
        "Examples:",
        "  sallyport keys hash key.txt",
        "  pass show acme/key | sallyport keys hash",
        "",
        "One line break at the end is not part of the key."
      })
  static final class Hash implements Callable<Integer> {
    private static final int LONGEST = CredentialLocation.LONGEST;

    @Parameters(
        arity = "0..1",
        paramLabel = "FILE",
        description = "Where the key is; standard input where it is left out or `-`.")
    private @Nullable Path file;

    private final Surroundings around;

    Hash(Surroundings around) {
      this.around = around;
    }

    @Override
    public Integer call() throws Failure {
      byte[] key = withoutLineBreak(read());
      if (key.length == 0) {
        throw new Failure("the key is empty");
      }
      for (byte c : key) {
        if (c <= ' ' || c > '~') {
          throw new Failure(
              "the key holds a space, a line break or a character beyond ASCII, which no request"
                  + " can present");
        }
      }
      around.out().println(KeyDigest.of(key).hex());
      return 0;
    }

    private byte[] read() throws Failure {
      byte[] bytes;
      try {
        if (file == null || file.toString().equals("-")) {
          bytes = around.in().readNBytes(LONGEST + 3);
        } else {
          try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(LONGEST + 3);
          }
        }
      } catch (IOException _) {
        // Without its name: it may be the key itself, given by mistake.
        throw new Failure(
            "the file can't be read; name a file that holds the key, or give the key on standard"
                + " input");
      }
      if (withoutLineBreak(bytes).length > LONGEST) {
        throw new Failure("a key has at most " + LONGEST + " characters");
      }
      return bytes;
    }

    private static byte[] withoutLineBreak(byte[] bytes) {
      int end = bytes.length;
      if (end > 0 && bytes[end - 1] == '\n') {
        end--;
        if (end > 0 && bytes[end - 1] == '\r') {
          end--;
        }
      }
      return Arrays.copyOf(bytes, end);
    }
  }
}
