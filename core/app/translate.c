#include "app/command.h"
#include "app/rendering.h"
#include "app/translation.h"
#include "base/bytes.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman translate [OPTIONS] FILE...|-\n"
                           "\n"
                           "Reads what devices said and writes what it means. No daemon, no store. Each\n"
                           "FILE (or standard input, `-`) is read by the adapter that recognises it. A\n"
                           "message that is at fault is told on standard error with its place; the others\n"
                           "still come out, and the exit code is 1 then.\n"
                           "\n"
                           "  --to FORM            fhir: a Bundle a line (the default)\n"
                           "                       ndjson: a FHIR resource a line\n"
                           "                       json: the canonical model, a report a line\n"
                           "                       protobuf: length-delimited reports of dragoman.proto\n"
                           "                       text: a table to read\n"
                           "  --adapter NAME       read it as this; `dragoman adapters` lists them\n"
                           "  --profile NAME       the dialect, when the sender's name does not tell\n"
                           "  --set KEY=VALUE      a setting of the adapter, as in a link of the site file\n"
                           "  --time-zone ZONE     of device clocks that state none (Europe/Berlin)\n"
                           "  --shape SHAPE        pocd: device tree and DeviceMetrics (the default)\n"
                           "                       core: one Device\n"
                           "  --bundle KIND        transaction (the default), batch or collection\n"
                           "  --final              write unvalidated device values as final instead of\n"
                           "                       preliminary\n"
                           "  --mappings FOLDER    more code tables and profiles, beside the installed ones\n"
                           "  --seen               list the codes and units that were seen, how each was\n"
                           "                       mapped and how often, on standard error\n"
                           "  --output FILE        write here instead of standard output\n"
                           "\n"
                           "examples:\n"
                           "  dragoman translate examples/oru.hl7\n"
                           "  dragoman translate --to text examples/oru.hl7\n"
                           "  cat examples/oru.hl7 | dragoman translate --to ndjson - > oru.ndjson\n";

enum { OPTION_FINAL = 256, OPTION_MAPPINGS, OPTION_SHAPE, OPTION_BUNDLE, OPTION_ZONE, OPTION_SET, OPTION_SEEN };

static const struct option options[] = {{"to", required_argument, NULL, 't'},
                                        {"adapter", required_argument, NULL, 'a'},
                                        {"profile", required_argument, NULL, 'p'},
                                        {"set", required_argument, NULL, OPTION_SET},
                                        {"time-zone", required_argument, NULL, OPTION_ZONE},
                                        {"shape", required_argument, NULL, OPTION_SHAPE},
                                        {"bundle", required_argument, NULL, OPTION_BUNDLE},
                                        {"final", no_argument, NULL, OPTION_FINAL},
                                        {"mappings", required_argument, NULL, OPTION_MAPPINGS},
                                        {"seen", no_argument, NULL, OPTION_SEEN},
                                        {"output", required_argument, NULL, 'o'},
                                        {NULL, 0, NULL, 0}};

typedef struct wishes {
    translation_options translation;
    rendering_options rendering;
    const char *output;
    dragoman_setting settings[TRANSLATION_SETTINGS_MAX];
} wishes;

static int take_setting(wishes *wanted, const char *text) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return app_usage(&app_translate, "--set %s: write KEY=VALUE", text);
    }
    if (wanted->translation.setting_count == TRANSLATION_SETTINGS_MAX) {
        return app_usage(&app_translate, "more than %d settings", TRANSLATION_SETTINGS_MAX);
    }
    wanted->settings[wanted->translation.setting_count++] =
        (dragoman_setting){{(const uint8_t *)text, (size_t)(equals - text)}, bytes_of(equals + 1)};
    return APP_EXIT_OK;
}

static int take_rendering(wishes *wanted, int option, const char *value) {
    rendering_options *to = &wanted->rendering;
    const char *name = option == 't' ? "to" : option == OPTION_SHAPE ? "shape" : "bundle";
    bool known = option == 't'            ? rendering_form_parse(value, &to->form)
                 : option == OPTION_SHAPE ? rendering_shape_parse(value, &to->fhir.shape)
                                          : rendering_bundle_parse(value, &to->fhir.bundle);
    return known ? APP_EXIT_OK : app_usage(&app_translate, "--%s does not know \"%s\"", name, value);
}

static int take_option(wishes *wanted, int option, const char *value) {
    switch (option) {
    case 't':
    case OPTION_SHAPE:
    case OPTION_BUNDLE:
        return take_rendering(wanted, option, value);
    case 'a':
        wanted->translation.adapter = value;
        return APP_EXIT_OK;
    case 'p':
        wanted->translation.profile = value;
        return APP_EXIT_OK;
    case OPTION_SET:
        return take_setting(wanted, value);
    case OPTION_ZONE:
        wanted->translation.time_zone = value;
        return APP_EXIT_OK;
    case OPTION_FINAL:
        wanted->rendering.fhir.unvalidated_is_final = true;
        return APP_EXIT_OK;
    case OPTION_MAPPINGS:
        wanted->translation.mappings = value;
        return APP_EXIT_OK;
    case OPTION_SEEN:
        wanted->translation.seen = stderr;
        return APP_EXIT_OK;
    case 'o':
        wanted->output = value;
        return APP_EXIT_OK;
    default:
        return APP_EXIT_USAGE;
    }
}

static int translate_all(wishes *wanted, char **files, int count, FILE *output) {
    error_record error = {0};
    translation *work = NULL;
    wanted->translation.settings = wanted->settings;
    wanted->translation.rendering = wanted->rendering;
    wanted->translation.output = output;
    if (translation_create(&wanted->translation, &work, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman translate: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    bool all_good = true;
    for (int i = 0; i < count; i++) {
        if (translation_file(work, files[i], &error) != DRAGOMAN_OK) {
            fprintf(stderr, "dragoman translate: %s\n", error.text);
            all_good = false;
        }
    }
    all_good = translation_end(work) && all_good;
    return all_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    wishes wanted = {0};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "t:a:p:o:", options, NULL)) != -1) {
        int outcome = option == '?' ? app_unknown_option(&app_translate, argv) : take_option(&wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    if (optind == argc) {
        return app_usage(&app_translate, "no FILE is named; `-` is standard input");
    }
    FILE *output = stdout;
    if (wanted.output != NULL) {
        output = fopen(wanted.output, "we");
        if (output == NULL) {
            fprintf(stderr, "dragoman translate: %s cannot be written: %s\n", wanted.output, strerror(errno));
            return APP_EXIT_FAILED;
        }
    }
    int outcome = translate_all(&wanted, argv + optind, argc - optind, output);
    if (fflush(output) != 0 || ferror(output) != 0 || (output != stdout && fclose(output) != 0)) {
        fprintf(stderr, "dragoman translate: the output cannot be written: %s\n", strerror(errno));
        return APP_EXIT_FAILED;
    }
    return outcome;
}

const app_command app_translate = {"translate", "turn files of device messages into FHIR, protobuf, JSON or a table",
                                   help, run};
