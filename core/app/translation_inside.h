/*
 * What the files of a translation share.
 */
#ifndef APP_TRANSLATION_INSIDE_H
#define APP_TRANSLATION_INSIDE_H

#include "app/dialects.h"
#include "app/input.h"
#include "app/isolation.h"
#include "app/translation.h"
#include "host/instance.h"
#include "store/stamp.h"

#define TRANSLATION_ADAPTERS_MAX 64

/* What a complete capture says of a message: it was settled so. */
typedef struct settlement_row {
    uint32_t session;
    uint32_t settlement; /* dragoman_settlement */
    uint64_t through;
} settlement_row;

/* The captures that are being played; zeroed: none is. */
typedef struct playing {
    bool is_complete;
    settlement_row *rows; /* sorted */
    size_t count, room;
    uint64_t *known_state; /* hashes of the keys that were read in it */
    size_t known_count;
} playing;

struct translation {
    const translation_options *options;
    const char *path; /* of the file that is being read */
    app_places places;
    app_isolation isolation;
    host_adapter adapters[TRANSLATION_ADAPTERS_MAX];
    uint32_t adapter_count;
    terms_book *book;
    dialects dialects;
    time_zone *zone;
    host_environment *environment;
    store_stamper *stamper;
    rendering *renderer;
    terms_census *census; /* NULL: nobody wants it */
    playing captures;
    arena memory;
    buffer stamped;
    buffer output;
    bool had_faults;
    bool cannot_write;
    capture_recorder *recorder;    /* NULL: nothing is recorded */
    char logged[ERROR_TEXT_BYTES]; /* the last warning */
};

/* Plays captures, one after the other, as one recording. */
dragoman_status playing_run(translation *self, const input_bytes *inputs, uint32_t count, error_record *error);
/* Plays a file of network packets. UNSUPPORTED: no adapter recognises a conversation in it. */
dragoman_status packets_playing_run(translation *self, dragoman_bytes file, error_record *error);
/* Whether the house that recorded the message kept it; true when nothing says otherwise. */
bool playing_was_kept(const playing *self, const host_message *message);
/* Begins to record, when that is wanted and has not begun. */
dragoman_status translation_record(translation *self, const host_adapter *adapter, host_instance_options *options,
                                   dragoman_bytes zone, const dragoman_now *now, error_record *error);
/* Writes what is rendered. */
void translation_write_out(translation *self, size_t at_least);

#endif
