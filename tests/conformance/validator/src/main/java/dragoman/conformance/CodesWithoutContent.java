package dragoman.conformance;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.ConceptValidationOptions;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import org.hl7.fhir.common.hapi.validation.support.BaseValidationSupport;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.ValueSet;

/**
 * Stands in for code systems whose content cannot be shipped: LOINC and the IEEE 11073 nomenclature (MDC). It takes
 * every code of theirs; {@link CodeRule} checks the form. A value set that lists such codes one by one is still
 * held to.
 */
final class CodesWithoutContent extends BaseValidationSupport {
    static final String LOINC = "http://loinc.org";
    static final String MDC = "urn:iso:std:iso:11073:10101";

    CodesWithoutContent(FhirContext context) {
        super(context);
    }

    @Override
    public boolean isCodeSystemSupported(ValidationSupportContext context, String system) {
        return LOINC.equals(system) || MDC.equals(system);
    }

    @Override
    public CodeValidationResult validateCode(
            ValidationSupportContext context,
            ConceptValidationOptions options,
            String system,
            String code,
            String display,
            String valueSetUrl) {
        if (valueSetUrl != null && !valueSetUrl.isBlank() || !isCodeSystemSupported(context, system)) {
            return null;
        }
        return new CodeValidationResult().setCode(code).setDisplay(display);
    }

    @Override
    public boolean isValueSetSupported(ValidationSupportContext context, String url) {
        return url != null
                && context.getRootValidationSupport().fetchValueSet(url) instanceof ValueSet set
                && set.getCompose().getInclude().stream().anyMatch(this::lists);
    }

    /** A value set that lists codes one by one answers for them without the code system's content. */
    @Override
    public CodeValidationResult validateCodeInValueSet(
            ValidationSupportContext context,
            ConceptValidationOptions options,
            String system,
            String code,
            String display,
            IBaseResource valueSet) {
        if (valueSet instanceof ValueSet set && isCodeSystemSupported(context, system)) {
            for (ValueSet.ConceptSetComponent include : set.getCompose().getInclude()) {
                if (lists(include)
                        && include.getSystem().equals(system)
                        && include.getConcept().stream().anyMatch(concept -> concept.getCode().equals(code))) {
                    return new CodeValidationResult().setCode(code).setDisplay(display);
                }
            }
        }
        return null;
    }

    private boolean lists(ValueSet.ConceptSetComponent include) {
        return isCodeSystemSupported(null, include.getSystem()) && include.hasConcept();
    }
}
