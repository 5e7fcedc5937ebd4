#include "app/simulation.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "config/scalar.h"
#include "link/address.h"
#include "simulate/ward.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman simulate hl7v2 --to tcp://HOST:PORT [OPTIONS]\n"
                           "\n"
                           "Plays bedside monitors that send HL7 v2 (IHE PCD-01 values, ACM alarms, ADT)\n"
                           "over MLLP and wait for each acknowledgement; what is not acknowledged is sent\n"
                           "again. Goes on until Ctrl-C, --messages or --seconds and ends with a summary.\n"
                           "The patients are invented.\n"
                           "\n"
                           "  --beds N             monitors, a connection each (8)\n"
                           "  --every TIME         between two messages of a bed (1s); 0s: as fast as they\n"
                           "                       are acknowledged\n"
                           "  --obx N              values in a message, 1 to 200 (20)\n"
                           "  --messages N         end after so many\n"
                           "  --seconds N          end after so long\n"
                           "  --seed N             another seed, other lives (1)\n"
                           "  --first-id N         message ids begin here (1)\n"
                           "  --values-only        no alarms and no ADT\n"
                           "  --acknowledged FILE  append the control id of each accepted message\n"
                           "  --json               the summary for programs\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate hl7v2 --to tcp://127.0.0.1:2575\n"
                           "  dragoman simulate hl7v2 --to tcp://127.0.0.1:2575 --every 0s --seconds 10\n"
                           "  dragoman simulate hl7v2 --to tcp://127.0.0.1:2575 --messages 100 --json\n";

/* Without an answer for this long, something is likely mistyped. */
#define HINT_US 1500000

enum {
    OPTION_TO = 256,
    OPTION_BEDS,
    OPTION_EVERY,
    OPTION_OBX,
    OPTION_MESSAGES,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_FIRST,
    OPTION_VALUES,
    OPTION_ACKNOWLEDGED,
    OPTION_JSON
};

static const struct option options[] = {{"to", required_argument, NULL, OPTION_TO},
                                        {"beds", required_argument, NULL, OPTION_BEDS},
                                        {"every", required_argument, NULL, OPTION_EVERY},
                                        {"obx", required_argument, NULL, OPTION_OBX},
                                        {"messages", required_argument, NULL, OPTION_MESSAGES},
                                        {"seconds", required_argument, NULL, OPTION_SECONDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"first-id", required_argument, NULL, OPTION_FIRST},
                                        {"values-only", no_argument, NULL, OPTION_VALUES},
                                        {"acknowledged", required_argument, NULL, OPTION_ACKNOWLEDGED},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {NULL, 0, NULL, 0}};

typedef struct wishes {
    ward_options ward;
    link_address to;
    bool has_to;
    bool wants_json;
    char host[64];
} wishes;

static int take_number(wishes *wanted, int option, const char *value) {
    int64_t number = 0;
    int64_t most = option == OPTION_BEDS ? WARD_BEDS_MAX : option == OPTION_OBX ? 200 : INT64_MAX / 2000000;
    int outcome = simulation_number(&app_simulate_hl7v2, value, option == OPTION_SEED || option == OPTION_FIRST ? 0 : 1,
                                    most, &number);
    if (outcome != APP_EXIT_OK) {
        return outcome;
    }
    switch (option) {
    case OPTION_BEDS:
        wanted->ward.beds = (uint32_t)number;
        break;
    case OPTION_OBX:
        wanted->ward.metrics = (uint32_t)number;
        break;
    case OPTION_MESSAGES:
        wanted->ward.messages = (uint64_t)number;
        break;
    case OPTION_SECONDS:
        wanted->ward.duration_us = number * 1000000;
        break;
    case OPTION_FIRST:
        wanted->ward.first_id = (uint64_t)number;
        break;
    default:
        wanted->ward.seed = (uint64_t)number;
        break;
    }
    return APP_EXIT_OK;
}

static int take_option(wishes *wanted, int option, const char *value) {
    error_record error = {0};
    switch (option) {
    case OPTION_TO:
        if (link_address_parse(bytes_of(value), &wanted->to, &error) != DRAGOMAN_OK) {
            return app_usage(&app_simulate_hl7v2, "--to %s", error.text);
        }
        wanted->has_to = true;
        return APP_EXIT_OK;
    case OPTION_EVERY:
        return scalar_duration(bytes_of(value), &wanted->ward.interval_us)
                   ? APP_EXIT_OK
                   : app_usage(&app_simulate_hl7v2, "--every \"%s\" is no time like 1s or 500ms", value);
    case OPTION_VALUES:
        wanted->ward.with_events = false;
        return APP_EXIT_OK;
    case OPTION_JSON:
        wanted->wants_json = true;
        return APP_EXIT_OK;
    case OPTION_ACKNOWLEDGED:
        if (wanted->ward.acknowledged != NULL) {
            return app_usage(&app_simulate_hl7v2, "--acknowledged stands twice");
        }
        wanted->ward.acknowledged = fopen(value, "ae");
        return wanted->ward.acknowledged != NULL
                   ? APP_EXIT_OK
                   : app_usage(&app_simulate_hl7v2, "%s cannot be written: %s", value, strerror(errno));
    case '?':
        return APP_EXIT_USAGE;
    default:
        return take_number(wanted, option, value);
    }
}

