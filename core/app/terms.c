#include "terms/terms.h"
#include "app/command.h"
#include "app/mappings.h"
#include "base/bytes.h"
#include "base/json_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman terms [--json] [--mappings FOLDER] CODE|NAME...\n"
                           "\n"
                           "Says what the code tables know of IEEE 11073 (MDC) terms and units, by 32-bit\n"
                           "code or reference id: how well each row is founded, and what it becomes in\n"
                           "LOINC and UCUM. The exit code is 1 when one of them is not known.\n"
                           "\n"
                           "examples:\n"
                           "  dragoman terms 150456 MDC_ECG_HEART_RATE\n"
                           "  dragoman terms --json 266016\n";

static const char *const standings[] = {[TERMS_CONFIRMED] = "confirmed",
                                        [TERMS_SINGLE_SOURCE] = "single source",
                                        [TERMS_RULE] = "by rule",
                                        [TERMS_SITE] = "site"};

static const char *const kinds[] = {"numeric", "waveform",  "enumeration",  "event",  "device",
                                    "unit",    "attribute", "site of body", "setting"};

static const char *name_of(const char *const *names, size_t count, uint8_t index) {
    return index < count ? names[index] : "unknown";
}

static void write_loincs(const terms_book *book, uint32_t code, json_out *out) {
    uint32_t count = 0;
    const terms_loinc *loincs = terms_find_loinc(book, code, &count);
    json_out_array(out, "loinc");
    for (uint32_t i = 0; i < count; i++) {
        json_out_object(out, NULL);
        json_out_text(out, "code", bytes_of(loincs[i].code));
        json_out_text(out, "display", bytes_of(loincs[i].display));
        json_out_text(out, "ucum", bytes_of(loincs[i].ucum));
        json_out_text(out, "category", bytes_of(loincs[i].category));
        json_out_text(out, "profile", bytes_of(loincs[i].profile));
        json_out_text(out, "standing", bytes_of(name_of(standings, 4, loincs[i].standing)));
        json_out_boolean(out, "sent", loincs[i].is_preferred != 0);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void write_term(const terms_book *book, const terms_mdc *term, const terms_unit *unit, json_out *out) {
    json_out_object(out, NULL);
    if (unit != NULL) {
        json_out_number(out, "code", unit->code);
        json_out_text(out, "refid", bytes_of(unit->refid));
        json_out_text(out, "name", bytes_of(unit->name));
        json_out_text(out, "ucum", bytes_of(unit->ucum));
    } else {
        json_out_number(out, "code", term->code);
        json_out_text(out, "refid", bytes_of(term->refid));
        json_out_text(out, "name", bytes_of(term->name));
        json_out_text(out, "kind", bytes_of(name_of(kinds, 9, term->kind)));
        json_out_text(out, "standing", bytes_of(name_of(standings, 4, term->standing)));
        json_out_boolean(out, "episodic", term->episodic != 0);
        write_loincs(book, term->code, out);
    }
    json_out_object_end(out);
}

static void print_term(const terms_book *book, const terms_mdc *term, const terms_unit *unit) {
    if (unit != NULL) {
        printf("%u %s: %s; UCUM %s\n", unit->code, unit->refid, unit->name, unit->ucum);
        return;
    }
    uint32_t count = 0;
    const terms_loinc *loincs = terms_find_loinc(book, term->code, &count);
    printf("%u %s: %s; %s, %s%s\n", term->code, term->refid, term->name, name_of(kinds, 9, term->kind),
           name_of(standings, 4, term->standing), term->episodic != 0 ? ", a single measurement" : "");
    for (uint32_t i = 0; i < count; i++) {
        printf("  LOINC %s %s%s%s%s; %s%s\n", loincs[i].code, loincs[i].display,
               loincs[i].ucum[0] == '\0' ? "" : " in ", loincs[i].ucum,
               loincs[i].profile[0] == '\0' ? "" : ", a vital sign", name_of(standings, 4, loincs[i].standing),
               loincs[i].is_preferred != 0 ? "" : ", only seen: not sent");
    }
}

static bool look_up(const terms_book *book, const char *word, json_out *out) {
    char *end = NULL;
    unsigned long code = strtoul(word, &end, 10);
    bool is_code = end != word && *end == '\0' && code <= UINT32_MAX;
    const terms_unit *unit =
        is_code ? terms_find_unit(book, (uint32_t)code) : terms_find_unit_refid(book, bytes_of(word));
    const terms_mdc *term = is_code ? terms_find_mdc(book, (uint32_t)code) : terms_find_refid(book, bytes_of(word));
    if (unit == NULL && term == NULL) {
        fprintf(stderr, "dragoman terms: no table has \"%s\"\n", word);
        return false;
    }
    if (out != NULL) {
        write_term(book, term, unit, out);
    } else {
        print_term(book, term, unit);
    }
    return true;
}

static int look_up_all(const terms_book *book, char **words, int count, bool wants_json) {
    bool all_known = true;
    if (!wants_json) {
        for (int i = 0; i < count; i++) {
            all_known = look_up(book, words[i], NULL) && all_known;
        }
        return all_known ? APP_EXIT_OK : APP_EXIT_FAILED;
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (!json_out_init(&out, &text, true)) {
        return APP_EXIT_FAILED;
    }
    json_out_array(&out, NULL);
    for (int i = 0; i < count; i++) {
        all_known = look_up(book, words[i], &out) && all_known;
    }
    json_out_array_end(&out);
    json_out_fini(&out);
    fwrite(text.data, 1, text.size, stdout);
    buffer_fini(&text);
    return all_known ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    const char *mappings = NULL;
    bool wants_json = false;
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--json") == 0) {
            wants_json = true;
        } else if (strcmp(argv[at], "--mappings") == 0 && at + 1 < argc) {
            mappings = argv[++at];
        } else {
            return app_usage(&app_terms, "\"%s\" is not understood", argv[at]);
        }
    }
    if (at == argc) {
        return app_usage(&app_terms, "a CODE or NAME is expected");
    }
    error_record error = {0};
    app_places places;
    terms_book *book = NULL;
    dragoman_status status = app_places_find(&places, &error);
    if (status == DRAGOMAN_OK) {
        status = app_mappings_read(&places, mappings, NULL, NULL, &book, &error);
    }
    if (status != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman terms: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    int outcome = look_up_all(book, argv + at, argc - at, wants_json);
    terms_book_destroy(book);
    return outcome;
}

const app_command app_terms = {"terms", "what the code tables know of a term or unit", help, run};
