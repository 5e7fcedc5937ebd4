#include "app/simulation.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "config/scalar.h"
#include "link/address.h"
#include "simulate/agents.h"
#include "simulate/sender.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman simulate phd --to tcp://HOST:PORT [OPTIONS]\n"
                           "\n"
                           "Plays personal health devices (IEEE 11073-20601 agents) that associate with a\n"
                           "manager, send their configuration where it is not known, and report until each\n"
                           "measurement is confirmed. Goes on until Ctrl-C, --reports or --seconds and ends\n"
                           "with a summary. The measurements are invented; the devices' clocks show UTC.\n"
                           "\n"
                           "  --agents N           devices, a connection each (7)\n"
                           "  --kind NAME          all of one kind: oximeter, pressure, scale, thermometer,\n"
                           "                       glucose (with a store), composition, ecg; else in turn\n"
                           "  --every TIME         between two reports of a device (1s); 0s: as soon as the\n"
                           "                       last was confirmed\n"
                           "  --reports N          end after so many\n"
                           "  --seconds N          end after so long\n"
                           "  --seed N             other measurements (1)\n"
                           "  --corrupt N          one in N reports has a wrong byte\n"
                           "  --drop N             one in N reports is not sent\n"
                           "  --unplug N           the cable comes out in the middle of one in N reports\n"
                           "  --delay TIME         reports come so much later than they were measured\n"
                           "  --clock-ahead TIME   the devices' clocks are wrong\n"
                           "  --json               the summary for programs\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate phd --to tcp://127.0.0.1:6024\n"
                           "  dragoman simulate phd --to tcp://127.0.0.1:6024 --kind glucose --agents 1\n"
                           "  dragoman simulate phd --to tcp://127.0.0.1:6024 --corrupt 10 --unplug 50\n";

/* Without a manager for this long, something is likely mistyped. */
#define HINT_US 1500000

enum {
    OPTION_TO = 256,
    OPTION_AGENTS,
    OPTION_KIND,
    OPTION_EVERY,
    OPTION_REPORTS,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_CORRUPT,
    OPTION_DROP,
    OPTION_UNPLUG,
    OPTION_DELAY,
    OPTION_CLOCK,
    OPTION_JSON
};

static const struct option options[] = {{"to", required_argument, NULL, OPTION_TO},
                                        {"agents", required_argument, NULL, OPTION_AGENTS},
                                        {"kind", required_argument, NULL, OPTION_KIND},
                                        {"every", required_argument, NULL, OPTION_EVERY},
                                        {"reports", required_argument, NULL, OPTION_REPORTS},
                                        {"seconds", required_argument, NULL, OPTION_SECONDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"corrupt", required_argument, NULL, OPTION_CORRUPT},
                                        {"drop", required_argument, NULL, OPTION_DROP},
                                        {"unplug", required_argument, NULL, OPTION_UNPLUG},
                                        {"delay", required_argument, NULL, OPTION_DELAY},
                                        {"clock-ahead", required_argument, NULL, OPTION_CLOCK},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {NULL, 0, NULL, 0}};

typedef struct play_wishes {
    agents_options agents;
    link_address to;
    bool has_to;
    bool wants_json;
    char host[64];
} play_wishes;

static int take_number(play_wishes *wanted, int option, const char *value) {
    int64_t number = 0;
    int64_t most = option == OPTION_AGENTS ? AGENTS_MAX : option == OPTION_SECONDS ? INT64_MAX / 2000000 : INT32_MAX;
    int64_t least = option == OPTION_SEED ? 0 : 1;
    int outcome = simulation_number(&app_simulate_phd, value, least, most, &number);
    if (outcome != APP_EXIT_OK) {
        return outcome;
    }
    switch (option) {
    case OPTION_AGENTS:
        wanted->agents.count = (uint32_t)number;
        break;
    case OPTION_REPORTS:
        wanted->agents.reports = (uint64_t)number;
        break;
    case OPTION_SECONDS:
        wanted->agents.duration_us = number * 1000000;
        break;
    case OPTION_CORRUPT:
        wanted->agents.faults.corrupt = (uint32_t)number;
        break;
    case OPTION_DROP:
        wanted->agents.faults.drop = (uint32_t)number;
        break;
    case OPTION_UNPLUG:
        wanted->agents.faults.unplug = (uint32_t)number;
        break;
    default:
        wanted->agents.seed = (uint64_t)number;
        break;
    }
    return APP_EXIT_OK;
}

static int take_time(play_wishes *wanted, int option, const char *value) {
    int64_t *to = option == OPTION_EVERY   ? &wanted->agents.interval_us
                  : option == OPTION_DELAY ? &wanted->agents.faults.delay_us
                                           : &wanted->agents.faults.clock_us;
    return scalar_duration(bytes_of(value), to)
               ? APP_EXIT_OK
               : app_usage(&app_simulate_phd, "\"%s\" is no time like 1s or 500ms", value);
}