static bool resolve(wishes *wanted) {
    if (!sender_resolve(wanted->to.host, wanted->to.port, wanted->host, sizeof(wanted->host))) {
        fprintf(stderr, "dragoman simulate: %s cannot be found\n", wanted->to.host);
        return false;
    }
    wanted->ward.host = wanted->host;
    wanted->ward.port = (uint16_t)strtoul(wanted->to.port, NULL, 10);
    return true;
}

static void print_summary(const sender_figures *figures, double seconds, bool wants_json) {
    int64_t p50 = histogram_percentile(&figures->latency, 50);
    int64_t p99 = histogram_percentile(&figures->latency, 99);
    if (!wants_json) {
        printf("%llu messages in %.1f s: %llu accepted (%.0f a second), %llu refused, %llu sent again\n"
               "%llu broken connections\n"
               "to the acknowledgement: p50 %.2f ms, p99 %.2f ms\n",
               (unsigned long long)figures->sent, seconds, (unsigned long long)figures->accepted,
               (double)figures->accepted / seconds, (unsigned long long)figures->refused,
               (unsigned long long)figures->resent, (unsigned long long)figures->broken, (double)p50 / 1e3,
               (double)p99 / 1e3);
        return;
    }
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, false)) {
        json_out_object(&out, NULL);
        json_out_number(&out, "sent", (int64_t)figures->sent);
        json_out_number(&out, "accepted", (int64_t)figures->accepted);
        json_out_number(&out, "refused", (int64_t)figures->refused);
        json_out_number(&out, "resent", (int64_t)figures->resent);
        json_out_number(&out, "broken", (int64_t)figures->broken);
        json_out_number(&out, "bytes", (int64_t)figures->bytes);
        json_out_number(&out, "elapsed_us", (int64_t)(seconds * 1e6));
        json_out_number(&out, "p50_us", p50);
        json_out_number(&out, "p99_us", p99);
        json_out_number(&out, "largest_us", figures->latency.largest);
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}

static void ended(void *context) {
    loop_stop(context);
}

typedef struct hint {
    const wishes *wanted;
    const sender_figures *figures;
} hint;

/* Who mistypes a port would otherwise see nothing at all. */
static void tell_if_nobody_answers(void *context) {
    const hint *self = context;
    if (self->figures->accepted == 0) {
        fprintf(stderr,
                "dragoman simulate: nobody takes messages at %s:%s yet: does a link of a running site listen there? "
                "Trying on, Ctrl-C ends.\n",
                self->wanted->to.host, self->wanted->to.port);
    }
}

static int play(wishes *wanted) {
    loop *running = simulation_loop();
    if (running == NULL) {
        return APP_EXIT_FAILED;
    }
    int64_t started_us = clock_now().monotonic_us;
    ward *played = ward_create(running, &wanted->ward, ended, running);
    if (played == NULL) {
        fprintf(stderr, "dragoman simulate: no memory or descriptors for %u beds\n", wanted->ward.beds);
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    hint said = {wanted, ward_figures(played)};
    loop_timer *timer = loop_timer_create(running, tell_if_nobody_answers, &said);
    if (timer != NULL) {
        loop_timer_set(timer, started_us + HINT_US);
    }
    loop_run(running);
    loop_timer_destroy(timer);
    double seconds = (double)(clock_now().monotonic_us - started_us) / 1e6;
    const sender_figures *figures = ward_figures(played);
    print_summary(figures, seconds, wanted->wants_json);
    bool is_good = figures->accepted > 0;
    ward_destroy(played);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int simulate(wishes *wanted, int argc, char **argv) {
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int outcome =
            option == '?' ? app_unknown_option(&app_simulate_hl7v2, argv) : take_option(wanted, option, optarg);
        if (outcome != APP_EXIT_OK) {
            return outcome;
        }
    }
    if (argc != optind) {
        return app_usage(&app_simulate_hl7v2, "\"%s\" is one word too many", argv[optind]);
    }
    if (!wanted->has_to || wanted->to.scheme != LINK_TCP) {
        return app_usage(&app_simulate_hl7v2, "--to tcp://HOST:PORT is expected");
    }
    return resolve(wanted) ? play(wanted) : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    wishes wanted = {
        .ward = {.beds = 8, .interval_us = 1000000, .metrics = 20, .seed = 1, .first_id = 1, .with_events = true}};
    int outcome = simulate(&wanted, argc, argv);
    if (wanted.ward.acknowledged != NULL) {
        fclose(wanted.ward.acknowledged);
    }
    return outcome;
}

const app_command app_simulate_hl7v2 = {"simulate hl7v2", "a ward of HL7 v2 monitors", help, run};
