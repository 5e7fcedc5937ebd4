/*
 * Bytes that are on their way through the kernel: written at one end of a line and not read at the other. Both ends are
 * in this program. Any thread.
 */
#ifndef WARD24_CLOCK_CARRIED_H
#define WARD24_CLOCK_CARRIED_H

#include <stdbool.h>
#include <stdint.h>

/* Whether time has to wait for them. `now_ns` is of the real monotonic clock: what does not arrive for
 * CARRIED_PATIENCE_NS never will, since its line was cut. */
bool clock_is_carrying(int64_t now_ns);

/* The kernel hands the bytes of a pseudo-terminal on by a thread of its own, which a loaded machine lets wait. */
#define CARRIED_PATIENCE_NS INT64_C(100000000)

#endif
