/* A file of packets of any bytes: reading ends, conversations keep their bounds, and a stream's bytes come in order of
 * their conversation: begin, data, at most one end a side, closed. */
#include "capture/flows.h"
#include <stdlib.h>
#include <string.h>

#define FOLLOWED 4096u

/* 0: not begun, 1: open, 2: over. */
static uint8_t states[FOLLOWED];
static uint8_t ends[FOLLOWED][2];

static void tell(void *context, const flows_event *event) {
    (void)context;
    char text[PACKETS_END_TEXT_BYTES];
    packets_end again;
    if (event->flow >= FOLLOWED) {
        return;
    }
    packets_write_end(&event->ends[0], text);
    if (!packets_parse_end(text, &again) && event->ends[0].port != 0) {
        abort();
    }
    bool is_right = event->kind == FLOWS_BEGIN ? states[event->flow] == 0 : states[event->flow] == 1;
    if (event->kind == FLOWS_END) {
        is_right = is_right && ends[event->flow][event->side]++ == 0;
    }
    if (!is_right || (event->kind == FLOWS_DATA && event->is_tcp && event->data.size == 0)) {
        abort();
    }
    states[event->flow] = event->kind == FLOWS_CLOSED || event->kind == FLOWS_BROKEN ? 2 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    packets_count count;
    memset(states, 0, sizeof(states));
    memset(ends, 0, sizeof(ends));
    if (size == 0) {
        return 0;
    }
    flows *all = flows_create(tell, NULL);
    (void)packets_read((dragoman_bytes){data, size}, NULL, flows_take, all, &count, NULL);
    flows_destroy(all);
    return 0;
}
