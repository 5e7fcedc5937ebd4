#include "app/simulation.h"
#include "base/bytes.h"
#include "config/scalar.h"
#include "link/address.h"
#include "simulate/gateway.h"
#include "simulate/sender.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman simulate gatt [PLACE] [OPTIONS]\n"
                           "\n"
                           "Plays a gateway with Bluetooth devices behind it (cuffs, glucose meters,\n"
                           "thermometers, oximeters, scales, chest straps): a line of JSON for each value,\n"
                           "on standard output or over TCP. Goes on until Ctrl-C, --lines or --seconds.\n"
                           "What it says is invented.\n"
                           "\n"
                           "  --to ADDRESS       call, and send the lines there\n"
                           "  --listen ADDRESS   wait for a call\n"
                           "  --gateway NAME     what it calls itself (ward)\n"
                           "  --devices N        devices, of each kind in turn (6)\n"
                           "  --every TIME       between two values of a device (5s)\n"
                           "  --check            each line ends with * and a CRC\n"
                           "  --lines N          end after so many\n"
                           "  --seconds N        end after so long\n"
                           "  --seed N           another seed, other values (1)\n"
                           "\n"
                           "faults:\n"
                           "  --corrupt N        a wrong bit in every N-th line\n"
                           "  --drop N           every N-th line is lost\n"
                           "  --unplug TIME      the connection is cut so often, for a second\n"
                           "  --wrong-clock TIME the devices' clocks go so far ahead; -TIME: behind\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate gatt --lines 6 --every 0s\n"
                           "  dragoman simulate gatt --to tcp://127.0.0.1:7171 --check\n";

enum {
    OPTION_TO = 256,
    OPTION_LISTEN,
    OPTION_GATEWAY,
    OPTION_DEVICES,
    OPTION_EVERY,
    OPTION_CHECK,
    OPTION_LINES,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_CORRUPT,
    OPTION_DROP,
    OPTION_UNPLUG,
    OPTION_CLOCK
};

static const struct option options[] = {{"to", required_argument, NULL, OPTION_TO},
                                        {"listen", required_argument, NULL, OPTION_LISTEN},
                                        {"gateway", required_argument, NULL, OPTION_GATEWAY},
                                        {"devices", required_argument, NULL, OPTION_DEVICES},
                                        {"every", required_argument, NULL, OPTION_EVERY},
                                        {"check", no_argument, NULL, OPTION_CHECK},
                                        {"lines", required_argument, NULL, OPTION_LINES},
                                        {"seconds", required_argument, NULL, OPTION_SECONDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"corrupt", required_argument, NULL, OPTION_CORRUPT},
                                        {"drop", required_argument, NULL, OPTION_DROP},
                                        {"unplug", required_argument, NULL, OPTION_UNPLUG},
                                        {"wrong-clock", required_argument, NULL, OPTION_CLOCK},
                                        {NULL, 0, NULL, 0}};

typedef struct wishes {
    gateway_options gateway;
    link_address place;
    char host[64];
    int64_t seconds;
} wishes;

static int take_place(wishes *wanted, port_kind kind, const char *text) {
    error_record error = {0};
    if (wanted->gateway.kind != 0) {
        return app_usage(&app_simulate_gatt, "one place is enough: --to or --listen");
    }
    if (link_address_parse(bytes_of(text), &wanted->place, &error) != DRAGOMAN_OK) {
        return app_usage(&app_simulate_gatt, "%s", error.text);
    }
    wanted->gateway.kind = kind;
    return wanted->place.scheme == LINK_TCP ? APP_EXIT_OK
                                            : app_usage(&app_simulate_gatt, "tcp://HOST:PORT is expected");
}

/* A name that stands in JSON as it is. */
static int take_name(wishes *wanted, const char *text) {
    if (strpbrk(text, "\"\\") != NULL || strlen(text) > 64 || !bytes_is_utf8(bytes_of(text))) {
        return app_usage(&app_simulate_gatt, "\"%s\" is no name for a gateway", text);
    }
    wanted->gateway.name = text;
    return APP_EXIT_OK;
}

static int take_number(wishes *wanted, int option, const char *text) {
    gateway_options *to = &wanted->gateway;
    int64_t most = option == OPTION_DEVICES ? GATEWAY_DEVICES_MAX : INT32_MAX;
    int64_t least = option == OPTION_SEED ? 0 : 1;
    int64_t number = 0;
    int outcome = simulation_number(&app_simulate_gatt, text, least, most, &number);
    if (outcome != APP_EXIT_OK) {
        return outcome;
    }
    switch (option) {
    case OPTION_DEVICES:
        to->devices = (uint32_t)number;
        break;
    case OPTION_LINES:
        to->lines = (uint64_t)number;
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
    return APP_EXIT_OK;
}

static int take_option(wishes *wanted, int option, const char *value) {
    switch (option) {
    case OPTION_TO:
        return take_place(wanted, PORT_CONNECT, value);
    case OPTION_LISTEN:
        return take_place(wanted, PORT_LISTEN, value);
    case OPTION_GATEWAY:
        return take_name(wanted, value);
    case OPTION_CHECK:
        wanted->gateway.has_check = true;
        return APP_EXIT_OK;
    case OPTION_EVERY:
        return simulation_time(&app_simulate_gatt, value, &wanted->gateway.interval_us);
    case OPTION_UNPLUG:
        return simulation_time(&app_simulate_gatt, value, &wanted->gateway.faults.unplug_us);
    case OPTION_CLOCK:
        return simulation_shift(&app_simulate_gatt, value, &wanted->gateway.faults.clock_shift_us);
    default:
        return take_number(wanted, option, value);
    }
}

static void ended(void *context) {
    loop_stop(context);
}

static int play(wishes *wanted) {
    loop *running = simulation_loop();
    if (running == NULL) {
        return APP_EXIT_FAILED;
    }
    wanted->gateway.ended = ended;
    wanted->gateway.context = running;
    gateway *player = gateway_create(running, &wanted->gateway);
    if (player == NULL) {
        fprintf(stderr, "dragoman simulate: the line cannot be opened: %s\n", strerror(errno));
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    simulation_run(running, wanted->seconds);
    const gateway_figures *figures = gateway_figures_of(player);
    fprintf(stderr, "%llu lines, %llu of them with a wrong bit and %llu lost\n", (unsigned long long)figures->lines,
            (unsigned long long)figures->corrupted, (unsigned long long)figures->dropped);
    bool is_good = figures->lines > 0;
    gateway_destroy(player);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    wishes wanted = {.gateway = {.seed = 1, .interval_us = 5000000, .devices = 6, .name = "ward"}};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int outcome =
            option == '?' ? app_unknown_option(&app_simulate_gatt, argv) : take_option(&wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    if (argc != optind) {
        return app_usage(&app_simulate_gatt, "\"%s\" is one word too many", argv[optind]);
    }
    if (wanted.gateway.kind == 0) {
        wanted.gateway.to = stdout;
        return play(&wanted);
    }
    if (!sender_resolve(wanted.place.host, wanted.place.port, wanted.host, sizeof(wanted.host))) {
        fprintf(stderr, "dragoman simulate: %s cannot be found\n", wanted.place.host);
        return APP_EXIT_FAILED;
    }
    wanted.gateway.host = wanted.host;
    wanted.gateway.number = (uint16_t)strtoul(wanted.place.port, NULL, 10);
    return play(&wanted);
}

const app_command app_simulate_gatt = {"simulate gatt", "a gateway with Bluetooth devices", help, run};
