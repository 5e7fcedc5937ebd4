package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The resources that may refer to one another: the entries of a Bundle, or the lone resources of one NDJSON file.
 * With {@code earlier}, what stood before in the same file is found too.
 */
final class Scope {
    /** One resource with its place. {@code request} is the entry's request, or a missing node. */
    record Member(JsonNode resource, String fullUrl, JsonNode request, String name, int line) {
        String type() {
            return resource.path("resourceType").asText();
        }
    }

    /** Bundle.type; {@code file} for lone resources of a closed file; empty for lone resources that may point out. */
    final String bundleType;
    final List<Member> members = new ArrayList<>();
    private final Map<String, Member> byKey = new HashMap<>();
    private final Map<String, JsonNode> earlier;

    Scope(String bundleType, Map<String, JsonNode> earlier) {
        this.bundleType = bundleType;
        this.earlier = earlier;
    }

    static Scope of(JsonNode bundle, Map<String, JsonNode> earlier) {
        Scope scope = new Scope(bundle.path("type").asText(""), earlier);
        int place = 0;
        for (JsonNode entry : bundle.path("entry")) {
            JsonNode resource = entry.path("resource");
            if (resource.isObject()) {
                scope.add(new Member(
                        resource,
                        entry.path("fullUrl").asText(""),
                        entry.path("request"),
                        Names.of(resource, "entry " + place),
                        1));
            }
            place++;
        }
        return scope;
    }

    void add(Member member) {
        members.add(member);
        String id = member.resource.path("id").asText("");
        if (!id.isEmpty()) {
            byKey.put(member.type() + "/" + id, member);
        }
        if (!member.fullUrl.isEmpty()) {
            byKey.put(member.fullUrl, member);
        }
        if (member.request.path("method").asText("").equals("PUT")) {
            byKey.put(member.request.path("url").asText(""), member);
        }
    }

    /** Remembers everything here under {@code Type/id} for the documents that follow in the same file. */
    void remember(Map<String, JsonNode> known) {
        byKey.forEach((key, member) -> known.put(key, member.resource));
    }

    /** The resource a Reference points at, or null when it is not here. */
    JsonNode resolve(JsonNode reference) {
        String target = reference.path("reference").asText("");
        int history = target.indexOf("/_history/");
        String key = history < 0 ? target : target.substring(0, history);
        Member member = byKey.get(key);
        return member != null ? member.resource : earlier.get(key);
    }
}
