#include "app/command.h"
#include "app/isolation.h"
#include "app/places.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "host/adapter.h"

#include <stdio.h>
#include <string.h>

static const char help[] = "usage: dragoman adapters [--json] [NAME]\n"
                           "\n"
                           "Lists the installed adapters, and those that were refused with the reason;\n"
                           "with NAME its settings too.\n"
                           "\n"
                           "  --json   for programs, with all settings\n"
                           "\n"
                           "examples:\n"
                           "  dragoman adapters\n"
                           "  dragoman adapters hl7v2\n";

typedef struct listing {
    const char *wanted; /* NULL: all */
    json_out *out;      /* NULL: for people */
    bool found;
    bool refused;
} listing;

static const char *const types[] = {"", "text", "true/false", "number", "choice", "time", "size", "secret"};

static void print_settings(const dragoman_adapter_descriptor *adapter) {
    for (uint32_t i = 0; i < adapter->setting_count; i++) {
        const dragoman_setting_rule *rule = &adapter->settings[i];
        printf("  %-18s %s\n  %-18s %s", rule->key, rule->summary, "",
               rule->type <= DRAGOMAN_SETTING_SECRET ? types[rule->type] : "");
        if (rule->choices != NULL) {
            printf(": %s", rule->choices);
        }
        if (rule->default_value != NULL) {
            printf(" (%s)", rule->default_value);
        }
        printf("%s\n", rule->is_list ? ", may be a list" : "");
    }
}

static void write_settings(json_out *out, const dragoman_adapter_descriptor *adapter) {
    json_out_array(out, "settings");
    for (uint32_t i = 0; i < adapter->setting_count; i++) {
        const dragoman_setting_rule *rule = &adapter->settings[i];
        json_out_object(out, NULL);
        json_out_text(out, "key", bytes_of(rule->key));
        json_out_text(out, "summary", bytes_of(rule->summary));
        json_out_text(out, "type", bytes_of(rule->type <= DRAGOMAN_SETTING_SECRET ? types[rule->type] : ""));
        json_out_text(out, "choices", bytes_of(rule->choices));
        json_out_text(out, "default", bytes_of(rule->default_value));
        json_out_boolean(out, "list", rule->is_list != 0);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static bool visit(void *context, const char *file, const host_adapter *adapter, const error_record *refusal) {
    listing *self = context;
    if (adapter == NULL) {
        self->refused = true;
        if (self->out != NULL) {
            json_out_object(self->out, NULL);
            json_out_text(self->out, "file", bytes_of(file));
            json_out_text(self->out, "refused", bytes_of(refusal->text));
            json_out_object_end(self->out);
        } else {
            fprintf(stderr, "refused: %s\n", refusal->text);
        }
        return false;
    }
    const dragoman_adapter_descriptor *d = adapter->descriptor;
    if (self->wanted != NULL && strcmp(self->wanted, d->name) != 0) {
        return false;
    }
    self->found = true;
    if (self->out == NULL) {
        printf("%-12s %-8s ABI %u.%u  %s\n", d->name, d->version, d->abi_major, d->abi_minor, d->summary);
        if (self->wanted != NULL) {
            print_settings(d);
        }
        return false;
    }
    json_out_object(self->out, NULL);
    json_out_text(self->out, "name", bytes_of(d->name));
    json_out_text(self->out, "version", bytes_of(d->version));
    json_out_number(self->out, "abi_major", d->abi_major);
    json_out_number(self->out, "abi_minor", d->abi_minor);
    json_out_text(self->out, "summary", bytes_of(d->summary));
    json_out_text(self->out, "file", bytes_of(file));
    write_settings(self->out, d);
    json_out_object_end(self->out);
    return false;
}

static int list(listing *self, const app_places *places) {
    error_record error = {0};
    app_isolation isolation;
    app_isolation_init(&isolation, places);
    if (host_adapter_visit(&isolation.loader, places->adapters, visit, self, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman adapters: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    if (self->wanted != NULL && !self->found) {
        fprintf(stderr, "dragoman adapters: there is no adapter \"%s\"; `dragoman adapters` lists them\n",
                self->wanted);
        return APP_EXIT_FAILED;
    }
    return self->refused ? APP_EXIT_FAILED : APP_EXIT_OK;
}

static int run(int argc, char **argv) {
    listing self = {0};
    bool wants_json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            wants_json = true;
        } else if (argv[i][0] == '-' || self.wanted != NULL) {
            return app_usage(&app_adapters, "\"%s\" is not understood", argv[i]);
        } else {
            self.wanted = argv[i];
        }
    }
    error_record error = {0};
    app_places places;
    if (app_places_find(&places, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman adapters: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    if (!wants_json) {
        return list(&self, &places);
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (!json_out_init(&out, &text, true)) {
        return APP_EXIT_FAILED;
    }
    self.out = &out;
    json_out_array(&out, NULL);
    int outcome = list(&self, &places);
    json_out_array_end(&out);
    json_out_fini(&out);
    fwrite(text.data, 1, text.size, stdout);
    buffer_fini(&text);
    return outcome;
}

const app_command app_adapters = {"adapters", "list the installed adapters and their settings", help, run};
