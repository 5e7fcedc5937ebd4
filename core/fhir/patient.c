#include "fhir/patient.h"
#include "base/time.h"
#include "fhir/concept.h"
#include "fhir/key.h"

/* The identifier that a patient goes by: the medical record number where one is marked so, else the first. NULL: none.
 */
static const dragoman_identifier *own_identifier(const dragoman_patient *patient) {
    const dragoman_identifier *first = NULL;
    for (uint32_t i = 0; patient != NULL && i < patient->identifiers.count; i++) {
        const dragoman_identifier *identifier = dragoman_list_at(&patient->identifiers, i);
        if (json_trimmed(identifier->value).size == 0) {
            continue;
        }
        if (bytes_is(identifier->type, "MR")) {
            return identifier;
        }
        first = first == NULL ? identifier : first;
    }
    return first;
}

static const char *gender_of(dragoman_bytes sex) {
    static const struct {
        const char *sex; /* HL7 table 0001 */
        const char *gender;
    } genders[] = {{"M", "male"}, {"F", "female"}, {"O", "other"}, {"A", "other"}, {"U", "unknown"}};
    for (size_t i = 0; i < sizeof genders / sizeof *genders; i++) {
        if (bytes_is(sex, genders[i].sex)) {
            return genders[i].gender;
        }
    }
    return NULL;
}

static const char *use_of(dragoman_bytes use) {
    static const struct {
        const char *type; /* HL7 table 0200 */
        const char *use;
    } uses[] = {{"L", "official"}, {"D", "usual"},     {"M", "maiden"},
                {"N", "nickname"}, {"S", "anonymous"}, {"T", "temp"}};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (bytes_is(use, uses[i].type)) {
            return uses[i].use;
        }
    }
    return NULL;
}

/* The words of `text`, one element each. */
static void words(buffer *to, const char *name, dragoman_bytes text) {
    size_t begin = json_open(to, name, '[');
    while (text.size > 0) {
        const uint8_t *blank = memchr(text.data, ' ', text.size);
        size_t size = blank == NULL ? text.size : (size_t)(blank - text.data);
        json_text(to, NULL, (dragoman_bytes){text.data, size});
        size_t next = blank == NULL ? size : size + 1;
        text = (dragoman_bytes){text.data + next, text.size - next};
    }
    json_close(to, begin);
}

static void one(buffer *to, const char *name, dragoman_bytes text) {
    size_t begin = json_open(to, name, '[');
    json_text(to, NULL, text);
    json_close(to, begin);
}

static void names(buffer *to, const dragoman_list *list) {
    size_t begin = json_open(to, "name", '[');
    for (uint32_t i = 0; i < list->count; i++) {
        const dragoman_name *name = dragoman_list_at(list, i);
        bool is_said = json_trimmed(name->family).size > 0 || json_trimmed(name->given).size > 0;
        size_t element = json_open(to, NULL, '{');
        json_constant(to, "use", is_said ? use_of(name->use) : NULL);
        json_text(to, "family", name->family);
        words(to, "given", name->given);
        if (is_said) {
            one(to, "prefix", name->prefix);
            one(to, "suffix", name->suffix);
        }
        json_close(to, element);
    }
    json_close(to, begin);
}

static void birth_date(buffer *to, dragoman_time born) {
    char text[TIME_TEXT_BYTES];
    if (born.precision > DRAGOMAN_TIME_DAY) {
        born.precision = DRAGOMAN_TIME_DAY;
    }
    json_text(to, "birthDate", (dragoman_bytes){(const uint8_t *)text, time_write_fhir(born, text)});
}

static void link_member(fhir_scene *scene, buffer *to, fhir_patient_link link, const fhir_resource *other) {
    if (link == FHIR_PATIENT_ALONE || other == NULL) {
        return;
    }
    if (link == FHIR_PATIENT_REPLACED) {
        json_boolean(to, "active", false);
    }
    size_t begin = json_open(to, "link", '[');
    size_t element = json_open(to, NULL, '{');
    fhir_reference(scene, to, "other", other);
    json_constant(to, "type", link == FHIR_PATIENT_REPLACED ? "replaced-by" : "seealso");
    json_close(to, element);
    json_close(to, begin);
}

static fhir_resource *make(fhir_scene *scene, const dragoman_patient *patient, const dragoman_identifier *identifier,
                           fhir_patient_link link, const fhir_resource *other) {
    char id[MODEL_ID_BYTES];
    model_patient_id(identifier, id);
    buffer *to = fhir_resource_begin(scene, "Patient", id);
    size_t begin = json_open(to, "identifier", '[');
    for (uint32_t i = 0; i < patient->identifiers.count; i++) {
        fhir_identifier(scene->writer, to, NULL, dragoman_list_at(&patient->identifiers, i));
    }
    json_close(to, begin);
    names(to, &patient->names);
    json_constant(to, "gender", gender_of(json_trimmed(patient->sex)));
    birth_date(to, patient->born_at);
    link_member(scene, to, link, other);
    buffer system;
    buffer_init(&system);
    fhir_append_authority(scene->writer, &system, identifier);
    fhir_resource *made =
        system.failed ? NULL
                      : fhir_resource_end(scene, "Patient", id, buffer_bytes(&system), json_trimmed(identifier->value));
    buffer_fini(&system);
    return made;
}

static void patient_key(buffer *key, const dragoman_patient *patient, fhir_patient_link link,
                        const fhir_resource *other) {
    buffer_reset(key);
    buffer_append_byte(key, 'p');
    fhir_key_number(key, (uint64_t)link);
    fhir_key_bytes(key, bytes_of(other == NULL ? NULL : other->id));
    fhir_key_identifiers(key, &patient->identifiers);
    fhir_key_number(key, patient->names.count);
    for (uint32_t i = 0; i < patient->names.count; i++) {
        const dragoman_name *name = dragoman_list_at(&patient->names, i);
        fhir_key_bytes(key, name->family);
        fhir_key_bytes(key, name->given);
        fhir_key_bytes(key, name->prefix);
        fhir_key_bytes(key, name->suffix);
        fhir_key_bytes(key, name->use);
    }
    fhir_key_bytes(key, patient->sex);
    fhir_key_number(key, (uint64_t)patient->born_at.civil_us);
    fhir_key_number(key, (uint64_t)patient->born_at.precision << 8 | patient->born_at.flags);
}

typedef struct patient_entry {
    fhir_resource *resource;
} patient_entry;

dragoman_status fhir_patient_find(fhir_scene *scene, const dragoman_patient *patient, fhir_patient_link link,
                                  const fhir_resource *other, fhir_resource **ret_patient) {
    const dragoman_identifier *identifier = own_identifier(patient);
    *ret_patient = NULL;
    if (identifier == NULL) {
        return DRAGOMAN_OK;
    }
    fhir_writer *writer = scene->writer;
    patient_key(&writer->key, patient, link, other);
    patient_entry *entry = fhir_cache_find(&writer->cache, buffer_bytes(&writer->key));
    if (entry == NULL) {
        entry = fhir_cache_add(&writer->cache, buffer_bytes(&writer->key), sizeof *entry);
        fhir_resource *made = entry == NULL ? NULL : make(scene, patient, identifier, link, other);
        if (made == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        entry->resource = made;
    }
    *ret_patient = entry->resource;
    return DRAGOMAN_OK;
}
