package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What HL7's Personal Health Device guide (R4) demands of devices, gateways and observations. The guide's profiles are not
 * on Maven Central, so their rules stand here.
 */
final class PersonalRules {
    static final String GUIDE = "http://hl7.org/fhir/uv/phd/";
    static final String PROFILES = GUIDE + "StructureDefinition/";
    /** The profiles that may be claimed, with the resource type of each. */
    static final Map<String, String> PROFILE_TYPES = Map.of(
            "PhdDevice", "Device",
            "PhgDevice", "Device",
            "PhdCoincidentTimeStampObservation", "Observation",
            "PhdNumericObservation", "Observation",
            "PhdCompoundNumericObservation", "Observation",
            "PhdCodedEnumerationObservation", "Observation",
            "PhdBitsEnumerationObservation", "Observation",
            "PhdStringEnumerationObservation", "Observation",
            "PhdRtsaObservation", "Observation");
    private static final String EUI = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680";
    private static final Pattern EUI_FORM = Pattern.compile("[0-9A-F]{2}(-[0-9A-F]{2}){7}");
    private static final String GATEWAY_EXTENSION = "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice";
    private static final String CLOCK_EXTENSION = PROFILES + "CoincidentTimeStampReference";
    private static final String STATES = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status";
    private static final String SPECIALIZED = "65573";
    private static final String GATEWAY = "531981";
    private static final Set<String> CLOCKS = Set.of("67975", "68226", "67983", "68072");

    private final Scope scope;
    private final List<Finding> out;

    private PersonalRules(Scope scope, List<Finding> out) {
        this.scope = scope;
        this.out = out;
    }

    static void check(Scope scope, List<Finding> out) {
        PersonalRules rules = new PersonalRules(scope, out);
        for (Scope.Member member : scope.members) {
            String profile = claimed(member.resource());
            switch (profile) {
                case "" -> { }
                case "PhdDevice" -> rules.device(member, SPECIALIZED);
                case "PhgDevice" -> rules.device(member, GATEWAY);
                case "PhdCoincidentTimeStampObservation" -> rules.clock(member);
                default -> rules.measurement(member, profile);
            }
        }
    }

    /** The last part of the guide's profile that a resource claims, or nothing. */
    private static String claimed(JsonNode resource) {
        for (JsonNode profile : resource.path("meta").path("profile")) {
            if (profile.asText().startsWith(PROFILES)) {
                return profile.asText().substring(PROFILES.length());
            }
        }
        return "";
    }

    private void device(Scope.Member member, String type) {
        JsonNode device = member.resource();
        if (!Codes.mdc(device.path("type")).equals(Set.of(type))) {
            error(member, "Device.type", "needs the one MDC coding " + type);
        }
        systemId(member, device);
        for (String list : List.of("specialization", "version")) {
            if (device.path(list).isEmpty()) {
                error(member, "Device." + list, "is missing");
            }
        }
        for (JsonNode specialization : device.path("specialization")) {
            if (Codes.mdc(specialization.path("systemType")).size() != 1) {
                error(member, "Device.specialization.systemType", "needs one MDC coding");
            }
            if (type.equals(SPECIALIZED)) {
                required(member, specialization, "version", "Device.specialization.version");
            }
        }
        for (JsonNode version : device.path("version")) {
            if (Codes.mdc(version.path("type")).size() != 1) {
                error(member, "Device.version.type", "needs one MDC coding");
            }
        }
        if (device.has("parent")) {
            error(member, "Device.parent", "a personal health device or gateway has none");
        }
        if (type.equals(SPECIALIZED)) {
            required(member, device, "manufacturer", "Device.manufacturer");
            required(member, device, "modelNumber", "Device.modelNumber");
        }
    }

    private void systemId(Scope.Member member, JsonNode device) {
        int count = 0;
        for (JsonNode identifier : device.path("identifier")) {
            if (Codes.in(identifier.path("type"), GUIDE + "CodeSystem/ContinuaDeviceIdentifiers").contains("SYSID")) {
                count++;
                if (!identifier.path("system").asText().equals(EUI)
                        || !EUI_FORM.matcher(identifier.path("value").asText()).matches()) {
                    error(member, "Device.identifier", "a SYSID is an EUI-64 with dashes under " + EUI);
                }
            }
        }
        if (count != 1) {
            error(member, "Device.identifier", "needs one of type SYSID");
        }
    }

