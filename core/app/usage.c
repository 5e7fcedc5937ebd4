#include "app/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

int app_usage(const app_command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "dragoman %s: ", command->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "; `dragoman %s --help` shows how\n", command->name);
    va_end(arguments);
    return APP_EXIT_USAGE;
}

int app_unknown_option(const app_command *command, char **argv) {
    return app_usage(command, "\"%s\" is no option, or lacks its value", argv[optind - 1]);
}
