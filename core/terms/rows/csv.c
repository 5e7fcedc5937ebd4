#include "terms/rows/csv.h"

#include <string.h>

void csv_init(csv_reader *self, char *text, size_t size) {
    text[size] = '\0';
    self->at = text;
    self->end = text + size;
    self->line = 1;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        self->at += 3;
    }
}

static void skip_line(csv_reader *self) {
    char *newline = memchr(self->at, '\n', (size_t)(self->end - self->at));
    self->at = newline == NULL ? self->end : newline + 1;
    self->line++;
}

static bool is_end(const csv_reader *self, const char *at) {
    return at == self->end || *at == '\n' || (*at == '\r' && (at + 1 == self->end || at[1] == '\n'));
}

/* Takes the quotes off a field that begins at self->at. Returns its end (behind the closing quote), or NULL. */
static char *unquote(csv_reader *self, char **ret_field) {
    char *to = self->at + 1;
    *ret_field = to;
    for (char *from = to; from < self->end; from++) {
        if (*from == '"') {
            if (from[1] != '"') {
                *to = '\0';
                return from + 1;
            }
            from++;
        } else if (*from == '\n') {
            self->line++;
        }
        *to++ = *from;
    }
    return NULL;
}

csv_result csv_next(csv_reader *self, csv_record *record) {
    while (self->at < self->end && is_end(self, self->at)) {
        skip_line(self);
    }
    record->count = 0;
    record->line = self->line;
    if (self->at == self->end) {
        return CSV_END;
    }
    for (;;) {
        if (record->count == CSV_FIELDS_MAX) {
            skip_line(self);
            return CSV_MANY_FIELDS;
        }
        char *end;
        if (self->at < self->end && *self->at == '"') {
            end = unquote(self, &record->fields[record->count]);
            if (end == NULL || !(is_end(self, end) || *end == ',')) {
                self->at = end == NULL ? self->end : end;
                skip_line(self);
                return CSV_OPEN_QUOTE;
            }
        } else {
            record->fields[record->count] = self->at;
            for (end = self->at; !is_end(self, end) && *end != ','; end++) {
            }
        }
        record->count++;
        bool last = is_end(self, end);
        self->at = end;
        if (last) {
            skip_line(self);
            *end = '\0';
            return CSV_RECORD;
        }
        *end = '\0';
        self->at = end + 1;
    }
}
