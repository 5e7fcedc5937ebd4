#include "store/registry.h"

#include "base/bytes.h"
#include <stdlib.h>

enum {
    EUI_DIGITS = 16,
    TEXT_BYTES_MAX = STORE_DEVICES * 1024, /* what all keys and aliases together may hold */
};

static uint64_t alias_key(dragoman_bytes link, dragoman_bytes name) {
    return bytes_hash(name, bytes_hash(link, link.size));
}

static uint64_t alias_hash(const void *owner, uint32_t slot) {
    const store_registry *self = owner;
    return alias_key(self->aliases[slot].link, self->aliases[slot].name);
}

void store_registry_init(store_registry *self) {
    *self = (store_registry){.device_count = 0};
    arena_init(&self->texts, TEXT_BYTES_MAX);
    store_index_init(&self->index, alias_hash, self);
}

void store_registry_fini(store_registry *self) {
    arena_fini(&self->texts);
    store_index_fini(&self->index);
    free(self->devices);
    free(self->aliases);
    free(self->changed);
}

/* Makes room for one more element in a growing array. */
static bool grow(void **array, uint32_t *room, uint32_t count, size_t element) {
    if (count < *room) {
        return true;
    }
    uint32_t wanted = *room == 0 ? 64 : *room * 2;
    void *larger = realloc(*array, wanted * element);
    if (larger == NULL) {
        return false;
    }
    *array = larger;
    *room = wanted;
    return true;
}

static bool mark_changed(store_registry *self, uint32_t device) {
    if (self->devices[device].is_changed) {
        return true;
    }
    if (!grow((void **)&self->changed, &self->changed_room, self->changed_count, sizeof *self->changed)) {
        return false;
    }
    self->changed[self->changed_count++] = device;
    self->devices[device].is_changed = true;
    return true;
}

static uint32_t find_alias(const store_registry *self, dragoman_bytes link, dragoman_bytes name) {
    uint64_t hash = alias_key(link, name);
    uint32_t cursor = 0;
    uint32_t slot = store_index_find(&self->index, hash, &cursor);
    while (slot != STORE_INDEX_NONE &&
           !(bytes_equal(self->aliases[slot].name, name) && bytes_equal(self->aliases[slot].link, link))) {
        slot = store_index_find(&self->index, hash, &cursor);
    }
    return slot == STORE_INDEX_NONE ? STORE_INDEX_NONE : self->aliases[slot].device;
}

static dragoman_status add_alias(store_registry *self, dragoman_bytes link, dragoman_bytes name, uint32_t device) {
    if (self->alias_count >= STORE_ALIASES) {
        return DRAGOMAN_LIMIT;
    }
    store_alias alias = {arena_copy(&self->texts, link), arena_copy(&self->texts, name), device};
    bool is_copied = (link.size == 0 || alias.link.data != NULL) && (name.size == 0 || alias.name.data != NULL);
    if (!is_copied || !grow((void **)&self->aliases, &self->alias_room, self->alias_count, sizeof *self->aliases) ||
        store_index_reserve(&self->index, 1) != DRAGOMAN_OK) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->aliases[self->alias_count] = alias;
    store_index_add(&self->index, self->alias_count++);
    return DRAGOMAN_OK;
}

static dragoman_status add_device(store_registry *self, store_device device, uint32_t *ret_device) {
    if (self->device_count >= STORE_DEVICES) {
        return DRAGOMAN_LIMIT;
    }
    if (device.key.data == NULL ||
        !grow((void **)&self->devices, &self->device_room, self->device_count, sizeof *self->devices)) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->devices[self->device_count] = device;
    *ret_device = self->device_count++;
    return DRAGOMAN_OK;
}

