/*
 * The other end of an S/5 Computer Interface in tests: makes records as the record specification describes them, and
 * takes apart what was sent. Written apart from the adapter; shares nothing with it.
 */
#ifndef KIT_DRI_LINE_H
#define KIT_DRI_LINE_H

#include "base/buffer.h"
#include "kit/fake_host.h"

#define DRI_KIT_CLASS 270u
#define DRI_KIT_ALARMS 510u

/* A subrecord: its kind, and its bytes. */
typedef struct dri_part {
    uint8_t kind;
    dragoman_bytes bytes;
} dri_part;

/* Appends a record with these subrecords, without framing. */
void dri_record_bytes(buffer *to, uint8_t main_type, const dri_part *parts, size_t count);
/* Appends bytes as a frame: flags, escapes, checksum. */
void dri_frame(buffer *to, dragoman_bytes record);
/* Feeds a record as a frame. */
void dri_feed(fake_session *session, uint8_t main_type, const dri_part *parts, size_t count);

/* A group of numbers in a class of physiological data. */
void dri_put_short(uint8_t *at, int value);
/* Appends a subrecord of physiological data: its time, the class's 270 bytes, which class it is. */
void dri_physiological(buffer *to, uint32_t time, const uint8_t data[DRI_KIT_CLASS], uint8_t in_class);
/* Puts an alarm into one of the five places of a message of alarms. */
void dri_put_alarm(uint8_t message[DRI_KIT_ALARMS], unsigned place, const char *text, uint16_t color);

/* Whether everything that was sent is made of whole frames with right checksums, each of them one of the transmission
 * requests of the interface's specification. */
bool dri_is_harmless(dragoman_bytes sent);
/* How many frames were sent. */
size_t dri_frames(dragoman_bytes sent);

#endif
