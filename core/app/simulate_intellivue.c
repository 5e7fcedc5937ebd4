#include "app/simulation.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "config/scalar.h"
#include "link/address.h"
#include "simulate/play_ward.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] = "usage: dragoman simulate intellivue --listen udp://ADDRESS:PORT [OPTIONS]\n"
                           "\n"
                           "Plays Philips IntelliVue monitors that export their data over UDP: numerics,\n"
                           "four waves, a rhythm, alarms and a patient each. The first is at PORT, the\n"
                           "others at the ports behind it. Goes on until Ctrl-C or --seconds and ends with\n"
                           "a summary. The patients are invented.\n"
                           "\n"
                           "  --monitors N         how many (1)\n"
                           "  --announce udp://A:P where they announce themselves while nobody speaks with\n"
                           "                       them, as by broadcast\n"
                           "  --seconds N          end after so long\n"
                           "  --seed N             another seed, other lives (1)\n"
                           "  --corrupt N          a bit of one datagram in N is turned round\n"
                           "  --drop N             one datagram in N is lost\n"
                           "  --delay N            one datagram in N comes behind the next\n"
                           "  --unplug-every TIME  each monitor falls silent so often ...\n"
                           "  --unplug-for TIME    ... for so long (15s)\n"
                           "  --clock-off TIME     their clocks are wrong by so much\n"
                           "  --json               the summary for programs\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate intellivue --listen udp://127.0.0.1:24105 --seconds 5\n"
                           "  dragoman simulate intellivue --listen udp://127.0.0.1:24105 --monitors 8\n";

enum {
    OPTION_LISTEN = 256,
    OPTION_MONITORS,
    OPTION_ANNOUNCE,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_CORRUPT,
    OPTION_DROP,
    OPTION_DELAY,
    OPTION_UNPLUG_EVERY,
    OPTION_UNPLUG_FOR,
    OPTION_CLOCK,
    OPTION_JSON
};

static const struct option options[] = {{"listen", required_argument, NULL, OPTION_LISTEN},
                                        {"monitors", required_argument, NULL, OPTION_MONITORS},
                                        {"announce", required_argument, NULL, OPTION_ANNOUNCE},
                                        {"seconds", required_argument, NULL, OPTION_SECONDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"corrupt", required_argument, NULL, OPTION_CORRUPT},
                                        {"drop", required_argument, NULL, OPTION_DROP},
                                        {"delay", required_argument, NULL, OPTION_DELAY},
                                        {"unplug-every", required_argument, NULL, OPTION_UNPLUG_EVERY},
                                        {"unplug-for", required_argument, NULL, OPTION_UNPLUG_FOR},
                                        {"clock-off", required_argument, NULL, OPTION_CLOCK},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {NULL, 0, NULL, 0}};

typedef struct wishes {
    play_ward_options ward;
    int64_t duration_us; /* 0: no end */
    bool wants_json;
} wishes;

static int take_address(const char *value, uint8_t ip[4], uint16_t *port) {
    link_address address;
    error_record error = {0};
    if (link_address_parse(bytes_of(value), &address, &error) != DRAGOMAN_OK) {
        return app_usage(&app_simulate_intellivue, "%s", error.text);
    }
    if (address.scheme != LINK_UDP || inet_pton(AF_INET, address.host, ip) != 1) {
        return app_usage(&app_simulate_intellivue, "\"%s\" is no address like udp://127.0.0.1:24105", value);
    }
    *port = (uint16_t)strtoul(address.port, NULL, 10);
    return APP_EXIT_OK;
}

static int take_number(wishes *wanted, int option, const char *value) {
    int64_t number = 0;
    int64_t most = option == OPTION_MONITORS ? PLAY_WARD_MONITORS_MAX : INT32_MAX;
    int outcome = simulation_number(&app_simulate_intellivue, value, 1, most, &number);
    if (outcome != APP_EXIT_OK) {
        return outcome;
    }
    switch (option) {
    case OPTION_MONITORS:
        wanted->ward.monitors = (uint32_t)number;
        break;
    case OPTION_SECONDS:
        wanted->duration_us = number * 1000000;
        break;
    case OPTION_CORRUPT:
        wanted->ward.corrupt = (uint32_t)number;
        break;
    case OPTION_DROP:
        wanted->ward.drop = (uint32_t)number;
        break;
    case OPTION_DELAY:
        wanted->ward.delay = (uint32_t)number;
        break;
    default:
        wanted->ward.seed = (uint64_t)number;
        break;
    }
    return APP_EXIT_OK;
}

