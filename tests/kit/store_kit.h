/*
 * What tests of the store share: a folder of their own, messages made of a few words, and a call that hands one over
 * and waits until it is settled.
 */
#ifndef KIT_STORE_KIT_H
#define KIT_STORE_KIT_H

#include "store/store.h"
#include <pthread.h>

/* What became of a message. */
typedef struct store_kit_answer {
    dragoman_settlement settlement;
    dragoman_status status;
    char reason[ERROR_TEXT_BYTES];
} store_kit_answer;

/* A message with room for one report, one state and one dead letter. */
typedef struct store_kit_message {
    store_message message; /* first: settle gets a pointer to it */
    store_report report;
    store_state state;
    store_dead dead;
    pthread_mutex_t lock;
    pthread_cond_t settled;
    bool is_settled;
    store_kit_answer answer;
} store_kit_message;

/* Makes a new folder below TMPDIR (or /tmp) and writes its name into `to`, which has room for `size`. */
void store_kit_folder(char *to, size_t size);
/* Removes a folder of store_kit_folder with all that is in it. */
void store_kit_remove(const char *folder);

/* Prepares a message of link "link" without a report, from sender "sender", with this id (NULL: none) and digest.
 * Borrows `id`. */
void store_kit_message_init(store_kit_message *self, const char *id, uint64_t digest);
/* Gives it one report: `text` for bytes (NULL: none), of this device (NULL: none) and class. Borrows. */
void store_kit_message_report(store_kit_message *self, const char *text, const char *device, store_class which);
/* Frees what init took. */
void store_kit_message_fini(store_kit_message *self);
/* Hands it over; INTERNAL is asserted not to happen. */
void store_kit_submit(store *self, store_kit_message *message);
/* Waits until it is settled and says how. */
store_kit_answer store_kit_wait(store_kit_message *message);

/* Hands over one message with one report and waits. */
store_kit_answer store_kit_send(store *self, const char *id, uint64_t digest, const char *text, const char *device,
                                store_class which);
/* Waits until everything handed over before is committed, and what rode along. */
void store_kit_settle(store *self);

#endif
