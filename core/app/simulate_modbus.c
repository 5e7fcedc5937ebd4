#include "app/simulation.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "config/scalar.h"
#include "link/address.h"
#include "loop/clock.h"
#include "simulate/register_server.h"
#include "simulate/sender.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char help[] = "usage: dragoman simulate modbus --listen tcp://ADDRESS:PORT [OPTIONS]\n"
                           "\n"
                           "Plays devices with registers: units 1 to N, each a refrigerator around 4 degrees\n"
                           "(input registers 1 and 2: temperature and humidity in tenths; holding register\n"
                           "1368: set point). Every other register holds its own address. Any number of\n"
                           "connections may ask. Port 0 takes a free one and says which.\n"
                           "\n"
                           "  --devices N          units that answer, up to 247 (1)\n"
                           "  --framing tcp|rtu    rtu: as behind a serial device server (tcp)\n"
                           "  --corrupt N          in a hundred answers, strike a bit\n"
                           "  --drop N             in a hundred answers, give none\n"
                           "  --busy N             in a hundred answers, say that it is busy\n"
                           "  --delay TIME         before each answer\n"
                           "  --unplug TIME        cut each connection so often\n"
                           "  --every TIME         how often each is to ask: measures how late it does\n"
                           "  --seconds N          end after N seconds\n"
                           "  --seed N             for the same faults again\n"
                           "  --json               the summary for programs\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate modbus --listen tcp://127.0.0.1:1502 --devices 3\n"
                           "  dragoman simulate modbus --listen tcp://127.0.0.1:1502 --drop 5 --corrupt 5\n";

enum {
    OPTION_LISTEN = 256,
    OPTION_DEVICES,
    OPTION_FRAMING,
    OPTION_CORRUPT,
    OPTION_DROP,
    OPTION_BUSY,
    OPTION_DELAY,
    OPTION_UNPLUG,
    OPTION_EVERY,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_JSON
};

