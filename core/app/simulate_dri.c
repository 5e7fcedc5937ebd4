#include "app/simulate_player.h"
#include "simulate/dri.h"

static const char help[] = "usage: dragoman simulate dri [PLACE] [OPTIONS]\n"
                           "\n"
                           "Plays an anaesthesia monitor with an S/5 Computer Interface: on a\n"
                           "pseudo-terminal, whose name it prints, on a TCP port as behind a serial\n"
                           "terminal server, or by calling one. Goes on until Ctrl-C or --seconds and ends\n"
                           "with a summary. What it says is invented.\n"
                           "\n" SIMULATE_LINE_HELP "\n"
                           "faults:\n"
                           "  --corrupt N        a wrong bit in every N-th record\n"
                           "  --drop N           every N-th record does not come\n"
                           "  --delay TIME       records come so late\n"
                           "  --unplug TIME      the line is pulled so often, for a second\n"
                           "  --wrong-clock TIME its clock goes so far ahead; -TIME: behind\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate dri --link /tmp/monitor\n"
                           "  dragoman simulate dri --listen tcp://127.0.0.1:4001 --corrupt 20\n";

static int run(int argc, char **argv) {
    return simulate_player_run(&app_simulate_dri, &dri_protocol, argc, argv);
}

const app_command app_simulate_dri = {"simulate dri", "an S/5 anaesthesia monitor on a serial line", help, run};
