#include "app/simulate_line.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "link/address.h"
#include "simulate/sender.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_PTY = 256,
    OPTION_LINK,
    OPTION_LISTEN,
    OPTION_TO,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_JSON,
    OPTION_CORRUPT,
    OPTION_DROP,
    OPTION_DELAY,
    OPTION_UNPLUG,
    OPTION_CLOCK,
    OPTION_CHOICE
};

static const struct option common[] = {{"pty", no_argument, NULL, OPTION_PTY},
                                       {"link", required_argument, NULL, OPTION_LINK},
                                       {"listen", required_argument, NULL, OPTION_LISTEN},
                                       {"to", required_argument, NULL, OPTION_TO},
                                       {"seconds", required_argument, NULL, OPTION_SECONDS},
                                       {"seed", required_argument, NULL, OPTION_SEED},
                                       {"json", no_argument, NULL, OPTION_JSON},
                                       {"corrupt", required_argument, NULL, OPTION_CORRUPT},
                                       {"drop", required_argument, NULL, OPTION_DROP},
                                       {"delay", required_argument, NULL, OPTION_DELAY},
                                       {"unplug", required_argument, NULL, OPTION_UNPLUG},
                                       {"wrong-clock", required_argument, NULL, OPTION_CLOCK}};

#define COMMON (sizeof(common) / sizeof(common[0]))

typedef struct reading {
    const app_command *command;
    line_choice *choice;
    line_wishes *wanted;
    link_address place;
} reading;

static int take_place(reading *self, port_kind kind, const char *text) {
    error_record error = {0};
    if (self->wanted->line.kind != 0) {
        return app_usage(self->command, "one place is enough: --pty, --listen or --to");
    }
    self->wanted->line.kind = kind;
    if (kind == PORT_PSEUDO_TERMINAL) {
        return APP_EXIT_OK;
    }
    if (link_address_parse(bytes_of(text), &self->place, &error) != DRAGOMAN_OK) {
        return app_usage(self->command, "%s", error.text);
    }
    return self->place.scheme == LINK_TCP ? APP_EXIT_OK : app_usage(self->command, "tcp://HOST:PORT is expected");
}

static int take_choice(reading *self, const char *text) {
    for (size_t n = 0; self->choice != NULL && self->choice->words[n] != NULL; n++) {
        if (strcmp(self->choice->words[n], text) == 0) {
            self->choice->chosen = n;
            return APP_EXIT_OK;
        }
    }
    return app_usage(self->command, "\"%s\" is not known", text);
}

static int take_fault(reading *self, int option, const char *value) {
    line_faults *faults = &self->wanted->line.faults;
    int64_t number = 0;
    int outcome = APP_EXIT_OK;
    switch (option) {
    case OPTION_DELAY:
        return simulation_time(self->command, value, &faults->delay_us);
    case OPTION_UNPLUG:
        return simulation_time(self->command, value, &faults->unplug_us);
    case OPTION_CLOCK:
        return simulation_shift(self->command, value, &faults->clock_shift_us);
    default:
        outcome = simulation_number(self->command, value, 0, INT32_MAX, &number);
        *(option == OPTION_DROP ? &faults->drop : &faults->corrupt) = (uint32_t)number;
        return outcome;
    }
}

static int take_option(reading *self, int option, const char *value) {
    int64_t number = 0;
    int outcome = APP_EXIT_OK;
    switch (option) {
    case OPTION_PTY:
        return take_place(self, PORT_PSEUDO_TERMINAL, value);
    case OPTION_LISTEN:
        return take_place(self, PORT_LISTEN, value);
    case OPTION_TO:
        return take_place(self, PORT_CONNECT, value);
    case OPTION_LINK:
        self->wanted->line.link = value;
        return APP_EXIT_OK;
    case OPTION_JSON:
        self->wanted->wants_json = true;
        return APP_EXIT_OK;
    case OPTION_SECONDS:
        return simulation_number(self->command, value, 0, INT64_MAX / 2000000, &self->wanted->seconds);
    case OPTION_SEED:
        outcome = simulation_number(self->command, value, 0, INT64_MAX, &number);
        self->wanted->line.seed = (uint64_t)number;
        return outcome;
    case OPTION_CHOICE:
        return take_choice(self, value);
    case '?':
        return APP_EXIT_USAGE;
    default:
        return take_fault(self, option, value);
    }
}

/* Where the line is, once all options are known. */
static int find_place(reading *self) {
    line_options *line = &self->wanted->line;
    line->kind = line->kind == 0 ? PORT_PSEUDO_TERMINAL : line->kind;
    if (line->kind == PORT_PSEUDO_TERMINAL) {
        return APP_EXIT_OK;
    }
    if (!sender_resolve(self->place.host, self->place.port, self->wanted->host, sizeof(self->wanted->host))) {
        fprintf(stderr, "dragoman simulate: %s cannot be found\n", self->place.host);
        return APP_EXIT_FAILED;
    }
    line->host = self->wanted->host;
    line->number = (uint16_t)strtoul(self->place.port, NULL, 10);
    return APP_EXIT_OK;
}

int line_wishes_read(const app_command *command, int argc, char **argv, line_choice *choice, line_wishes *ret_wishes) {
    struct option options[COMMON + 2] = {0};
    reading self = {.command = command, .choice = choice, .wanted = ret_wishes};
    int option;
    *ret_wishes = (line_wishes){.line = {.seed = 1, .names = stdout}};
    memcpy(options, common, sizeof(common));
    if (choice != NULL) {
        options[COMMON] = (struct option){choice->option, required_argument, NULL, OPTION_CHOICE};
    }
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int outcome = option == '?' ? app_unknown_option(command, argv) : take_option(&self, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    return argc != optind ? app_usage(command, "\"%s\" is one word too many", argv[optind]) : find_place(&self);
}

void line_print_figures(const line_figure *figures, size_t count, bool wants_json) {
    if (!wants_json) {
        for (size_t n = 0; n < count; n++) {
            fprintf(stderr, "%s%s %llu", n > 0 ? ", " : "", figures[n].name, (unsigned long long)figures[n].number);
        }
        fputc('\n', stderr);
        return;
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, false)) {
        json_out_object(&out, NULL);
        for (size_t n = 0; n < count; n++) {
            json_out_number(&out, figures[n].name, (int64_t)figures[n].number);
        }
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}
