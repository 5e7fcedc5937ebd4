package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Validates FHIR R4 JSON: the instance validator for each document, and our own rules for each scope. Files are
 * read one after the other on this thread, which also applies our rules; two workers run the instance validator;
 * messages are printed in the order of the input.
 */
public final class Main {
    private static final String USAGE = String.join(
            "\n",
            "usage: validate [options] FILE... (- for standard input)",
            "  FILE holds one JSON resource, or NDJSON: a resource or a Bundle on each line",
            "  --allow FILE         accepted warnings, each line: regex TAB reason",
            "  --mdc-loinc FILE     vital signs named in this table must carry their LOINC",
            "  --shape pocd         apply the Point-of-Care Device guide's structural rules",
            "  --shape phd          apply the Personal Health Device guide's rules to what claims its profiles",
            "  --references file    a Bundle's references may also lead to earlier lines of its file, and those of a",
            "                       resource that stands alone must lead to a line of its file",
            "  --verbose            print allowed warnings and notes too",
            "exit code: 0 clean, 1 errors or warnings nobody allowed, 2 cannot run");
    private static final int WORKERS = 2;
    /** How many documents may wait for a worker; bounds memory on endless input. */
    private static final int PENDING = 256;

    private record Pending(Documents.Document document, List<Finding> ours, Future<List<Finding>> theirs) {}

    private final AllowList allowed = new AllowList();
    private final VitalSignRule vitalSigns = new VitalSignRule();
    private final List<String> files = new ArrayList<>();
    private String shape = "core";
    private boolean referencesAcrossFile;
    private boolean verbose;

    private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    private final ProfileCheck profiles = new ProfileCheck();
    private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    private final Map<String, Future<List<Finding>>> seen = new HashMap<>();
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private long resources;
    private long errors;
    private long warnings;
    private long allowedWarnings;

    private Main() {}

    public static void main(String[] args) throws Exception {
        Main main = new Main();
        int code;
        try {
            main.options(args);
            code = main.run();
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("validate: " + e.getMessage());
            code = 2;
        } finally {
            main.workers.shutdown();
        }
        main.out.flush();
        System.exit(code);
    }

    private void options(String[] args) throws IOException {
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--allow" -> allowed.read(Path.of(value(args, ++i)));
                case "--mdc-loinc" -> vitalSigns.read(Path.of(value(args, ++i)));
                case "--shape" -> shape = oneOf(value(args, ++i), "pocd", "core", "phd");
                case "--references" -> referencesAcrossFile = one(value(args, ++i), "file", "bundle");
                case "--verbose" -> verbose = true;
                case "--help" -> {
                    System.out.println(USAGE);
                    System.exit(0);
                }
                default -> {
                    if (args[i].startsWith("--")) {
                        throw new IllegalArgumentException("no option " + args[i] + "\n" + USAGE);
                    }
                    files.add(args[i]);
                }
            }
        }
        if (files.isEmpty()) {
            throw new IllegalArgumentException("nothing to validate\n" + USAGE);
        }
    }

    private static String value(String[] args, int at) {
        if (at >= args.length) {
            throw new IllegalArgumentException(args[at - 1] + " needs a value\n" + USAGE);
        }
        return args[at];
    }

    private static String oneOf(String value, String... words) {
        if (!List.of(words).contains(value)) {
            throw new IllegalArgumentException(value + " is none of " + String.join(", ", words));
        }
        return value;
    }

    /** True for the first word, false for the second, anything else is refused. */
    private static boolean one(String value, String yes, String no) {
        if (!value.equals(yes) && !value.equals(no)) {
            throw new IllegalArgumentException(value + " is neither " + yes + " nor " + no);
        }
        return value.equals(yes);
    }

    private int run() throws IOException, InterruptedException, ExecutionException {
        for (String file : files) {
            Map<String, JsonNode> known = new HashMap<>();
            Scope lone = new Scope(referencesAcrossFile ? "file" : "", Map.of());
            Documents.read(file, document -> take(document, known, lone));
            List<Finding> found = new ArrayList<>();
            rules(lone, found);
            drain(0);
            for (Finding finding : found) {
                print(file + ":" + finding.line(), finding);
            }
        }
        for (String line : allowed.summary()) {
            out.println(line);
        }
        out.println(resources + " resources, " + errors + " errors, " + warnings + " warnings"
                + (allowedWarnings > 0 ? " (and " + allowedWarnings + " allowed)" : ""));
        return errors + warnings == 0 ? 0 : 1;
    }

    private void take(Documents.Document document, Map<String, JsonNode> known, Scope lone) {
        List<Finding> ours = new ArrayList<>();
        resources++;
        if (document.json() == null) {
            ours.add(Finding.error("document", "document", document.fault()));
            pending.add(new Pending(document, ours, null));
            return;
        }
        JsonNode json = document.json();
        if (json.path("resourceType").asText().equals("Bundle")) {
            Scope scope = Scope.of(json, referencesAcrossFile ? known : Map.of());
            resources += scope.members.size();
            rules(scope, ours);
            if (referencesAcrossFile) {
                scope.remember(known);
            }
        } else {
            lone.add(new Scope.Member(
                    json, "", MissingNode.getInstance(), Names.of(json, "line " + document.line()), document.line()));
        }
        Future<List<Finding>> theirs =
                seen.computeIfAbsent(digest(document.text()), text -> workers.submit(() -> profiles.check(document)));
        pending.add(new Pending(document, ours, theirs));
        drain(PENDING);
    }

    /** Identical text is validated once; its digest stands for it, so that a long file does not stay in memory. */
    private static String digest(String text) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private void rules(Scope scope, List<Finding> found) {
        CodeRule.check(scope, found);
        ReferenceRules.check(scope, found);
        vitalSigns.check(scope, found);
        if (shape.equals("pocd")) {
            DeviceRules.check(scope, found);
        } else if (shape.equals("phd")) {
            PersonalRules.check(scope, found);
        }
    }

    private void drain(int leave) {
        while (pending.size() > leave) {
            Pending next = pending.remove();
            List<Finding> all = new ArrayList<>(next.ours);
            if (next.theirs != null) {
                all.addAll(result(next.theirs));
            }
            for (Finding finding : all) {
                print(next.document.place(finding.line()), finding);
            }
        }
    }

    private static List<Finding> result(Future<List<Finding>> future) {
        try {
            return future.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("the instance validator failed", e);
        }
    }

    private void print(String place, Finding finding) {
        String word = finding.severity().name().toLowerCase();
        if (finding.severity() == Finding.Severity.ERROR) {
            errors++;
        } else if (finding.severity() == Finding.Severity.NOTE) {
            if (!verbose) {
                return;
            }
        } else if (allowed.covers(finding)) {
            allowedWarnings++;
            if (!verbose) {
                return;
            }
            word = "allowed";
        } else {
            warnings++;
        }
        out.println(word + " " + place + " " + finding.resource() + " " + finding.subject());
    }
}
