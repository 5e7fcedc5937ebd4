#include "app/store_views.h"

#include "app/mappings.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "base/time.h"
#include <inttypes.h>
#include <stdio.h>

/* Dead letters and sinks of one page, and the memory to show a report. */
#define PAGE 256
#define MEMORY_BYTES_MAX ((size_t)1 << 30)

static const char *const class_names[STORE_CLASSES] = {"values", "alerts", "context", "waves"};

static void write_when(int64_t utc_us, char to[TIME_TEXT_BYTES]) {
    size_t size = utc_us == 0 ? 0 : time_write_utc(utc_us, 0, to);
    to[size] = '\0';
}

static void print_figures(const store_figures *figures) {
    char oldest[TIME_TEXT_BYTES];
    char newest[TIME_TEXT_BYTES];
    write_when(figures->oldest_us, oldest);
    write_when(figures->newest_us, newest);
    printf("%-10s %14s %16s %14s\n", "class", "reports", "bytes", "dropped");
    for (int i = 0; i < STORE_CLASSES; i++) {
        printf("%-10s %14" PRIu64 " %16" PRIu64 " %14" PRIu64 "\n", class_names[i], figures->rows[i], figures->bytes[i],
               figures->dropped[i]);
    }
    printf("\nfrom %s to %s; file %" PRIu64 " bytes, %" PRIu64 " of them free; %" PRIu64 " dead letters\n\n", oldest,
           newest, figures->file_bytes, figures->free_bytes, figures->dead);
}

static void json_figures(json_out *out, const store_figures *figures) {
    json_out_array(out, "classes");
    for (int i = 0; i < STORE_CLASSES; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "class", bytes_of(class_names[i]));
        json_out_number(out, "reports", (int64_t)figures->rows[i]);
        json_out_number(out, "bytes", (int64_t)figures->bytes[i]);
        json_out_number(out, "dropped", (int64_t)figures->dropped[i]);
        json_out_object_end(out);
    }
    json_out_array_end(out);
    json_out_number(out, "next_number", (int64_t)figures->next_number);
    json_out_number(out, "file_bytes", (int64_t)figures->file_bytes);
    json_out_number(out, "free_bytes", (int64_t)figures->free_bytes);
    json_out_number(out, "dead_letters", (int64_t)figures->dead);
}

static void json_positions(json_out *out, const store_position_row *positions, size_t count) {
    json_out_array(out, "sinks");
    for (size_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "sink", positions[i].sink);
        json_out_number(out, "delivered_up_to", (int64_t)positions[i].low_water);
        json_out_number(out, "parked", (int64_t)positions[i].parked);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void print_json(const store_figures *figures, const store_position_row *positions, size_t count) {
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, true)) {
        json_out_object(&out, NULL);
        json_figures(&out, figures);
        json_positions(&out, positions, count);
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}

dragoman_status store_view_status(store_reader *reader, bool wants_json, error_record *error) {
    store_figures figures;
    const store_position_row *positions = NULL;
    size_t count = 0;
    arena memory;
    arena_init(&memory, MEMORY_BYTES_MAX);
    dragoman_status status = store_reader_figures(reader, &figures, error);
    if (status == DRAGOMAN_OK) {
        status = store_reader_positions(reader, &memory, &positions, &count, error);
    }
    if (status == DRAGOMAN_OK && wants_json) {
        print_json(&figures, positions, count);
    } else if (status == DRAGOMAN_OK) {
        print_figures(&figures);
        for (size_t i = 0; i < count; i++) {
            uint64_t behind = figures.next_number - 1 - positions[i].low_water;
            printf("sink %.*s: sure of report %" PRIu64 "; %" PRIu64
                   " later ones to deliver or just delivered, %" PRIu64 " parked\n",
                   BYTES_FORMAT(positions[i].sink), positions[i].low_water, behind, positions[i].parked);
        }
    }
    arena_fini(&memory);
    return status;
}

static void print_dead(const store_dead_row *row) {
    char when[TIME_TEXT_BYTES];
    write_when(row->at_us, when);
    dragoman_bytes source = row->sink.size > 0 ? row->sink : row->link;
    printf("%" PRIu64 "  %s  %.*s  %.*s  %.*s  (%" PRIu64 " bytes)%s\n", row->number, when, BYTES_FORMAT(source),
           BYTES_FORMAT(row->stage), BYTES_FORMAT(row->reason), row->payload_size,
           row->is_retried ? "  to be tried again" : "");
}

