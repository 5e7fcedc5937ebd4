#include "app/wishes.h"

#include <getopt.h>

static const char help[] = "usage: dragoman replay [OPTIONS] FILE...\n"
                           "\n"
                           "Plays what a link recorded through the adapter again, with the times at which\n"
                           "it came, and writes what comes out: the same bytes every time, and the same\n"
                           "reports that the house stored. Several FILEs are one recording, the oldest\n"
                           "first (FILE.2 FILE.1 FILE). Nothing is sent to any device.\n"
                           "\n"
                           "  --speed N            1: as it was recorded; 60: an hour in a minute;\n"
                           "                       max: at once (the default)\n"
                           "  --record FILE        record the replay: what the adapter answers now\n"
                           "  --isolate            the adapter runs in a process that can do nothing else\n"
                           "  --to, --adapter, --profile, --set, --time-zone, --shape, --bundle, --final,\n"
                           "  --mappings, --seen, --output: as in `dragoman translate`; they take the place\n"
                           "                       of what was recorded\n"
                           "\n"
                           "examples:\n"
                           "  dragoman replay --to text monitors.capture\n"
                           "  dragoman replay --speed 60 --to json monitors.capture.1 monitors.capture\n";

static int run(int argc, char **argv) {
    wishes wanted = {.of = &app_replay, .is_one_recording = true};
    int outcome = wishes_read(&wanted, argc, argv);
    return outcome == APP_EXIT_OK ? wishes_run(&wanted, argv + optind, argc - optind) : outcome;
}

const app_command app_replay = {"replay", "play what a link recorded through the adapter again", help, run};
