/*
 * The clocks of this machine, read here and nowhere else, so that everything else takes the time as an argument.
 * Thread-safe.
 */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include <dragoman/base.h>

/* The time now: monotonic, UTC, and whether the kernel says that the wall clock is synchronised. */
dragoman_now clock_now(void);
/* The processor time that this thread has used so far, in nanoseconds: for measuring, whoever else is at work. */
int64_t clock_spent_ns(void);
/* The monotonic time alone, in microseconds: no system call. */
int64_t clock_monotonic_us(void);
/* The processor time that another process has used, in microseconds; 0: it cannot be told. */
int64_t clock_of_process_us(int pid);

#endif
