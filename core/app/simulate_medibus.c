#include "app/simulation.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "config/scalar.h"
#include "link/address.h"
#include "simulate/medibus.h"
#include "simulate/sender.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman simulate medibus [PLACE] [OPTIONS]\n"
                           "\n"
                           "Plays a Dräger ventilator that speaks MEDIBUS: on a pseudo-terminal, whose name\n"
                           "it prints, on a TCP port as behind a serial terminal server, or by calling one.\n"
                           "Goes on until Ctrl-C or --seconds and ends with a summary. What it says is\n"
                           "invented.\n"
                           "\n"
                           "  --pty              a pseudo-terminal; this is also what happens without a\n"
                           "                     place\n"
                           "  --link FILE        a symbolic link that leads to the pseudo-terminal, also\n"
                           "                     after it was unplugged\n"
                           "  --listen ADDRESS   wait for a call; port 0 takes a free one, which is printed\n"
                           "  --to ADDRESS       call\n"
                           "  --seconds N        end after so long\n"
                           "  --seed N           another seed, another life (1)\n"
                           "  --json             the summary for programs\n"
                           "\n"
                           "faults:\n"
                           "  --corrupt N        a wrong bit in every N-th response\n"
                           "  --drop N           every N-th response does not come\n"
                           "  --delay TIME       responses come so late\n"
                           "  --unplug TIME      the line is pulled so often, for a second\n"
                           "  --wrong-clock TIME its clock goes so far ahead; -TIME: behind\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate medibus --link /tmp/ventilator\n"
                           "  dragoman simulate medibus --listen tcp://127.0.0.1:4001 --corrupt 20\n";

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
    OPTION_CLOCK
};

static const struct option options[] = {{"pty", no_argument, NULL, OPTION_PTY},
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
                                        {"wrong-clock", required_argument, NULL, OPTION_CLOCK},
                                        {NULL, 0, NULL, 0}};

typedef struct wishes {
    medibus_player_options player;
    link_address place;
    char host[64];
    int64_t seconds;
    bool wants_json;
} wishes;

static int take_place(wishes *wanted, port_kind kind, const char *text) {
    error_record error = {0};
    if (wanted->player.kind != 0) {
        return app_usage(&app_simulate_medibus, "one place is enough: --pty, --listen or --to");
    }
    wanted->player.kind = kind;
    if (kind == PORT_PSEUDO_TERMINAL) {
        return APP_EXIT_OK;
    }
    if (link_address_parse(bytes_of(text), &wanted->place, &error) != DRAGOMAN_OK) {
        return app_usage(&app_simulate_medibus, "%s", error.text);
    }
    return wanted->place.scheme == LINK_TCP ? APP_EXIT_OK
                                            : app_usage(&app_simulate_medibus, "tcp://HOST:PORT is expected");
}

static int take_number(int64_t most, const char *text, int64_t *ret_number) {
    if (!scalar_integer(bytes_of(text), ret_number) || *ret_number < 0 || *ret_number > most) {
        return app_usage(&app_simulate_medibus, "\"%s\" is no number up to %lld", text, (long long)most);
    }
    return APP_EXIT_OK;
}

static int take_fault(medibus_faults *faults, int option, const char *value) {
    int64_t number = 0;
    int outcome = APP_EXIT_OK;
    switch (option) {
    case OPTION_DELAY:
        return simulation_time(&app_simulate_medibus, value, &faults->delay_us);
    case OPTION_UNPLUG:
        return simulation_time(&app_simulate_medibus, value, &faults->unplug_us);
    case OPTION_CLOCK:
        return simulation_time(&app_simulate_medibus, value, &faults->clock_shift_us);
    default:
        outcome = take_number(INT32_MAX, value, &number);
        *(option == OPTION_DROP ? &faults->drop : &faults->corrupt) = (uint32_t)number;
        return outcome;
    }
}

static int take_option(wishes *wanted, int option, const char *value) {
    int64_t number = 0;
    int outcome = APP_EXIT_OK;
    switch (option) {
    case OPTION_PTY:
        return take_place(wanted, PORT_PSEUDO_TERMINAL, value);
    case OPTION_LISTEN:
        return take_place(wanted, PORT_LISTEN, value);
    case OPTION_TO:
        return take_place(wanted, PORT_CONNECT, value);
    case OPTION_LINK:
        wanted->player.link = value;
        return APP_EXIT_OK;
    case OPTION_JSON:
        wanted->wants_json = true;
        return APP_EXIT_OK;
    case OPTION_SECONDS:
        return take_number(INT64_MAX / 2000000, value, &wanted->seconds);
    case OPTION_SEED:
        outcome = take_number(INT64_MAX, value, &number);
        wanted->player.seed = (uint64_t)number;
        return outcome;
    case '?':
        return APP_EXIT_USAGE;
    default:
        return take_fault(&wanted->player.faults, option, value);
    }
}

static void print_summary(const medibus_figures *figures, bool wants_json) {
    if (!wants_json) {
        fprintf(
            stderr,
            "%llu commands, %llu responses (%llu with a wrong bit, %llu lost), %llu records of curves, %llu commands "
            "refused, %llu that no reader sends\n",
            (unsigned long long)figures->commands, (unsigned long long)figures->responses,
            (unsigned long long)figures->corrupted, (unsigned long long)figures->dropped,
            (unsigned long long)figures->records, (unsigned long long)figures->refused,
            (unsigned long long)figures->others);
        return;
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, false)) {
        json_out_object(&out, NULL);
        json_out_number(&out, "opened", (int64_t)figures->opened);
        json_out_number(&out, "commands", (int64_t)figures->commands);
        json_out_number(&out, "responses", (int64_t)figures->responses);
        json_out_number(&out, "corrupted", (int64_t)figures->corrupted);
        json_out_number(&out, "dropped", (int64_t)figures->dropped);
        json_out_number(&out, "records", (int64_t)figures->records);
        json_out_number(&out, "refused", (int64_t)figures->refused);
        json_out_number(&out, "others", (int64_t)figures->others);
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}

static int play(wishes *wanted) {
    loop *running = simulation_loop();
    if (running == NULL) {
        return APP_EXIT_FAILED;
    }
    medibus_player *player = medibus_player_create(running, &wanted->player);
    if (player == NULL) {
        fprintf(stderr, "dragoman simulate: the line cannot be opened: %s\n", strerror(errno));
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    simulation_run(running, wanted->seconds);
    const medibus_figures *figures = medibus_player_figures(player);
    print_summary(figures, wanted->wants_json);
    bool is_good = figures->responses > 0;
    medibus_player_destroy(player);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    wishes wanted = {.player = {.seed = 1, .names = stdout}};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int outcome =
            option == '?' ? app_unknown_option(&app_simulate_medibus, argv) : take_option(&wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    if (argc != optind) {
        return app_usage(&app_simulate_medibus, "\"%s\" is one word too many", argv[optind]);
    }
    wanted.player.kind = wanted.player.kind == 0 ? PORT_PSEUDO_TERMINAL : wanted.player.kind;
    if (wanted.player.kind != PORT_PSEUDO_TERMINAL) {
        if (!sender_resolve(wanted.place.host, wanted.place.port, wanted.host, sizeof(wanted.host))) {
            fprintf(stderr, "dragoman simulate: %s cannot be found\n", wanted.place.host);
            return APP_EXIT_FAILED;
        }
        wanted.player.host = wanted.host;
        wanted.player.number = (uint16_t)strtoul(wanted.place.port, NULL, 10);
    }
    return play(&wanted);
}

const app_command app_simulate_medibus = {"simulate medibus", "a Dräger ventilator on a serial line", help, run};
