/*
 * Realtime data: "MEDIBUS Realtime-Extension Realtime-Data Records". A record is a sync-byte that names which of the
 * first four streams it holds, sync-commands that name more of them and say other things, and a pair of bytes for each
 * value, the low six bits first.
 *
 * Realtime data carry no checksum. What breaks the form of a record drops all of it, and ends the blocks before it, so
 * that a gap never stands inside of a block.
 */
#ifndef MEDIBUS_CURVES_H
#define MEDIBUS_CURVES_H

#include "record.h"

/* A sample that is beyond the curve's scale. */
#define MEDIBUS_MISSING INT16_MIN

typedef struct medibus_stream {
    medibus_curve_facts facts;
    uint32_t period_us;
    uint32_t count;
    uint32_t wanted; /* samples of a block */
    bool has_missing;
    int16_t samples[MEDIBUS_BLOCK];
} medibus_stream;

typedef struct medibus_curves {
    uint32_t stream_count; /* streams that were configured */
    medibus_stream streams[MEDIBUS_STREAMS];
    bool is_in_record;
    bool is_spoilt;   /* what came of this record cannot be used */
    uint8_t first;    /* of a pair whose second byte has not come, or 0 */
    uint32_t present; /* streams of this record */
    uint32_t value_count;
    uint16_t values[MEDIBUS_STREAMS];
} medibus_curves;

typedef struct medibus_curves_step {
    uint32_t full;   /* streams whose block is to be handed on now */
    uint32_t beyond; /* values beyond their scale */
    bool is_broken;  /* a record was dropped */
} medibus_curves_step;

/* Forgets streams, blocks and record. */
void medibus_curves_reset(medibus_curves *curves);
/* Adds the next stream; the order is that of the configuration command. `every`: one value for so many intervals, at
 * least
 * 1. False: there are twelve. */
bool medibus_curves_add(medibus_curves *curves, const medibus_curve_facts *facts, uint32_t every);
/* Takes one byte of the realtime stream. */
medibus_curves_step medibus_curves_take(medibus_curves *curves, uint8_t byte);
/* Streams that hold samples now. */
uint32_t medibus_curves_held(const medibus_curves *curves);

#endif
