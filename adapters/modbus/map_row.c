#include "map_row.h"
#include "words.h"

static const char *const tables[] = {"coil", "discrete", "input", "holding", NULL};
static const char *const types[] = {"bit",    "bits",    "int16",   "uint16", "int32", "uint32", "int64",
                                    "uint64", "float32", "float64", "bcd16",  "bcd32", "string", NULL};
/* Registers of each type; 0: as many as `length` says. */
static const uint16_t sizes[] = {1, 1, 1, 1, 2, 2, 4, 4, 2, 4, 1, 2, 0};
static const char *const orders[] = {"big", "little", NULL};
static const struct {
    const char *word;
    uint8_t absent;
} reasons[] = {{"unknown", DRAGOMAN_ABSENT_UNKNOWN},
               {"error", DRAGOMAN_ABSENT_ERROR},
               {"not-applicable", DRAGOMAN_ABSENT_NOT_APPLICABLE},
               {"unsupported", DRAGOMAN_ABSENT_UNSUPPORTED},
               {"not-performed", DRAGOMAN_ABSENT_NOT_PERFORMED}};

void modbus_mistake(modbus_teller *teller, dragoman_bytes key, const char *sentence) {
    teller->count++;
    if (teller->tell != NULL) {
        teller->tell(teller->context, key, (dragoman_bytes){(const uint8_t *)sentence, strlen(sentence)});
    }
}

static void take_meaning(modbus_row *row, dragoman_bytes number, dragoman_bytes text, dragoman_bytes whole,
                         modbus_teller *teller) {
    if (row->is.meaning_count == MODBUS_MEANINGS_MAX) {
        modbus_mistake(teller, whole, "more than 64 meanings");
        return;
    }
    modbus_meaning *meaning = &row->meanings[row->is.meaning_count];
    if (!modbus_integer(number, INT32_MIN, UINT32_MAX, &meaning->number)) {
        modbus_mistake(teller, whole, "a meaning has a whole number before its colon, like 1: open");
        return;
    }
    meaning->text = text;
    row->is.meaning_count++;
}

static void take_absent(modbus_row *row, dragoman_bytes value, dragoman_bytes whole, modbus_teller *teller) {
    int64_t number = 0;
    dragoman_decimal *absent = &row->absents[row->is.absent_count];
    if (row->is.absent_count == MODBUS_ABSENTS_MAX) {
        modbus_mistake(teller, whole, "more than 16 absent values");
    } else if (modbus_integer(value, INT64_MIN + 1, INT64_MAX, &number)) {
        *absent = (dragoman_decimal){.mantissa = number};
        row->is.absent_count++;
    } else if (modbus_decimal(value, absent)) {
        row->is.absent_count++;
    } else {
        modbus_mistake(teller, whole, "a number is expected, as the register holds it");
    }
}

static void take_reason(modbus_row *row, dragoman_bytes value, dragoman_bytes whole, modbus_teller *teller) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (modbus_is(value, reasons[i].word)) {
            row->is.absent = reasons[i].absent;
            return;
        }
    }
    modbus_mistake(teller, whole,
                   "one of these is expected: unknown, error, not-applicable, unsupported, not-performed");
}

static bool take_number(dragoman_bytes value, int64_t least, int64_t most, const char *why, dragoman_bytes whole,
                        modbus_teller *teller, int64_t *ret_number) {
    bool is_good = modbus_integer(value, least, most, ret_number);
    if (!is_good) {
        modbus_mistake(teller, whole, why);
    }
    return is_good;
}

static void take_word(dragoman_bytes value, const char *const *words, const char *why, dragoman_bytes whole,
                      modbus_teller *teller, uint8_t *to, bool *has) {
    int choice = modbus_word(value, words);
    if (choice < 0) {
        modbus_mistake(teller, whole, why);
        return;
    }
    *to = (uint8_t)choice;
    *has = true;
}

static void take_text(dragoman_bytes value, dragoman_bytes whole, modbus_teller *teller, dragoman_bytes *to) {
    if (value.size > MODBUS_TEXT_MAX) {
        modbus_mistake(teller, whole, "longer than 128 bytes");
        return;
    }
    *to = value;
}

