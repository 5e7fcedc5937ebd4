#include "link/pace.h"

#include "link/session.h"
#include <stdlib.h>
#include <string.h>

/* An action that waits for its time. */
struct link_paced {
    link_paced *after;
    uint32_t kind;
    size_t data_size, target_size;
    uint8_t bytes[]; /* data, then target */
};

/* How long a port sends so many bytes: the pause begins behind the last one. A start bit, and what serial_settings has.
 */
static int64_t sending_us(const link_line *line, size_t size) {
    const serial_settings *settings = &line->session->link->options->serial;
    link_scheme scheme = line->channel == NULL ? LINK_TCP : line->channel->options->address.scheme;
    if (scheme != LINK_SERIAL && scheme != LINK_RFC2217) {
        return 0;
    }
    uint32_t bits = 1 + (settings->bits == 0 ? SERIAL_BITS_DEFAULT : settings->bits) +
                    (settings->parity > SERIAL_PARITY_NONE ? 1 : 0) +
                    (settings->stop == 0 ? SERIAL_STOP_DEFAULT : settings->stop);
    uint32_t baud = settings->baud == 0 ? SERIAL_BAUD_DEFAULT : settings->baud;
    return (int64_t)size * bits * 1000000 / baud;
}

static void act(link_line *line, const dragoman_action *action) {
    line->quiet_until_us =
        clock_now().monotonic_us + sending_us(line, action->data.size) + line->session->link->options->pace_us;
    line->carrier->act(line, action);
}

static bool wait_for_it(link_line *line, const dragoman_action *action) {
    size_t size = action->data.size + action->target.size;
    link_paced *paced = line->waiting_bytes + size > LINK_UNSENT_BYTES_MAX ? NULL : malloc(sizeof(*paced) + size);
    if (paced == NULL) {
        return false;
    }
    *paced = (link_paced){
        .kind = action->kind, .data_size = action->data.size, .target_size = action->target.size, .after = NULL};
    if (action->data.size > 0) {
        memcpy(paced->bytes, action->data.data, action->data.size);
    }
    if (action->target.size > 0) {
        memcpy(paced->bytes + action->data.size, action->target.data, action->target.size);
    }
    link_paced **end = &line->waiting;
    while (*end != NULL) {
        end = &(*end)->after;
    }
    *end = paced;
    /* Also an action without bytes is one that waits. */
    line->waiting_bytes += size + 1;
    return true;
}

void link_pace_act(link_line *line, const dragoman_action *action) {
    if (line->session->link->options->pace_us == 0 ||
        (line->waiting == NULL && line->quiet_until_us <= clock_now().monotonic_us)) {
        act(line, action);
    } else if (!wait_for_it(line, action)) {
        link_session_refuse(line->session, action, DRAGOMAN_FULL, "too much waits for the bus's pace already");
    }
}

void link_pace_go_on(link_line *line) {
    while (line->waiting != NULL && line->stage != LINE_OVER && line->quiet_until_us <= clock_now().monotonic_us) {
        link_paced *paced = line->waiting;
        dragoman_action action = {.struct_size = sizeof(action), .kind = paced->kind, .channel = line->index};
        action.data = (dragoman_bytes){paced->bytes, paced->data_size};
        action.target = (dragoman_bytes){paced->bytes + paced->data_size, paced->target_size};
        line->waiting = paced->after;
        line->waiting_bytes -= paced->data_size + paced->target_size + 1;
        act(line, &action);
        free(paced);
    }
}

int64_t link_pace_due_us(const link_line *line) {
    return line->waiting == NULL ? INT64_MAX : line->quiet_until_us;
}

void link_pace_fini(link_line *line) {
    while (line->waiting != NULL) {
        link_paced *paced = line->waiting;
        line->waiting = paced->after;
        free(paced);
    }
    line->waiting_bytes = 0;
}
