package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A vital sign that carries its MDC code alone slips past every validator, because the profiles hang on LOINC. So:
 * an Observation about a Patient whose MDC code is paired with a profile in the MDC to LOINC table must carry that
 * LOINC.
 *
 * <p>Left out on purpose: a lone systolic, diastolic or mean pressure (a lone 8480-6 is judged as the whole blood
 * pressure panel), a pressure group that has no component (the same code also names the wave), values that are not
 * a quantity, quantities in a unit that the profile does not take (they cannot meet it), and an MDC code whose
 * display is the name of another term (number and name disagree, so nothing is concluded). Inside a blood pressure
 * panel the components must carry theirs.
 */
final class VitalSignRule {
    private static final String UCUM = "http://unitsofmeasure.org";
    private static final String CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category";
    private static final String VITAL_SIGNS = "vital-signs";
    private static final String PANEL = "85354-9";
    private static final Set<String> PANEL_PARTS = Set.of("8480-6", "8462-4", "8478-0");

    private static final int EVENTS = 3;
    /** The units that R4's profiles take. */
    private static final Map<String, Set<String>> UNITS = Map.of(
            "8867-4", Set.of("/min"),
            "9279-1", Set.of("/min"),
            "2708-6", Set.of("%"),
            "8310-5", Set.of("Cel", "[degF]"),
            "8302-2", Set.of("cm", "[in_i]"),
            "9843-4", Set.of("cm", "[in_i]"),
            "29463-7", Set.of("kg", "g", "[lb_av]"),
            "39156-5", Set.of("kg/m2"));

    private final Map<String, List<String>> loincByMdc = new HashMap<>();
    private final Set<String> vitalLoinc = new HashSet<>();
    private final Map<String, String> partByMdc = new HashMap<>();
    private final Map<String, String> nameByMdc = new HashMap<>();

    /** Reads {@code mdc-loinc.csv}: its columns code10, loinc, fhir_category, profile, and use where there is one. */
    void read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        List<String> header = split(lines.get(0));
        int mdc = header.indexOf("code10");
        int loinc = header.indexOf("loinc");
        int profile = header.indexOf("profile");
        int category = header.indexOf("fhir_category");
        int use = header.indexOf("use");
        int name = header.indexOf("refid");
        if (name < 0 || mdc < 0 || loinc < 0 || profile < 0 || category < 0) {
            throw new IOException(file + ":1: needs the columns refid, code10, loinc, fhir_category, profile");
        }
        for (String line : lines.subList(1, lines.size())) {
            List<String> cells = split(line);
            boolean goesOut = use < 0 || cells.size() <= use || !cells.get(use).equals("other");
            if (cells.size() <= Math.max(profile, category) || !goesOut) {
                continue;
            }
            if (cells.get(category).equals(VITAL_SIGNS)) {
                vitalLoinc.add(cells.get(loinc));
            }
            nameByMdc.put(cells.get(mdc), cells.get(name));
            if (cells.get(profile).isEmpty()) {
                continue;
            }
            if (PANEL_PARTS.contains(cells.get(loinc))) {
                partByMdc.put(cells.get(mdc), cells.get(loinc));
            } else {
                loincByMdc.computeIfAbsent(cells.get(mdc), key -> new ArrayList<>()).add(cells.get(loinc));
            }
        }
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

    void check(Scope scope, List<Finding> out) {
        for (Scope.Member member : scope.members) {
            JsonNode observation = member.resource();
            if (!member.type().equals("Observation")) {
                continue;
            }
            category(member, observation, out);
            if (!aboutPatient(scope, observation)) {
                continue;
            }
            boolean panel = false;
            for (String mdc : Codes.mdc(observation.path("code"))) {
                for (String loinc : loincByMdc.getOrDefault(mdc, List.of())) {
                    panel |= loinc.equals(PANEL);
                    if (applies(observation, loinc)) {
                        demand(member, observation.path("code"), "Observation.code", mdc, loinc, out);
                    }
                }
            }
            if (panel) {
                components(member, observation, out);
            }
        }
    }

    /** The category is for vital signs alone, and never for an alert. */
    private void category(Scope.Member member, JsonNode observation, List<Finding> out) {
        boolean claimed = false;
        for (JsonNode category : observation.path("category")) {
            claimed |= Codes.in(category, CATEGORY).contains(VITAL_SIGNS);
        }
        if (!claimed || vitalLoinc.isEmpty()) {
            return;
        }
        if (Codes.mdc(observation.path("code")).stream().anyMatch(code -> Codes.partition(code) == EVENTS)) {
            String text = "an alert is no vital sign";
            out.add(new Finding(Finding.Severity.ERROR, member.line(), member.name(), "Observation.category", text));
        } else if (Codes.in(observation.path("code"), CodesWithoutContent.LOINC).stream()
                .noneMatch(vitalLoinc::contains)) {
            String text = "vital-signs without a LOINC code of a vital sign";
            out.add(new Finding(Finding.Severity.ERROR, member.line(), member.name(), "Observation.category", text));
        }
    }

    private void components(Scope.Member member, JsonNode observation, List<Finding> out) {
        JsonNode components = observation.path("component");
        for (int i = 0; i < components.size(); i++) {
            JsonNode code = components.get(i).path("code");
            for (String mdc : Codes.mdc(code)) {
                if (partByMdc.containsKey(mdc)) {
                    demand(member, code, "Observation.component[" + i + "].code", mdc, partByMdc.get(mdc), out);
                }
            }
        }
    }

    private static boolean applies(JsonNode observation, String loinc) {
        if (loinc.equals(PANEL)) {
            return observation.path("component").size() > 0;
        }
        JsonNode quantity = observation.path("valueQuantity");
        if (quantity.isObject()) {
            return quantity.path("system").asText("").equals(UCUM)
                    && UNITS.getOrDefault(loinc, Set.of()).contains(quantity.path("code").asText(""));
        }
        return observation.path("dataAbsentReason").isObject();
    }

    private static boolean aboutPatient(Scope scope, JsonNode observation) {
        JsonNode subject = observation.path("subject");
        JsonNode target = scope.resolve(subject);
        if (target != null) {
            return target.path("resourceType").asText().equals("Patient");
        }
        String type = subject.path("type").asText("");
        String reference = subject.path("reference").asText("");
        return type.equals("Patient") || reference.startsWith("Patient/") || reference.startsWith("Patient?")
                || reference.contains("/Patient/");
    }

    private boolean namesAnother(JsonNode code, String mdc) {
        for (JsonNode coding : code.path("coding")) {
            String display = coding.path("display").asText("");
            if (coding.path("code").asText("").equals(mdc)
                    && display.startsWith("MDC_")
                    && !display.equals(nameByMdc.get(mdc))) {
                return true;
            }
        }
        return false;
    }

    private void demand(
            Scope.Member member, JsonNode code, String path, String mdc, String loinc, List<Finding> out) {
        if (!Codes.in(code, CodesWithoutContent.LOINC).contains(loinc) && !namesAnother(code, mdc)) {
            String text = "MDC " + mdc + " is a vital sign and must carry LOINC " + loinc;
            out.add(new Finding(Finding.Severity.ERROR, member.line(), member.name(), path, text));
        }
    }
}