static int take_option(play_wishes *wanted, int option, const char *value) {
    error_record error = {0};
    switch (option) {
    case OPTION_TO:
        if (link_address_parse(bytes_of(value), &wanted->to, &error) != DRAGOMAN_OK) {
            return app_usage(&app_simulate_phd, "--to %s", error.text);
        }
        wanted->has_to = true;
        return APP_EXIT_OK;
    case OPTION_KIND:
        wanted->agents.kind = agent_kind_find(bytes_of(value));
        return wanted->agents.kind != NULL ? APP_EXIT_OK
                                           : app_usage(&app_simulate_phd, "there is no kind \"%s\"", value);
    case OPTION_EVERY:
    case OPTION_DELAY:
    case OPTION_CLOCK:
        return take_time(wanted, option, value);
    case OPTION_JSON:
        wanted->wants_json = true;
        return APP_EXIT_OK;
    default:
        return take_number(wanted, option, value);
    }
}

static const struct {
    const char *name;
    size_t place;
} counts[] = {
    {"associated", offsetof(agent_figures, associated)},
    {"configured", offsetof(agent_figures, configured)},
    {"sent", offsetof(agent_figures, sent)},
    {"resent", offsetof(agent_figures, resent)},
    {"confirmed", offsetof(agent_figures, confirmed)},
    {"stored", offsetof(agent_figures, stored)},
    {"refused", offsetof(agent_figures, refused)},
    {"timeouts", offsetof(agent_figures, timeouts)},
    {"aborted", offsetof(agent_figures, aborted)},
    {"broken", offsetof(agent_figures, broken)},
};

static uint64_t count_of(const agent_figures *figures, size_t n) {
    uint64_t count = 0;
    memcpy(&count, (const char *)figures + counts[n].place, sizeof count);
    return count;
}

static void print_json(const agent_figures *figures, double seconds) {
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, false)) {
        json_out_object(&out, NULL);
        for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
            json_out_number(&out, counts[n].name, (int64_t)count_of(figures, n));
        }
        json_out_number(&out, "elapsed_us", (int64_t)(seconds * 1e6));
        json_out_number(&out, "p50_us", histogram_percentile(&figures->latency, 50));
        json_out_number(&out, "p99_us", histogram_percentile(&figures->latency, 99));
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}

static void print_summary(const agent_figures *figures, double seconds, bool wants_json) {
    if (wants_json) {
        print_json(figures, seconds);
        return;
    }
    printf("in %.1f s:", seconds);
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        printf("%s %llu %s", n == 0 ? "" : ",", (unsigned long long)count_of(figures, n), counts[n].name);
    }
    printf("\nto the confirmation: p50 %.2f ms, p99 %.2f ms\n",
           (double)histogram_percentile(&figures->latency, 50) / 1e3,
           (double)histogram_percentile(&figures->latency, 99) / 1e3);
}

static void ended(void *context) {
    loop_stop(context);
}

typedef struct hint {
    const play_wishes *wanted;
    const agent_figures *figures;
} hint;

/* Who mistypes a port would otherwise see nothing at all. */
static void tell_if_nobody_answers(void *context) {
    const hint *self = context;
    if (self->figures->associated == 0) {
        fprintf(stderr,
                "dragoman simulate: no manager takes devices at %s:%s yet: does a link of a running site listen there? "
                "Trying on, Ctrl-C ends.\n",
                self->wanted->to.host, self->wanted->to.port);
    }
}

static int play(play_wishes *wanted) {
    loop *running = simulation_loop();
    if (running == NULL) {
        return APP_EXIT_FAILED;
    }
    int64_t started_us = clock_now().monotonic_us;
    agents *played = agents_create(running, &wanted->agents, ended, running);
    if (played == NULL) {
        fprintf(stderr, "dragoman simulate: no memory or descriptors for %u devices\n", wanted->agents.count);
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    hint said = {wanted, agents_figures(played)};
    loop_timer *timer = loop_timer_create(running, tell_if_nobody_answers, &said);
    if (timer != NULL) {
        loop_timer_set(timer, started_us + HINT_US);
    }
    loop_run(running);
    loop_timer_destroy(timer);
    const agent_figures *figures = agents_figures(played);
    print_summary(figures, (double)(clock_now().monotonic_us - started_us) / 1e6, wanted->wants_json);
    bool is_good = figures->confirmed > 0;
    agents_destroy(played);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    play_wishes wanted = {.agents = {.count = AGENT_KINDS, .interval_us = 1000000, .seed = 1}};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int outcome =
            option == '?' ? app_unknown_option(&app_simulate_phd, argv) : take_option(&wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    if (argc != optind) {
        return app_usage(&app_simulate_phd, "\"%s\" is one word too many", argv[optind]);
    }
    if (!wanted.has_to || wanted.to.scheme != LINK_TCP) {
        return app_usage(&app_simulate_phd, "--to tcp://HOST:PORT is expected");
    }
    if (!sender_resolve(wanted.to.host, wanted.to.port, wanted.host, sizeof(wanted.host))) {
        fprintf(stderr, "dragoman simulate: %s cannot be found\n", wanted.to.host);
        return APP_EXIT_FAILED;
    }
    wanted.agents.host = wanted.host;
    wanted.agents.port = (uint16_t)strtoul(wanted.to.port, NULL, 10);
    return play(&wanted);
}

const app_command app_simulate_phd = {"simulate phd", "personal health devices (IEEE 11073-20601)", help, run};
