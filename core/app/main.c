#include "app/command.h"
#include "base/version.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const app_command *const commands[] = {&app_translate, &app_replay,  &app_capture, &app_run,      &app_check,
                                              &app_status,    &app_watch,   &app_store,   &app_adapters, &app_simulate,
                                              &app_terms,     &app_profile, &app_adapter, &app_import};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *to) {
    fputs("dragoman: what medical devices say, as FHIR R4 or protobuf\n\nusage: dragoman COMMAND [WORDS]\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\n`dragoman COMMAND --help` explains one of them with examples; `dragoman --version` says which this is.\n",
          to);
}

static bool wants_help(const app_command *command, int argc, char **argv) {
    for (int i = 1; i < argc && command->help != NULL; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(command->help, stdout);
            return true;
        }
        if (strcmp(argv[i], "--") == 0) {
            break;
        }
    }
    return false;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return APP_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return APP_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("dragoman %s\n", base_version());
        return APP_EXIT_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0) {
            opterr = 0;
            return wants_help(commands[i], argc - 1, argv + 1) ? APP_EXIT_OK : commands[i]->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "dragoman: there is no command \"%s\"; `dragoman --help` lists them\n", argv[1]);
    return APP_EXIT_USAGE;
}