int store_registry_load(store_registry *self, store_database *database) {
    arena_reset(&self->texts);
    store_index_clear(&self->index);
    self->device_count = self->alias_count = self->changed_count = 0;
    uint32_t ignored = 0;
    int code = SQLITE_ROW;
    dragoman_status status = DRAGOMAN_OK;
    sqlite3_stmt *devices = store_database_statement(database, STORE_SQL_DEVICES);
    while (status == DRAGOMAN_OK && (code = sqlite3_step(devices)) == SQLITE_ROW) {
        bool is_stated = sqlite3_column_type(devices, 3) != SQLITE_NULL;
        int64_t stated = is_stated ? sqlite3_column_int64(devices, 3) : STORE_CLOCK_NONE;
        store_device device = {.key = arena_copy(&self->texts, store_database_column(devices, 1)),
                               .stated_at_us = stated,
                               .noted_at_us = stated,
                               .epoch = (uint32_t)sqlite3_column_int64(devices, 2)};
        status = add_device(self, device, &ignored);
    }
    sqlite3_reset(devices);
    sqlite3_stmt *aliases = store_database_statement(database, STORE_SQL_ALIASES);
    while (status == DRAGOMAN_OK && (code == SQLITE_DONE || code == SQLITE_ROW) &&
           (code = sqlite3_step(aliases)) == SQLITE_ROW) {
        int64_t device = sqlite3_column_int64(aliases, 0) - 1;
        if (device < 0 || device >= self->device_count) {
            code = SQLITE_CORRUPT;
            break;
        }
        status =
            add_alias(self, store_database_column(aliases, 1), store_database_column(aliases, 2), (uint32_t)device);
    }
    sqlite3_reset(aliases);
    self->written_aliases = self->alias_count;
    return status != DRAGOMAN_OK ? SQLITE_NOMEM : code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The 16 hexadecimal digits of an EUI-64, upper case, without separators; false when the identifier is none, or one of
 * those that devices send before they were given a real one. */
static bool read_eui(const dragoman_identifier *identifier, char digits[EUI_DIGITS]) {
    static const char hexadecimal[] = "0123456789ABCDEF";
    bool is_eui = bytes_is(identifier->universal_type, "EUI-64") || bytes_is(identifier->type, "EUI-64");
    dragoman_bytes text = identifier->universal.size > 0 && bytes_is(identifier->universal_type, "EUI-64")
                              ? identifier->universal
                              : identifier->value;
    if (!is_eui) {
        return false;
    }
    size_t count = 0;
    bool differs = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t letter = text.data[i];
        if (letter == '-' || letter == ':') {
            continue;
        }
        uint8_t upper = letter >= 'a' && letter <= 'f' ? (uint8_t)(letter - 'a' + 'A') : letter;
        bool is_digit = (upper >= '0' && upper <= '9') || (upper >= 'A' && upper <= 'F');
        if (!is_digit || count == EUI_DIGITS) {
            return false;
        }
        digits[count++] = hexadecimal[upper <= '9' ? upper - '0' : upper - 'A' + 10];
        differs = differs || digits[count - 1] != digits[0];
    }
    return count == EUI_DIGITS && differs;
}

/* Looks at a report's identifiers: the device that one of them belongs to, else none; the first EUI-64 of the report.
 */
static uint32_t find_identified(const store_registry *self, const dragoman_list *identifiers, char digits[EUI_DIGITS],
                                bool *ret_has_eui) {
    uint32_t found = STORE_INDEX_NONE;
    *ret_has_eui = false;
    for (uint32_t i = 0; i < identifiers->count && found == STORE_INDEX_NONE; i++) {
        char candidate[EUI_DIGITS];
        if (read_eui(dragoman_list_at(identifiers, i), candidate)) {
            found = find_alias(self, (dragoman_bytes){NULL, 0}, (dragoman_bytes){(uint8_t *)candidate, EUI_DIGITS});
            if (!*ret_has_eui) {
                memcpy(digits, candidate, EUI_DIGITS);
                *ret_has_eui = true;
            }
        }
    }
    return found;
}

/* Makes every EUI-64 of the report an alias of `device`, but for those that belong to another one. */
static dragoman_status learn(store_registry *self, const dragoman_list *identifiers, uint32_t device) {
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; i < identifiers->count && status == DRAGOMAN_OK; i++) {
        char digits[EUI_DIGITS];
        dragoman_bytes name = {(uint8_t *)digits, EUI_DIGITS};
        dragoman_bytes everywhere = {NULL, 0};
        if (read_eui(dragoman_list_at(identifiers, i), digits) &&
            find_alias(self, everywhere, name) == STORE_INDEX_NONE) {
            status = add_alias(self, everywhere, name, device);
        }
    }
    return status;
}

