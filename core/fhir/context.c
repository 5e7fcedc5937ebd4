#include "fhir/context.h"
#include "base/time.h"
#include "fhir/concept.h"
#include "fhir/patient.h"

/* What an event says of the visit. */
typedef struct visit_state {
    const char *status; /* Encounter.status; NULL: nothing sure */
    bool begins;        /* its time is the visit's start */
    bool ends;          /* its time is the visit's end */
} visit_state;

static visit_state state_of(const dragoman_context *context) {
    visit_state unknown = {NULL, false, false};
    if (context->suspected != 0) {
        return unknown;
    }
    switch ((dragoman_context_kind)context->kind) {
    case DRAGOMAN_CONTEXT_ADMIT:
        return (visit_state){"in-progress", true, false};
    case DRAGOMAN_CONTEXT_PREADMIT:
        return (visit_state){"planned", false, false};
    case DRAGOMAN_CONTEXT_DISCHARGE:
        return (visit_state){"finished", false, true};
    case DRAGOMAN_CONTEXT_LEAVE:
        return (visit_state){"onleave", false, false};
    case DRAGOMAN_CONTEXT_CANCEL_ADMIT:
        return (visit_state){"cancelled", false, false};
    case DRAGOMAN_CONTEXT_TRANSFER:
    case DRAGOMAN_CONTEXT_SWAP:
    case DRAGOMAN_CONTEXT_RETURN:
    case DRAGOMAN_CONTEXT_CANCEL_TRANSFER:
    case DRAGOMAN_CONTEXT_CANCEL_DISCHARGE:
    case DRAGOMAN_CONTEXT_CHANGE_CLASS:
    case DRAGOMAN_CONTEXT_TRACK:
        return (visit_state){"in-progress", false, false};
    case DRAGOMAN_CONTEXT_MOVE:
        /* Whose visit it is changed; whether it still goes on is not said. */
        return (visit_state){"unknown", false, false};
    case DRAGOMAN_CONTEXT_NONE:
    case DRAGOMAN_CONTEXT_UPDATE:
    case DRAGOMAN_CONTEXT_MERGE:
    case DRAGOMAN_CONTEXT_CHANGE_ID:
    case DRAGOMAN_CONTEXT_LINK_PATIENTS:
    case DRAGOMAN_CONTEXT_UNLINK_PATIENTS:
    case DRAGOMAN_CONTEXT_PENDING:
    case DRAGOMAN_CONTEXT_CANCEL_PENDING:
    case DRAGOMAN_CONTEXT_DEVICE_LINK:
    case DRAGOMAN_CONTEXT_DEVICE_UNLINK:
        break;
    }
    return unknown;
}

/* Encounter.class is required: HL7's own codes where they agree, what was sent else, and "unknown" where nothing was.
 */
static void class_member(fhir_scene *scene, buffer *to, dragoman_bytes sent) {
    static const struct {
        const char *sent; /* HL7 table 0004 */
        const char *code; /* v3-ActCode */
    } classes[] = {{"I", "IMP"}, {"O", "AMB"}, {"E", "EMER"}, {"P", "PRENC"}};
    sent = json_trimmed(sent);
    if (sent.size == 0) {
        JSON_APPEND(to, "\"class\":{\"extension\":[{\"url\":"
                        "\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"unknown\"}]},");
        return;
    }
    size_t begin = json_open(to, "class", '{');
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (bytes_is(sent, classes[i].sent)) {
            json_constant(to, "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
            json_constant(to, "code", classes[i].code);
            json_close(to, begin);
            return;
        }
    }
    JSON_APPEND(to, "\"system\":\"");
    fhir_append_local_uri(scene->writer, to, "code", bytes_of("patient-class"));
    JSON_APPEND(to, "\",");
    json_code(to, "code", sent);
    json_close(to, begin);
}

static void period(buffer *to, const dragoman_context *context, const visit_state *state) {
    char text[TIME_TEXT_BYTES];
    dragoman_bytes written = {(const uint8_t *)text, time_write_fhir(context->occurred_at, text)};
    size_t begin = json_open(to, "period", '{');
    json_text(to, "start", state->begins ? written : (dragoman_bytes){NULL, 0});
    json_text(to, "end", state->ends ? written : (dragoman_bytes){NULL, 0});
    json_close(to, begin);
}

static void one_location(const fhir_scene *scene, buffer *to, const fhir_resource *place, const char *status) {
    if (place != NULL) {
        size_t element = json_open(to, NULL, '{');
        fhir_reference(scene, to, "location", place);
        json_constant(to, "status", status);
        json_close(to, element);
    }
}

