/*
 * The shortest way to test an adapter: give it a text as one session and compare all that came of it with a text.
 */
#ifndef KIT_FAKE_CHECK_H
#define KIT_FAKE_CHECK_H

#include "kit/fake_host.h"

/* Runs `input` as a file through `adapter` and fails the running cmocka test unless the host's text (fake_host_text) is
 * `expected`. A '\n' in `input` is handed over as '\r'. The same is done byte by byte, and must give the same.
 * `settings` as fake_session_open has it. */
void fake_check_file(const dragoman_adapter_descriptor *adapter, const char *settings, const char *input,
                     const char *expected);

/* Runs each of the `count` inputs as one MLLP block on a stream; `expected` is what was sent (fake_session_sent). Each
 * message is settled as soon as it was read. */
void fake_check_blocks(const dragoman_adapter_descriptor *adapter, const char *settings, const char *const *inputs,
                       size_t count, const char *expected);

#endif