static const struct option options[] = {{"listen", required_argument, NULL, OPTION_LISTEN},
                                        {"devices", required_argument, NULL, OPTION_DEVICES},
                                        {"framing", required_argument, NULL, OPTION_FRAMING},
                                        {"corrupt", required_argument, NULL, OPTION_CORRUPT},
                                        {"drop", required_argument, NULL, OPTION_DROP},
                                        {"busy", required_argument, NULL, OPTION_BUSY},
                                        {"delay", required_argument, NULL, OPTION_DELAY},
                                        {"unplug", required_argument, NULL, OPTION_UNPLUG},
                                        {"every", required_argument, NULL, OPTION_EVERY},
                                        {"seconds", required_argument, NULL, OPTION_SECONDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {NULL, 0, NULL, 0}};

typedef struct asked {
    register_server_options server;
    link_address at;
    char host[64];
    bool has_address;
    bool wants_json;
} asked;

static bool take_duration(const char *text, int64_t *ret_us) {
    if (scalar_duration(bytes_of(text), ret_us)) {
        return true;
    }
    app_usage(&app_simulate_modbus, "\"%s\" is no time like 1s or 500ms", text);
    return false;
}

static bool take_share(const char *text, uint32_t *ret_share) {
    int64_t number = 0;
    bool is_good = simulation_number(&app_simulate_modbus, text, 0, 100, &number) == APP_EXIT_OK;
    *ret_share = (uint32_t)number;
    return is_good;
}

static bool take_address(asked *to, const char *text) {
    error_record error = {0};
    if (link_address_parse(bytes_of(text), &to->at, &error) != DRAGOMAN_OK) {
        app_usage(&app_simulate_modbus, "--listen %s", error.text);
        return false;
    }
    if (!sender_resolve(to->at.host, to->at.port, to->host, sizeof(to->host))) {
        app_usage(&app_simulate_modbus, "%s cannot be found", to->at.host);
        return false;
    }
    to->has_address = true;
    to->server.host = to->host;
    to->server.port = (uint16_t)strtoul(to->at.port, NULL, 10);
    return true;
}

static bool take_counted(asked *to, int option, const char *value) {
    int64_t number = 0;
    int64_t most = option == OPTION_DEVICES ? 247 : INT64_MAX / 2000000;
    if (simulation_number(&app_simulate_modbus, value, option == OPTION_SEED ? 0 : 1, most, &number) != APP_EXIT_OK) {
        return false;
    }
    if (option == OPTION_DEVICES) {
        to->server.devices.count = (uint32_t)number;
    } else if (option == OPTION_SEED) {
        to->server.devices.seed = (uint64_t)number;
    } else {
        to->server.duration_us = number * 1000000;
    }
    return true;
}

static bool take_option(asked *to, int option, const char *value) {
    switch (option) {
    case OPTION_LISTEN:
        return take_address(to, value);
    case OPTION_FRAMING:
        to->server.framing = strcmp(value, "rtu") == 0 ? REGISTER_RTU : REGISTER_TCP;
        if (strcmp(value, "rtu") != 0 && strcmp(value, "tcp") != 0) {
            app_usage(&app_simulate_modbus, "--framing is tcp or rtu");
            return false;
        }
        return true;
    case OPTION_CORRUPT:
        return take_share(value, &to->server.corrupt);
    case OPTION_DROP:
        return take_share(value, &to->server.drop);
    case OPTION_BUSY:
        return take_share(value, &to->server.busy);
    case OPTION_DELAY:
        return take_duration(value, &to->server.delay_us);
    case OPTION_UNPLUG:
        return take_duration(value, &to->server.unplug_us);
    case OPTION_EVERY:
        return take_duration(value, &to->server.interval_us);
    case OPTION_JSON:
        to->wants_json = true;
        return true;
    case '?':
        app_usage(&app_simulate_modbus, "an option is not known, or lacks its value");
        return false;
    default:
        return take_counted(to, option, value);
    }
}

static void print_summary(const register_server_figures *seen, double seconds, bool wants_json) {
    int64_t p50 = histogram_percentile(&seen->lateness, 50);
    int64_t p99 = histogram_percentile(&seen->lateness, 99);
    if (!wants_json) {
        printf("%llu requests in %.1f s over %llu connections, %llu answers with %llu values\n"
               "questions late by: p50 %.2f ms, p99 %.2f ms\n",
               (unsigned long long)seen->requests, seconds, (unsigned long long)seen->connections,
               (unsigned long long)seen->answers, (unsigned long long)seen->values, (double)p50 / 1e3,
               (double)p99 / 1e3);
        return;
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, false)) {
        json_out_object(&out, NULL);
        json_out_number(&out, "requests", (int64_t)seen->requests);
        json_out_number(&out, "answers", (int64_t)seen->answers);
        json_out_number(&out, "values", (int64_t)seen->values);
        json_out_number(&out, "connections", (int64_t)seen->connections);
        json_out_number(&out, "elapsed_us", (int64_t)(seconds * 1e6));
        json_out_number(&out, "late_p50_us", p50);
        json_out_number(&out, "late_p99_us", p99);
        json_out_number(&out, "late_largest_us", seen->lateness.largest);
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}

static void ended(void *context) {
    loop_stop(context);
}

static int play(const asked *wanted) {
    error_record error = {0};
    register_server *server = NULL;
    struct rlimit descriptors;
    /* A connection a device: a large house has more of them than a shell allows. */
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    loop *on = simulation_loop();
    if (on == NULL) {
        return APP_EXIT_FAILED;
    }
    if (register_server_create(on, &wanted->server, ended, on, &server, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman simulate: %s\n", error.text);
        loop_destroy(on);
        return APP_EXIT_FAILED;
    }
    fprintf(stderr, "listening on %s:%u\n", wanted->host, register_server_port(server));
    int64_t start_us = clock_now().monotonic_us;
    loop_run(on);
    print_summary(register_server_seen(server), (double)(clock_now().monotonic_us - start_us) / 1e6,
                  wanted->wants_json);
    register_server_destroy(server);
    loop_destroy(on);
    return APP_EXIT_OK;
}

static int run(int argc, char **argv) {
    asked wanted = {.server = {.devices = {.count = 1}}};
    int option = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!take_option(&wanted, option, optarg)) {
            return APP_EXIT_USAGE;
        }
    }
    if (!wanted.has_address || optind != argc) {
        return app_usage(&app_simulate_modbus, "--listen tcp://ADDRESS:PORT is expected");
    }
    return play(&wanted);
}

const app_command app_simulate_modbus = {"simulate modbus", "devices with registers, as a Modbus server", help, run};
