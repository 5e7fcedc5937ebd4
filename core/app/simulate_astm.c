#include "app/simulation.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "config/scalar.h"
#include "link/address.h"
#include "simulate/analyser.h"
#include "simulate/sender.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman simulate astm [PLACE] [OPTIONS]\n"
                           "\n"
                           "Plays a blood counter that sends results by ASTM E1381 and E1394: over TCP as\n"
                           "client or server, or on a pseudo-terminal, whose name it prints. Each frame\n"
                           "waits for its acknowledgement. Goes on until Ctrl-C, --messages or --seconds\n"
                           "and ends with a summary. The patients are invented.\n"
                           "\n"
                           "  --to ADDRESS       call\n"
                           "  --listen ADDRESS   wait for a call; port 0 takes a free one, which is printed\n"
                           "  --pty              a pseudo-terminal; also what happens without a place\n"
                           "  --link FILE        a symbolic link that leads to the pseudo-terminal\n"
                           "  --every TIME       between two messages (1s)\n"
                           "  --frame N          characters of a frame at most, 8 to 240 (240)\n"
                           "  --ask              it asks for orders after each message\n"
                           "  --messages N       end after so many\n"
                           "  --seconds N        end after so long\n"
                           "  --seed N           another seed, other results (1)\n"
                           "  --json             the summary for programs\n"
                           "\n"
                           "faults:\n"
                           "  --corrupt N        a wrong bit in every N-th frame\n"
                           "  --drop N           every N-th frame is not sent\n"
                           "  --refuse           what the host sends is refused, always\n"
                           "  --delay TIME       everything is sent so late\n"
                           "  --unplug TIME      the line is pulled so often, for a second\n"
                           "  --wrong-clock TIME its clock goes so far ahead; -TIME: behind\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate astm --to tcp://127.0.0.1:15200 --messages 10\n"
                           "  dragoman simulate astm --link /tmp/analyser --corrupt 20\n";

enum {
    OPTION_TO = 256,
    OPTION_LISTEN,
    OPTION_PTY,
    OPTION_LINK,
    OPTION_EVERY,
    OPTION_FRAME,
    OPTION_ASK,
    OPTION_MESSAGES,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_JSON,
    OPTION_CORRUPT,
    OPTION_DROP,
    OPTION_REFUSE,
    OPTION_DELAY,
    OPTION_UNPLUG,
    OPTION_CLOCK
};

static const struct option options[] = {{"to", required_argument, NULL, OPTION_TO},
                                        {"listen", required_argument, NULL, OPTION_LISTEN},
                                        {"pty", no_argument, NULL, OPTION_PTY},
                                        {"link", required_argument, NULL, OPTION_LINK},
                                        {"every", required_argument, NULL, OPTION_EVERY},
                                        {"frame", required_argument, NULL, OPTION_FRAME},
                                        {"ask", no_argument, NULL, OPTION_ASK},
                                        {"messages", required_argument, NULL, OPTION_MESSAGES},
                                        {"seconds", required_argument, NULL, OPTION_SECONDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"corrupt", required_argument, NULL, OPTION_CORRUPT},
                                        {"drop", required_argument, NULL, OPTION_DROP},
                                        {"refuse", no_argument, NULL, OPTION_REFUSE},
                                        {"delay", required_argument, NULL, OPTION_DELAY},
                                        {"unplug", required_argument, NULL, OPTION_UNPLUG},
                                        {"wrong-clock", required_argument, NULL, OPTION_CLOCK},
                                        {NULL, 0, NULL, 0}};

typedef struct wishes {
    analyser_options analyser;
    link_address place;
    char host[64];
    int64_t seconds;
    bool wants_json;
} wishes;

static int take_place(wishes *wanted, port_kind kind, const char *text) {
    error_record error = {0};
    if (wanted->analyser.kind != 0) {
        return app_usage(&app_simulate_astm, "one place is enough: --to, --listen or --pty");
    }
    wanted->analyser.kind = kind;
    if (kind == PORT_PSEUDO_TERMINAL) {
        return APP_EXIT_OK;
    }
    if (link_address_parse(bytes_of(text), &wanted->place, &error) != DRAGOMAN_OK) {
        return app_usage(&app_simulate_astm, "%s", error.text);
    }
    return wanted->place.scheme == LINK_TCP ? APP_EXIT_OK
                                            : app_usage(&app_simulate_astm, "tcp://HOST:PORT is expected");
}

