#include "app/simulation.h"
#include "base/bytes.h"
#include "config/scalar.h"
#include "loop/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const app_command *const simulations[] = {
    &app_simulate_asena,  &app_simulate_astm,  &app_simulate_bcc,        &app_simulate_contec, &app_simulate_dri,
    &app_simulate_gatt,   &app_simulate_hl7v2, &app_simulate_intellivue, &app_simulate_lines,  &app_simulate_medibus,
    &app_simulate_modbus, &app_simulate_nonin, &app_simulate_phd};

#define SIMULATIONS (sizeof(simulations) / sizeof(simulations[0]))

static const char help[] = "usage: dragoman simulate DEVICE [OPTIONS]\n"
                           "\n"
                           "Plays devices, to try a site without any. What they say is invented.\n"
                           "`dragoman simulate DEVICE --help` explains each of them.\n"
                           "\n"
                           "devices:\n";

static const char examples[] = "\n"
                               "examples:\n"
                               "  dragoman simulate hl7v2 --help\n";

static const char *name_of(const app_command *simulation) {
    return strrchr(simulation->name, ' ') + 1;
}

static void print_devices(FILE *to) {
    for (size_t i = 0; i < SIMULATIONS; i++) {
        fprintf(to, "  %-12s %s\n", name_of(simulations[i]), simulations[i]->summary);
    }
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int play(const app_command *simulation, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (is_help(argv[i])) {
            fputs(simulation->help, stdout);
            return APP_EXIT_OK;
        }
    }
    return simulation->run(argc, argv);
}

static int run(int argc, char **argv) {
    if (argc < 2) {
        int outcome = app_usage(&app_simulate, "what to simulate is expected");
        print_devices(stderr);
        return outcome;
    }
    if (is_help(argv[1])) {
        fputs(help, stdout);
        print_devices(stdout);
        fputs(examples, stdout);
        return APP_EXIT_OK;
    }
    for (size_t i = 0; i < SIMULATIONS; i++) {
        if (strcmp(argv[1], name_of(simulations[i])) == 0) {
            return play(simulations[i], argc - 1, argv + 1);
        }
    }
    int outcome = app_usage(&app_simulate, "there is no device \"%s\"", argv[1]);
    print_devices(stderr);
    return outcome;
}

static loop *running;

static void stop_on_signal(int number) {
    (void)number;
    loop_stop(running);
}

loop *simulation_loop(void) {
    error_record error = {0};
    if (loop_create(&running, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman simulate: %s\n", error.text);
        return NULL;
    }
    struct sigaction action = {.sa_handler = stop_on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return running;
}

static void stop_on_time(void *context) {
    loop_stop(context);
}

void simulation_run(loop *on, int64_t seconds) {
    loop_timer *timer = loop_timer_create(on, stop_on_time, on);
    if (timer != NULL && seconds > 0) {
        loop_timer_set(timer, clock_now().monotonic_us + seconds * 1000000);
    }
    loop_run(on);
    loop_timer_destroy(timer);
}

int simulation_number(const app_command *command, const char *text, int64_t least, int64_t most, int64_t *ret_number) {
    if (!scalar_integer(bytes_of(text), ret_number) || *ret_number < least || *ret_number > most) {
        return app_usage(command, "\"%s\" is no number from %lld to %lld", text, (long long)least, (long long)most);
    }
    return APP_EXIT_OK;
}

int simulation_time(const app_command *command, const char *text, int64_t *ret_us) {
    return scalar_duration(bytes_of(text), ret_us) ? APP_EXIT_OK
                                                   : app_usage(command, "\"%s\" is no time like 1s or 500ms", text);
}

int simulation_shift(const app_command *command, const char *text, int64_t *ret_us) {
    bool is_behind = text[0] == '-';
    if (!scalar_duration(bytes_of(text + is_behind), ret_us)) {
        return app_usage(command, "\"%s\" is no time like 1s or 500ms", text);
    }
    *ret_us = is_behind ? -*ret_us : *ret_us;
    return APP_EXIT_OK;
}

const app_command app_simulate = {"simulate", "play devices, to try a site without any", NULL, run};
