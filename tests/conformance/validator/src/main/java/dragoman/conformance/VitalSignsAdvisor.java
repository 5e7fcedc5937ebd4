package dragoman.conformance;

import java.util.Set;
import org.hl7.fhir.r5.utils.validation.IResourceValidator;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;
import org.hl7.fhir.validation.instance.advisor.BasePolicyAdvisorForFullValidation;

/**
 * Full validation as HL7's own validator does it. Its base class implies the vital-signs profiles from the LOINC
 * codes of an Observation (R4's magic codes and the wider list HL7 keeps), whether or not meta.profile claims them;
 * the advisor HAPI installs by default implies none. References inside a bundle are checked for existence and type;
 * what lies outside is not fetched.
 */
final class VitalSignsAdvisor extends BasePolicyAdvisorForFullValidation {
    VitalSignsAdvisor() {
        super(ReferenceValidationPolicy.IGNORE, Set.of());
    }

    @Override
    public ReferenceValidationPolicy policyForReference(
            IResourceValidator validator,
            Object appContext,
            String path,
            String url,
            ReferenceDestinationType destinationType) {
        return destinationType == ReferenceDestinationType.EXTERNAL
                ? ReferenceValidationPolicy.IGNORE
                : ReferenceValidationPolicy.CHECK_EXISTS_AND_TYPE;
    }
}
