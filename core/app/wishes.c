#include "app/wishes.h"

#include "base/bytes.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    OPTION_FINAL = 256,
    OPTION_MAPPINGS,
    OPTION_SHAPE,
    OPTION_BUNDLE,
    OPTION_ZONE,
    OPTION_SET,
    OPTION_SEEN,
    OPTION_RECORD,
    OPTION_FILTER,
    OPTION_DEVICE,
    OPTION_ISOLATE,
    OPTION_SPEED
};

/* `--speed` comes last: only `replay` has it. */
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
                                        {"record", required_argument, NULL, OPTION_RECORD},
                                        {"filter", required_argument, NULL, OPTION_FILTER},
                                        {"device", required_argument, NULL, OPTION_DEVICE},
                                        {"isolate", no_argument, NULL, OPTION_ISOLATE},
                                        {"speed", required_argument, NULL, OPTION_SPEED},
                                        {NULL, 0, NULL, 0}};

static int take_setting(wishes *wanted, const char *text) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return app_usage(wanted->of, "--set %s: write KEY=VALUE", text);
    }
    if (wanted->translation.setting_count == TRANSLATION_SETTINGS_MAX) {
        return app_usage(wanted->of, "more than %d settings", TRANSLATION_SETTINGS_MAX);
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
    return known ? APP_EXIT_OK : app_usage(wanted->of, "--%s does not know \"%s\"", name, value);
}

static int take_speed(wishes *wanted, const char *value) {
    char *end = NULL;
    double speed = strtod(value, &end);
    if (strcmp(value, "max") == 0) {
        wanted->translation.speed = 0;
        return APP_EXIT_OK;
    }
    if (end == value || *end != '\0' || !(speed > 0) || speed > 1e6) {
        return app_usage(wanted->of, "--speed %s: write max, or a number like 1 or 60", value);
    }
    wanted->translation.speed = speed;
    return APP_EXIT_OK;
}

static int take_option(wishes *wanted, int option, const char *value) {
    translation_options *to = &wanted->translation;
    switch (option) {
    case 't':
    case OPTION_SHAPE:
    case OPTION_BUNDLE:
        return take_rendering(wanted, option, value);
    case OPTION_SET:
        return take_setting(wanted, value);
    case OPTION_SPEED:
        return take_speed(wanted, value);
    case 'a':
        to->adapter = value;
        break;
    case 'p':
        to->profile = value;
        break;
    case OPTION_ZONE:
        to->time_zone = value;
        break;
    case OPTION_FINAL:
        wanted->rendering.fhir.unvalidated_is_final = true;
        break;
    case OPTION_MAPPINGS:
        to->mappings = value;
        break;
    case OPTION_SEEN:
        to->seen = stderr;
        break;
    case OPTION_ISOLATE:
        to->isolate = true;
        break;
    case OPTION_FILTER:
        to->filter = value;
        break;
    case OPTION_DEVICE:
        to->device = value;
        break;
    case OPTION_RECORD:
        to->record = value;
        break;
    case 'o':
        wanted->output = value;
        break;
    default:
        return APP_EXIT_USAGE;
    }
    return APP_EXIT_OK;
}

int wishes_read(wishes *wanted, int argc, char **argv) {
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "t:a:p:o:", options, NULL)) != -1) {
        bool is_foreign = option == OPTION_SPEED && !wanted->is_one_recording;
        int outcome =
            option == '?' || is_foreign ? app_unknown_option(wanted->of, argv) : take_option(wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    return optind == argc ? app_usage(wanted->of, "no FILE is named; `-` is standard input") : APP_EXIT_OK;
}

static bool translate_each(wishes *wanted, translation *work, char **files, int count) {
    error_record error = {0};
    bool all_good = true;
    for (int i = 0; i < count; i++) {
        if (translation_file(work, files[i], &error) != DRAGOMAN_OK) {
            fprintf(stderr, "dragoman %s: %s\n", wanted->of->name, error.text);
            all_good = false;
        }
    }
    return all_good;
}

static int translate_all(wishes *wanted, char **files, int count, FILE *output) {
    error_record error = {0};
    translation *work = NULL;
    wanted->translation.settings = wanted->settings;
    wanted->translation.rendering = wanted->rendering;
    wanted->translation.output = output;
    dragoman_status status = translation_create(&wanted->translation, &work, &error);
    bool all_good = status == DRAGOMAN_OK;
    if (status == DRAGOMAN_OK && wanted->is_one_recording) {
        status = translation_recording(work, (const char *const *)files, (uint32_t)count, &error);
        all_good = status == DRAGOMAN_OK;
    } else if (status == DRAGOMAN_OK) {
        all_good = translate_each(wanted, work, files, count);
    }
    if (status != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman %s: %s\n", wanted->of->name, error.text);
    }
    all_good = (work == NULL || translation_end(work)) && all_good;
    return all_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

int wishes_run(wishes *wanted, char **files, int count) {
    FILE *output = stdout;
    if (wanted->output != NULL) {
        output = fopen(wanted->output, "we");
        if (output == NULL) {
            fprintf(stderr, "dragoman %s: %s cannot be written: %s\n", wanted->of->name, wanted->output,
                    strerror(errno));
            return APP_EXIT_FAILED;
        }
    }
    int outcome = translate_all(wanted, files, count, output);
    if (fflush(output) != 0 || ferror(output) != 0 || (output != stdout && fclose(output) != 0)) {
        fprintf(stderr, "dragoman %s: the output cannot be written: %s\n", wanted->of->name, strerror(errno));
        return APP_EXIT_FAILED;
    }
    return outcome;
}
