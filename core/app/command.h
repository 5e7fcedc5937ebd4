/*
 * The commands of the program: one row each, one file each.
 */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include <stdbool.h>

/* Exit codes of all commands. */
#define APP_EXIT_OK 0
#define APP_EXIT_FAILED 1 /* something was wrong with the input or the world; it was said on standard error */
#define APP_EXIT_USAGE 2  /* the words of the command line */

typedef struct app_command {
    const char *name;
    const char *summary;               /* one line in `dragoman --help` */
    const char *help;                  /* what `dragoman NAME --help` prints, with examples; NULL: it does so itself */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
} app_command;

extern const app_command app_translate, app_run, app_check, app_watch, app_adapters, app_status, app_store,
    app_simulate, app_terms, app_profile, app_replay, app_adapter, app_capture, app_import;

/* Says on standard error what is wrong with the words, and where the help is. Returns APP_EXIT_USAGE. */
int app_usage(const app_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For getopt's '?', after `opterr = 0`: says which of the words is no option or lacks its value. */
int app_unknown_option(const app_command *command, char **argv);

#endif
