#include "map.h"
#include "map_row.h"
#include "words.h"

/* What is done with each register that was read. */
typedef void (*row_taker)(void *context, const modbus_row *row);

static void take_head(modbus_map *map, const dragoman_setting *setting, modbus_teller *teller) {
    dragoman_bytes key = setting->key;
    dragoman_bytes value = setting->value;
    int64_t number = 0;
    bool is_little = modbus_is(value, "little");
    if (modbus_is(key, "address_base")) {
        if (modbus_integer(value, 0, 1, &number)) {
            map->base = (uint8_t)number;
        } else {
            modbus_mistake(teller, key, "0 or 1 is expected: what the first register of a table is called");
        }
    } else if (modbus_is(key, "byte_order") || modbus_is(key, "word_order")) {
        *(key.data[0] == 'b' ? &map->is_byte_little : &map->is_word_little) = is_little;
        if (!is_little && !modbus_is(value, "big")) {
            modbus_mistake(teller, key, "big or little is expected");
        }
    } else if (modbus_is(key, "every")) {
        if (!modbus_duration(value, &map->every_ms) || map->every_ms < MODBUS_EVERY_LEAST_MS ||
            map->every_ms > MODBUS_EVERY_MOST_MS) {
            modbus_mistake(teller, key, "a time from 50ms to 24h is expected, like 10s");
        }
    } else if (modbus_is(key, "max_gap")) {
        if (modbus_integer(value, 0, MODBUS_READ_REGISTERS_MAX, &number)) {
            map->gap_max = (uint32_t)number;
        } else {
            modbus_mistake(teller, key, "a number from 0 to 125 is expected");
        }
    } else if (modbus_is(key, "max_registers")) {
        if (modbus_integer(value, 1, MODBUS_READ_REGISTERS_MAX, &number)) {
            map->registers_max = (uint32_t)number;
        } else {
            modbus_mistake(teller, key, "a number from 1 to 125 is expected");
        }
    } else if (modbus_is(key, "max_bits")) {
        if (modbus_integer(value, 1, MODBUS_READ_BITS_MAX, &number)) {
            map->bits_max = (uint32_t)number;
        } else {
            modbus_mistake(teller, key, "a number from 1 to 2000 is expected");
        }
    } else if (modbus_is(key, "identification")) {
        map->has_identification = modbus_is(value, "true");
        if (!map->has_identification && !modbus_is(value, "false")) {
            modbus_mistake(teller, key, "true or false is expected");
        }
    } else if (modbus_is(key, "manufacturer")) {
        map->manufacturer = value;
    } else if (modbus_is(key, "model")) {
        map->model = value;
    } else if (modbus_is(key, "system")) {
        map->system = value;
    } else {
        modbus_mistake(teller, key,
                       "this key is not known here; known are manufacturer, model, system, address_base, byte_order, "
                       "word_order, every, max_gap, max_registers, max_bits, identification, registers");
    }
}

/* Splits "registers.7.name" into the row's key "registers.7" and the rest "name". False: it is no such key. */
static bool split(dragoman_bytes key, dragoman_bytes *ret_row, dragoman_bytes *ret_rest) {
    dragoman_bytes rest = key;
    dragoman_bytes part = {NULL, 0};
    if (!modbus_cut(&rest, '.', &part) || !modbus_is(part, "registers") || !modbus_cut(&rest, '.', &part)) {
        return false;
    }
    *ret_row = (dragoman_bytes){key.data, part.size + sizeof "registers"};
    *ret_rest = rest;
    return true;
}

static bool same_text(dragoman_bytes a, dragoman_bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static bool is_register(dragoman_bytes key) {
    static const char name[] = "registers";
    size_t size = sizeof name - 1;
    return key.size >= size && memcmp(key.data, name, size) == 0 && (key.size == size || key.data[size] == '.');
}

static void read_head(const dragoman_list *profile, modbus_map *ret_map, modbus_teller *teller) {
    *ret_map = (modbus_map){.system = DRAGOMAN_TEXT("urn:dragoman:modbus"),
                            .every_ms = MODBUS_EVERY_MS,
                            .gap_max = 0,
                            .registers_max = MODBUS_READ_REGISTERS_MAX,
                            .bits_max = MODBUS_READ_BITS_MAX};
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, i);
        if (!is_register(setting->key)) {
            take_head(ret_map, setting, teller);
        }
    }
}

static void begin_row(modbus_row *row, const modbus_map *map) {
    memset(row, 0, sizeof *row);
    row->is.scale = (dragoman_decimal){.mantissa = 1};
    row->is.absent = DRAGOMAN_ABSENT_UNKNOWN;
    row->is.is_byte_little = map->is_byte_little;
    row->is.is_word_little = map->is_word_little;
}

static void end_row(modbus_row *row, const modbus_map *map, dragoman_bytes key, modbus_teller *teller, row_taker take,
                    void *context) {
    if (key.size > 0) {
        modbus_row_finish(row, map, key, teller);
        take(context, row);
    }
}

