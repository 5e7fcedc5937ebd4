/*
 * The words that `dragoman translate` and `dragoman replay` have in common, and what they do with their files.
 */
#ifndef APP_WISHES_H
#define APP_WISHES_H

#include "app/command.h"
#include "app/translation.h"

typedef struct wishes {
    const app_command *of;
    translation_options translation;
    rendering_options rendering;
    const char *output;
    bool is_one_recording; /* the files belong together */
    dragoman_setting settings[TRANSLATION_SETTINGS_MAX];
} wishes;

/* Reads the options of a command into `wanted`, whose `of` is set. Returns an exit code; with APP_EXIT_OK the files
 * begin at optind. */
int wishes_read(wishes *wanted, int argc, char **argv);
/* Translates the files and writes what comes out. Returns the exit code. */
int wishes_run(wishes *wanted, char **files, int count);

#endif
