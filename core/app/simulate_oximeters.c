/* Pulse oximeters that send frames by themselves. */
#include "app/simulate_line.h"
#include "simulate/nonin_frames.h"

#include <errno.h>
#include <string.h>

static const char nonin_help[] = "usage: dragoman simulate nonin [PLACE] [OPTIONS]\n"
                                 "\n"
                                 "Plays a Nonin pulse oximeter that sends serial data format 2 or 7: on a pseudo-\n"
                                 "terminal, whose name it prints, on a TCP port as behind a serial terminal server,\n"
                                 "or by calling one. The finger is out for three seconds of forty. Goes on until\n"
                                 "Ctrl-C or --seconds and ends with a summary. What it says is invented.\n"
                                 "\n"
                                 "  --format 2|7       the serial data format (2)\n" SIMULATE_LINE_HELP "\n"
                                 "faults:\n"
                                 "  --corrupt N        a wrong bit in every N-th frame\n"
                                 "  --drop N           every N-th frame does not come\n"
                                 "  --delay TIME       frames come so late\n"
                                 "  --unplug TIME      the line is pulled so often, for a second\n"
                                 "  --wrong-clock TIME the timer of format 7 goes so far ahead; -TIME: behind\n"
                                 "\n"
                                 "examples:\n"
                                 "  dragoman simulate nonin --link /tmp/oximeter\n"
                                 "  dragoman simulate nonin --format 7 --listen tcp://127.0.0.1:4001 --drop 200\n";

static int play(const line_wishes *wanted, const oximeter_protocol *protocol) {
    loop *running = simulation_loop();
    if (running == NULL) {
        return APP_EXIT_FAILED;
    }
    oximeter_player *player = oximeter_player_create(running, &wanted->line, protocol);
    if (player == NULL) {
        fprintf(stderr, "dragoman simulate: the line cannot be opened: %s\n", strerror(errno));
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    simulation_run(running, wanted->seconds);
    const oximeter_figures *figures = oximeter_player_figures(player);
    const line_figure rows[] = {{"opened", figures->opened},
                                {"frames", figures->frames},
                                {"corrupted", figures->corrupted},
                                {"dropped", figures->dropped},
                                {"heard", figures->heard}};
    line_print_figures(rows, sizeof(rows) / sizeof(rows[0]), wanted->wants_json);
    bool is_good = figures->frames > 0;
    oximeter_player_destroy(player);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run_nonin(int argc, char **argv) {
    static const char *const formats[] = {"2", "7", NULL};
    line_choice format = {.option = "format", .words = formats};
    line_wishes wanted;
    int outcome = line_wishes_read(&app_simulate_nonin, argc, argv, &format, &wanted);
    return outcome != APP_EXIT_OK ? outcome : play(&wanted, format.chosen == 0 ? &nonin_format_2 : &nonin_format_7);
}

const app_command app_simulate_nonin = {"simulate nonin", "a Nonin pulse oximeter on a serial line", nonin_help,
                                        run_nonin};
