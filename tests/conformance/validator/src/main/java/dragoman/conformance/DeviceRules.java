package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The structure HL7's Point-of-Care Device guide gives to devices and metrics: MDS, VMD, Channel, DeviceMetric,
 * Observation. The guide's profiles are not on Maven Central, so their rules stand here.
 */
final class DeviceRules {
    private enum Kind {
        MDS,
        VMD,
        CHANNEL,
        UNKNOWN
    }

    private static final int OBJECTS = 1;
    private static final int EVENTS = 3;
    private static final int DIMENSIONS = 4;
    /** Device terms stand in fours from here on: the plain term, its MDS, its VMD, its Channel. */
    private static final int FIRST_DEVICE_TERM = 4096;
    /** Partition 8 holds the gateway (AHD), which is a whole device. */
    private static final String GATEWAY = "531981";

    private final Scope scope;
    private final List<Finding> out;
    private final Set<JsonNode> enumerated = new HashSet<>();

    private DeviceRules(Scope scope, List<Finding> out) {
        this.scope = scope;
        this.out = out;
    }

    static void check(Scope scope, List<Finding> out) {
        DeviceRules rules = new DeviceRules(scope, out);
        for (Scope.Member member : scope.members) {
            if (member.type().equals("Observation")) {
                rules.observation(member);
            }
        }
        for (Scope.Member member : scope.members) {
            if (member.type().equals("Device")) {
                rules.device(member);
            } else if (member.type().equals("DeviceMetric")) {
                rules.metric(member);
            }
        }
    }

    /** What the type code says, where a code says it. */
    private static Kind stated(JsonNode device) {
        for (String code : Codes.mdc(device.path("type"))) {
            int term = CodeRule.mdcHolds(code) ? (int) (Long.parseLong(code) & 0xFFFF) : 0;
            if (code.equals(GATEWAY)) {
                return Kind.MDS;
            }
            if (Codes.partition(code) == OBJECTS && term >= FIRST_DEVICE_TERM && term % 4 != 0) {
                return Kind.values()[term % 4 - 1];
            }
        }
        return Kind.UNKNOWN;
    }

    /** The level a device has by its code, else by its parents. */
    private Kind level(JsonNode device, int depth) {
        Kind stated = stated(device);
        if (stated != Kind.UNKNOWN || depth > 4) {
            return stated;
        }
        if (!device.path("parent").isObject()) {
            return Kind.MDS;
        }
        JsonNode parent = scope.resolve(device.path("parent"));
        Kind above = parent == null ? Kind.UNKNOWN : level(parent, depth + 1);
        return above == Kind.MDS ? Kind.VMD : above == Kind.VMD ? Kind.CHANNEL : Kind.UNKNOWN;
    }

    private boolean leadsTo(JsonNode reference, Kind kind) {
        JsonNode target = scope.resolve(reference);
        return target != null && target.path("resourceType").asText().equals("Device") && level(target, 0) == kind;
    }

    private void device(Scope.Member member) {
        JsonNode device = member.resource();
        Kind kind = level(device, 0);
        boolean hasParent = device.path("parent").isObject();
        if (Codes.mdc(device.path("type")).isEmpty()) {
            error(member, "Device.type", "needs a type with an MDC coding");
        }
        switch (kind) {
            case MDS -> {
                if (hasParent && !leadsTo(device.path("parent"), Kind.MDS)) {
                    error(member, "Device.parent", "an MDS has no parent, or another MDS");
                }
                if (device.path("identifier").isEmpty() && device.path("udiCarrier").isEmpty()) {
                    error(member, "Device.identifier", "an MDS needs an identifier or a UDI");
                }
            }
            case VMD -> part(member, Kind.MDS, "a VMD");
            case CHANNEL -> part(member, Kind.VMD, "a Channel");
            default -> error(member, "Device.parent", "leads to no MDS, VMD or Channel chain");
        }
    }

    private void part(Scope.Member member, Kind above, String what) {
        if (!leadsTo(member.resource().path("parent"), above)) {
            error(member, "Device.parent", what + " needs a parent that is a " + above);
        }
        for (String forbidden : List.of("patient", "location")) {
            if (member.resource().has(forbidden)) {
                error(member, "Device." + forbidden, what + " has no " + forbidden);
            }
        }
    }

