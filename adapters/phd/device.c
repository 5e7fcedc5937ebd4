#include "device.h"
#include <string.h>

#define SPEC_SERIAL_NUMBER 1

void phd_facts_name(phd_facts *facts, dragoman_bytes system_id) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t n = 0; n < PHD_SYSTEM_ID_BYTES; n++) {
        uint8_t byte = n < system_id.size ? system_id.data[n] : 0;
        facts->name[2 * n] = digits[byte >> 4];
        facts->name[2 * n + 1] = digits[byte & 15];
    }
}

/* Texts are printable ASCII, filled up with zeros or blanks to an even length (A.3.1). What is neither is replaced. */
static dragoman_bytes text_of(dragoman_bytes text) {
    while (text.size > 0 && (text.data[text.size - 1] == 0 || text.data[text.size - 1] == ' ')) {
        text.size--;
    }
    uint8_t *own = (uint8_t *)(uintptr_t)text.data;
    for (size_t n = 0; n < text.size; n++) {
        own[n] = own[n] < ' ' || own[n] > '~' ? '?' : own[n];
    }
    return text;
}

static bool model_read(phd_facts *facts, phd_reader *reader) {
    facts->manufacturer = text_of(phd_octets(reader));
    facts->model = text_of(phd_octets(reader));
    return phd_is_done(reader);
}

static bool production_read(phd_facts *facts, phd_reader *reader) {
    uint16_t count = 0;
    phd_reader list = phd_list(reader, &count);
    for (uint16_t n = 0; n < count; n++) {
        phd_production entry = {.kind = phd_u16(&list)};
        (void)phd_u16(&list);
        entry.text = text_of(phd_octets(&list));
        if (entry.kind == SPEC_SERIAL_NUMBER && facts->serial.size == 0) {
            facts->serial = entry.text;
        } else if (facts->production_count < PHD_PRODUCTION_SPECS && !list.failed) {
            facts->production[facts->production_count++] = entry;
        }
    }
    return phd_is_done(&list);
}

static bool specialisations_read(phd_facts *facts, phd_reader *reader) {
    uint16_t count = 0;
    phd_reader list = phd_list(reader, &count);
    for (uint16_t n = 0; n < count; n++) {
        phd_version_of entry = {.code = phd_u16(&list)};
        entry.version = phd_u16(&list);
        if (facts->specialisation_count < PHD_SPECIALISATIONS && !list.failed) {
            facts->specialisations[facts->specialisation_count++] = entry;
        }
    }
    return phd_is_done(&list);
}

static bool attribute_read(phd_facts *facts, uint16_t attribute, dragoman_bytes value, const dragoman_now *now) {
    phd_reader reader = phd_read(value);
    switch (attribute) {
    case PHD_ID_MODEL:
        return model_read(facts, &reader);
    case PHD_ID_PROD_SPECN:
        return production_read(facts, &reader);
    case PHD_SYS_TYPE_SPEC_LIST:
        return specialisations_read(facts, &reader);
    case PHD_MDS_TIME_INFO:
        facts->time_capability = phd_u16(&reader);
        return !reader.failed;
    case PHD_TIME_REL:
        facts->relative = (phd_anchor){phd_u32(&reader), now->wall_us, true};
        return phd_is_done(&reader);
    case PHD_TIME_REL_HI_RES:
        facts->hires = (phd_anchor){phd_u64(&reader), now->wall_us, true};
        return phd_is_done(&reader);
    case PHD_TIME_ABS:
        (void)phd_absolute_time(&reader, &facts->clock);
        return phd_is_done(&reader);
    case PHD_TIME_BO:
        (void)phd_base_offset_time(&reader, &facts->clock);
        return phd_is_done(&reader);
    case PHD_VAL_BATT_CHARGE:
        facts->battery = value;
        return value.size == 2;
    case PHD_POWER_STAT:
        facts->power = value;
        return value.size == 2;
    case PHD_TIME_BATT_REMAIN:
        facts->battery_remaining = value;
        return value.size == 6;
    default:
        return true;
    }
}

static bool attributes_read(phd_facts *facts, const dragoman_now *now) {
    uint16_t count = 0;
    phd_reader reader = phd_read(facts->bytes);
    phd_reader list = phd_list(&reader, &count);
    bool is_good = phd_is_done(&reader);
    for (uint16_t n = 0; n < count && is_good; n++) {
        uint16_t attribute = phd_u16(&list);
        dragoman_bytes value = phd_octets(&list);
        is_good = !list.failed && attribute_read(facts, attribute, value, now);
    }
    return is_good && phd_is_done(&list);
}

dragoman_status phd_facts_read(phd_facts *facts, const dragoman_host *host, void *context, dragoman_bytes list,
                               const dragoman_now *now) {
    if (list.size == 0 || list.size > PHD_FACTS_BYTES) {
        return list.size == 0 ? DRAGOMAN_INVALID : DRAGOMAN_LIMIT;
    }
    uint8_t *bytes = (uint8_t *)host->allocate(context, list.size);
    if (bytes == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memcpy(bytes, list.data, list.size);
    phd_facts fresh = {.config_id = facts->config_id, .bytes = {bytes, list.size}};
    memcpy(fresh.name, facts->name, sizeof fresh.name);
    if (!attributes_read(&fresh, now)) {
        host->release(context, bytes);
        return DRAGOMAN_INVALID;
    }
    host->release(context, (void *)(uintptr_t)facts->bytes.data);
    *facts = fresh;
    return DRAGOMAN_OK;
}

void phd_facts_clear(phd_facts *facts, const dragoman_host *host, void *context) {
    host->release(context, (void *)(uintptr_t)facts->bytes.data);
    *facts = (phd_facts){.config_id = 0};
}
