#include "app/command.h"
#include "app/live_table.h"
#include "base/bytes.h"
#include "config/scalar.h"
#include "config/site.h"
#include "loop/loop.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const char help[] = "usage: dragoman watch [--seconds N] SITE.yaml\n"
                           "\n"
                           "Shows what each bed of a site said last, from its store, anew every second;\n"
                           "until Ctrl-C. Patient data is on the screen. Without a terminal it prints the\n"
                           "table once: after N seconds, or at once when no --seconds are given.\n"
                           "\n"
                           "examples:\n"
                           "  dragoman watch examples/ward/site.yaml\n"
                           "  dragoman watch --seconds 10 site.yaml\n";

#define REDRAW_US 1000000

static const struct option options[] = {{"seconds", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};

typedef struct watching {
    loop *on;
    loop_timer *timer;
    live_table *table;
    int64_t end_us;
    bool is_terminal;
    bool has_failed;
} watching;

static loop *running;

static void stop_on_signal(int number) {
    (void)number;
    loop_stop(running);
}

static void draw(const watching *self) {
    buffer text;
    buffer_init(&text);
    if (self->is_terminal) {
        /* Home, the table, and away with what an earlier longer table left. */
        buffer_append_text(&text, "\033[H");
    }
    live_table_write(self->table, clock_now().wall_us, self->is_terminal, &text);
    if (self->is_terminal) {
        buffer_append_text(&text, "\033[J");
    }
    fwrite(text.data, 1, text.size, stdout);
    fflush(stdout);
    buffer_fini(&text);
}

static void tick(void *context) {
    watching *self = context;
    error_record error = {0};
    dragoman_now now = clock_now();
    if (live_table_read(self->table, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman watch: %s\n", error.text);
        self->has_failed = true;
        loop_stop(self->on);
        return;
    }
    if (self->is_terminal) {
        draw(self);
    }
    if (now.monotonic_us >= self->end_us) {
        loop_stop(self->on);
        return;
    }
    int64_t next_us = now.monotonic_us + REDRAW_US;
    loop_timer_set(self->timer, next_us < self->end_us ? next_us : self->end_us);
}

static int watch(const site *of, int64_t seconds) {
    error_record error = {0};
    watching self = {.is_terminal = isatty(STDOUT_FILENO) == 1};
    bool is_endless = seconds == 0 && self.is_terminal;
    self.end_us = is_endless ? INT64_MAX : clock_now().monotonic_us + seconds * 1000000;
    dragoman_status status = live_table_create(of, &self.table, &error);
    if (status == DRAGOMAN_OK) {
        status = loop_create(&self.on, &error);
    }
    if (status != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman watch: %s\n", error.text);
        live_table_destroy(self.table);
        return APP_EXIT_FAILED;
    }
    running = self.on;
    struct sigaction action = {.sa_handler = stop_on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    self.timer = loop_timer_create(self.on, tick, &self);
    if (self.is_terminal) {
        fputs("\033[2J", stdout);
    }
    loop_timer_set(self.timer, 0);
    loop_run(self.on);
    if (!self.is_terminal && !self.has_failed) {
        draw(&self);
    }
    loop_timer_destroy(self.timer);
    loop_destroy(self.on);
    live_table_destroy(self.table);
    return self.has_failed ? APP_EXIT_FAILED : APP_EXIT_OK;
}

static int run(int argc, char **argv) {
    int64_t seconds = 0;
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?') {
            return app_unknown_option(&app_watch, argv);
        }
        if (!scalar_integer(bytes_of(optarg), &seconds) || seconds < 1 || seconds > 1000000000) {
            return app_usage(&app_watch, "--seconds wants a number of 1 and up");
        }
    }
    if (argc - optind != 1) {
        return app_usage(&app_watch, "one SITE.yaml is expected");
    }
    error_record error = {0};
    site of;
    site_mistakes mistakes;
    int outcome = APP_EXIT_FAILED;
    if (site_read(argv[optind], NULL, &of, &mistakes, &error) == DRAGOMAN_OK) {
        outcome = watch(&of, seconds);
    } else {
        fprintf(stderr, "dragoman watch: %s\n", error.text);
    }
    site_fini(&of);
    return outcome;
}

const app_command app_watch = {"watch", "a live table of what each bed said last", help, run};