static void read_rows(const dragoman_list *profile, const modbus_map *map, modbus_teller *teller, row_taker take,
                      void *context) {
    modbus_row row;
    dragoman_bytes current = {NULL, 0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, i);
        dragoman_bytes key = {NULL, 0};
        dragoman_bytes rest = {NULL, 0};
        if (!is_register(setting->key)) {
            continue;
        }
        if (!split(setting->key, &key, &rest) || rest.size == 0) {
            modbus_mistake(teller, setting->key, "a list of registers is expected here");
            continue;
        }
        if (!same_text(key, current)) {
            end_row(&row, map, current, teller, take, context);
            if (++count > MODBUS_REGISTERS_MAX) {
                modbus_mistake(teller, key, "more than 1000 registers");
                return;
            }
            begin_row(&row, map);
            current = key;
        }
        modbus_row_take(&row, rest, setting->value, setting->key, teller);
    }
    end_row(&row, map, current, teller, take, context);
    if (count == 0) {
        modbus_mistake(teller, (dragoman_bytes){NULL, 0}, "a device section with registers is needed");
    }
}

static void take_nothing(void *context, const modbus_row *row) {
    (void)context;
    (void)row;
}

/* Two registers of one name could not be told apart in what goes out. */
static void check_names(const dragoman_list *profile, modbus_teller *teller) {
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *one = (const dragoman_setting *)dragoman_list_at(profile, i);
        dragoman_bytes row = {NULL, 0};
        dragoman_bytes rest = {NULL, 0};
        if (!split(one->key, &row, &rest) || !modbus_is(rest, "name")) {
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            const dragoman_setting *other = (const dragoman_setting *)dragoman_list_at(profile, j);
            if (same_text(one->value, other->value) && split(other->key, &row, &rest) && modbus_is(rest, "name")) {
                modbus_mistake(teller, one->key, "another register has this name");
                break;
            }
        }
    }
}

void modbus_map_check(const dragoman_list *profile, dragoman_mistake_teller tell, void *context) {
    modbus_teller teller = {.tell = tell, .context = context};
    modbus_map map;
    read_head(profile, &map, &teller);
    read_rows(profile, &map, &teller, take_nothing, NULL);
    check_names(profile, &teller);
}

/* The block of a map: its registers, their lists, then texts. In the first pass only sizes are summed. */
typedef struct building {
    uint32_t registers, absents, meanings;
    size_t texts;
    modbus_register *register_at;
    dragoman_decimal *absent_at;
    modbus_meaning *meaning_at;
    uint8_t *text_at;
} building;

static void count_row(void *context, const modbus_row *row) {
    building *self = (building *)context;
    self->registers++;
    self->absents += row->is.absent_count;
    self->meanings += row->is.meaning_count;
    self->texts += row->is.name.size + row->is.text.size + row->is.unit.size;
    for (uint32_t i = 0; i < row->is.meaning_count; i++) {
        self->texts += row->meanings[i].text.size;
    }
}

static dragoman_bytes keep_text(building *self, dragoman_bytes text) {
    uint8_t *at = self->text_at;
    if (text.size > 0) {
        memcpy(at, text.data, text.size);
    }
    self->text_at += text.size;
    return (dragoman_bytes){at, text.size};
}

static void keep_row(void *context, const modbus_row *row) {
    building *self = (building *)context;
    modbus_register *kept = self->register_at++;
    *kept = row->is;
    kept->name = keep_text(self, row->is.name);
    kept->text = keep_text(self, row->is.text);
    kept->unit = keep_text(self, row->is.unit);
    kept->absents = self->absent_at;
    kept->meanings = self->meaning_at;
    for (uint32_t i = 0; i < row->is.absent_count; i++) {
        *self->absent_at++ = row->absents[i];
    }
    for (uint32_t i = 0; i < row->is.meaning_count; i++) {
        *self->meaning_at++ = (modbus_meaning){row->meanings[i].number, keep_text(self, row->meanings[i].text)};
    }
}

dragoman_status modbus_map_read(const dragoman_list *profile, const dragoman_host *host, void *context,
                                modbus_map *ret_map, void **ret_block) {
    modbus_teller silent = {NULL, NULL, 0};
    building self = {0};
    modbus_map head;
    read_head(profile, &head, &silent);
    read_rows(profile, &head, &silent, count_row, &self);
    if (silent.count > 0) {
        return DRAGOMAN_INVALID;
    }
    self.texts += head.manufacturer.size + head.model.size + head.system.size;
    size_t registers = self.registers * sizeof(modbus_register);
    size_t absents = self.absents * sizeof(dragoman_decimal);
    size_t meanings = self.meanings * sizeof(modbus_meaning);
    uint8_t *block = (uint8_t *)host->allocate(context, registers + absents + meanings + self.texts + 1);
    if (block == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    self.register_at = (modbus_register *)(void *)block;
    self.absent_at = (dragoman_decimal *)(void *)(block + registers);
    self.meaning_at = (modbus_meaning *)(void *)(block + registers + absents);
    self.text_at = block + registers + absents + meanings;
    *ret_map = head;
    ret_map->registers = self.register_at;
    ret_map->count = self.registers;
    ret_map->manufacturer = keep_text(&self, head.manufacturer);
    ret_map->model = keep_text(&self, head.model);
    ret_map->system = keep_text(&self, head.system);
    read_rows(profile, &head, &silent, keep_row, &self);
    *ret_block = block;
    return DRAGOMAN_OK;
}