static int take_time(const char *value, int64_t *ret_us) {
    return scalar_duration(bytes_of(value), ret_us)
               ? APP_EXIT_OK
               : app_usage(&app_simulate_intellivue, "\"%s\" is no time like 30s or 2h", value);
}

static int take_option(wishes *wanted, int option, const char *value) {
    switch (option) {
    case OPTION_LISTEN:
        return take_address(value, wanted->ward.ip, &wanted->ward.port);
    case OPTION_ANNOUNCE:
        return take_address(value, wanted->ward.announce_ip, &wanted->ward.announce_port);
    case OPTION_UNPLUG_EVERY:
        return take_time(value, &wanted->ward.unplug_every_us);
    case OPTION_UNPLUG_FOR:
        return take_time(value, &wanted->ward.unplug_us);
    case OPTION_CLOCK:
        return take_time(value, &wanted->ward.clock_offset_us);
    case OPTION_JSON:
        wanted->wants_json = true;
        return APP_EXIT_OK;
    default:
        return take_number(wanted, option, value);
    }
}

static void print_summary(const play_ward_figures *figures, double seconds, bool wants_json) {
    if (!wants_json) {
        printf("%llu datagrams in %.1f s, %llu polls answered, %u monitors associated at the end\n"
               "%llu corrupted, %llu dropped, %llu delayed, %llu times unplugged\n",
               (unsigned long long)figures->sent, seconds, (unsigned long long)figures->polled, figures->operating,
               (unsigned long long)figures->corrupted, (unsigned long long)figures->dropped,
               (unsigned long long)figures->delayed, (unsigned long long)figures->unplugged);
        return;
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, false)) {
        json_out_object(&out, NULL);
        json_out_number(&out, "sent", (int64_t)figures->sent);
        json_out_number(&out, "polled", (int64_t)figures->polled);
        json_out_number(&out, "operating", figures->operating);
        json_out_number(&out, "corrupted", (int64_t)figures->corrupted);
        json_out_number(&out, "dropped", (int64_t)figures->dropped);
        json_out_number(&out, "delayed", (int64_t)figures->delayed);
        json_out_number(&out, "unplugged", (int64_t)figures->unplugged);
        json_out_number(&out, "elapsed_us", (int64_t)(seconds * 1e6));
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}

static void end(void *context) {
    loop_stop(context);
}

static int play(const wishes *wanted) {
    loop *running = simulation_loop();
    if (running == NULL) {
        return APP_EXIT_FAILED;
    }
    error_record error = {0};
    play_ward *ward = NULL;
    int64_t started_us = clock_now().monotonic_us;
    if (play_ward_create(running, &wanted->ward, &ward, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman simulate: %s\n", error.text);
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    loop_timer *timer = loop_timer_create(running, end, running);
    if (timer != NULL) {
        loop_timer_set(timer, wanted->duration_us == 0 ? INT64_MAX : started_us + wanted->duration_us);
    }
    loop_run(running);
    loop_timer_destroy(timer);
    const play_ward_figures figures = play_ward_look(ward);
    print_summary(&figures, (double)(clock_now().monotonic_us - started_us) / 1e6, wanted->wants_json);
    play_ward_destroy(ward);
    loop_destroy(running);
    return APP_EXIT_OK;
}

static int run(int argc, char **argv) {
    wishes wanted = {.ward = {.monitors = 1, .seed = 1, .unplug_us = 15000000}};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int outcome =
            option == '?' ? app_unknown_option(&app_simulate_intellivue, argv) : take_option(&wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    if (argc != optind) {
        return app_usage(&app_simulate_intellivue, "\"%s\" is one word too many", argv[optind]);
    }
    if (wanted.ward.port == 0 || wanted.ward.port + wanted.ward.monitors > UINT16_MAX) {
        return app_usage(&app_simulate_intellivue,
                         "--listen udp://ADDRESS:PORT is expected, with a port for each monitor");
    }
    return play(&wanted);
}

const app_command app_simulate_intellivue = {"simulate intellivue", "Philips IntelliVue monitors on UDP", help, run};
