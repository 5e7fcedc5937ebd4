/* Infusion pumps on a serial line. */
#include "app/simulate_player.h"
#include "simulate/asena.h"
#include "simulate/bcc.h"

static const char asena_help[] = "usage: dragoman simulate asena [PLACE] [OPTIONS]\n"
                                 "\n"
                                 "Plays an Alaris Asena syringe pump: on a pseudo-terminal, whose name it prints,\n"
                                 "on a TCP port as behind a serial terminal server, or by calling one. It answers\n"
                                 "queries; commands it counts and does not obey. Its line is occluded for five\n"
                                 "seconds of sixty. Goes on until Ctrl-C or --seconds and ends with a summary.\n"
                                 "What it says is invented.\n"
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

static const char bcc_help[] = "usage: dragoman simulate bcc [PLACE] [OPTIONS]\n"
                               "\n"
                               "Plays two B. Braun Space pumps behind a SpaceCom that speaks BCC: on a\n"
                               "pseudo-terminal, whose name it prints, on a TCP port, or by calling one. It\n"
                               "answers requests; commands it counts and does not obey. The second pump's\n"
                               "syringe is empty for twelve seconds of sixty. Goes on until Ctrl-C or --seconds\n"
                               "and ends with a summary. What it says is invented.\n"
                               "\n" SIMULATE_LINE_HELP "\n"
                               "faults:\n"
                               "  --corrupt N        a wrong bit in every N-th frame\n"
                               "  --drop N           every N-th frame does not come\n"
                               "  --delay TIME       frames come so late\n"
                               "  --unplug TIME      the line is pulled so often, for a second\n"
                               "\n"
                               "examples:\n"
                               "  dragoman simulate bcc --link /tmp/pumps\n"
                               "  dragoman simulate bcc --listen tcp://127.0.0.1:4001 --corrupt 10\n";

static int run_bcc(int argc, char **argv) {
    return simulate_player_run(&app_simulate_bcc, &bcc_protocol, argc, argv);
}

const app_command app_simulate_bcc = {"simulate bcc", "two B. Braun Space pumps behind a SpaceCom", bcc_help, run_bcc};
