package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;

/** How a resource is called in messages. */
final class Names {
    private Names() {}

    /** {@code Type/id}, or {@code Type(place)} for a resource without an id. */
    static String of(JsonNode resource, String place) {
        String type = resource.path("resourceType").asText("?");
        String id = resource.path("id").asText("");
        if (!id.isEmpty()) {
            return type + "/" + id;
        }
        return place.isEmpty() ? type : type + "(" + place + ")";
    }
}
