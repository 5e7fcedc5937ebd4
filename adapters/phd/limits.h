/*
 * How much an agent may make us hold, each with its reason.
 */
#ifndef PHD_LIMITS_H
#define PHD_LIMITS_H

/* The largest APDU that 20601 lets an agent send. */
#define PHD_APDU_BYTES 64512u
/* Objects of a configuration: an activity hub with a sensor in every room has some dozens. */
#define PHD_OBJECTS 256u
/* Attributes in one value map, the parts of one compound, supplemental types of one object: the specialisations have at
 * most five, three and two. */
#define PHD_MAP_ENTRIES 16u
#define PHD_PARTS 16u
#define PHD_SUPPLEMENTAL 4u
/* Production specification entries and specialisations that are kept of one device. */
#define PHD_PRODUCTION_SPECS 12u
#define PHD_SPECIALISATIONS 8u
/* Segments of one PM-store that are read in one association: a meter keeps one, a sleep apnoea device one a night. */
#define PHD_SEGMENTS 256u
/* Things that are remembered of a link's agents through restarts: a hospital's portable devices on one manager. */
#define PHD_MEMORIES 2048u
/* Event reports that wait for their settlement: agents wait for each answer, so more than a few come only from a
 * broken one. */
#define PHD_PENDING 32u
/* Answers that wait to be sent: those of all event reports in one read of the link (64 KiB). */
#define PHD_OUTBOX_BYTES 262144u
/* An outbox that small is kept, a larger one is given back when it was sent. */
#define PHD_OUTBOX_KEPT_BYTES 512u
/* MDS attributes that are kept of one device; they are a few hundred bytes. */
#define PHD_FACTS_BYTES 8192u

/* Timeouts of 20601 that a manager keeps (clause 8, time-out tables). TO_assoc and TO_cer are the agent's. */
#define PHD_TO_CONFIG_MS 10000
#define PHD_TO_RELEASE_MS 3000
#define PHD_TO_GET_MS 3000
#define PHD_TO_SET_MS 3000
#define PHD_TO_ACTION_MS 3000
/* TO_sp-pms comes from the store's Transfer-Timeout; this is for a store that states none. */
#define PHD_TO_TRANSFER_MS 30000
/* TO_clr-pms likewise, from Clear-Timeout. */
#define PHD_TO_CLEAR_MS 30000
/* An APDU that is not whole after this long will not become so: its end was lost. */
#define PHD_APDU_MS 5000

#endif
