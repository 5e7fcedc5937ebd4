/* Infusion pumps on a serial line. */
#include "app/simulate_player.h"
#include "simulate/asena.h"

static const char asena_help[] = "usage: dragoman simulate asena [PLACE] [OPTIONS]\n"
                                 "\n"
                                 "Plays an Alaris Asena syringe pump: on a pseudo-terminal, whose name it prints, on\n"
                                 "a TCP port as behind a serial terminal server, or by calling one. It answers\n"
                                 "queries; commands it counts and does not obey. Its line is occluded for five\n"
                                 "seconds of sixty. Goes on until Ctrl-C or --seconds and ends with a summary. What\n"
                                 "it says is invented.\n"
                                 "\n" SIMULATE_LINE_HELP "\n"
                                 "faults:\n"
                                 "  --corrupt N        a wrong bit in every N-th answer\n"
                                 "  --drop N           every N-th answer does not come\n"
                                 "  --delay TIME       answers come so late\n"
                                 "  --unplug TIME      the line is pulled so often, for a second\n"
                                 "\n"
                                 "examples:\n"
                                 "  dragoman simulate asena --link /tmp/pump\n"
                                 "  dragoman simulate asena --listen tcp://127.0.0.1:4001 --drop 10\n";

static int run_asena(int argc, char **argv) {
    return simulate_player_run(&app_simulate_asena, &asena_protocol, argc, argv);
}

const app_command app_simulate_asena = {"simulate asena", "an Alaris Asena syringe pump on a serial line", asena_help,
                                        run_asena};
