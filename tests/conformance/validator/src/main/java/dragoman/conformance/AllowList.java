package dragoman.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The warnings that are known and accepted, one a line: {@code regex TAB reason}. A line that begins with # is a
 * remark. The expression is searched for in {@code element: text}. Errors cannot be allowed.
 */
final class AllowList {
    private static final class Entry {
        final Pattern pattern;
        final String reason;
        final String place;
        long used;

        Entry(Pattern pattern, String reason, String place) {
            this.pattern = pattern;
            this.reason = reason;
            this.place = place;
        }
    }

    private final List<Entry> entries = new ArrayList<>();

    void read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int tab = line.indexOf('\t');
            String reason = tab < 0 ? "" : line.substring(tab + 1).strip();
            if (reason.isEmpty()) {
                throw new IOException(file + ":" + (i + 1) + ": needs an expression, a tab and the reason");
            }
            entries.add(new Entry(Pattern.compile(line.substring(0, tab)), reason, file + ":" + (i + 1)));
        }
    }

    /** True, and counted, when a line of the list covers this warning. */
    boolean covers(Finding finding) {
        for (Entry entry : entries) {
            if (entry.pattern.matcher(finding.subject()).find()) {
                entry.used++;
                return true;
            }
        }
        return false;
    }

    /** One line of text per entry: how often it was used and why it stands there. */
    List<String> summary() {
        List<String> out = new ArrayList<>();
        for (Entry entry : entries) {
            out.add(entry.used == 0
                    ? "unused " + entry.place + ": " + entry.pattern
                    : "allowed " + entry.used + " times: " + entry.pattern + " (" + entry.reason + ")");
        }
        return out;
    }
}
