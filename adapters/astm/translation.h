/*
 * The state of one message's translation, shared by the files that read its records. Everything lives in batch memory:
 * until the call into the adapter returns.
 */
#ifndef ASTM_TRANSLATION_H
#define ASTM_TRANSLATION_H

#include "dialect.h"
#include "value.h"

typedef struct astm_translation {
    const dragoman_host *host;
    void *context;
    astm_words words;
    astm_dialect dialect;
    astm_outcome *outcome;
    /* Of the header. */
    dragoman_code sender;
    dragoman_device device;
    dragoman_version version;
    dragoman_bytes message_id;
    dragoman_time sent_at;
    bool is_test; /* H-12: training, debugging, quality control */
    /* Of the patient record; none of these without one. */
    bool has_patient;
    dragoman_patient patient;
    dragoman_identifier identifiers[3];
    dragoman_name name;
    dragoman_bytes patient_note;
    /* Of the order record. */
    const dragoman_order *order;
    bool is_control; /* O-12: the specimen is a control */
    dragoman_bytes order_note;
    /* The results so far. */
    dragoman_observation *rows;
    uint32_t count;
    uint32_t room;
    uint8_t last; /* type of the last record that takes comments */
} astm_translation;

/* Batch memory, zeroed; NULL, and `words.failed` is set, when there is none. */
void *astm_take(astm_translation *t, size_t size);
/* Two notes as one, a line each; either may be empty. */
dragoman_bytes astm_join_notes(astm_translation *t, dragoman_bytes first, dragoman_bytes second);

/* Reads a test order record: what its results belong to. */
void astm_order_read(astm_translation *t, const astm_record *record);
/* Reads a result record and adds it to the results; one without a test goes to the dead letters. */
void astm_result_add(astm_translation *t, const astm_record *record);

#endif
