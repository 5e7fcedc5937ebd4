#include "split.h"
#include "words.h"

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

static bool are_blanks(dragoman_bytes separators) {
    for (size_t i = 0; i < separators.size; i++) {
        if (!is_blank(separators.data[i])) {
            return false;
        }
    }
    return true;
}

void lines_split(dragoman_bytes record, dragoman_bytes separators, lines_columns *ret_columns) {
    bool is_collapsed = are_blanks(separators);
    size_t from = 0;
    ret_columns->record = record;
    ret_columns->count = 0;
    ret_columns->has_more = false;
    for (size_t at = 0; at <= record.size; at++) {
        bool is_end = at == record.size || memchr(separators.data, record.data[at], separators.size) != NULL;
        if (!is_end) {
            continue;
        }
        if (!is_collapsed || at > from) {
            if (ret_columns->count == LINES_COLUMNS_MAX) {
                ret_columns->has_more = true;
                return;
            }
            ret_columns->items[ret_columns->count++] = (dragoman_bytes){record.data + from, at - from};
        }
        from = at + 1;
    }
}

static bool is_counted(const lines_record *is, const lines_columns *columns) {
    int64_t said = 0;
    if (is->counted == 0) {
        return true;
    }
    if (is->counted > columns->count ||
        !lines_integer(lines_trim(columns->items[is->counted - 1]), 1, LINES_COLUMNS_MAX, &said)) {
        return false;
    }
    /* A separator at the end of the record parts nothing. */
    bool has_tail = columns->count > 0 && columns->items[columns->count - 1].size == 0;
    return !columns->has_more &&
           (uint64_t)is->counted_from - 1 + (uint64_t)said == columns->count - (has_tail ? 1u : 0u);
}

/* How many columns have the field's key; the value of the first is written to ret_text. */
static uint32_t find_key(const lines_record *record, const lines_field *field, const lines_columns *columns,
                         dragoman_bytes *ret_text) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < columns->count; i++) {
        dragoman_bytes item = lines_trim(columns->items[i]);
        if (lines_cut_prefix(&item, field->key) && lines_cut_prefix(&item, record->divider) && count++ == 0) {
            *ret_text = lines_trim(item);
        }
    }
    return count;
}

bool lines_is_whole(const lines_layout *layout, const lines_record *is, const lines_columns *columns) {
    bool is_good = is_counted(is, columns);
    for (uint32_t i = 0; is_good && i < is->field_count; i++) {
        const lines_field *field = &layout->fields[is->first_field + i];
        dragoman_bytes text;
        is_good = field->key.size == 0 || find_key(is, field, columns, &text) < 2;
    }
    return is_good;
}

static uint32_t column_of(const lines_field *field, const lines_columns *header) {
    if (field->number > 0) {
        return field->number;
    }
    for (uint32_t i = 0; i < header->count; i++) {
        if (lines_same(lines_trim(header->items[i]), field->column)) {
            return i + 1;
        }
    }
    return 0;
}

bool lines_locate(const lines_record *record, const lines_field *field, const lines_columns *columns,
                  const lines_columns *header, dragoman_bytes *ret_text) {
    if (field->key.size > 0) {
        return find_key(record, field, columns, ret_text) > 0;
    }
    dragoman_bytes whole = columns->record;
    if (field->at > 0) {
        size_t from = field->at - 1;
        if (from >= whole.size) {
            return false;
        }
        size_t width = field->width < whole.size - from ? field->width : whole.size - from;
        *ret_text = lines_trim(lines_part(whole, from, width));
        return true;
    }
    uint32_t first = column_of(field, header);
    if (first == 0 || first > columns->count) {
        return false;
    }
    uint32_t last = field->to == 0 ? first : field->to < columns->count ? field->to : columns->count;
    const uint8_t *from = columns->items[first - 1].data;
    const uint8_t *to = columns->items[last - 1].data + columns->items[last - 1].size;
    *ret_text = lines_trim((dragoman_bytes){from, (size_t)(to - from)});
    return true;
}