static dragoman_status meet_first(store_registry *self, dragoman_bytes link, const model_ticket *ticket,
                                  uint32_t *ret_device) {
    char digits[EUI_DIGITS];
    bool has_eui = false;
    dragoman_bytes name = ticket->device_key;
    if (name.size > STORE_DEVICE_NAME_BYTES) {
        return DRAGOMAN_LIMIT;
    }
    uint32_t device = find_identified(self, &ticket->identifiers, digits, &has_eui);
    dragoman_status status = DRAGOMAN_OK;
    if (device == STORE_INDEX_NONE) {
        dragoman_bytes key = has_eui ? arena_copy(&self->texts, (dragoman_bytes){(uint8_t *)digits, EUI_DIGITS})
                                     : arena_format(&self->texts, "%.*s/%.*s", BYTES_FORMAT(link), BYTES_FORMAT(name));
        store_device fresh = {.key = key, .stated_at_us = STORE_CLOCK_NONE, .noted_at_us = STORE_CLOCK_NONE};
        status = add_device(self, fresh, &device);
        if (status == DRAGOMAN_OK && !mark_changed(self, device)) {
            status = DRAGOMAN_NO_MEMORY;
        }
    }
    if (status == DRAGOMAN_OK) {
        status = add_alias(self, link, name, device);
    }
    *ret_device = device;
    return status;
}

static bool follow_clock(store_registry *self, uint32_t index, int64_t stated_at_us) {
    store_device *device = &self->devices[index];
    bool is_noted = true;
    if (stated_at_us == STORE_CLOCK_NONE) {
        return true;
    }
    /* Unsigned differences: a device may state any time at all. */
    if (device->stated_at_us != STORE_CLOCK_NONE && stated_at_us < device->stated_at_us &&
        (uint64_t)device->stated_at_us - (uint64_t)stated_at_us > STORE_CLOCK_BACK_US) {
        device->epoch++;
        device->stated_at_us = stated_at_us;
        is_noted = false;
    } else if (device->stated_at_us == STORE_CLOCK_NONE || stated_at_us > device->stated_at_us) {
        device->stated_at_us = stated_at_us;
        is_noted = device->noted_at_us != STORE_CLOCK_NONE &&
                   (uint64_t)stated_at_us - (uint64_t)device->noted_at_us < STORE_CLOCK_NOTE_US;
    }
    return is_noted || mark_changed(self, index);
}

dragoman_status store_registry_meet(store_registry *self, dragoman_bytes link, const model_ticket *ticket,
                                    uint32_t *ret_device) {
    uint32_t device = find_alias(self, link, ticket->device_key);
    dragoman_status status = DRAGOMAN_OK;
    if (device == STORE_INDEX_NONE) {
        status = meet_first(self, link, ticket, &device);
    }
    if (status == DRAGOMAN_OK && ticket->identifiers.count > 0) {
        status = learn(self, &ticket->identifiers, device);
    }
    *ret_device = device;
    return status;
}

dragoman_status store_registry_resolve(store_registry *self, dragoman_bytes link, const model_ticket *ticket,
                                       uint32_t *ret_device) {
    dragoman_status status = store_registry_meet(self, link, ticket, ret_device);
    if (status == DRAGOMAN_OK && !follow_clock(self, *ret_device, ticket->stated_at_us)) {
        status = DRAGOMAN_NO_MEMORY;
    }
    return status;
}

int store_registry_write(store_registry *self, store_database *database) {
    int code = SQLITE_OK;
    sqlite3_stmt *statement = store_database_statement(database, STORE_SQL_DEVICE);
    for (uint32_t i = 0; code == SQLITE_OK && i < self->changed_count; i++) {
        store_device *device = &self->devices[self->changed[i]];
        sqlite3_bind_int64(statement, 1, (int64_t)self->changed[i] + 1);
        store_database_bind_text(statement, 2, device->key);
        sqlite3_bind_int64(statement, 3, device->epoch);
        if (device->stated_at_us == STORE_CLOCK_NONE) {
            sqlite3_bind_null(statement, 4);
        } else {
            sqlite3_bind_int64(statement, 4, device->stated_at_us);
        }
        code = store_database_run(statement);
        device->noted_at_us = device->stated_at_us;
        device->is_changed = false;
    }
    self->changed_count = 0;
    statement = store_database_statement(database, STORE_SQL_ALIAS);
    for (; code == SQLITE_OK && self->written_aliases < self->alias_count; self->written_aliases++) {
        const store_alias *alias = &self->aliases[self->written_aliases];
        sqlite3_bind_int64(statement, 1, (int64_t)self->written_aliases + 1);
        sqlite3_bind_int64(statement, 2, (int64_t)alias->device + 1);
        store_database_bind_text(statement, 3, alias->link);
        store_database_bind_text(statement, 4, alias->name);
        code = store_database_run(statement);
    }
    return code;
}
