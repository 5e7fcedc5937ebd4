/* Pulse oximeters that send frames by themselves. */
#include "app/simulate_player.h"
#include "simulate/contec_frames.h"
#include "simulate/nonin_frames.h"

static const char nonin_help[] = "usage: dragoman simulate nonin [PLACE] [OPTIONS]\n"
                                 "\n"
                                 "Plays a Nonin pulse oximeter that sends serial data format 2 or 7: on a\n"
                                 "pseudo-terminal, whose name it prints, on a TCP port as behind a serial\n"
                                 "terminal server, or by calling one. The finger is out for three seconds of\n"
                                 "forty. Goes on until Ctrl-C or --seconds and ends with a summary. What it says\n"
                                 "is invented.\n"
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

static const char contec_help[] = "usage: dragoman simulate contec [PLACE] [OPTIONS]\n"
                                  "\n"
                                  "Plays a Contec CMS50 finger clip of the first protocol, which speaks by itself,\n"
                                  "or of V7.0, which is asked: on a pseudo-terminal, whose name it prints, on a\n"
                                  "TCP port as behind a serial terminal server, or by calling one. The finger is\n"
                                  "out for three seconds of forty. Goes on until Ctrl-C or --seconds and ends with\n"
                                  "a summary. What it says is invented.\n"
                                  "\n"
                                  "  --protocol first|v7 (first)\n" SIMULATE_LINE_HELP "\n"
                                  "faults:\n"
                                  "  --corrupt N        a wrong bit in every N-th packet; neither protocol has a\n"
                                  "                     checksum\n"
                                  "  --drop N           every N-th packet does not come\n"
                                  "  --delay TIME       packets come so late\n"
                                  "  --unplug TIME      the line is pulled so often, for a second\n"
                                  "  --wrong-clock TIME has no effect: what it sends carries no time\n"
                                  "\n"
                                  "examples:\n"
                                  "  dragoman simulate contec --link /tmp/clip\n"
                                  "  dragoman simulate contec --protocol v7 --listen tcp://127.0.0.1:4001\n";

static int run_nonin(int argc, char **argv) {
    static const char *const formats[] = {"2", "7", NULL};
    line_choice format = {.option = "format", .words = formats};
    const line_protocol *const protocols[] = {&nonin_format_2, &nonin_format_7};
    return simulate_player_choose(&app_simulate_nonin, protocols, &format, argc, argv);
}

const app_command app_simulate_nonin = {"simulate nonin", "a Nonin pulse oximeter on a serial line", nonin_help,
                                        run_nonin};

static int run_contec(int argc, char **argv) {
    static const char *const protocols[] = {"first", "v7", NULL};
    line_choice protocol = {.option = "protocol", .words = protocols};
    const line_protocol *const played[] = {&contec_first, &contec_v7};
    return simulate_player_choose(&app_simulate_contec, played, &protocol, argc, argv);
}

const app_command app_simulate_contec = {"simulate contec", "a Contec CMS50 finger clip on a serial line", contec_help,
                                         run_contec};
