/*
 * `dragoman translate` without its command line: files in, rendered reports out. One thread, no store: a message counts
 * as settled when it was rendered.
 */
#ifndef APP_TRANSLATION_H
#define APP_TRANSLATION_H

#include "app/rendering.h"
#include <dragoman/adapter.h>
#include <stdio.h>

#define TRANSLATION_SETTINGS_MAX 64 /* more than any adapter has */

typedef struct translation_options {
    const char *adapter;   /* NULL: recognised from each input */
    const char *profile;   /* NULL: by the sender's name */
    const char *time_zone; /* NULL: none is assumed */
    const char *mappings;  /* NULL: the installed ones */
    const dragoman_setting *settings;
    uint32_t setting_count;
    rendering_options rendering;
    double speed;       /* at which captures are played: 1 as they were recorded; 0: as fast as can be */
    const char *filter; /* of packets, in libpcap's language; NULL: all */
    const char *device; /* which end of a conversation in packets is the device; NULL: the one that is recognised */
    const char *record; /* NULL, or the file into which what the adapter hears and answers is recorded */
    bool isolate;       /* adapters run in processes of their own */
    FILE *output;
    const char *profile_file; /* a profile beside those of the mappings; NULL: none */
    /* At the end each code and unit that was seen, with the book; NULL: nobody asks. */
    void (*see)(void *context, const terms_book *book, terms_census *census);
    void *see_context;
    FILE *seen; /* at the end: a table of the codes and units that were seen and how each was mapped; NULL: none */
} translation_options;

typedef struct translation translation;

/* Loads terms and adapters. What `options` points to must outlive it. INVALID with the mend. */
dragoman_status translation_create(const translation_options *options, translation **ret_translation,
                                   error_record *error);
/* Translates one file; "-" is standard input. Messages at fault are told on standard error and counted. NOT_FOUND: no
 * such file; UNSUPPORTED: no adapter knows it. */
dragoman_status translation_file(translation *self, const char *path, error_record *error);
/* Plays the files of one recording, the oldest first. As translation_file; INVALID: one is no capture. */
dragoman_status translation_recording(translation *self, const char *const *paths, uint32_t count, error_record *error);
/* Writes what is left, frees everything. True when no message was at fault. */
bool translation_end(translation *self);

#endif
