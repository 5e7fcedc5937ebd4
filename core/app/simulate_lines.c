/* Devices that speak in text. */
#include "app/simulate_player.h"
#include "simulate/text_device.h"

static const char help[] = "usage: dragoman simulate lines [PLACE] [OPTIONS]\n"
                           "\n"
                           "Plays a device that sends lines of text or answers with them, as the profiles\n"
                           "of the adapter lines read them: on a pseudo-terminal, whose name it prints, on\n"
                           "a TCP port as behind a serial terminal server, or by calling one. For three\n"
                           "seconds of forty a sensor is off, or a pressure too high. Goes on until Ctrl-C\n"
                           "or --seconds and ends with a summary. What it says is invented.\n"
                           "\n"
                           "  --device NAME      masimo-rad-8 (the default), masimo-radical-7,\n"
                           "                     nellcor-n-595, nonin-ascii, ivy-450c,\n"
                           "                     puritan-bennett-snda, puritan-bennett-sndf or\n"
                           "                     respironics-v200\n" SIMULATE_LINE_HELP "\n"
                           "faults:\n"
                           "  --corrupt N        a wrong bit in every N-th record\n"
                           "  --drop N           every N-th record does not come\n"
                           "  --delay TIME       records come so late\n"
                           "  --unplug TIME      the line is pulled so often, for a second\n"
                           "  --wrong-clock TIME its clock goes so far ahead; -TIME: behind\n"
                           "\n"
                           "examples:\n"
                           "  dragoman simulate lines --link /tmp/oximeter\n"
                           "  dragoman simulate lines --device nonin-ascii --listen tcp://127.0.0.1:0\n";

static int run(int argc, char **argv) {
    line_choice device = {.option = "device", .words = text_device_names};
    return simulate_player_choose(&app_simulate_lines, text_device_protocols, &device, argc, argv);
}

const app_command app_simulate_lines = {"simulate lines", "devices that send text on a serial line", help, run};
