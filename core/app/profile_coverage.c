#include "app/profile_coverage.h"

#include "app/command.h"
#include "app/translation.h"
#include "base/bytes.h"
#include "base/decimal.h"
#include "base/json_out.h"
#include "terms/terms.h"
#include <stdlib.h>

/* Rows of one profile: the largest vendor table has some 2,000. */
#define ROWS_MAX 65536u

typedef struct profile_line {
    terms_profile_row row;
    bool is_seen;
} profile_line;

typedef struct coverage {
    const char *file;
    dragoman_bytes name;
    terms_census *census;
    const terms_book *book;
    profile_line *lines;
    uint32_t count;
    json_out *out;  /* NULL: for people */
    uint8_t wanted; /* terms_mapping of the rows that are printed now */
    uint32_t unmapped, spoken, never;
} coverage;

static void take_row(void *context, const terms_profile_row *row) {
    coverage *self = context;
    if (self->count < ROWS_MAX) {
        self->lines[self->count++] = (profile_line){.row = *row};
    }
}

/* Whether a code that was seen is the profile's row: by its code, or by its text where the row has none. */
static bool is_row(const terms_profile_row *row, const terms_census_row *seen) {
    if (row->is_unit != seen->is_unit) {
        return false;
    }
    if (row->is_unit) {
        return bytes_equal(row->code.text, seen->code.code) || bytes_equal(row->code.text, seen->code.text);
    }
    bool is_system = row->code.system.size == 0 || bytes_equal(row->code.system, seen->code.system);
    return is_system && (row->code.code.size > 0 ? bytes_equal(row->code.code, seen->code.code)
                                                 : bytes_equal(row->code.text, seen->code.text));
}

static void mark_seen(void *context, const terms_census_row *seen) {
    coverage *self = context;
    for (uint32_t i = 0; i < self->count; i++) {
        self->lines[i].is_seen = self->lines[i].is_seen || is_row(&self->lines[i].row, seen);
    }
    self->spoken += seen->mapping == TERMS_SPOKEN ? 1 : 0;
    self->unmapped += seen->mapping == TERMS_UNMAPPED ? 1 : 0;
}

/* ---- printing */

static const char *meaning_of(const coverage *self, uint32_t mdc, bool is_unit) {
    if (is_unit) {
        const terms_unit *unit = terms_find_unit(self->book, mdc);
        return unit == NULL ? "" : unit->refid;
    }
    const terms_mdc *term = terms_find_mdc(self->book, mdc);
    return term == NULL ? "" : term->refid;
}

static void write_code(json_out *out, const dragoman_code *code, bool is_unit) {
    json_out_boolean(out, "unit", is_unit);
    json_out_text(out, "code", code->code);
    json_out_text(out, "text", code->text);
    json_out_text(out, "system", code->system);
}

static bool is_wanted(const coverage *self, uint8_t mapping) {
    return mapping == self->wanted || (self->wanted == TERMS_PROFILE && mapping == TERMS_ALIAS);
}

/* A vendor's code that no term is sure for is known to be one. */
static bool is_private(const coverage *self, const terms_census_row *seen) {
    for (uint32_t i = 0; seen->mapping == TERMS_UNMAPPED && i < self->count; i++) {
        if (is_row(&self->lines[i].row, seen)) {
            return true;
        }
    }
    return false;
}

static void print_seen(void *context, const terms_census_row *row) {
    coverage *self = context;
    char example[DECIMAL_TEXT_BYTES];
    size_t size = row->example.special == DRAGOMAN_FINITE && !row->is_unit ? decimal_write(row->example, example) : 0;
    const char *meaning = meaning_of(self, row->mdc, row->is_unit);
    if (!is_wanted(self, row->mapping)) {
        return;
    }
    if (self->out != NULL) {
        json_out_object(self->out, NULL);
        write_code(self->out, &row->code, row->is_unit);
        json_out_number(self->out, "count", (int64_t)row->count);
        if (row->mdc != 0) {
            json_out_number(self->out, "mdc", row->mdc);
            json_out_text(self->out, "meaning", bytes_of(meaning));
        }
        if (size > 0) {
            json_out_digits(self->out, "example", (dragoman_bytes){(const uint8_t *)example, size});
        }
        json_out_boolean(self->out, "mismatch", row->is_mismatch);
        json_out_boolean(self->out, "private", is_private(self, row));
        json_out_object_end(self->out);
        return;
    }
    printf("  %8llu  %-4s  %.*s ^ %.*s ^ %.*s", (unsigned long long)row->count, row->is_unit ? "unit" : "code",
           BYTES_FORMAT(row->code.code), BYTES_FORMAT(row->code.text), BYTES_FORMAT(row->code.system));
    if (row->mdc != 0) {
        printf("  = %u %s", row->mdc, meaning);
    }
    if (size > 0) {
        printf("  such as %.*s", (int)size, example);
    }
    printf("%s%s\n", row->is_mismatch ? "  (code and name disagree)" : "",
           is_private(self, row) ? "  (in the profile, without a term)" : "");
}