static int take_counted(wishes *wanted, int option, const char *value) {
    analyser_options *to = &wanted->analyser;
    int64_t number = 0;
    int outcome = option == OPTION_FRAME
                      ? simulation_number(&app_simulate_astm, value, 8, 240, &number)
                      : simulation_number(&app_simulate_astm, value, option == OPTION_SEED ? 0 : 1, INT32_MAX, &number);
    switch (option) {
    case OPTION_FRAME:
        to->frame = (uint32_t)number;
        break;
    case OPTION_MESSAGES:
        to->messages = (uint64_t)number;
        break;
    case OPTION_SECONDS:
        wanted->seconds = number;
        break;
    case OPTION_SEED:
        to->seed = (uint64_t)number;
        break;
    default:
        *(option == OPTION_DROP ? &to->faults.drop : &to->faults.corrupt) = (uint32_t)number;
        break;
    }
    return outcome;
}

static int take_option(wishes *wanted, int option, const char *value) {
    analyser_options *to = &wanted->analyser;
    switch (option) {
    case OPTION_TO:
        return take_place(wanted, PORT_CONNECT, value);
    case OPTION_LISTEN:
        return take_place(wanted, PORT_LISTEN, value);
    case OPTION_PTY:
        return take_place(wanted, PORT_PSEUDO_TERMINAL, value);
    case OPTION_LINK:
        to->link = value;
        return APP_EXIT_OK;
    case OPTION_ASK:
        to->asks = true;
        return APP_EXIT_OK;
    case OPTION_REFUSE:
        to->faults.refuses = true;
        return APP_EXIT_OK;
    case OPTION_JSON:
        wanted->wants_json = true;
        return APP_EXIT_OK;
    case OPTION_EVERY:
        return simulation_time(&app_simulate_astm, value, &to->interval_us);
    case OPTION_DELAY:
        return simulation_time(&app_simulate_astm, value, &to->faults.delay_us);
    case OPTION_UNPLUG:
        return simulation_time(&app_simulate_astm, value, &to->faults.unplug_us);
    case OPTION_CLOCK:
        return simulation_shift(&app_simulate_astm, value, &to->faults.clock_shift_us);
    default:
        return take_counted(wanted, option, value);
    }
}

static void print_summary(const analyser_figures *figures, bool wants_json) {
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {{"messages", figures->messages},         {"frames", figures->frames},
                {"acknowledged", figures->acknowledged}, {"refused", figures->refused},
                {"corrupted", figures->corrupted},       {"dropped", figures->dropped},
                {"silences", figures->silences},         {"given_up", figures->given_up},
                {"queries", figures->queries},           {"answers", figures->answers}};
    buffer text;
    json_out out;
    buffer_init(&text);
    if (wants_json && json_out_init(&out, &text, false)) {
        json_out_object(&out, NULL);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            json_out_number(&out, rows[i].name, (int64_t)rows[i].count);
        }
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !wants_json; i++) {
        fprintf(stderr, "%s%llu %s", i > 0 ? ", " : "", (unsigned long long)rows[i].count, rows[i].name);
    }
    fputs(wants_json ? "" : "\n", stderr);
}

static void ended(void *context) {
    loop_stop(context);
}

static int play(wishes *wanted) {
    loop *running = simulation_loop();
    if (running == NULL) {
        return APP_EXIT_FAILED;
    }
    wanted->analyser.ended = ended;
    wanted->analyser.context = running;
    analyser *player = analyser_create(running, &wanted->analyser);
    if (player == NULL) {
        fprintf(stderr, "dragoman simulate: the line cannot be opened: %s\n", strerror(errno));
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    simulation_run(running, wanted->seconds);
    const analyser_figures *figures = analyser_figures_of(player);
    print_summary(figures, wanted->wants_json);
    bool is_good = figures->messages > 0;
    analyser_destroy(player);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    wishes wanted = {.analyser = {.seed = 1, .interval_us = 1000000, .frame = 240, .names = stdout}};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int outcome =
            option == '?' ? app_unknown_option(&app_simulate_astm, argv) : take_option(&wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    if (argc != optind) {
        return app_usage(&app_simulate_astm, "\"%s\" is one word too many", argv[optind]);
    }
    wanted.analyser.kind = wanted.analyser.kind == 0 ? PORT_PSEUDO_TERMINAL : wanted.analyser.kind;
    if (wanted.analyser.kind != PORT_PSEUDO_TERMINAL) {
        if (!sender_resolve(wanted.place.host, wanted.place.port, wanted.host, sizeof(wanted.host))) {
            fprintf(stderr, "dragoman simulate: %s cannot be found\n", wanted.place.host);
            return APP_EXIT_FAILED;
        }
        wanted.analyser.host = wanted.host;
        wanted.analyser.number = (uint16_t)strtoul(wanted.place.port, NULL, 10);
    }
    return play(&wanted);
}

const app_command app_simulate_astm = {"simulate astm", "a blood counter in a laboratory", help, run};
