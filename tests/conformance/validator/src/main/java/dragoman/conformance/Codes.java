package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Set;

/** Reading codes out of a CodeableConcept. */
final class Codes {
    private Codes() {}

    static Set<String> in(JsonNode concept, String system) {
        Set<String> out = new LinkedHashSet<>();
        for (JsonNode coding : concept.path("coding")) {
            if (coding.path("system").asText("").equals(system)) {
                out.add(coding.path("code").asText(""));
            }
        }
        return out;
    }

    static Set<String> mdc(JsonNode concept) {
        return in(concept, CodesWithoutContent.MDC);
    }

    /** Partition of a context-free MDC code: its upper 16 bits; -1 for text that is no such code. */
    static int partition(String code) {
        return CodeRule.mdcHolds(code) ? (int) (Long.parseLong(code) >> 16) : -1;
    }
}
