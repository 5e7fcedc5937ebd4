/*
 * A sink for tests of the publisher: keeps what it is given, and misbehaves when told to. There is one at a time; its
 * calls below are for the test's thread.
 */
#ifndef KIT_SINK_KIT_H
#define KIT_SINK_KIT_H

#include "sinks/sink.h"

typedef struct sink_kit_manner {
    uint32_t items_at_once;
    bool is_stream;
    bool shuffles;       /* answers what is under way from the last to the first */
    bool is_held;        /* answers nothing */
    const char *retries; /* "not now" to items whose text begins so, or NULL */
    int64_t retry_after_us;
    const char *rejects; /* "never" to these, or NULL */
    size_t safe_each;    /* what was delivered is safe up to a multiple of this; 0: all of it */
    uint32_t losses;     /* so often all that is not safe is lost, when some of it is */
} sink_kit_manner;

extern const sink_descriptor sink_kit;

/* Forgets everything that was given and how it was told to behave. */
void sink_kit_reset(void);
/* How to behave from now on; items_at_once and is_stream count from the next probe. */
void sink_kit_set(const sink_kit_manner *manner);
/* Answers nothing, or answers again. */
void sink_kit_hold(bool is_held);
/* Waits until so many reports were delivered; gives up after a minute, so that the test can say what is missing. */
void sink_kit_wait(size_t count);
/* How many reports were delivered. */
size_t sink_kit_count(void);
/* The text of a delivered report, without its length. */
const char *sink_kit_text(size_t index);
/* The most items that were ever under way at once. */
uint32_t sink_kit_most_under_way(void);
/* Whether no two items whose texts name the same device ("<DEVICE:") were ever under way at once. */
bool sink_kit_lanes_never_shared(void);

#endif
