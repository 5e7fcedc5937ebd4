/*
 * A finger in a pulse oximeter: saturation, pulse rate, the plethysmogram, and the times when the finger is out. What
 * it says is invented; each protocol writes it in its own form.
 */
#ifndef SIMULATE_OXIMETER_H
#define SIMULATE_OXIMETER_H

#include <stdbool.h>
#include <stdint.h>

/* The finger is out for three seconds of forty. */
#define OXIMETER_ROUND_S 40u
#define OXIMETER_OUT_S 3u

typedef struct oximeter {
    uint64_t seed;
    uint32_t frequency; /* samples a second */
    uint64_t samples;   /* so far */
    uint32_t phase;     /* of the pulse, in 1/65536 */
} oximeter;

/* What it shows with one sample. */
typedef struct oximeter_moment {
    bool is_out;         /* no finger: the numbers mean nothing */
    uint32_t saturation; /* percent */
    uint32_t rate;       /* beats a minute */
    uint32_t wave;       /* 0 to 65535 */
    uint32_t since_beat; /* samples since the pulse began */
} oximeter_moment;

/* A finger whose life is that of `seed`, measured `frequency` times a second. */
void oximeter_init(oximeter *self, uint64_t seed, uint32_t frequency);
/* The next sample. */
oximeter_moment oximeter_next(oximeter *self);

#endif
