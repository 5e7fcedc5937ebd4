/*
 * The operator's log: one line each on standard error, with time, level and the link or sink it is about. Never patient
 * data, unless the site allows it and the caller marks it. Thread-safe. A source that says too much is cut short and
 * its silence counted.
 */
#ifndef APP_LOG_H
#define APP_LOG_H

#include <dragoman/base.h>

/* Lines that one second may have; what is more is counted and told afterwards. */
#define LOG_LINES_PER_SECOND 50

/* Writes a line. `about` may be empty. `private_text` is what the site allowed to be seen, or empty. Level:
 * dragoman_log_level. */
void log_write(uint32_t level, dragoman_bytes about, dragoman_bytes text, dragoman_bytes private_text);

/* Lines above this level are dropped (DRAGOMAN_LOG_INFO at first). */
void log_set_level(uint32_t level);

#endif
