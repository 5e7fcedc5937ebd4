package dragoman.bench;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HL7Exception;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.model.v26.datatype.CWE;
import ca.uhn.hl7v2.model.v26.group.ORU_R01_OBSERVATION;
import ca.uhn.hl7v2.model.v26.group.ORU_R01_ORDER_OBSERVATION;
import ca.uhn.hl7v2.model.v26.group.ORU_R01_PATIENT_RESULT;
import ca.uhn.hl7v2.model.v26.message.ORU_R01;
import ca.uhn.hl7v2.model.v26.segment.OBX;
import ca.uhn.hl7v2.model.v26.segment.PID;
import ca.uhn.hl7v2.parser.PipeParser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.io.IOException;
import java.io.Writer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.DeviceMetric;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/**
 * One PCD-01 message to one FHIR R4 transaction, as text: Patient, the devices of the containment tree, a DeviceMetric
 * and an Observation for each metric, blood pressures as one panel. Belongs to one thread; contexts and parsers are
 * kept.
 */
final class Translator {
    private static final String MDC = "urn:iso:std:iso:11073:10101";
    private static final String LOINC = "http://loinc.org";
    private static final String UCUM = "http://unitsofmeasure.org";
    private static final String CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category";
    private static final String BASE = "https://fhir.example.org/r4/";
    private static final String EUI64 = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680";

    private static final String ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
    private static final String PANEL = "85354-9";
    private static final List<String> PRESSURES = List.of("8480-6", "8462-4");

    private final Terms terms;
    private final PipeParser parser;
    private final IParser encoder;
    private long metrics;

    Translator(FhirContext fhir, Terms terms) {
        this.terms = terms;
        HapiContext context = new DefaultHapiContext();
        context.setValidationContext(ValidationContextFactory.noValidation());
        parser = context.getPipeParser();
        encoder = fhir.newJsonParser();
        encoder.setStripVersionsFromReferences(false);
        encoder.setOverrideResourceIdWithBundleEntryFullUrl(false);
    }

    /** How many metric rows were translated so far. */
    long metrics() {
        return metrics;
    }

    void translate(String message, Writer to) throws HL7Exception, IOException {
        ORU_R01 oru = (ORU_R01) parser.parse(message);
        Bundle bundle = new Bundle();
        bundle.setType(Bundle.BundleType.TRANSACTION);
        String key = oru.getMSH().getSendingApplication().getUniversalID().getValue();
        if (key == null) {
            key = oru.getMSH().getSendingApplication().getNamespaceID().getValue();
        }
        ORU_R01_PATIENT_RESULT result = oru.getPATIENT_RESULT();
        String patient = patient(bundle, result.getPATIENT().getPID());
        for (int i = 0; i < result.getORDER_OBSERVATIONReps(); i++) {
            order(bundle, result.getORDER_OBSERVATION(i), patient);
        }
        encoder.encodeResourceToWriter(bundle, to);
        to.write('\n');
    }

    private static String patient(Bundle bundle, PID pid) {
        String number = pid.getPatientIdentifierList(0).getIDNumber().getValue();
        Patient patient = new Patient();
        patient.setId("mr-" + number);
        patient.addIdentifier()
                .setSystem("urn:dragoman:" + pid.getPatientIdentifierList(0).getAssigningAuthority().getNamespaceID())
                .setValue(number);
        patient.addName()
                .setFamily(pid.getPatientName(0).getFamilyName().getSurname().getValue())
                .addGiven(pid.getPatientName(0).getGivenName().getValue());
        return put(bundle, patient);
    }

    private void order(Bundle bundle, ORU_R01_ORDER_OBSERVATION order, String patient) throws HL7Exception {
        String time = order.getOBR().getObservationDateTime().getValue();
        Map<String, String> devices = new HashMap<>();
        Map<String, Observation> panels = new HashMap<>();
        String mds = null;
        String key = null;
        for (int i = 0; i < order.getOBSERVATIONReps(); i++) {
            ORU_R01_OBSERVATION group = order.getOBSERVATION(i);
            OBX obx = group.getOBX();
            String path = obx.getObservationSubID().getValue();
            if (obx.getValueType().getValue() == null) {
                if (mds == null) {
                    key = obx.getEquipmentInstanceIdentifier(0).getEntityIdentifier().getValue();
                }
                String reference = device(bundle, obx, key, path, devices);
                mds = mds == null ? reference : mds;
                devices.put(path, reference);
            } else {
                metric(bundle, obx, new Place(key, path, time, patient, mds, devices, panels));
            }
        }
        panels.values().forEach(Translator::complete);
    }

    /** Where a metric row stands: its device, path, the time of its report, and what it refers to. */
    private record Place(
            String key,
            String path,
            String time,
            String patient,
            String mds,
            Map<String, String> devices,
            Map<String, Observation> panels) {
        String channel() {
            return path.substring(0, path.lastIndexOf('.'));
        }

        String suffix() {
            return key + "-" + path.replace('.', '-');
        }
    }

    private static String device(Bundle bundle, OBX obx, String key, String path, Map<String, String> devices) {
        Device device = new Device();
        device.setId("dev-" + key + "-" + path.replace('.', '-'));
        CWE type = obx.getObservationIdentifier();
        device.getType().addCoding(coding(MDC, type.getIdentifier().getValue(), type.getText().getValue()));
        String parent = parent(path);
        if (parent == null) {
            device.addIdentifier().setSystem(EUI64).setValue(dashed(key));
        } else {
            device.setParent(new Reference(devices.get(parent)));
        }
        return put(bundle, device);
    }

