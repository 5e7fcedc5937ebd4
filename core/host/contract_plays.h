/*
 * Plays of a capture, as it is or changed, and what came out of each: what the contract suite for captures does again
 * and again. Nobody else sees it.
 */
#ifndef HOST_CONTRACT_PLAYS_H
#define HOST_CONTRACT_PLAYS_H

#include "host/border.h"
#include "host/contract_capture.h"
#include "host/player.h"

#define PLAYS_DIFFER "it says something else than when the capture is played as it is"

/* What came out: reports, state and dead letters in their order, and the actions of each channel in theirs. */
typedef struct transcript {
    buffer text;
    buffer actions;
    uint32_t messages;
} transcript;

typedef struct records {
    capture_record *items;
    size_t count, room;
    uint8_t *garbage; /* a payload that differs from the capture's; NULL: none does */
} records;

typedef struct capture_suite {
    const host_adapter *adapter; /* the watched one */
    border_watch watch;
    host_adapter watched;
    char refusal[256]; /* why the last report was refused */
    char fault[384];   /* a fault that names it */
    const capture_header *header;
    dragoman_setting settings[CAPTURE_FACTS_MAX];
    uint32_t setting_count;
    host_environment *environment;
    records all;
    size_t bytes; /* in all BYTES records together */
    transcript whole;
    dragoman_settlement settlement; /* of every message */
    contract_tell tell;
    void *context;
    uint32_t broken;
} capture_suite;

/* An environment whose messages go into the transcripts. NULL: there is no memory. */
host_environment *plays_environment(capture_suite *self, const host_hooks *meanings);
/* Adds a record; it borrows what the record borrows. False: there is no memory. */
bool plays_add(records *to, capture_record record);
/* Whether the record is something that the device said. */
bool plays_carries_data(const capture_record *record);
/* Makes a transcript empty. */
void transcript_init(transcript *self);
/* Frees what a transcript holds. */
void transcript_fini(transcript *self);
/* Begins a play, whose transcript is `to`. NULL: the adapter has no such channels. */
host_player *plays_begin(const capture_suite *self, transcript *to);
/* Plays the records `from` up to `to`. */
void plays_play(host_player *player, const records *what, size_t from, size_t to);
/* Ends a play. What it must never have done, or NULL. */
const char *plays_end(capture_suite *self, host_player *player);
/* Whether it says the same as the capture as it is. */
bool plays_is_same(const capture_suite *self, const transcript *other);
/* Plays changed records; `must_agree`: what comes out is the same as from those of the capture. Empties `what`. What is
 * wrong, or NULL. */
const char *plays_try(capture_suite *self, records *what, bool must_agree);

#endif
