/*
 * What the frames hold: events, actions, settings, descriptors. Slices that are read are borrowed from the frame, lists
 * live in the arena. A read that failed says so in its wire_reader, and what it gave is not used.
 */
#ifndef ISOLATE_CODEC_H
#define ISOLATE_CODEC_H

#include "base/arena.h"
#include "base/error.h"
#include "isolate/wire.h"

/* What a descriptor may hold: some times what the largest of ours have. */
#define CODEC_CHANNELS_MAX 64u
#define CODEC_SETTINGS_MAX 512u
#define CODEC_CHARSETS_MAX 64u
/* Settings of a link and of a profile's device section: a register map of some thousand registers. */
#define CODEC_VALUES_MAX 65536u
/* One text of a descriptor. */
#define CODEC_TEXT_BYTES_MAX 4096u

/* Appends an event; of a kind that is not known here only its number. */
void codec_put_event(buffer *to, const dragoman_event *event);
/* Reads what codec_put_event wrote. */
void codec_get_event(wire_reader *from, dragoman_event *ret_event);
/* Appends an action. */
void codec_put_action(buffer *to, const dragoman_action *action);
/* Reads what codec_put_action wrote. */
void codec_get_action(wire_reader *from, dragoman_action *ret_action);
/* Appends a list of dragoman_setting. */
void codec_put_settings(buffer *to, const dragoman_list *settings);
/* Reads what codec_put_settings wrote. */
dragoman_list codec_get_settings(wire_reader *from, arena *memory);

/* A descriptor without its functions; of check_profile and recognise whether they are there. */
void codec_put_descriptor(buffer *to, const dragoman_adapter_descriptor *descriptor);
/* Everything in `memory`, functions NULL. INVALID: it cannot be one. */
dragoman_status codec_get_descriptor(wire_reader *from, arena *memory, dragoman_adapter_descriptor *ret_descriptor,
                                     bool *ret_can_recognise, bool *ret_can_check);

#endif
