#include "app/adapter.h"
#include "app/places.h"
#include "base/bytes.h"
#include "base/json_out.h"

#include <stdio.h>
#include <string.h>

static const char help[] = "usage: dragoman adapter new NAME\n"
                           "       dragoman adapter check FILE.so [--sample|--capture FILE]... [--json]\n"
                           "\n"
                           "For who writes an adapter. `new` makes a folder NAME with an adapter that\n"
                           "builds, passes and says where to go on. `check` holds a library to what every\n"
                           "adapter must stand, in a process of its own: a crash or a hang is told, too.\n"
                           "The exit code is 0 when everything is kept, 1 when something has to be mended.\n"
                           "\n"
                           "  --sample FILE   what the device says: fed whole, byte by byte, cut at every\n"
                           "                  place, garbled, to two instances at once; may be repeated\n"
                           "  --capture FILE  a conversation that was recorded, with its channels and times\n"
                           "  --isolate       it runs in a process that can do nothing else, as in a house\n"
                           "  --json          for programs\n"
                           "\n"
                           "examples:\n"
                           "  dragoman adapter new thermo\n"
                           "  dragoman adapter check ./thermo.so --sample sample.txt\n";

/* Samples on one command line: what a shell's pattern gives at most. */
#define SAMPLES_MAX 256u

typedef struct listing {
    json_out *out; /* NULL: for people */
    const char *last_sample;
    uint32_t kept, broken;
} listing;

static void show(void *context, const adapter_finding *finding) {
    listing *self = context;
    self->kept += finding->is_kept;
    self->broken += !finding->is_kept;
    if (self->out != NULL) {
        json_out_object(self->out, NULL);
        json_out_text(self->out, "sample", bytes_of(finding->sample == NULL ? "" : finding->sample));
        json_out_text(self->out, "clause", bytes_of(finding->clause));
        json_out_boolean(self->out, "kept", finding->is_kept);
        json_out_text(self->out, "detail", bytes_of(finding->detail));
        json_out_object_end(self->out);
        return;
    }
    const char *sample = finding->sample == NULL ? "" : finding->sample;
    if (strcmp(self->last_sample, sample) != 0) {
        printf("%s\n", sample);
        self->last_sample = sample;
    }
    printf("  %-7s %s%s%s\n", finding->is_kept ? "ok" : "BROKEN", finding->clause,
           finding->detail[0] == '\0' ? "" : ": ", finding->detail);
}

static int check(const char *path, const adapter_sample *samples, uint32_t count, bool isolates, bool wants_json) {
    error_record error = {0};
    app_places places;
    if (app_places_find(&places, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman adapter: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    listing self = {.last_sample = ""};
    buffer text;
    json_out out;
    buffer_init(&text);
    if (wants_json && json_out_init(&out, &text, true)) {
        self.out = &out;
        json_out_array(&out, NULL);
    }
    adapter_check_symbols(path, show, &self);
    (void)adapter_check(path, &places, isolates, samples, count, show, &self);
    if (self.out != NULL) {
        json_out_array_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    } else {
        printf("%s: %u kept, %u broken%s\n", self.broken == 0 ? "pass" : "to mend", self.kept, self.broken,
               count == 0 ? "; with --sample or --capture more is looked at" : "");
    }
    buffer_fini(&text);
    return self.broken == 0 ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static bool is_sample(const char *word) {
    return strcmp(word, "--sample") == 0 || strcmp(word, "--capture") == 0;
}

static int run_check(int argc, char **argv) {
    const char *path = NULL;
    adapter_sample samples[SAMPLES_MAX];
    uint32_t count = 0;
    bool isolates = false;
    bool wants_json = false;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            wants_json = true;
        } else if (strcmp(argv[i], "--isolate") == 0) {
            isolates = true;
        } else if (is_sample(argv[i]) && i + 1 < argc && count < SAMPLES_MAX) {
            bool is_capture = strcmp(argv[i], "--capture") == 0;
            samples[count++] = (adapter_sample){.path = argv[++i], .is_capture = is_capture};
        } else if (argv[i][0] == '-' || path != NULL) {
            return app_usage(&app_adapter, "\"%s\" is no option, or lacks its value", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (path == NULL) {
        return app_usage(&app_adapter, "a library is expected");
    }
    adapter_check_under_checker(path, argc, argv);
    return check(path, samples, count, isolates, wants_json);
}

static int run(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "check") == 0) {
        return run_check(argc, argv);
    }
    if (argc == 3 && strcmp(argv[1], "new") == 0) {
        return adapter_new(argv[2]);
    }
    return app_usage(&app_adapter, "`new NAME` or `check FILE.so` is expected");
}

const app_command app_adapter = {"adapter", "begin an adapter of your own, and check one", help, run};
