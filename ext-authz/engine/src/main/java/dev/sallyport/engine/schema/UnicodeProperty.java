package dev.sallyport.engine.schema;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Properties of Unicode as ECMA-262 names them: general categories and scripts. */
final class UnicodeProperty {
  /** Short names of general categories, by {@link Character#getType}; those of no use are empty. */
  private static final List<String> TYPES =
      List.of(
          "", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp",
          "Cc", "Cf", "", "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi",
          "Pf");

  /** Long names of general categories. */
  private static final Map<String, String> CATEGORIES =
      Map.ofEntries(
          Map.entry("Letter", "L"),
          Map.entry("Lowercase_Letter", "Ll"),
          Map.entry("Uppercase_Letter", "Lu"),
          Map.entry("Titlecase_Letter", "Lt"),
          Map.entry("Modifier_Letter", "Lm"),
          Map.entry("Other_Letter", "Lo"),
          Map.entry("Mark", "M"),
          Map.entry("Nonspacing_Mark", "Mn"),
          Map.entry("Spacing_Mark", "Mc"),
          Map.entry("Enclosing_Mark", "Me"),
          Map.entry("Number", "N"),
          Map.entry("Decimal_Number", "Nd"),
          Map.entry("digit", "Nd"),
          Map.entry("Letter_Number", "Nl"),
          Map.entry("Other_Number", "No"),
          Map.entry("Punctuation", "P"),
          Map.entry("punct", "P"),
          Map.entry("Dash_Punctuation", "Pd"),
          Map.entry("Open_Punctuation", "Ps"),
          Map.entry("Close_Punctuation", "Pe"),
          Map.entry("Initial_Punctuation", "Pi"),
          Map.entry("Final_Punctuation", "Pf"),
          Map.entry("Connector_Punctuation", "Pc"),
          Map.entry("Other_Punctuation", "Po"),
          Map.entry("Symbol", "S"),
          Map.entry("Math_Symbol", "Sm"),
          Map.entry("Currency_Symbol", "Sc"),
          Map.entry("Modifier_Symbol", "Sk"),
          Map.entry("Other_Symbol", "So"),
          Map.entry("Separator", "Z"),
          Map.entry("Space_Separator", "Zs"),
          Map.entry("Line_Separator", "Zl"),
          Map.entry("Paragraph_Separator", "Zp"),
          Map.entry("Other", "C"),
          Map.entry("Control", "Cc"),
          Map.entry("Format", "Cf"),
          Map.entry("Private_Use", "Co"));

  private static final String ANY = "Any";

  private static final List<String> PREFIXES =
      List.of("General_Category=", "gc=", "Script=", "sc=", "Script_Extensions=");

  /** The short names that RE2/J knows. */
  private static final Set<String> KNOWN = known();

  private UnicodeProperty() {}

  /** The short name of a property; null where RE2/J knows none. */
  static @Nullable String named(String written) {
    String name = written;
    for (String prefix : PREFIXES) {
      if (name.startsWith(prefix)) {
        name = name.substring(prefix.length());
      }
    }
    name = CATEGORIES.getOrDefault(name, name);
    return KNOWN.contains(name) ? name : null;
  }

  /** The characters that have a property. */
  static Characters characters(String name) {
    return Tables.BY_NAME.getOrDefault(name, Characters.of());
  }

  private static Set<String> known() {
    Set<String> known = new HashSet<>(Set.of(ANY));
    for (String type : TYPES) {
      for (int length = 1; length <= type.length(); length++) {
        addKnown(type.substring(0, length), known);
      }
    }
    for (Character.UnicodeScript script : Character.UnicodeScript.values()) {
      addKnown(name(script), known);
    }
    return known;
  }

  private static void addKnown(String name, Set<String> known) {
    try {
      Pattern.compile("\\p{" + name + '}');
      known.add(name);
    } catch (PatternSyntaxException _) {
      // A script that is younger than its tables.
    }
  }

  /** {@code Old_Italic}. */
  private static String name(Character.UnicodeScript script) {
    if (script == Character.UnicodeScript.SIGNWRITING) {
      return "SignWriting";
    }
    StringBuilder name = new StringBuilder();
    for (String word : script.name().split("_", -1)) {
      name.append(name.isEmpty() ? "" : "_")
          .append(word.charAt(0))
          .append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }

  /** Made when the first pattern asks for it. */
  private static final class Tables {
    static final Map<String, Characters> BY_NAME = byName();

    private static Map<String, Characters> byName() {
      List<Characters.Builder> types = new ArrayList<>();
      TYPES.forEach(_ -> types.add(new Characters.Builder()));
      Map<Character.UnicodeScript, Characters.Builder> scripts = new HashMap<>();
      int first = 0;
      for (int point = 1; point <= Character.MAX_CODE_POINT + 1; point++) {
        if (point <= Character.MAX_CODE_POINT
            && Character.getType(point) == Character.getType(first)
            && Character.UnicodeScript.of(point) == Character.UnicodeScript.of(first)) {
          continue;
        }
        types.get(Character.getType(first)).add(first, point - 1);
        scripts
            .computeIfAbsent(Character.UnicodeScript.of(first), _ -> new Characters.Builder())
            .add(first, point - 1);
        first = point;
      }
      Map<String, Characters> byName = new HashMap<>(Map.of(ANY, Characters.ALL));
      scripts.forEach((script, characters) -> byName.put(name(script), characters.build()));
      Map<String, Characters.Builder> groups = new HashMap<>();
      for (int type = 0; type < types.size(); type++) {
        String name = TYPES.get(type);
        if (!name.isEmpty()) {
          Characters characters = types.get(type).build();
          byName.put(name, characters);
          groups
              .computeIfAbsent(name.substring(0, 1), _ -> new Characters.Builder())
              .add(characters);
        }
      }
      groups.forEach((name, characters) -> byName.put(name, characters.build()));
      return Map.copyOf(byName);
    }
  }
}
