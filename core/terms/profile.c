#include "terms/profile.h"
#include "base/bytes.h"
#include "terms/hash.h"

#include <stdlib.h>

void profile_destroy(terms_profile *profile) {
    if (profile != NULL) {
        arena_fini(&profile->memory);
        free(profile);
    }
}

static uint16_t *make_slots(terms_profile *profile, uint32_t rows, terms_slots *ret_slots) {
    uint32_t count = 16;
    while (count < 2 * rows) {
        count *= 2;
    }
    uint16_t *slots = arena_allocate_zeroed(&profile->memory, count * sizeof(uint16_t));
    *ret_slots = (terms_slots){slots, count - 1};
    return slots;
}

static void put(const terms_slots *slots, uint16_t *rows, dragoman_bytes key, uint32_t row) {
    uint32_t slot = terms_hash_text(key) & slots->mask;
    while (rows[slot] != 0) {
        slot = (slot + 1) & slots->mask;
    }
    rows[slot] = (uint16_t)(row + 1);
}

bool profile_index(terms_profile *profile) {
    uint16_t *by_code = make_slots(profile, profile->codes.count, &profile->by_code);
    uint16_t *by_unit = make_slots(profile, profile->units.count, &profile->by_unit);
    if (by_code == NULL || by_unit == NULL) {
        return false;
    }
    const profile_code *codes = profile->codes.items;
    for (uint32_t i = 0; i < profile->codes.count; i++) {
        put(&profile->by_code, by_code, codes[i].code.size > 0 ? codes[i].code : codes[i].text, i);
    }
    const profile_unit *units = profile->units.items;
    for (uint32_t i = 0; i < profile->units.count; i++) {
        put(&profile->by_unit, by_unit, units[i].text, i);
    }
    return true;
}

/* Systems whose codes never are a vendor's own. */
static bool is_standard_system(dragoman_bytes system) {
    static const char *const standard[] = {"MDC", "LN", "SCT", "UCUM", "http://loinc.org", "http://snomed.info/sct"};
    for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++) {
        if (bytes_is(system, standard[i])) {
            return true;
        }
    }
    return false;
}

static bool is_system_of(const terms_profile *profile, const profile_code *row, dragoman_bytes system) {
    if (row->system.size > 0) {
        return bytes_equal(row->system, system);
    }
    const dragoman_bytes *systems = profile->systems.items;
    for (uint32_t i = 0; i < profile->systems.count; i++) {
        if (bytes_equal(systems[i], system)) {
            return true;
        }
    }
    return profile->systems.count == 0 && !is_standard_system(system);
}

static const profile_code *find_by(const terms_profile *profile, dragoman_bytes key, bool by_text,
                                   dragoman_bytes system) {
    if (key.size == 0 || profile->codes.count == 0) {
        return NULL;
    }
    const terms_slots *slots = &profile->by_code;
    uint32_t slot = terms_hash_text(key) & slots->mask;
    for (; slots->rows[slot] != 0; slot = (slot + 1) & slots->mask) {
        const profile_code *row = (const profile_code *)profile->codes.items + slots->rows[slot] - 1;
        bool is_text_row = row->code.size == 0;
        if (is_text_row == by_text && bytes_equal(by_text ? row->text : row->code, key) &&
            is_system_of(profile, row, system)) {
            return row;
        }
    }
    return NULL;
}

static const profile_code *find_own(const terms_profile *profile, const dragoman_code *coding) {
    const profile_code *row = find_by(profile, coding->code, false, coding->system);
    return row != NULL ? row : find_by(profile, coding->text, true, coding->system);
}

const profile_code *profile_find_code(const terms_profile *profile, const dragoman_code *coding) {
    const profile_code *row = find_own(profile, coding);
    return row != NULL || profile->base == NULL ? row : find_own(profile->base, coding);
}

static const profile_unit *find_own_unit(const terms_profile *profile, dragoman_bytes text) {
    if (text.size == 0 || profile->units.count == 0) {
        return NULL;
    }
    const terms_slots *slots = &profile->by_unit;
    uint32_t slot = terms_hash_text(text) & slots->mask;
    for (; slots->rows[slot] != 0; slot = (slot + 1) & slots->mask) {
        const profile_unit *row = (const profile_unit *)profile->units.items + slots->rows[slot] - 1;
        if (bytes_equal(row->text, text)) {
            return row;
        }
    }
    return NULL;
}

const profile_unit *profile_find_unit(const terms_profile *profile, dragoman_bytes text) {
    const profile_unit *row = find_own_unit(profile, text);
    return row != NULL || profile->base == NULL ? row : find_own_unit(profile->base, text);
}

static uint8_t lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

/* Whether `text` fits a pattern in which * stands for any text and ? for one character; case of ASCII letters does not
 * matter. */
static bool matches(dragoman_bytes pattern, dragoman_bytes text) {
    size_t star = SIZE_MAX; /* place of the last * in the pattern */
    size_t resume = 0;      /* where the text goes on when that * takes one character more */
    size_t at = 0;
    for (size_t i = 0; i < text.size;) {
        bool fits = at < pattern.size && (pattern.data[at] == '?' || lower(pattern.data[at]) == lower(text.data[i]));
        if (at < pattern.size && pattern.data[at] == '*') {
            star = at++;
            resume = i;
        } else if (fits) {
            at++;
            i++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            i = ++resume;
        } else {
            return false;
        }
    }
    while (at < pattern.size && pattern.data[at] == '*') {
        at++;
    }
    return at == pattern.size;
}

void profile_systems_find(const dragoman_report *report, profile_systems *ret_systems) {
    uint32_t looked_at = 0;
    ret_systems->count = 0;
    for (uint32_t i = 0; i < report->observations.count; i++) {
        const dragoman_observation *observation = dragoman_list_at(&report->observations, i);
        for (uint32_t j = 0; j < observation->code.coding_count; j++) {
            if (looked_at++ == PROFILE_CODINGS_LOOKED_AT) {
                return;
            }
            dragoman_bytes system = observation->code.codings[j].system;
            if (ret_systems->count == 0 || !bytes_equal(ret_systems->found[ret_systems->count - 1], system)) {
                ret_systems->found[ret_systems->count++] = system;
            }
        }
    }
}

static bool has_system(const profile_systems *systems, dragoman_bytes system) {
    for (uint32_t i = 0; i < systems->count; i++) {
        if (bytes_equal(systems->found[i], system)) {
            return true;
        }
    }
    return false;
}

bool profile_is_of(const terms_profile *profile, const dragoman_report *report, const profile_systems *systems) {
    const profile_sender *senders = profile->senders.items;
    for (uint32_t i = 0; i < profile->senders.count; i++) {
        const profile_sender *sender = senders + i;
        if ((sender->application.size == 0 || matches(sender->application, report->sender.code)) &&
            (sender->facility.size == 0 || matches(sender->facility, report->sender.text)) &&
            (sender->code_system.size == 0 || has_system(systems, sender->code_system))) {
            return true;
        }
    }
    return false;
}