static void take_order(dragoman_bytes value, dragoman_bytes whole, modbus_teller *teller, bool *is_little) {
    uint8_t order = 0;
    bool has = false;
    take_word(value, orders, "big or little is expected", whole, teller, &order, &has);
    *is_little = has ? order == 1 : *is_little;
}

static void take_decimal(dragoman_bytes value, dragoman_bytes whole, modbus_teller *teller, dragoman_decimal *to) {
    if (!modbus_decimal(value, to)) {
        modbus_mistake(teller, whole, "a decimal number is expected, in quotes: \"0.1\"");
    }
}

static void take_every(modbus_row *row, dragoman_bytes value, dragoman_bytes whole, modbus_teller *teller) {
    int64_t ms = 0;
    if (!modbus_duration(value, &ms) || ms < MODBUS_EVERY_LEAST_MS || ms > MODBUS_EVERY_MOST_MS) {
        modbus_mistake(teller, whole, "a time from 50ms to 24h is expected, like 10s");
        return;
    }
    row->is.every_ms = ms;
}

/* Numbers of a row that have a range. False: the key is none of them. */
static bool take_ranged(modbus_row *row, dragoman_bytes key, dragoman_bytes value, dragoman_bytes whole,
                        modbus_teller *teller) {
    int64_t number = 0;
    if (modbus_is(key, "address")) {
        row->has_address = take_number(value, 0, 65536, "an address from 0 to 65535 is expected, like 1328 or 0x0530",
                                       whole, teller, &row->written_address);
    } else if (modbus_is(key, "length")) {
        row->has_size =
            take_number(value, 1, 64, "a number of registers or bits from 1 to 64 is expected", whole, teller, &number);
        row->is.size = (uint16_t)number;
    } else if (modbus_is(key, "bit")) {
        row->is.first_bit =
            take_number(value, 0, 63, "a bit from 0 to 63 is expected", whole, teller, &number) ? (uint8_t)number : 0;
    } else if (modbus_is(key, "bit_count")) {
        row->is.bit_count =
            take_number(value, 1, 64, "a number of bits from 1 to 64 is expected", whole, teller, &number)
                ? (uint8_t)number
                : 0;
    } else if (modbus_is(key, "device")) {
        row->is.device_unit =
            take_number(value, 1, MODBUS_UNIT_SELF, "a unit from 1 to 255 is expected", whole, teller, &number)
                ? (uint8_t)number
                : 0;
    } else {
        return false;
    }
    return true;
}

void modbus_row_take(modbus_row *row, dragoman_bytes key, dragoman_bytes value, dragoman_bytes whole,
                     modbus_teller *teller) {
    dragoman_bytes rest = key;
    dragoman_bytes first = {NULL, 0};
    modbus_cut(&rest, '.', &first);
    bool is_list = modbus_is(first, "meanings") || modbus_is(first, "absent_values");
    if (is_list != (rest.size > 0)) {
        modbus_mistake(teller, whole, is_list ? "several values are expected here" : "a single value is expected here");
    } else if (modbus_is(first, "meanings")) {
        take_meaning(row, rest, value, whole, teller);
    } else if (is_list) {
        take_absent(row, value, whole, teller);
    } else if (modbus_is(key, "name") || modbus_is(key, "text") || modbus_is(key, "unit")) {
        take_text(value, whole, teller,
                  key.data[0] == 'n'   ? &row->is.name
                  : key.data[0] == 't' ? &row->is.text
                                       : &row->is.unit);
    } else if (modbus_is(key, "table")) {
        take_word(value, tables, "one of these is expected: coil, discrete, input, holding", whole, teller,
                  &row->is.table, &row->has_table);
    } else if (modbus_is(key, "type")) {
        take_word(value, types,
                  "one of these is expected: bit, bits, int16, uint16, int32, uint32, int64, uint64, float32, float64, "
                  "bcd16, bcd32, string",
                  whole, teller, &row->is.type, &row->has_type);
    } else if (modbus_is(key, "scale") || modbus_is(key, "offset")) {
        take_decimal(value, whole, teller, key.data[0] == 's' ? &row->is.scale : &row->is.offset);
    } else if (modbus_is(key, "byte_order") || modbus_is(key, "word_order")) {
        take_order(value, whole, teller, key.data[0] == 'b' ? &row->is.is_byte_little : &row->is.is_word_little);
    } else if (modbus_is(key, "every")) {
        take_every(row, value, whole, teller);
    } else if (modbus_is(key, "absent")) {
        take_reason(row, value, whole, teller);
    } else if (!take_ranged(row, key, value, whole, teller) && !modbus_is(key, "note")) {
        modbus_mistake(
            teller, whole,
            "this key is not known here; known are name, text, table, address, type, length, unit, scale, "
            "offset, byte_order, word_order, bit, bit_count, meanings, absent_values, absent, every, device, "
            "note");
    }
}

