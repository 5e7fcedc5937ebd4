/* What a FHIR server says that it can take. */
#include "sinks/http/http.h"
#include "sinks/http/json.h"

static yajl_val find_rest(yajl_val statement) {
    yajl_val all = json_member(statement, "rest");
    for (size_t i = 0; i < json_count(all); i++) {
        if (strcmp(json_text(json_at(all, i), "mode"), "server") == 0) {
            return json_at(all, i);
        }
    }
    return NULL;
}

static yajl_val find_type(yajl_val rest, const char *type) {
    yajl_val all = json_member(rest, "resource");
    for (size_t i = 0; i < json_count(all); i++) {
        if (strcmp(json_text(json_at(all, i), "type"), type) == 0) {
            return json_at(all, i);
        }
    }
    return NULL;
}

static bool has_interaction(yajl_val rest, const char *code) {
    yajl_val all = json_member(rest, "interaction");
    for (size_t i = 0; i < json_count(all); i++) {
        if (strcmp(json_text(json_at(all, i), "code"), code) == 0) {
            return true;
        }
    }
    return false;
}

static bool speaks_json(yajl_val statement) {
    yajl_val all = json_member(statement, "format");
    bool is_found = json_count(all) == 0;
    for (size_t i = 0; i < json_count(all); i++) {
        yajl_val format = json_at(all, i);
        const char *name = YAJL_GET_STRING(format);
        is_found = is_found || (name != NULL && strstr(name, "json") != NULL);
    }
    return is_found;
}

static dragoman_status choose_write(const http_sink *self, yajl_val observation, fhir_write *ret_write,
                                    error_record *error) {
    if (strcmp(self->ids, "put") == 0 || strcmp(self->ids, "conditional") == 0) {
        *ret_write = self->ids[0] == 'p' ? FHIR_WRITE_PUT : FHIR_WRITE_CREATE;
        return DRAGOMAN_OK;
    }
    if (!json_is_true(observation, "updateCreate") && !json_is_true(observation, "conditionalCreate")) {
        return error_set(
            error, DRAGOMAN_UNSUPPORTED,
            "%s takes Observations neither under our ids (updateCreate) nor by conditional create, so that "
            "what is sent again would be there twice: allow one of them there, or say `ids: put`",
            self->base);
    }
    *ret_write = json_is_true(observation, "updateCreate") ? FHIR_WRITE_PUT : FHIR_WRITE_CREATE;
    return DRAGOMAN_OK;
}

/* A Bundle of the kind the site asks for, else of the other, else resource by resource. */
static void choose_bundle(http_sink *self, yajl_val rest, fhir_bundle *ret_bundle) {
    bool says_nothing = json_count(json_member(rest, "interaction")) == 0;
    bool takes_transaction = says_nothing || has_interaction(rest, "transaction");
    bool takes_batch = says_nothing || has_interaction(rest, "batch");
    bool wants_batch = self->wanted_bundle == FHIR_BUNDLE_BATCH;
    self->is_single = !takes_transaction && !takes_batch;
    *ret_bundle = self->is_single                                      ? FHIR_RESOURCES
                  : takes_batch && (wants_batch || !takes_transaction) ? FHIR_BUNDLE_BATCH
                                                                       : FHIR_BUNDLE_TRANSACTION;
}

static dragoman_status judge(http_sink *self, yajl_val statement, sink_needs *ret_needs, error_record *error) {
    if (strcmp(json_text(statement, "resourceType"), "CapabilityStatement") != 0) {
        return error_set(error, DRAGOMAN_UNSUPPORTED,
                         "%s/metadata is no CapabilityStatement: `to` has to be the base URL of a FHIR server",
                         self->base);
    }
    const char *version = json_text(statement, "fhirVersion");
    if (strncmp(version, "4.0", 3) != 0) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "%s speaks FHIR %.20s; dragoman writes FHIR R4 (4.0)", self->base,
                         version[0] == '\0' ? "of no stated version" : version);
    }
    if (!speaks_json(statement)) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "%s takes no JSON", self->base);
    }
    yajl_val rest = find_rest(statement);
    yajl_val observation = find_type(rest, "Observation");
    if (observation == NULL) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "%s takes no Observations, says its CapabilityStatement",
                         self->base);
    }
    *ret_needs = (sink_needs){.items_at_once = self->items_at_once};
    dragoman_status status = choose_write(self, observation, &ret_needs->write, error);
    choose_bundle(self, rest, &ret_needs->bundle);
    if (status == DRAGOMAN_OK && self->is_single && ret_needs->write == FHIR_WRITE_CREATE) {
        status = error_set(error, DRAGOMAN_UNSUPPORTED,
                           "%s takes neither Bundles nor our ids: what belongs together could not refer to each other",
                           self->base);
    }
    return status;
}

dragoman_status http_probe(http_sink *self, sink_needs *ret_needs, error_record *error) {
    char url[HTTP_URL_BYTES + 16];
    http_answer answer;
    const char *token = NULL;
    snprintf(url, sizeof url, "%s/metadata", self->base);
    dragoman_status status = http_ask(self, url, "application/fhir+json", NULL, NULL, &answer);
    if (status == DRAGOMAN_OK && (answer.code == 401 || answer.code == 403) &&
        http_token_get(self, false, &token, error) == DRAGOMAN_OK && token[0] != '\0') {
        buffer_fini(&answer.body);
        status = http_ask(self, url, "application/fhir+json", NULL, token, &answer);
    }
    if (status != DRAGOMAN_OK) {
        return error_set(error, status, "no memory to ask %s", self->base);
    }
    if (answer.code == 0) {
        status = error_set(error, DRAGOMAN_IO, "%s is not reached (%s)", self->base, answer.trouble);
    } else if (answer.code == 401 || answer.code == 403) {
        status = error_set(error, DRAGOMAN_DENIED, "%s does not let us in (%ld): see its token settings", self->base,
                           answer.code);
    } else if (answer.code >= 500 || answer.code == 429 || answer.code == 408) {
        status = error_set(error, DRAGOMAN_IO, "%s is not ready (%ld)", self->base, answer.code);
    } else if (answer.code != 200) {
        status =
            error_set(error, DRAGOMAN_UNSUPPORTED,
                      "%s/metadata answers %ld: `to` has to be the base URL of a FHIR server", self->base, answer.code);
    } else {
        yajl_val statement = json_parse(buffer_bytes(&answer.body));
        status = judge(self, statement, ret_needs, error);
        yajl_tree_free(statement);
    }
    buffer_fini(&answer.body);
    return status;
}
