#include "app/simulate_line.h"
#include "simulate/medibus.h"

#include <errno.h>
#include <string.h>

static const char help[] = "usage: dragoman simulate medibus [PLACE] [OPTIONS]\n"
                           "\n"
                           "Plays a Dräger ventilator that speaks MEDIBUS: on a pseudo-terminal, whose name\n"
                           "it prints, on a TCP port as behind a serial terminal server, or by calling one.\n"
                           "Goes on until Ctrl-C or --seconds and ends with a summary. What it says is\n"
                           "invented.\n"
                           "\n" SIMULATE_LINE_HELP "\n"
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

static void print_summary(const medibus_figures *figures, bool wants_json) {
    const line_figure rows[] = {{"opened", figures->opened},       {"commands", figures->commands},
                                {"responses", figures->responses}, {"corrupted", figures->corrupted},
                                {"dropped", figures->dropped},     {"records", figures->records},
                                {"refused", figures->refused},     {"others", figures->others}};
    line_print_figures(rows, sizeof(rows) / sizeof(rows[0]), wants_json);
}

static int run(int argc, char **argv) {
    line_wishes wanted;
    int outcome = line_wishes_read(&app_simulate_medibus, argc, argv, NULL, &wanted);
    loop *running = outcome == APP_EXIT_OK ? simulation_loop() : NULL;
    if (running == NULL) {
        return outcome == APP_EXIT_OK ? APP_EXIT_FAILED : outcome;
    }
    medibus_player *player = medibus_player_create(running, &wanted.line);
    if (player == NULL) {
        fprintf(stderr, "dragoman simulate: the line cannot be opened: %s\n", strerror(errno));
        loop_destroy(running);
        return APP_EXIT_FAILED;
    }
    simulation_run(running, wanted.seconds);
    const medibus_figures *figures = medibus_player_figures(player);
    print_summary(figures, wanted.wants_json);
    bool is_good = figures->responses > 0;
    medibus_player_destroy(player);
    loop_destroy(running);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

const app_command app_simulate_medibus = {"simulate medibus", "a Dräger ventilator on a serial line", help, run};
