#include "session.h"
#include <string.h>

#define VERSION_1 0x80000000u
/* fun-units-createtestassoc: the agent wants to send data that is not real. */
#define WANTS_TEST 0x20000000u
#define IS_AGENT 0x00800000u
#define IS_MDER 0x8000u

/* PhdAssociationInformation (A.8). */
typedef struct information {
    uint32_t protocol_version;
    uint16_t encoding_rules;
    uint32_t nomenclature_version;
    uint32_t functional_units;
    uint32_t system_type;
    dragoman_bytes system_id;
    uint16_t config_id;
    uint16_t request_modes;
} information;

static bool information_read(dragoman_bytes bytes, information *ret_information) {
    phd_reader reader = phd_read(bytes);
    information *self = ret_information;
    self->protocol_version = phd_u32(&reader);
    self->encoding_rules = phd_u16(&reader);
    self->nomenclature_version = phd_u32(&reader);
    self->functional_units = phd_u32(&reader);
    self->system_type = phd_u32(&reader);
    self->system_id = phd_octets(&reader);
    self->config_id = phd_u16(&reader);
    self->request_modes = phd_u16(&reader);
    (void)phd_u16(&reader);
    uint16_t options = 0;
    (void)phd_list(&reader, &options);
    return phd_is_done(&reader) && self->system_id.size == PHD_SYSTEM_ID_BYTES;
}

/* The newest protocol version of both sides: 1 (2008), 2 (2010), 3 (2014). 0: none. */
static uint32_t common_version(uint32_t offered) {
    for (uint32_t version = 0x20000000u; version != 0; version <<= 1) {
        if ((offered & version) != 0) {
            return version;
        }
    }
    return 0;
}

static uint16_t judge(dragoman_bytes body, information *ret_information) {
    phd_reader reader = phd_read(body);
    uint32_t version = phd_u32(&reader);
    uint16_t count = 0;
    phd_reader list = phd_list(&reader, &count);
    dragoman_bytes chosen = {NULL, 0};
    for (uint16_t n = 0; n < count; n++) {
        uint16_t protocol = phd_u16(&list);
        dragoman_bytes own = phd_octets(&list);
        chosen = protocol == PHD_DATA_PROTOCOL && chosen.size == 0 ? own : chosen;
    }
    if (!phd_is_done(&reader) || !phd_is_done(&list)) {
        return PHD_REJECTED_PERMANENT;
    }
    if ((version & VERSION_1) == 0) {
        return PHD_REJECTED_UNSUPPORTED_VERSION;
    }
    if (chosen.size == 0) {
        return PHD_REJECTED_NO_COMMON_PROTOCOL;
    }
    information *self = ret_information;
    if (!information_read(chosen, self) || (self->system_type & IS_AGENT) == 0) {
        return PHD_REJECTED_PERMANENT;
    }
    bool is_common = common_version(self->protocol_version) != 0 && (self->encoding_rules & IS_MDER) != 0 &&
                     (self->nomenclature_version & VERSION_1) != 0 && (self->functional_units & WANTS_TEST) == 0 &&
                     self->config_id != 0 && self->config_id < PHD_RESERVED_CONFIG;
    return is_common ? PHD_ACCEPTED : PHD_REJECTED_NO_COMMON_PARAMETER;
}

