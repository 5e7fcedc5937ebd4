/*
 * The words for the model's enums and bits, as JSON and people read them. Private to the model.
 */
#ifndef MODEL_WORDS_H
#define MODEL_WORDS_H

#include <dragoman/report.h>

/* A list of words by number; the first may be NULL: nothing was said. */
typedef struct word_list {
    const char *const *words;
    size_t count;
} word_list;

extern const word_list words_absent;
extern const word_list words_special;
extern const word_list words_comparator;
extern const word_list words_result;
extern const word_list words_obtained;
extern const word_list words_domain;
extern const word_list words_priority;
extern const word_list words_alert_kind;
extern const word_list words_phase;
extern const word_list words_state;
extern const word_list words_context;
extern const word_list words_quality;
extern const word_list words_device_state;
/* Words by bit number; NULL: the bit has no name. */
extern const word_list words_status_bits;
extern const word_list words_inactivation_bits;

/* The word for a number; NULL when there is none. Static. */
const char *words_find(const word_list *list, uint32_t number);

#endif