static const char *place_status(const visit_state *state) {
    if (state->ends) {
        return "completed";
    }
    return strcmp(state->status, "planned") == 0       ? "planned"
           : strcmp(state->status, "in-progress") == 0 ? "active"
                                                       : NULL;
}

static dragoman_status write_encounter(fhir_scene *scene, const dragoman_context *context, const visit_state *state,
                                       const dragoman_patient *patient, const fhir_resource *subject,
                                       const dragoman_place *at, const dragoman_place *before) {
    const dragoman_identifier *visit = &patient->visit;
    const fhir_resource *place = NULL;
    const fhir_resource *left = NULL;
    dragoman_status status = fhir_location_write(scene, before, &left);
    if (status == DRAGOMAN_OK) {
        status = fhir_location_write(scene, at, &place);
    }
    if (status != DRAGOMAN_OK || state->status == NULL || json_trimmed(visit->value).size == 0) {
        return status;
    }
    char id[MODEL_ID_BYTES];
    model_patient_id(visit, id);
    buffer *to = fhir_resource_begin(scene, "Encounter", id);
    size_t identifiers = json_open(to, "identifier", '[');
    dragoman_identifier number = *visit;
    number.type = number.type.size > 0 ? number.type : bytes_of("VN");
    fhir_identifier(scene->writer, to, NULL, &number);
    json_close(to, identifiers);
    json_constant(to, "status", state->status);
    class_member(scene, to, patient->visit_class);
    fhir_reference(scene, to, "subject", subject);
    period(to, context, state);
    size_t locations = json_open(to, "location", '[');
    one_location(scene, to, left != place ? left : NULL, "completed");
    one_location(scene, to, place, place_status(state));
    json_close(to, locations);
    buffer system;
    buffer_init(&system);
    fhir_append_authority(scene->writer, &system, visit);
    dragoman_bytes value = json_trimmed(visit->value);
    fhir_resource *made =
        system.failed ? NULL : fhir_resource_end(scene, "Encounter", id, buffer_bytes(&system), value);
    buffer_fini(&system);
    fhir_resource_write(scene, made);
    return made == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

/* The patients of the event: *ret_patient the one it is about, *ret_prior the other one. Both are written. */
static dragoman_status write_patients(fhir_scene *scene, const dragoman_context *context, fhir_resource **ret_patient,
                                      fhir_resource **ret_prior) {
    bool is_same_person = context->kind == DRAGOMAN_CONTEXT_MERGE || context->kind == DRAGOMAN_CONTEXT_CHANGE_ID;
    bool is_link = context->kind == DRAGOMAN_CONTEXT_LINK_PATIENTS;
    fhir_patient_link of_prior = is_same_person ? FHIR_PATIENT_REPLACED
                                 : is_link      ? FHIR_PATIENT_SEE_ALSO
                                                : FHIR_PATIENT_ALONE;
    dragoman_status status = fhir_patient_find(scene, context->patient, FHIR_PATIENT_ALONE, NULL, ret_patient);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    status = fhir_patient_find(scene, context->prior_patient, of_prior, *ret_patient, ret_prior);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    bool is_one = *ret_patient != NULL && *ret_prior != NULL && strcmp((*ret_patient)->id, (*ret_prior)->id) == 0;
    if (is_one) {
        /* The record number stays, only an account or visit moved: nobody is replaced by himself. */
        *ret_prior = NULL;
    } else if (is_link && *ret_prior != NULL) {
        status = fhir_patient_find(scene, context->patient, FHIR_PATIENT_SEE_ALSO, *ret_prior, ret_patient);
    }
    fhir_resource_write(scene, *ret_patient);
    fhir_resource_write(scene, *ret_prior);
    return status;
}

dragoman_status fhir_context_write(fhir_scene *scene, uint32_t index) {
    const dragoman_context *context = dragoman_list_at(&scene->record->report.contexts, index);
    if (context->kind == DRAGOMAN_CONTEXT_NONE) {
        return DRAGOMAN_OK;
    }
    fhir_resource *patient = NULL;
    fhir_resource *prior = NULL;
    dragoman_status status = write_patients(scene, context, &patient, &prior);
    visit_state state = state_of(context);
    if (status != DRAGOMAN_OK || patient == NULL || state.status == NULL) {
        return status;
    }
    bool is_swap = context->kind == DRAGOMAN_CONTEXT_SWAP;
    bool is_move = context->kind == DRAGOMAN_CONTEXT_TRANSFER;
    status = write_encounter(scene, context, &state, context->patient, patient, context->place,
                             is_move ? context->prior_place : NULL);
    if (status == DRAGOMAN_OK && is_swap && prior != NULL) {
        status = write_encounter(scene, context, &state, context->prior_patient, prior, context->prior_place, NULL);
    }
    return status;
}