    /** The path one level up: 1.2.3.0 → 1.2.0.0 → 1.0.0.0 → none. */
    private static String parent(String path) {
        String[] parts = path.split("\\.");
        for (int i = parts.length - 1; i > 0; i--) {
            if (!parts[i].equals("0")) {
                parts[i] = "0";
                return String.join(".", parts);
            }
        }
        return null;
    }

    private static String dashed(String eui) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < eui.length(); i += 2) {
            out.append(i == 0 ? "" : "-").append(eui, i, Math.min(i + 2, eui.length()));
        }
        return out.toString();
    }

    private void metric(Bundle bundle, OBX obx, Place place) {
        metrics++;
        CWE code = obx.getObservationIdentifier();
        String mdc = code.getIdentifier().getValue();
        Terms.Meaning meaning = terms.meaning(mdc);
        Quantity quantity = quantity(obx, obx.getUnits());
        if (meaning != null && meaning.profile().equals("bp")) {
            Observation panel = place.panels.get(place.channel());
            if (panel == null) {
                panel = panel(bundle, obx, place, Long.toString(Long.parseLong(mdc) & ~3L));
                place.panels.put(place.channel(), panel);
            }
            Observation.ObservationComponentComponent component = panel.addComponent();
            code(component.getCode(), code, meaning);
            component.setValue(quantity);
            return;
        }
        String metric = deviceMetric(bundle, obx, place, coding(MDC, mdc, code.getText().getValue()));
        Observation observation = observation(obx, place, metric, meaning == null ? null : meaning.category());
        code(observation.getCode(), code, meaning);
        observation.setValue(quantity);
        put(bundle, observation);
    }

    /** The blood pressure panel of a channel: systolic, diastolic and mean become its components. */
    private static Observation panel(Bundle bundle, OBX obx, Place place, String group) {
        String metric = deviceMetric(bundle, obx, place, coding(MDC, group, null));
        Observation panel = observation(obx, place, metric, "vital-signs");
        panel.getCode().addCoding(coding(LOINC, PANEL, null));
        panel.getCode().addCoding(coding(MDC, group, null));
        put(bundle, panel);
        return panel;
    }

    /** The profile wants both pressures: one that was not sent is said to be unknown. */
    private static void complete(Observation panel) {
        for (String loinc : PRESSURES) {
            if (panel.getComponent().stream().noneMatch(part -> part.getCode().hasCoding(LOINC, loinc))) {
                Observation.ObservationComponentComponent component = panel.addComponent();
                component.getCode().addCoding(coding(LOINC, loinc, null));
                component.getDataAbsentReason().addCoding(coding(ABSENT, "unknown", null));
            }
        }
    }

    private static String deviceMetric(Bundle bundle, OBX obx, Place place, Coding type) {
        CWE unit = obx.getUnits();
        DeviceMetric metric = new DeviceMetric();
        metric.setId("met-" + place.suffix());
        metric.getType().addCoding(type);
        metric.getUnit().addCoding(coding(MDC, unit.getIdentifier().getValue(), unit.getText().getValue()));
        metric.setSource(new Reference(place.mds));
        metric.setParent(new Reference(place.devices.get(place.channel() + ".0")));
        metric.setOperationalStatus(DeviceMetric.DeviceMetricOperationalStatus.ON);
        metric.setCategory(DeviceMetric.DeviceMetricCategory.MEASUREMENT);
        return put(bundle, metric);
    }

    private static Observation observation(OBX obx, Place place, String metric, String category) {
        String taken = obx.getDateTimeOfTheObservation().getValue();
        String time = taken == null ? place.time : taken;
        Observation observation = new Observation();
        observation.setId("o-" + place.suffix() + "-" + time.substring(0, 14));
        observation.setStatus(Observation.ObservationStatus.FINAL);
        if (category != null) {
            observation.addCategory().addCoding(coding(CATEGORY, category, null));
        }
        observation.setSubject(new Reference(place.patient));
        observation.setEffective(new DateTimeType(instant(time)));
        observation.setDevice(new Reference(metric));
        return observation;
    }

    private static void code(CodeableConcept to, CWE from, Terms.Meaning meaning) {
        if (meaning != null) {
            for (String loinc : meaning.loinc()) {
                to.addCoding(coding(LOINC, loinc, null));
            }
        }
        to.addCoding(coding(MDC, from.getIdentifier().getValue(), from.getText().getValue()));
    }

    private Quantity quantity(OBX obx, CWE unit) {
        String ucum = terms.ucum(unit.getIdentifier().getValue());
        Quantity quantity = new Quantity();
        quantity.setValueElement(new DecimalType(obx.getObservationValue(0).getData().toString()));
        quantity.setUnit(ucum).setSystem(UCUM).setCode(ucum);
        return quantity;
    }

    private static Coding coding(String system, String code, String display) {
        return new Coding(system, code, display);
    }

    /** 20240301100000+0100 → 2024-03-01T10:00:00+01:00. */
    private static String instant(String time) {
        return new StringBuilder(25)
                .append(time, 0, 4).append('-').append(time, 4, 6).append('-').append(time, 6, 8)
                .append('T').append(time, 8, 10).append(':').append(time, 10, 12).append(':').append(time, 12, 14)
                .append(time, 14, 17).append(':').append(time, 17, 19)
                .toString();
    }

    private static String put(Bundle bundle, Resource resource) {
        String reference = resource.fhirType() + "/" + resource.getIdElement().getIdPart();
        Bundle.BundleEntryComponent entry = bundle.addEntry();
        entry.setFullUrl(BASE + reference);
        entry.setResource(resource);
        entry.getRequest().setMethod(Bundle.HTTPVerb.PUT).setUrl(reference);
        return reference;
    }
}
