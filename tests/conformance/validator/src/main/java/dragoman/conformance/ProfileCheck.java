package dragoman.conformance;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.ElementDefinition;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * HAPI's instance validator over the R4 definitions from its Maven artifacts: structure, invariants, bindings, and
 * the profiles of {@link VitalSignsAdvisor}. Opens no connection. One instance serves all threads.
 */
final class ProfileCheck {
    private static final Pattern ENTRY = Pattern.compile("^Bundle\\.entry\\[(\\d+)\\](?:\\.resource)?");
    private static final Pattern TYPE_REMARK = Pattern.compile("/\\*[^*]*\\*/");

    private final FhirValidator validator;

    ProfileCheck() {
        FhirContext context = FhirContext.forR4Cached();
        UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
        unknown.setNonExistentCodeSystemSeverity(IssueSeverity.WARNING);
        ValidationSupportChain chain = new ValidationSupportChain(
                new DefaultProfileValidationSupport(context),
                guides(context),
                new CommonCodeSystemsTerminologyService(context),
                new CodesWithoutContent(context),
                new InMemoryTerminologyServerValidationSupport(context),
                new SnapshotGeneratingValidationSupport(context),
                unknown);
        // A binding asks for one fitting coding among several, not for all of them.
        chain.setCodeableConceptValidationSuccessfulIfNotAllCodingsAreValid(true);
        FhirInstanceValidator instance = new FhirInstanceValidator(chain);
        instance.setValidatorPolicyAdvisor(new VitalSignsAdvisor());
        instance.setBestPracticeWarningLevel(BestPracticeWarningLevel.Warning);
        instance.setErrorForUnknownProfiles(true);
        instance.setAnyExtensionsAllowed(false);
        instance.setCustomExtensionDomains(
                "http://hl7.org/fhir/StructureDefinition/",
                "http://hl7.org/fhir/uv/pocd/StructureDefinition/",
                "http://hl7.org/fhir/uv/phd/StructureDefinition/",
                "http://terminology.hl7.org/");
        validator = context.newValidator();
        validator.registerValidatorModule(instance);
    }

    /** What the device guides define and R4's definitions do not hold: code systems, and the names of profiles. */
    private static PrePopulatedValidationSupport guides(FhirContext context) {
        PrePopulatedValidationSupport support = new PrePopulatedValidationSupport(context);
        for (String url : List.of(
                "http://terminology.hl7.org/CodeSystem/measurement-status",
                "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status")) {
            support.addCodeSystem(codes(
                    url,
                    "questionable",
                    "calibration-ongoing",
                    "validated-data",
                    "early-indication",
                    "msmt-ongoing",
                    "in-alarm",
                    "alarm-inhibited"));
        }
        support.addCodeSystem(codes(PersonalRules.GUIDE + "CodeSystem/PhdObservationCategories", "phd-observation"));
        support.addCodeSystem(
                codes(PersonalRules.GUIDE + "CodeSystem/ContinuaDeviceIdentifiers", "SYSID", "BTMAC", "ETHMAC"));
        PersonalRules.PROFILE_TYPES.forEach((name, type) -> support.addStructureDefinition(bare(name, type)));
        return support;
    }

    private static CodeSystem codes(String url, String... codes) {
        CodeSystem system = new CodeSystem();
        system.setUrl(url);
        system.setContent(CodeSystem.CodeSystemContentMode.COMPLETE);
        system.setCaseSensitive(true);
        for (String code : codes) {
            system.addConcept().setCode(code);
        }
        return system;
    }

    /** A profile that adds nothing to its type: its rules stand in {@link PersonalRules}. */
    private static StructureDefinition bare(String name, String type) {
        StructureDefinition profile = new StructureDefinition();
        profile.setUrl(PersonalRules.PROFILES + name);
        profile.setName(name);
        profile.setKind(StructureDefinition.StructureDefinitionKind.RESOURCE);
        profile.setType(type);
        profile.setBaseDefinition("http://hl7.org/fhir/StructureDefinition/" + type);
        profile.setDerivation(StructureDefinition.TypeDerivationRule.CONSTRAINT);
        ElementDefinition root = new ElementDefinition();
        root.setPath(type);
        root.setId(type);
        profile.getDifferential().addElement(root);
        return profile;
    }

    /** Everything HAPI says about one document, in its order. */
    List<Finding> check(Documents.Document document) {
        List<Finding> out = new ArrayList<>();
        for (SingleValidationMessage message : validator.validateWithResult(document.text()).getMessages()) {
            out.add(finding(document, message));
        }
        return out;
    }

    private static Finding finding(Documents.Document document, SingleValidationMessage message) {
        String location = message.getLocationString() == null ? "" : message.getLocationString();
        location = TYPE_REMARK.matcher(location).replaceAll("");
        Finding.Severity severity = severity(message.getSeverity());
        int line = message.getLocationLine() == null ? 1 : Math.max(1, message.getLocationLine());
        Matcher entry = ENTRY.matcher(location);
        if (entry.find()) {
            JsonNode resource = document.json().path("entry").path(Integer.parseInt(entry.group(1))).path("resource");
            if (resource.isObject()) {
                String element = resource.path("resourceType").asText() + location.substring(entry.end());
                String name = Names.of(resource, "entry " + entry.group(1));
                return new Finding(severity, line, name, element, text(message));
            }
        }
        return new Finding(severity, line, Names.of(document.json(), ""), location, text(message));
    }

    private static String text(SingleValidationMessage message) {
        return message.getMessage().replaceAll("\\s+", " ").strip();
    }

    private static Finding.Severity severity(ResultSeverityEnum severity) {
        if (severity == null || severity == ResultSeverityEnum.ERROR || severity == ResultSeverityEnum.FATAL) {
            return Finding.Severity.ERROR;
        }
        return severity == ResultSeverityEnum.WARNING ? Finding.Severity.WARNING : Finding.Severity.NOTE;
    }
}