/* Looks the configuration up: in the table, then among those that were learned. NOT_FOUND: it has to be sent. */
static dragoman_status find_configuration(phd_session *s, uint16_t config_id) {
    const phd_standard *standard = phd_standard_find(config_id);
    if (standard != NULL) {
        return phd_configuration_standard(&s->configuration, s->host, s->context, standard);
    }
    dragoman_bytes kept = phd_memory_get(s, PHD_MEMORY_CONFIGURATION, config_id);
    if (kept.size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    s->is_learned = true;
    dragoman_status status = phd_configuration_read(&s->configuration, s->host, s->context, kept);
    return status == DRAGOMAN_OK || status == DRAGOMAN_NO_MEMORY ? status : DRAGOMAN_NOT_FOUND;
}

phd_input phd_association_judge(phd_session *s, dragoman_bytes body, uint16_t *ret_result) {
    information agent = {0};
    *ret_result = judge(body, &agent);
    if (*ret_result != PHD_ACCEPTED) {
        return PHD_RX_AARQ_UNACCEPTABLE;
    }
    phd_facts_clear(&s->facts, s->host, s->context);
    phd_configuration_clear(&s->configuration, s->host, s->context);
    phd_facts_name(&s->facts, agent.system_id);
    s->facts.config_id = agent.config_id;
    s->protocol_version = common_version(agent.protocol_version);
    s->request_modes = agent.request_modes;
    s->is_learned = false;
    switch (find_configuration(s, agent.config_id)) {
    case DRAGOMAN_OK:
        return PHD_RX_AARQ_KNOWN;
    case DRAGOMAN_NO_MEMORY:
        *ret_result = PHD_REJECTED_TRANSIENT;
        return PHD_RX_AARQ_UNACCEPTABLE;
    default:
        *ret_result = PHD_ACCEPTED_UNKNOWN_CONFIG;
        return PHD_RX_AARQ_UNKNOWN;
    }
}

static bool is_word(dragoman_bytes value, const char *word) {
    return value.size == strlen(word) && memcmp(value.data, word, value.size) == 0;
}

static int64_t number_of(dragoman_bytes value) {
    int64_t number = 0;
    for (size_t n = 0; n < value.size && number < INT64_MAX / 100; n++) {
        number = number * 10 + (value.data[n] - '0');
    }
    return number;
}

/* Sixteen hexadecimal digits, with or without dashes. */
static bool system_id_read(dragoman_bytes text, uint8_t *to) {
    size_t digits = 0;
    for (size_t n = 0; n < text.size; n++) {
        uint8_t c = (uint8_t)(text.data[n] | 0x20);
        bool is_digit = text.data[n] >= '0' && text.data[n] <= '9';
        if (text.data[n] == '-') {
            continue;
        }
        if ((!is_digit && (c < 'a' || c > 'f')) || digits == (size_t)2 * PHD_SYSTEM_ID_BYTES) {
            return false;
        }
        uint8_t value = (uint8_t)(is_digit ? text.data[n] - '0' : c - 'a' + 10);
        to[digits / 2] = (uint8_t)(to[digits / 2] << 4 | value);
        digits++;
    }
    return digits == (size_t)2 * PHD_SYSTEM_ID_BYTES;
}

/* Without one of its own the manager is named by its link, as a locally administered EUI-64. */
static void system_id_make(dragoman_bytes link, uint8_t *to) {
    uint64_t digest = phd_digest(link);
    for (size_t n = 0; n < PHD_SYSTEM_ID_BYTES; n++) {
        to[n] = (uint8_t)(digest >> (8 * n));
    }
    to[0] = (uint8_t)((to[0] & 0xfcu) | 0x02u);
}

bool phd_association_settings(phd_session *s, const dragoman_start *start) {
    phd_settings *settings = &s->settings;
    settings->reads_stores = !is_word(dragoman_setting_find(start, DRAGOMAN_TEXT("stored")), "leave");
    settings->clears_stores = is_word(dragoman_setting_find(start, DRAGOMAN_TEXT("clear_stored")), "true");
    settings->enables_scanners = !is_word(dragoman_setting_find(start, DRAGOMAN_TEXT("scanners")), "leave");
    settings->release_after_ms = number_of(dragoman_setting_find(start, DRAGOMAN_TEXT("release_after")));
    dragoman_bytes system_id = dragoman_setting_find(start, DRAGOMAN_TEXT("system_id"));
    if (system_id.size > 0) {
        return system_id_read(system_id, settings->system_id);
    }
    system_id_make(start->link, settings->system_id);
    return true;
}