static void print_part(coverage *self, uint8_t mapping, const char *key, const char *title) {
    self->wanted = mapping;
    if (self->out != NULL) {
        json_out_array(self->out, key);
    } else {
        printf("\n%s\n", title);
    }
    terms_census_visit(self->census, print_seen, self);
    if (self->out != NULL) {
        json_out_array_end(self->out);
    }
}

static void print_never(coverage *self) {
    if (self->out != NULL) {
        json_out_array(self->out, "never_seen");
    } else {
        printf("\nin the profile, never seen\n");
    }
    for (uint32_t i = 0; i < self->count; i++) {
        const terms_profile_row *row = &self->lines[i].row;
        if (self->lines[i].is_seen) {
            continue;
        }
        self->never++;
        if (self->out != NULL) {
            json_out_object(self->out, NULL);
            write_code(self->out, &row->code, row->is_unit);
            json_out_number(self->out, "mdc", row->mdc);
            json_out_object_end(self->out);
        } else {
            printf("            %-4s  %.*s ^ %.*s ^ %.*s", row->is_unit ? "unit" : "code", BYTES_FORMAT(row->code.code),
                   BYTES_FORMAT(row->code.text), BYTES_FORMAT(row->code.system));
            if (row->mdc != 0) {
                printf("  = %u %s", row->mdc, meaning_of(self, row->mdc, row->is_unit));
            }
            printf("\n");
        }
    }
    if (self->out != NULL) {
        json_out_array_end(self->out);
    }
}

static void print_parts(coverage *self) {
    print_part(self, TERMS_UNMAPPED, "unmapped", "seen, not mapped: they travel on with the device's own code");
    print_part(self, TERMS_PROFILE, "mapped", "seen, mapped by the profile");
    print_part(self, TERMS_SPOKEN, "spoken", "seen, spoken by the device itself (MDC, UCUM)");
    print_never(self);
}

static void print_head(const coverage *self, const terms_profile_facts *facts) {
    if (self->out != NULL) {
        json_out_text(self->out, "profile", self->name);
        json_out_text(self->out, "adapter", facts->adapter);
        json_out_text(self->out, "document", facts->document);
        json_out_text(self->out, "edition", facts->edition);
    } else {
        printf("profile %.*s for %.*s, by %.*s %.*s\n", BYTES_FORMAT(self->name), BYTES_FORMAT(facts->adapter),
               BYTES_FORMAT(facts->document), BYTES_FORMAT(facts->edition));
    }
}

/* translation_options.see */
static void print_all(void *context, const terms_book *book, terms_census *census) {
    coverage *self = context;
    terms_profile_facts facts = {.file = NULL};
    self->book = book;
    self->census = census;
    self->lines = calloc(ROWS_MAX, sizeof(*self->lines));
    if (self->lines == NULL) {
        return;
    }
    (void)terms_find_profile(book, self->name, &facts);
    terms_visit_profile_rows(book, self->name, take_row, self);
    terms_census_visit(census, mark_seen, self);
    print_head(self, &facts);
    print_parts(self);
    if (self->out == NULL) {
        printf("\n%u of the profile's %u codes and units were seen; %u that were seen are not mapped, %u need no "
               "mapping.\n",
               self->count - self->never, self->count, self->unmapped, self->spoken);
    }
    free(self->lines);
}

/* Translates everything into nothing, for the census alone. */
static int read_all(coverage *self, const char *adapter, const char *const *captures, int count) {
    error_record error = {0};
    translation *work = NULL;
    FILE *nowhere = fopen("/dev/null", "we");
    char name[256];
    snprintf(name, sizeof(name), "%.*s", BYTES_FORMAT(self->name));
    translation_options options = {.adapter = adapter,
                                   .profile = name,
                                   .profile_file = self->file,
                                   .rendering = {.form = RENDERING_PROTOBUF},
                                   .output = nowhere,
                                   .see = print_all,
                                   .see_context = self};
    int outcome = APP_EXIT_OK;
    dragoman_status status = nowhere == NULL ? error_set(&error, DRAGOMAN_IO, "/dev/null cannot be opened")
                                             : translation_create(&options, &work, &error);
    for (int i = 0; status == DRAGOMAN_OK && i < count; i++) {
        if (translation_file(work, captures[i], &error) != DRAGOMAN_OK) {
            fprintf(stderr, "dragoman profile: %s\n", error.text);
            outcome = APP_EXIT_FAILED;
        }
    }
    if (status != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman profile: %s\n", error.text);
        outcome = APP_EXIT_FAILED;
    } else if (!translation_end(work)) {
        outcome = APP_EXIT_FAILED;
    }
    if (nowhere != NULL) {
        fclose(nowhere);
    }
    return outcome;
}

int profile_coverage_print(const char *file, const char *name, const char *adapter, const char *const *captures,
                           int count, bool wants_json) {
    coverage self = {.file = file, .name = bytes_of(name)};
    buffer text;
    json_out out;
    buffer_init(&text);
    if (wants_json) {
        if (!json_out_init(&out, &text, true)) {
            return APP_EXIT_FAILED;
        }
        self.out = &out;
        json_out_object(&out, NULL);
    }
    int outcome = read_all(&self, adapter, captures, count);
    if (wants_json) {
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
    return outcome;
}