    private void metric(Scope.Member member) {
        JsonNode metric = member.resource();
        if (Codes.mdc(metric.path("type")).isEmpty()) {
            error(member, "DeviceMetric.type", "needs an MDC coding");
        }
        if (!leadsTo(metric.path("source"), Kind.MDS)) {
            error(member, "DeviceMetric.source", "needs a source that is an MDS");
        }
        if (!leadsTo(metric.path("parent"), Kind.CHANNEL)) {
            error(member, "DeviceMetric.parent", "needs a parent that is a Channel");
        }
        JsonNode unit = metric.path("unit");
        if (unit.isObject() && enumerated.contains(metric)) {
            error(member, "DeviceMetric.unit", "an enumeration has no unit");
        } else if (unit.isObject()
                && Codes.mdc(unit).stream().noneMatch(code -> Codes.partition(code) == DIMENSIONS)) {
            error(member, "DeviceMetric.unit", "needs an MDC coding of partition 4");
        }
    }

    private void observation(Scope.Member member) {
        JsonNode observation = member.resource();
        Set<String> codes = Codes.mdc(observation.path("code"));
        subject(member, observation);
        if (!observation.has("effectiveDateTime") && !observation.has("effectivePeriod")) {
            error(member, "Observation.effective[x]", "is missing");
        }
        if (codes.isEmpty()) {
            warn(member, "Observation.code", "has no MDC coding, so no device profile holds for it");
        } else if (codes.stream().noneMatch(code -> Codes.partition(code) == EVENTS)) {
            device(member, observation, codes);
        }
        value(member, observation);
    }

    private void subject(Scope.Member member, JsonNode observation) {
        JsonNode subject = observation.path("subject");
        JsonNode target = scope.resolve(subject);
        String reference = subject.path("reference").asText("");
        boolean patient = target != null
                ? target.path("resourceType").asText().equals("Patient")
                : reference.startsWith("Patient?") || reference.contains("Patient/")
                        || subject.path("type").asText("").equals("Patient");
        if (!patient && !leadsTo(subject, Kind.MDS)) {
            error(member, "Observation.subject", "needs a Patient or an MDS");
        }
    }

    private void device(Scope.Member member, JsonNode observation, Set<String> codes) {
        JsonNode target = scope.resolve(observation.path("device"));
        String type = target == null ? "" : target.path("resourceType").asText();
        if (type.equals("Device")) {
            warn(member, "Observation.device", "is a Device, not a DeviceMetric, so no device profile holds for it");
        } else if (!type.equals("DeviceMetric")) {
            error(member, "Observation.device", "needs a DeviceMetric");
        } else {
            if (Codes.mdc(target.path("type")).stream().noneMatch(codes::contains)) {
                error(member, "Observation.device", "its DeviceMetric is of another type than the code");
            }
            if (observation.has("valueCodeableConcept") || observation.has("valueString")) {
                enumerated.add(target);
            }
        }
    }

    private void value(Scope.Member member, JsonNode observation) {
        boolean hasValue = false;
        for (var names = observation.fieldNames(); names.hasNext(); ) {
            hasValue |= names.next().startsWith("value");
        }
        if (!hasValue && !observation.has("dataAbsentReason") && observation.path("component").isEmpty()
                && observation.path("hasMember").isEmpty()) {
            error(member, "Observation.value[x]", "needs a value or a dataAbsentReason");
        }
        quantity(member, observation, "Observation");
        JsonNode components = observation.path("component");
        for (int i = 0; i < components.size(); i++) {
            quantity(member, components.get(i), "Observation.component[" + i + "]");
        }
    }

    private void quantity(Scope.Member member, JsonNode holder, String path) {
        JsonNode system = holder.path("valueQuantity").path("system");
        if (!system.isMissingNode() && !system.asText().equals("http://unitsofmeasure.org")) {
            error(member, path + ".valueQuantity.system", "is not UCUM");
        }
    }

    private void error(Scope.Member member, String path, String text) {
        out.add(new Finding(Finding.Severity.ERROR, member.line(), member.name(), path, text));
    }

    private void warn(Scope.Member member, String path, String text) {
        out.add(new Finding(Finding.Severity.WARNING, member.line(), member.name(), path, text));
    }
}