    /** An element of 1..1, which may stand there by its extension alone. */
    private void required(Scope.Member member, JsonNode holder, String name, String path) {
        if (!holder.has(name) && !holder.has("_" + name)) {
            error(member, path, "is missing");
        }
    }

    private void clock(Scope.Member member) {
        JsonNode clock = member.resource();
        if (!clock.path("status").asText().equals("final")) {
            error(member, "Observation.status", "is not final");
        }
        if (Codes.mdc(clock.path("code")).stream().filter(CLOCKS::contains).count() != 1) {
            error(member, "Observation.code", "is none of the guide's clocks");
        }
        claims(member, clock.path("subject"), "PhdDevice", "Observation.subject");
        claims(member, clock.path("device"), "PhgDevice", "Observation.device");
        if (!clock.has("valueDateTime") && !clock.has("valueQuantity") && !clock.has("dataAbsentReason")) {
            error(member, "Observation.value[x]", "is missing");
        }
        for (String forbidden : List.of("derivedFrom", "hasMember", "specimen", "focus")) {
            if (clock.has(forbidden)) {
                error(member, "Observation." + forbidden, "a coincident time stamp has none");
            }
        }
    }

    private void measurement(Scope.Member member, String profile) {
        JsonNode it = member.resource();
        int categories = 0;
        for (JsonNode category : it.path("category")) {
            categories += Codes.in(category, GUIDE + "CodeSystem/PhdObservationCategories").contains("phd-observation")
                    ? 1 : 0;
        }
        if (categories != 1) {
            error(member, "Observation.category", "needs phd-observation once");
        }
        if (Codes.mdc(it.path("code")).size() != 1) {
            error(member, "Observation.code", "needs one MDC coding");
        }
        if (it.path("subject").path("reference").isMissingNode()) {
            error(member, "Observation.subject.reference", "is missing");
        }
        claims(member, it.path("device"), "PhdDevice", "Observation.device");
        extensions(member, it);
        if (!it.has("effectiveDateTime") && !it.has("effectivePeriod")) {
            error(member, "Observation.effective[x]", "is missing");
        }
        for (JsonNode interpretation : it.path("interpretation")) {
            if (Codes.in(interpretation, STATES).size() != 1) {
                error(member, "Observation.interpretation", "needs one coding of " + STATES);
            }
        }
        for (JsonNode identifier : it.path("identifier")) {
            if (!identifier.has("system") && identifier.has("type")) {
                error(member, "Observation.identifier", "the guide's own has neither system nor type");
            }
        }
        value(member, it, profile);
    }

    private void extensions(Scope.Member member, JsonNode it) {
        int gateways = 0;
        for (JsonNode extension : it.path("extension")) {
            JsonNode target = extension.path("valueReference");
            if (extension.path("url").asText().equals(GATEWAY_EXTENSION)) {
                gateways++;
                claims(member, target, "PhgDevice", "Observation.extension");
            } else if (extension.path("url").asText().equals(CLOCK_EXTENSION)) {
                claims(member, target, "PhdCoincidentTimeStampObservation", "Observation.extension");
            }
        }
        if (gateways != 1) {
            error(member, "Observation.extension", "needs one gatewayDevice");
        }
    }

    private void value(Scope.Member member, JsonNode it, String profile) {
        boolean absent = it.has("dataAbsentReason");
        boolean fits = switch (profile) {
            case "PhdNumericObservation" -> it.has("valueQuantity") || absent;
            case "PhdCompoundNumericObservation" -> !it.path("component").isEmpty() && !it.has("valueQuantity");
            case "PhdCodedEnumerationObservation" -> it.has("valueCodeableConcept") || absent;
            case "PhdBitsEnumerationObservation" -> absent || !it.path("component").isEmpty();
            case "PhdStringEnumerationObservation" -> it.has("valueString") || absent;
            case "PhdRtsaObservation" -> it.path("valueSampledData").has("factor") || absent;
            default -> false;
        };
        if (!fits) {
            error(member, "Observation.value[x]", "is not what " + profile + " wants");
        }
    }

    /** A reference by `reference` to something here that claims the profile. */
    private void claims(Scope.Member member, JsonNode reference, String profile, String path) {
        JsonNode target = scope.resolve(reference);
        if (target == null || !claimed(target).equals(profile)) {
            error(member, path, "needs a reference to a " + profile);
        }
    }

    private void error(Scope.Member member, String path, String text) {
        out.add(new Finding(Finding.Severity.ERROR, member.line(), member.name(), path, text));
    }
}
