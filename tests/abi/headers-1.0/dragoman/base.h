/*
 * The leaves of the adapter ABI: slices, status, decimals, times and codes.
 *
 * Every struct in this file is frozen for an ABI major: no member is added, moved or given another meaning. They are
 * passed by value or sit inside the containers of the other headers. Nothing here owns memory: a slice borrows what it
 * points to.
 */
#ifndef DRAGOMAN_BASE_H
#define DRAGOMAN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of a call. 0 is success; everything else leaves the out-parameters untouched unless the function says so.
 */
typedef enum dragoman_status {
    DRAGOMAN_OK = 0,
    DRAGOMAN_NEED_MORE = 1,   /* the input stops before the frame does; nothing was consumed */
    DRAGOMAN_INVALID = 2,     /* the input breaks its own rules */
    DRAGOMAN_UNSUPPORTED = 3, /* well formed, but not understood here */
    DRAGOMAN_LIMIT = 4,       /* a named limit was reached */
    DRAGOMAN_NO_MEMORY = 5,
    DRAGOMAN_NOT_FOUND = 6, /* there is none, or no more */
    DRAGOMAN_EXISTS = 7,
    DRAGOMAN_FULL = 8, /* no space now (disk, store, budget): may succeed later */
    DRAGOMAN_READ_ONLY = 9,
    DRAGOMAN_IO = 10,
    DRAGOMAN_DENIED = 11, /* not allowed by the site file, the peer or the system */
    DRAGOMAN_CLOSED = 12,
    DRAGOMAN_TIMED_OUT = 13,
    DRAGOMAN_CORRUPT = 14,  /* what we kept is not what we wrote */
    DRAGOMAN_INTERNAL = 15, /* our own fault */
} dragoman_status;

/* A read-only slice. data may be NULL only when size is 0. The text in it is UTF-8 unless said otherwise, without a
 * final NUL. */
typedef struct dragoman_bytes {
    const uint8_t *data;
    size_t size;
} dragoman_bytes;

/* A slice of a string literal. */
#define DRAGOMAN_TEXT(literal) ((dragoman_bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})
/* The same as the initialiser of a static slice, where C knows no compound literals. */
#define DRAGOMAN_TEXT_INIT(literal) {(const uint8_t *)("" literal), sizeof(literal) - 1}

/* Numbers that are no numbers: IEEE 11073-20601 FLOAT and SFLOAT special values. */
typedef enum dragoman_special {
    DRAGOMAN_FINITE = 0,
    DRAGOMAN_NAN = 1,
    DRAGOMAN_NRES = 2, /* not at this resolution */
    DRAGOMAN_POSITIVE_INFINITY = 3,
    DRAGOMAN_NEGATIVE_INFINITY = 4,
    DRAGOMAN_RESERVED = 5,
} dragoman_special;

/* mantissa x 10^exponent, exactly as sent: 98.0 is {980, -1}, 98 is {98, 0}. With special other than FINITE both are 0.
 */
typedef struct dragoman_decimal {
    int64_t mantissa;
    int16_t exponent; /* -128 to 127 */
    uint8_t special;  /* dragoman_special */
    uint8_t reserved[5];
} dragoman_decimal;

/* How much of a time was stated. */
typedef enum dragoman_precision {
    DRAGOMAN_TIME_NONE = 0, /* no time at all */
    DRAGOMAN_TIME_YEAR = 1,
    DRAGOMAN_TIME_MONTH = 2,
    DRAGOMAN_TIME_DAY = 3,
    DRAGOMAN_TIME_HOUR = 4,
    DRAGOMAN_TIME_MINUTE = 5,
    DRAGOMAN_TIME_SECOND = 6, /* seconds, with fraction_digits digits behind them */
} dragoman_precision;

#define DRAGOMAN_OFFSET_UNKNOWN INT16_MIN

/* dragoman_time.flags */
#define DRAGOMAN_TIME_ZONE_ASSUMED 0x01u /* the offset was not sent: the host added it from the site's zone */
#define DRAGOMAN_TIME_OF_DAY 0x02u       /* only a time of day: the date part of civil_us is 1970-01-01 */

/* A point on some clock's face. civil_us counts microseconds from 1970-01-01T00:00:00 as that clock shows them, no zone
 * applied: UTC is civil_us - offset_minutes x 60000000. Parts that were not stated are at their least value. */
typedef struct dragoman_time {
    int64_t civil_us;
    int16_t offset_minutes;  /* east of UTC, or DRAGOMAN_OFFSET_UNKNOWN */
    uint8_t precision;       /* dragoman_precision */
    uint8_t fraction_digits; /* 0 to 6, only with DRAGOMAN_TIME_SECOND */
    uint8_t flags;           /* DRAGOMAN_TIME_... */
    uint8_t reserved[3];
} dragoman_time;

/* How far the wall clock of this machine can be trusted. */
typedef enum dragoman_clock_quality {
    DRAGOMAN_CLOCK_UNKNOWN = 0,
    DRAGOMAN_CLOCK_UNSYNCHRONISED = 1,
    DRAGOMAN_CLOCK_SYNCHRONISED = 2,
} dragoman_clock_quality;

/* The time of a call, read once by the host's loop. */
typedef struct dragoman_now {
    int64_t monotonic_us; /* never goes back, starts anywhere */
    int64_t wall_us;      /* UTC, microseconds since 1970 */
    uint8_t wall_quality; /* dragoman_clock_quality */
    uint8_t reserved[7];
} dragoman_now;

/* One coding as somebody wrote it. Empty parts were not sent. system is the coding system's name or URI as sent ("MDC",
 * "LN", "99MNDRY", "urn:..."), never rewritten. */
typedef struct dragoman_code {
    dragoman_bytes code;
    dragoman_bytes text;
    dragoman_bytes system;
} dragoman_code;

/* A containment path of IEEE 11073: MDS.VMD.Channel.Metric. 0 means that the level is missing. */
typedef struct dragoman_path {
    uint32_t mds;
    uint32_t vmd;
    uint32_t channel;
    uint32_t metric;
} dragoman_path;

/* An array of containers that may grow in a minor: walk it by item_size, never by the type's own size. */
typedef struct dragoman_list {
    const void *items;
    uint32_t count;
    uint32_t item_size;
} dragoman_list;

/* A list over a C array of `n` elements. */
#define DRAGOMAN_LIST(array, n) ((dragoman_list){(array), (uint32_t)(n), (uint32_t)sizeof(*(array))})

/* Element `index` of a list; index must be below count. Borrowed from the list. */
static inline const void *dragoman_list_at(const dragoman_list *list, uint32_t index) {
    return (const uint8_t *)list->items + (size_t)index * list->item_size;
}

#endif