static bool is_whole_number(uint8_t type) {
    return type <= MODBUS_UINT64 && type != MODBUS_BIT && type != MODBUS_BITS;
}

/* The size in registers or bits, and whether the bits asked for lie in it. */
static void finish_size(modbus_row *row, dragoman_bytes key, modbus_teller *teller) {
    modbus_register *is = &row->is;
    bool is_table_of_bits = modbus_is_bits(is->table);
    if (is_table_of_bits) {
        is->size = is->type == MODBUS_BITS && row->has_size ? is->size : 1;
        if (is->type > MODBUS_BITS || (is->type == MODBUS_BIT && row->has_size) || is->first_bit > 0 ||
            is->bit_count > 0) {
            modbus_mistake(teller, key, "coils and discrete inputs are of type bit, or of type bits with their length");
        }
        return;
    }
    if (is->type == MODBUS_STRING && !row->has_size) {
        modbus_mistake(teller, key, "a string needs its length in registers");
    }
    bool has_own_size = is->type == MODBUS_STRING || (is->type == MODBUS_BITS && row->has_size);
    if (row->has_size && (!has_own_size || (is->type == MODBUS_BITS && is->size > 4))) {
        modbus_mistake(teller, key, "only a string, or bits of up to 4 registers, have a length");
    }
    is->size = has_own_size ? is->size : sizes[is->type];
    uint32_t bits = is->size * 16u;
    is->bit_count = is->type == MODBUS_BIT ? 1 : is->bit_count;
    bool has_bits = is->first_bit > 0 || is->bit_count > 0;
    if (has_bits && is->type > MODBUS_UINT64) {
        modbus_mistake(teller, key, "only whole numbers have bits");
    }
    if (has_bits && is->bit_count == 0) {
        is->bit_count = (uint8_t)(bits > is->first_bit ? bits - is->first_bit : 1);
    }
    if (has_bits && (uint32_t)is->first_bit + is->bit_count > bits) {
        modbus_mistake(teller, key, "these bits are not in it");
    }
}

static void finish_address(modbus_row *row, const modbus_map *map, dragoman_bytes key, modbus_teller *teller) {
    int64_t address = row->written_address - map->base;
    if (address < 0 || address + row->is.size > 65536) {
        modbus_mistake(teller, key, "it does not lie between the addresses 0 and 65535 (mind address_base)");
        address = 0;
    }
    row->is.address = (uint16_t)address;
}

void modbus_row_finish(modbus_row *row, const modbus_map *map, dragoman_bytes key, modbus_teller *teller) {
    modbus_register *is = &row->is;
    if (is->name.size == 0 || !row->has_address || !row->has_table) {
        modbus_mistake(teller, key, "a register needs name, table and address");
    }
    if (!row->has_type) {
        is->type = modbus_is_bits(is->table) ? MODBUS_BIT : MODBUS_UINT16;
        if (row->has_table && !modbus_is_bits(is->table)) {
            modbus_mistake(teller, key, "a register needs its type");
        }
    }
    finish_size(row, key, teller);
    finish_address(row, map, key, teller);
    bool is_number = is_whole_number(is->type) || (is->type >= MODBUS_FLOAT32 && is->type <= MODBUS_BCD32);
    bool is_scaled = !modbus_same(is->scale, (dragoman_decimal){.mantissa = 1}) || is->offset.mantissa != 0;
    if ((is_scaled || is->absent_count > 0) && !is_number) {
        modbus_mistake(teller, key, "only numbers have scale, offset and absent values");
    }
    if (is->meaning_count > 0 &&
        (is_scaled || !(is_whole_number(is->type) || is->type == MODBUS_BIT) || is->size > 2)) {
        modbus_mistake(teller, key, "only a bit or a whole number of up to 32 bits, unscaled, has meanings");
    }
    is->absents = row->absents;
    is->meanings = row->meanings;
}
