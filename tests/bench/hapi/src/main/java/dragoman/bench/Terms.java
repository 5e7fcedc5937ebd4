package dragoman.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The tables of mappings/terms that a message needs: MDC to LOINC with its category, MDC unit to UCUM. */
final class Terms {
    /** What an MDC code is called outside: its LOINC codes, and whether a vital-signs profile applies. */
    record Meaning(List<String> loinc, String category, String profile) {}

    private final Map<String, Meaning> meanings = new HashMap<>();
    private final Map<String, String> ucum = new HashMap<>();

    static Terms read(Path folder) throws IOException {
        Terms terms = new Terms();
        Path pairs = folder.resolve("mdc-loinc.csv");
        for (List<String> row : rows(pairs, "code10", "loinc", "fhir_category", "profile", "use")) {
            if (row.get(4).equals("other")) {
                continue;
            }
            Meaning before = terms.meanings.get(row.get(0));
            List<String> loinc = new ArrayList<>(before == null ? List.of() : before.loinc);
            loinc.add(row.get(1));
            boolean keeps = before != null && !before.profile.isEmpty();
            terms.meanings.put(
                    row.get(0),
                    new Meaning(
                            List.copyOf(loinc),
                            keeps ? before.category : row.get(2),
                            keeps ? before.profile : row.get(3)));
        }
        for (List<String> row : rows(folder.resolve("units.csv"), "code10", "ucum")) {
            terms.ucum.put(row.get(0), row.get(1));
        }
        return terms;
    }

    Meaning meaning(String mdc) {
        return meanings.get(mdc);
    }

    String ucum(String mdcUnit) {
        return ucum.get(mdcUnit);
    }

    private static List<List<String>> rows(Path file, String... columns) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> header = split(lines.get(0));
        List<List<String>> out = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            List<String> cells = split(line);
            List<String> row = new ArrayList<>();
            for (String column : columns) {
                int at = header.indexOf(column);
                if (at < 0) {
                    throw new IOException(file + " has no column " + column);
                }
                row.add(at < cells.size() ? cells.get(at) : "");
            }
            out.add(row);
        }
        return out;
    }

    private static List<String> split(String line) {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (char c : line.toCharArray()) {
            if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                cells.add(cell.toString());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        cells.add(cell.toString());
        return cells;
    }
}
