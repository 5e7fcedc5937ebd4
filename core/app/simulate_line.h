/*
 * The options that all simulations at the end of a serial line have: where the line is, seed, duration, faults.
 */
#ifndef APP_SIMULATE_LINE_H
#define APP_SIMULATE_LINE_H

#include "app/simulation.h"
#include "simulate/line.h"

/* What their help says of it. */
#define SIMULATE_LINE_HELP                                                                                             \
    "  --pty              a pseudo-terminal; this is also what happens without a\n"                                    \
    "                     place\n"                                                                                     \
    "  --link FILE        a symbolic link that leads to the pseudo-terminal, also\n"                                   \
    "                     after it was unplugged\n"                                                                    \
    "  --listen ADDRESS   wait for a call; port 0 takes a free one, which is printed\n"                                \
    "  --to ADDRESS       call\n"                                                                                      \
    "  --seconds N        end after so long\n"                                                                         \
    "  --seed N           another seed, another life (1)\n"                                                            \
    "  --json             the summary for programs\n"

/* An option of one simulation alone, which takes one of some words. */
typedef struct line_choice {
    const char *option;       /* "format"; NULL: there is none */
    const char *const *words; /* the first is the default; NULL ends them */
    size_t chosen;            /* index of the word */
} line_choice;

typedef struct line_wishes {
    line_options line;
    char host[64];
    int64_t seconds;
    bool wants_json;
} line_wishes;

/* Reads the options of `command` into ret_wishes, and that of `choice` (may be NULL). Returns the exit code; what is
 * wrong was said. A host name is resolved. What points into argv stays there. */
int line_wishes_read(const app_command *command, int argc, char **argv, line_choice *choice, line_wishes *ret_wishes);

/* A number of the summary that a simulation ends with. */
typedef struct line_figure {
    const char *name;
    uint64_t number;
} line_figure;

/* Writes the summary: for programs onto the standard output, for people onto the standard error, "name number" each. */
void line_print_figures(const line_figure *figures, size_t count, bool wants_json);

#endif
