#include "app/live_table.h"

#include "app/mappings.h"
#include "app/text_table.h"
#include "base/bytes.h"
#include "store/store.h"
#include <stdlib.h>

/* A table that starts on a large store looks at this many of its last reports. */
#define START_ROWS 20000
#define PAGE_ROWS 512
#define PAGE_BYTES ((size_t)16 << 20)
#define MEMORY_BYTES_MAX ((size_t)256 << 20)
#define CELL_BYTES 16
#define COLUMNS 8

static const struct {
    const char *title;
    uint32_t codes[4]; /* MDC; the first that was said fills the cell */
} columns[COLUMNS] = {
    {"HR", {147842, 149530, 149546, 0}},
    {"SpO2", {150456, 0}},
    {"RR", {151578, 151594, 151562, 0}},
    {"ART sys", {150037, 150033, 150017, 0}},
    {"ART dia", {150038, 150034, 150018, 0}},
    {"NIBP sys", {150021, 0}},
    {"NIBP dia", {150022, 0}},
    {"Temp", {150364, 150344, 150368, 0}},
};

typedef struct row {
    char bed[40];
    char patient[40];
    char cells[COLUMNS][CELL_BYTES];
    char alarm[40];
    int64_t heard_us;
} row;

struct live_table {
    store_reader *reader;
    terms_book *book;
    arena memory;
    uint64_t after;
    bool has_started;
    row *rows;
    uint32_t count;
    uint64_t reports;
    uint64_t observations;
};

dragoman_status live_table_create(const site *of, live_table **ret_table, error_record *error) {
    app_places places;
    live_table *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    arena_init(&self->memory, MEMORY_BYTES_MAX);
    dragoman_status status = app_places_find(&places, error);
    if (status == DRAGOMAN_OK) {
        status = app_mappings_read(&places, (const char *)of->mappings.data, NULL, NULL, &self->book, error);
    }
    if (status == DRAGOMAN_OK) {
        status = store_reader_open_path((const char *)of->store.path.data, NULL, &self->reader, error);
    }
    if (status != DRAGOMAN_OK) {
        live_table_destroy(self);
        return status;
    }
    *ret_table = self;
    return DRAGOMAN_OK;
}

void live_table_destroy(live_table *self) {
    if (self != NULL) {
        store_reader_close(self->reader);
        terms_book_destroy(self->book);
        arena_fini(&self->memory);
        free(self->rows);
        free(self);
    }
}

static void copy_text(dragoman_bytes text, char *to, size_t room) {
    size_t size = text.size < room - 1 ? text.size : room - 1;
    /* Not in the middle of a character. */
    while (size > 0 && size < text.size && (text.data[size] & 0xC0) == 0x80) {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        /* What a device says must not lead the terminal astray. */
        bool is_control = text.data[i] < ' ' || text.data[i] == 0x7F;
        to[i] = is_control ? ' ' : (char)text.data[i];
    }
    to[size] = '\0';
}

static row *find_row(live_table *self, const model_record *record) {
    char bed[40];
    const dragoman_place *place = record->report.place;
    dragoman_bytes name = place != NULL && place->bed.size > 0 ? place->bed : record->stamp.device_key;
    copy_text(name, bed, sizeof(bed));
    for (uint32_t i = 0; i < self->count; i++) {
        if (strcmp(self->rows[i].bed, bed) == 0) {
            return &self->rows[i];
        }
    }
    if (self->count == LIVE_TABLE_BEDS_MAX) {
        return NULL;
    }
    row *grown = realloc(self->rows, (self->count + 1) * sizeof(*grown));
    if (grown == NULL) {
        return NULL;
    }
    self->rows = grown;
    row *added = &self->rows[self->count++];
    *added = (row){.heard_us = 0};
    memcpy(added->bed, bed, sizeof(bed));
    return added;
}

static void take_value(row *to, const dragoman_observation *observation, const terms_meaning *meaning) {
    for (int column = 0; column < COLUMNS; column++) {
        for (int i = 0; i < 4 && columns[column].codes[i] != 0; i++) {
            if (columns[column].codes[i] == meaning->mdc) {
                buffer text;
                buffer_init(&text);
                text_table_value(observation, meaning, NULL, false, &text);
                copy_text(buffer_bytes(&text), to->cells[column], CELL_BYTES);
                buffer_fini(&text);
            }
        }
    }
}

