/* dragoman import: what other systems knew of devices, as profiles. */
#include "app/command.h"
#include "app/input.h"
#include "app/iomt.h"
#include "base/bytes.h"
#include "base/json_out.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] = "usage: dragoman import iomt-fhir [OPTIONS] TEMPLATES.json...\n"
                           "\n"
                           "iomt-fhir: device-content and FHIR-mapping templates of Microsoft's iomt-fhir as\n"
                           "a profile for the adapter json, on standard output. What cannot be carried over\n"
                           "is listed as file:line:column on standard error, and the exit code is 1 then.\n"
                           "\n"
                           "options:\n"
                           "  --name NAME      of the profile (default: iomt)\n"
                           "  --output FILE    write the profile here\n"
                           "  --json           what was carried over and what not on standard output, for\n"
                           "                   programs; needs --output\n"
                           "\n"
                           "examples:\n"
                           "  dragoman import iomt-fhir --name hub --output hub.yaml devicecontent.json \\\n"
                           "    fhirmapping.json\n";

enum { OPTION_NAME = 'n', OPTION_OUTPUT = 'o', OPTION_JSON = 'j' };

static const struct option options[] = {{"name", required_argument, NULL, OPTION_NAME},
                                        {"output", required_argument, NULL, OPTION_OUTPUT},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {NULL, 0, NULL, 0}};

typedef struct wishes {
    const char *name;
    const char *output;
    bool wants_json;
} wishes;

/* Where what is left behind is told. */
typedef struct telling {
    json_out *json; /* or NULL: standard error */
} telling;

static void tell(void *context, mistake_place place, const char *sentence) {
    const telling *self = context;
    if (self->json == NULL) {
        fprintf(stderr, "%s:%u:%u: %s\n", place.file, place.line, place.column, sentence);
        return;
    }
    json_out_object(self->json, NULL);
    json_out_text(self->json, "file", bytes_of(place.file));
    json_out_number(self->json, "line", place.line);
    json_out_number(self->json, "column", place.column);
    json_out_text(self->json, "what", bytes_of(sentence));
    json_out_object_end(self->json);
}

static bool is_name(const char *name) {
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && name[size] == '\0' && size <= 64;
}

static bool write_out(const char *path, const buffer *text) {
    FILE *to = path == NULL ? stdout : fopen(path, "w");
    bool is_written = to != NULL && fwrite(text->data, 1, text->size, to) == text->size;
    is_written = to != NULL && (path == NULL ? fflush(to) : fclose(to)) == 0 && is_written;
    if (!is_written) {
        fprintf(stderr, "dragoman import: %s cannot be written\n", path == NULL ? "standard output" : path);
    }
    return is_written;
}

/* Reads the files and writes the profile. */
static int import(const wishes *wanted, char *const *paths, size_t count, telling *told, iomt_count *ret_count) {
    input_bytes inputs[IOMT_FILES_MAX] = {0};
    yaml_tree trees[IOMT_FILES_MAX] = {0};
    mistake_list mistakes = {.report = tell, .context = told};
    error_record error = {0};
    buffer profile;
    buffer_init(&profile);
    bool is_good = true;
    for (size_t i = 0; i < count && is_good; i++) {
        is_good = input_read(paths[i], &inputs[i], &error) == DRAGOMAN_OK;
        if (!is_good) {
            fprintf(stderr, "dragoman import: %s\n", error.text);
        }
        is_good = is_good && yaml_tree_init(&trees[i], paths[i], inputs[i].bytes, &mistakes);
    }
    if (is_good) {
        iomt_write_profile(trees, count, wanted->name, &profile, ret_count);
        is_good = !profile.failed && ret_count->messages > 0 && write_out(wanted->output, &profile);
    }
    for (size_t i = 0; i < count; i++) {
        yaml_tree_fini(&trees[i]);
        input_free(&inputs[i]);
    }
    buffer_fini(&profile);
    return is_good && mistakes.count == 0 ? APP_EXIT_OK : APP_EXIT_FAILED;
}

/* With --json: what was told stands in a list. */
static int import_telling_json(const wishes *wanted, char *const *paths, size_t count) {
    buffer text;
    json_out out;
    iomt_count made = {0};
    buffer_init(&text);
    if (!json_out_init(&out, &text, true)) {
        fputs("dragoman import: no memory\n", stderr);
        return APP_EXIT_FAILED;
    }
    telling told = {.json = &out};
    json_out_object(&out, NULL);
    json_out_text(&out, "profile", bytes_of(wanted->name));
    json_out_array(&out, "left");
    int code = import(wanted, paths, count, &told, &made);
    json_out_array_end(&out);
    json_out_number(&out, "messages", made.messages);
    json_out_number(&out, "values", made.values);
    json_out_object_end(&out);
    json_out_fini(&out);
    bool is_written = write_out(NULL, &text);
    buffer_fini(&text);
    return is_written ? code : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    wishes wanted = {.name = "iomt"};
    optind = 0;
    for (int option = 0; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case OPTION_NAME:
            wanted.name = optarg;
            break;
        case OPTION_OUTPUT:
            wanted.output = optarg;
            break;
        case OPTION_JSON:
            wanted.wants_json = true;
            break;
        default:
            return app_unknown_option(&app_import, argv);
        }
    }
    size_t count = (size_t)(argc - optind);
    if (count < 2 || count > IOMT_FILES_MAX + 1 || strcmp(argv[optind], "iomt-fhir") != 0) {
        return app_usage(&app_import, "`iomt-fhir TEMPLATES.json...` is expected");
    }
    if (!is_name(wanted.name)) {
        return app_usage(&app_import, "--name \"%s\" is none: small letters, digits and '-'", wanted.name);
    }
    if (wanted.wants_json) {
        return wanted.output == NULL ? app_usage(&app_import, "--json needs --output")
                                     : import_telling_json(&wanted, argv + optind + 1, count - 1);
    }
    telling told = {.json = NULL};
    iomt_count made = {0};
    int code = import(&wanted, argv + optind + 1, count - 1, &told, &made);
    return code;
}

const app_command app_import = {"import", "make a profile of what another system knew of devices", help, run};
