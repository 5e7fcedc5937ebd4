/*
 * The packets of Contec's CMS50 finger clips. The first protocol has five bytes, of which only the first has bit 7 set.
 * "Communication protocol of pulse oximeter V7.0" turns that round: only the first byte, the type, has bit 7 clear; the
 * second holds the bits 7 of those behind it. So the two are told apart by any packet. Neither has a checksum.
 */
#ifndef CONTEC_PACKET_H
#define CONTEC_PACKET_H

#include <dragoman/base.h>

/* Data bytes of a V7.0 packet at most. */
#define CONTEC_DATA_MOST 7u

/* Types of V7.0 that mean something here; 0 stands for the first protocol's one. */
#define CONTEC_FIRST 0x00u
#define CONTEC_REALTIME 0x01u
#define CONTEC_DEVICE_ID 0x04u
#define CONTEC_DISCONNECT 0x0du
#define CONTEC_COMMAND 0x7du

typedef struct contec_packet {
    uint8_t type;
    uint8_t size;                   /* bytes of the packet */
    uint8_t data[CONTEC_DATA_MOST]; /* of V7.0 with their bits 7; of the first protocol its five bytes */
} contec_packet;

/* What the oximeter shows with one packet. */
typedef struct contec_moment {
    uint8_t signal; /* 0 to 15 */
    uint8_t bar;    /* 0 to 15 */
    uint8_t wave;   /* 0 to 127 */
    uint8_t rate;
    uint8_t saturation;
    uint16_t perfusion; /* hundredths of a percent */
    bool has_perfusion;
    bool is_out; /* no finger: the first protocol only */
    bool is_broken;
    bool is_searching;
    bool searches_too_long; /* V7.0 only */
    bool is_dropping;
} contec_moment;

/* Reads the packet at the start of `bytes`, of which there is at least one. OK: it is one. NEED_MORE: what is there may
 * be the start of one. INVALID: none begins here. Writes ret_packet only with OK. */
dragoman_status contec_packet_read(dragoman_bytes bytes, contec_packet *ret_packet);
/* What a packet of type FIRST or REALTIME shows. */
contec_moment contec_packet_moment(const contec_packet *packet);

#endif
