#include "curves.h"
#include <string.h>

/* Sync-commands that name streams of the record: 5 to 8, 9 to 12; and the device's word that a record is corrupt. */
#define NAMES_5_TO_8 0xc4u
#define NAMES_9_TO_12 0xc5u
#define IS_CORRUPT 0xcfu

void medibus_curves_reset(medibus_curves *curves) {
    memset(curves, 0, sizeof *curves);
}

bool medibus_curves_add(medibus_curves *curves, const medibus_curve_facts *facts, uint32_t every) {
    if (curves->stream_count == MEDIBUS_STREAMS) {
        return false;
    }
    medibus_stream *stream = &curves->streams[curves->stream_count++];
    uint64_t period_us = (uint64_t)facts->interval_us * every;
    *stream = (medibus_stream){.facts = *facts};
    stream->period_us = period_us > INT32_MAX ? INT32_MAX : (uint32_t)period_us;
    uint32_t wanted = MEDIBUS_BLOCK_US / stream->period_us;
    stream->wanted = wanted < 1 ? 1 : wanted > MEDIBUS_BLOCK ? MEDIBUS_BLOCK : wanted;
    return true;
}

uint32_t medibus_curves_held(const medibus_curves *curves) {
    uint32_t held = 0;
    for (uint32_t n = 0; n < curves->stream_count; n++) {
        held |= curves->streams[n].count > 0 ? 1u << n : 0;
    }
    return held;
}

static uint32_t bits_of(uint32_t mask) {
    uint32_t count = 0;
    for (; mask != 0; mask &= mask - 1) {
        count++;
    }
    return count;
}

/* A whole record: each stream gets its value. */
static void keep_record(medibus_curves *curves, medibus_curves_step *step) {
    uint32_t next = 0;
    for (uint32_t n = 0; n < MEDIBUS_STREAMS; n++) {
        if ((curves->present & 1u << n) == 0) {
            continue;
        }
        uint16_t value = curves->values[next++];
        if (n >= curves->stream_count) {
            continue;
        }
        medibus_stream *stream = &curves->streams[n];
        bool is_beyond = value > stream->facts.steps;
        stream->has_missing |= is_beyond;
        step->beyond += is_beyond ? 1 : 0;
        stream->samples[stream->count++] = is_beyond ? MEDIBUS_MISSING : (int16_t)value;
        step->full |= stream->count >= stream->wanted ? 1u << n : 0;
    }
}

static void drop_record(medibus_curves *curves, medibus_curves_step *step) {
    step->is_broken = true;
    step->full = medibus_curves_held(curves);
}

/* A sync-byte ends the record before it. */
static void begin_record(medibus_curves *curves, uint8_t byte, medibus_curves_step *step) {
    if (curves->is_in_record) {
        bool is_whole = !curves->is_spoilt && curves->first == 0 && curves->value_count == bits_of(curves->present);
        if (is_whole) {
            keep_record(curves, step);
        } else {
            drop_record(curves, step);
        }
    }
    curves->is_in_record = true;
    curves->is_spoilt = false;
    curves->first = 0;
    curves->value_count = 0;
    curves->present = byte & 15u;
}

static void take_command(medibus_curves *curves, uint8_t command, uint8_t argument) {
    switch (command) {
    case NAMES_5_TO_8:
        curves->present |= (argument & 15u) << 4;
        break;
    case NAMES_9_TO_12:
        curves->present |= (argument & 15u) << 8;
        break;
    case IS_CORRUPT:
        curves->is_spoilt = true;
        break;
    default:
        break;
    }
}

/* The second byte of a pair must be of the same kind as the first. */
static void take_pair(medibus_curves *curves, uint8_t byte) {
    uint8_t first = curves->first;
    curves->first = 0;
    if ((first & 0xc0u) == 0xc0u) {
        curves->is_spoilt |= (byte & 0xf0u) != 0xc0u;
        take_command(curves, first, byte);
    } else if ((byte & 0xc0u) != 0x80u || curves->value_count == MEDIBUS_STREAMS) {
        curves->is_spoilt = true;
    } else {
        curves->values[curves->value_count++] = (uint16_t)((first & 0x3fu) | (byte & 0x3fu) << 6);
    }
}

medibus_curves_step medibus_curves_take(medibus_curves *curves, uint8_t byte) {
    medibus_curves_step step = {0};
    if ((byte & 0xf0u) == 0xd0u) {
        begin_record(curves, byte, &step);
    } else if (!curves->is_in_record) {
        return step;
    } else if (byte >= 0xe0u) {
        curves->is_spoilt = true;
        curves->first = 0;
    } else if (curves->first != 0) {
        take_pair(curves, byte);
    } else {
        curves->first = byte;
    }
    return step;
}
