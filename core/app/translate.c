#include "app/wishes.h"

#include <getopt.h>

static const char help[] = "usage: dragoman translate [OPTIONS] FILE...|-\n"
                           "\n"
                           "Reads what devices said and writes what it means. No daemon, no store. Each\n"
                           "FILE (or standard input, `-`) is read by the adapter that recognises it; it may\n"
                           "be what a link recorded, or network packets (pcap, pcapng). A message that is at\n"
                           "fault is told on standard error with its place; the others still come out, and\n"
                           "the exit code is 1 then.\n"
                           "\n"
                           "  --to FORM            fhir: a Bundle a line (the default)\n"
                           "                       ndjson: a FHIR resource a line\n"
                           "                       json: the canonical model, a report a line\n"
                           "                       protobuf: length-delimited reports of dragoman.proto\n"
                           "                       text: a table to read\n"
                           "  --adapter NAME       read it as this; `dragoman adapters` lists them\n"
                           "  --profile NAME       the dialect, when the sender's name does not tell\n"
                           "  --set KEY=VALUE      a setting of the adapter, as in a link of the site file\n"
                           "  --time-zone ZONE     of device clocks that state none (Europe/Berlin)\n"
                           "  --shape SHAPE        pocd: device tree and DeviceMetrics (the default)\n"
                           "                       core: one Device\n"
                           "                       phd: personal health devices by the HL7 guide\n"
                           "  --bundle KIND        transaction (the default), batch or collection\n"
                           "  --final              write unvalidated device values as final instead of\n"
                           "                       preliminary\n"
                           "  --mappings FOLDER    more code tables and profiles, beside the installed ones\n"
                           "  --seen               list the codes and units that were seen, how each was\n"
                           "                       mapped and how often, on standard error\n"
                           "  --output FILE        write here instead of standard output\n"
                           "  --device ADDRESS     in packets: which end is the device (10.0.0.9 or\n"
                           "                       10.0.0.9:24105), when it does not tell by itself\n"
                           "  --filter WORDS       only these packets (\"tcp port 2575\", as for tcpdump)\n"
                           "  --record FILE        record what the adapter hears and answers\n"
                           "  --isolate            the adapter runs in a process that can do nothing else\n"
                           "\n"
                           "examples:\n"
                           "  dragoman translate examples/oru.hl7\n"
                           "  dragoman translate --to text examples/oru.hl7\n"
                           "  cat examples/oru.hl7 | dragoman translate --to ndjson - > oru.ndjson\n";

static int run(int argc, char **argv) {
    wishes wanted = {.of = &app_translate};
    int outcome = wishes_read(&wanted, argc, argv);
    return outcome == APP_EXIT_OK ? wishes_run(&wanted, argv + optind, argc - optind) : outcome;
}

const app_command app_translate = {"translate", "turn files of device messages into FHIR, protobuf, JSON or a table",
                                   help, run};
