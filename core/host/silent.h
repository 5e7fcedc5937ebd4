/*
 * A house in which nothing is known and nobody listens: no profile speaks, no value is episodic, logs and counters go
 * nowhere. For checks and tests, which set what they need beside it.
 */
#ifndef HOST_SILENT_H
#define HOST_SILENT_H

#include "host/environment.h"

/* Hooks that say nothing. `keep` is the caller's to set, and `device` where profiles matter. */
host_hooks host_silent_hooks(void);

#endif
