/*
 * The device registry: which device a report comes from, and how that device's clock runs.
 *
 * A device gets its house-wide key when it is first heard of and keeps it for ever: its EUI-64 when the report names
 * one, else "link/name" with the name that the adapter gave it, because such a name is unique on its link only. Later
 * names (the same EUI-64 on another link, an EUI-64 learned later) become aliases. An alias that already belongs to
 * another device stays there: two devices are never made one afterwards.
 *
 * The clock epoch rises when the device's clock went back by more than STORE_CLOCK_BACK_US since its last statement,
 * because then it will say the same times again. A jump forward says no time twice and does not raise it; the jump back
 * that may follow does. What is compared is the newest time that a report states, which is when it was sent: results
 * from a device's memory keep their old times of measurement and do not raise it.
 *
 * Single-threaded: the committer's. Changes are in memory first; the caller writes them in its transaction, and loads
 * everything anew when that fails.
 */
#ifndef STORE_REGISTRY_H
#define STORE_REGISTRY_H

#include "base/arena.h"
#include "model/ticket.h"
#include "store/database.h"
#include "store/index.h"

/* How far a clock may seem to go back without having been set: messages of one device that overtake each other on two
 * connections while one of them resends (MLLP senders wait 10 to 60 s for an acknowledgement). */
#define STORE_CLOCK_BACK_US 120000000
/* How far a device's clock moves before its reading is written again; after a crash a jump is judged by a reading that
 * may be so much older. */
#define STORE_CLOCK_NOTE_US 60000000
/* Devices the house knows; more means that some adapter's key holds something that changes. Some 16 MiB. */
#define STORE_DEVICES 65536
#define STORE_ALIASES (4 * STORE_DEVICES)
/* Longest name of a device on its link. */
#define STORE_DEVICE_NAME_BYTES 512
#define STORE_CLOCK_NONE INT64_MIN

typedef struct store_device {
    dragoman_bytes key;
    int64_t stated_at_us; /* the newest statement since the last jump; STORE_CLOCK_NONE */
    int64_t noted_at_us;  /* of that, what was written */
    uint32_t epoch;
    bool is_changed; /* must be written */
} store_device;

typedef struct store_alias {
    dragoman_bytes link; /* empty: on every link */
    dragoman_bytes name;
    uint32_t device;
} store_alias;

typedef struct store_registry {
    arena texts;
    store_device *devices;
    uint32_t device_count, device_room;
    store_alias *aliases;
    uint32_t alias_count, alias_room;
    store_index index; /* of aliases */
    uint32_t written_aliases;
    uint32_t *changed; /* devices to be written */
    uint32_t changed_count, changed_room;
} store_registry;

/* Prepares an empty registry. */
void store_registry_init(store_registry *self);
/* Frees its memory. */
void store_registry_fini(store_registry *self);
/* Reads everything from the database; what was known before is forgotten. SQLite's code (SQLITE_NOMEM too). */
int store_registry_load(store_registry *self, store_database *database);
/* Finds or makes the device of a report that came over `link`, and learns its other names. ret_device is its index; its
 * lane is one more. LIMIT: too many devices or too long a name. NO_MEMORY. */
dragoman_status store_registry_meet(store_registry *self, dragoman_bytes link, const model_ticket *ticket,
                                    uint32_t *ret_device);
/* As store_registry_meet, and follows the device's clock. */
dragoman_status store_registry_resolve(store_registry *self, dragoman_bytes link, const model_ticket *ticket,
                                       uint32_t *ret_device);
/* Writes what changed since the last call, inside the caller's transaction. SQLite's code. */
int store_registry_write(store_registry *self, store_database *database);

#endif