static void json_dead(json_out *out, const store_dead_row *row) {
    char when[TIME_TEXT_BYTES];
    write_when(row->at_us, when);
    json_out_object(out, NULL);
    json_out_number(out, "number", (int64_t)row->number);
    json_out_text(out, "at", bytes_of(when));
    json_out_text(out, "link", row->link);
    json_out_text(out, "sink", row->sink);
    json_out_text(out, "stage", row->stage);
    json_out_text(out, "reason", row->reason);
    json_out_number(out, "report", (int64_t)row->row_number);
    json_out_number(out, "bytes", (int64_t)row->payload_size);
    json_out_boolean(out, "retried", row->is_retried);
    json_out_object_end(out);
}

static dragoman_status each_dead(store_reader *reader, json_out *out, error_record *error) {
    store_dead_query query = {0};
    arena memory;
    arena_init(&memory, MEMORY_BYTES_MAX);
    size_t count = 0;
    dragoman_status status = DRAGOMAN_OK;
    do {
        const store_dead_row *rows = NULL;
        arena_reset(&memory);
        status = store_dead_list(reader, &query, PAGE, &memory, &rows, &count, error);
        for (size_t i = 0; status == DRAGOMAN_OK && i < count; i++) {
            if (out != NULL) {
                json_dead(out, &rows[i]);
            } else {
                print_dead(&rows[i]);
            }
            query.after = rows[i].number;
        }
    } while (status == DRAGOMAN_OK && count == PAGE);
    arena_fini(&memory);
    return status;
}

dragoman_status store_view_dead(store_reader *reader, bool wants_json, error_record *error) {
    if (!wants_json) {
        return each_dead(reader, NULL, error);
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (!json_out_init(&out, &text, true)) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    json_out_array(&out, NULL);
    dragoman_status status = each_dead(reader, &out, error);
    json_out_array_end(&out);
    json_out_fini(&out);
    fwrite(text.data, 1, text.size, stdout);
    buffer_fini(&text);
    return status;
}

dragoman_status store_view_letter(store_reader *reader, uint64_t number, error_record *error) {
    arena memory;
    store_dead_row row;
    arena_init(&memory, MEMORY_BYTES_MAX);
    dragoman_status status = store_dead_get(reader, number, &memory, &row, error);
    if (status == DRAGOMAN_OK) {
        fprintf(stderr, "%.*s: %.*s\n", BYTES_FORMAT(row.stage), BYTES_FORMAT(row.reason));
        fwrite(row.payload.data, 1, row.payload.size, stdout);
    }
    arena_fini(&memory);
    return status;
}

dragoman_status store_view_may_change(store_reader *reader, uint64_t number, bool is_retry, error_record *error) {
    arena memory;
    store_dead_row row;
    arena_init(&memory, MEMORY_BYTES_MAX);
    dragoman_status status = store_dead_get(reader, number, &memory, &row, error);
    if (status == DRAGOMAN_OK && is_retry && row.sink.size == 0) {
        status =
            error_set(error, DRAGOMAN_UNSUPPORTED,
                      "dead letter %" PRIu64 " is what %.*s sent and nobody understood: there is nothing to deliver; "
                      "`dragoman store remove` gives it up",
                      number, BYTES_FORMAT(row.link));
    }
    arena_fini(&memory);
    return status;
}

static dragoman_status render_row(const store_row *row, const terms_book *book, rendering *renderer,
                                  error_record *error) {
    arena memory;
    buffer text;
    model_record record;
    terms_meanings meanings;
    fhir_count count;
    arena_init(&memory, MEMORY_BYTES_MAX);
    buffer_init(&text);
    dragoman_status status = model_decode(row->bytes, &memory, &record, error);
    if (status == DRAGOMAN_OK) {
        status = terms_conclude(book, &record, &memory, &meanings);
    }
    if (status == DRAGOMAN_OK) {
        status = rendering_report(renderer, row->bytes, &record, &meanings, &text, &count);
    }
    if (status == DRAGOMAN_OK) {
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
    arena_fini(&memory);
    return status;
}

dragoman_status store_view_report(store_reader *reader, const site *of, uint64_t number, rendering_form form,
                                  error_record *error) {
    store_row row;
    app_places places;
    terms_book *book = NULL;
    rendering *renderer = NULL;
    rendering_options options = {.form = form};
    dragoman_status status = store_reader_row(reader, number, &row, error);
    if (status == DRAGOMAN_OK) {
        status = app_places_find(&places, error);
    }
    if (status == DRAGOMAN_OK) {
        status = app_mappings_read(&places, (const char *)of->mappings.data, NULL, NULL, &book, error);
    }
    if (status == DRAGOMAN_OK) {
        status = rendering_create(&options, book, &renderer, error);
    }
    if (status == DRAGOMAN_OK) {
        status = render_row(&row, book, renderer, error);
    }
    rendering_destroy(renderer);
    terms_book_destroy(book);
    return status;
}