/* The parts of a compound stand in columns of their own. */
static void take_components(row *to, const dragoman_observation *observation, const terms_meaning *parts) {
    for (uint32_t i = 0; parts != NULL && i < observation->components.count; i++) {
        const dragoman_component *component = dragoman_list_at(&observation->components, i);
        dragoman_observation part = {.values = component->values};
        take_value(to, &part, &parts[i]);
    }
}

static void take_patient(row *to, const dragoman_patient *patient) {
    if (patient != NULL && patient->names.count > 0) {
        const dragoman_name *name = dragoman_list_at(&patient->names, 0);
        copy_text(name->family, to->patient, sizeof(to->patient));
    }
}

static void take_report(live_table *self, const model_record *record, const terms_meanings *meanings) {
    row *to = find_row(self, record);
    self->reports++;
    self->observations += record->report.observations.count;
    if (to == NULL) {
        return;
    }
    to->heard_us = record->stamp.received_at_us;
    take_patient(to, record->report.patient);
    for (uint32_t i = 0; i < record->report.observations.count; i++) {
        const dragoman_observation *observation = dragoman_list_at(&record->report.observations, i);
        take_value(to, observation, &meanings->observations[i]);
        take_components(to, observation, meanings->components == NULL ? NULL : meanings->components[i]);
    }
    for (uint32_t i = 0; i < record->report.alerts.count; i++) {
        const dragoman_alert *alert = dragoman_list_at(&record->report.alerts, i);
        bool is_over = alert->phase == DRAGOMAN_PHASE_END || alert->state == DRAGOMAN_STATE_INACTIVE;
        copy_text(is_over ? (dragoman_bytes){NULL, 0} : alert->text, to->alarm, sizeof(to->alarm));
    }
}

static dragoman_status take_row(live_table *self, const store_row *from) {
    model_record record;
    terms_meanings meanings;
    arena_reset(&self->memory);
    dragoman_status status = model_decode(from->bytes, &self->memory, &record, NULL);
    if (status == DRAGOMAN_OK) {
        status = terms_conclude(self->book, &record, &self->memory, &meanings);
    }
    /* A report that this version cannot read does not stop the table. */
    if (status == DRAGOMAN_OK && (record.report.observations.count > 0 || record.report.alerts.count > 0)) {
        take_report(self, &record, &meanings);
    }
    return DRAGOMAN_OK;
}

dragoman_status live_table_read(live_table *self, error_record *error) {
    const store_row *rows = NULL;
    size_t count = 0;
    if (!self->has_started) {
        store_figures figures;
        dragoman_status status = store_reader_figures(self->reader, &figures, error);
        if (status != DRAGOMAN_OK) {
            return status;
        }
        self->after = figures.next_number > START_ROWS ? figures.next_number - START_ROWS : 0;
        self->has_started = true;
    }
    do {
        dragoman_status status =
            store_reader_rows(self->reader, self->after, PAGE_ROWS, PAGE_BYTES, &rows, &count, error);
        if (status != DRAGOMAN_OK) {
            return status == DRAGOMAN_NOT_FOUND ? DRAGOMAN_OK : status;
        }
        for (size_t i = 0; i < count; i++) {
            self->after = rows[i].number;
            take_row(self, &rows[i]);
        }
    } while (count > 0);
    return DRAGOMAN_OK;
}

void live_table_write(const live_table *self, int64_t wall_us, bool has_colour, buffer *to) {
    const char *end_of_line = has_colour ? "\033[K\n" : "\n";
    buffer_append_format(to, "%-10s %-14s", "bed", "patient");
    for (int i = 0; i < COLUMNS; i++) {
        buffer_append_format(to, " %8s", columns[i].title);
    }
    buffer_append_format(to, " %5s  alarm%s", "age", end_of_line);
    for (uint32_t n = 0; n < self->count; n++) {
        const row *bed = &self->rows[n];
        bool is_red = has_colour && bed->alarm[0] != '\0';
        buffer_append_format(to, "%s%-10s %-14s", is_red ? "\033[31m" : "", bed->bed, bed->patient);
        for (int i = 0; i < COLUMNS; i++) {
            buffer_append_format(to, " %8s", bed->cells[i]);
        }
        long long age = (long long)((wall_us - bed->heard_us) / 1000000);
        buffer_append_format(to, " %4llds%s%s%s%s", age < 0 ? 0 : age, bed->alarm[0] == '\0' ? "" : "  ", bed->alarm,
                             is_red ? "\033[0m" : "", end_of_line);
    }
    buffer_append_format(to, "%llu reports, %llu observations%s", (unsigned long long)self->reports,
                         (unsigned long long)self->observations, end_of_line);
}
