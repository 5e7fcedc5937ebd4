/*
 * The oracle of the hot encoder: the same report through nanopb's own tree and encoder. Slow, and shares no code with
 * it.
 */
#ifndef KIT_NANOPB_REPORT_H
#define KIT_NANOPB_REPORT_H

#include "base/arena.h"
#include "base/buffer.h"
#include <dragoman.pb.h>
#include <dragoman/report.h>

/* Fills nanopb's structs from a report. Everything lives in `memory`. At most 65535 of anything. */
const dragoman_v1_Report *kit_nanopb_report(const dragoman_report *report, arena *memory);

/* Appends nanopb's encoding of a message made by kit_nanopb_report. False when nanopb refuses it. */
bool kit_nanopb_encode(const dragoman_v1_Report *message, buffer *to);

#endif
