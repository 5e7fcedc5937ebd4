/*
 * Encoded reports from anywhere. What is accepted, encoded again and decoded again, says the same; and whatever keeps
 * the model's rules can be named, ticketed and written as JSON.
 */
#include "base/bytes.h"
#include "model/json.h"
#include "model/model.h"
#include "model/ticket.h"

#include <stdlib.h>
#include <string.h>

#define MOST_MEMORY ((size_t)64 << 20)

static void demand(bool holds) {
    if (!holds) {
        abort();
    }
}

static bool is_episodic(void *context, const dragoman_report *report, const dragoman_observation *observation) {
    (void)context;
    (void)report;
    return observation->values.count != 1;
}

static void encode(const model_record *record, buffer *to) {
    demand(model_encode(&record->report, to) == DRAGOMAN_OK);
    if (record->has_stamp) {
        demand(model_encode_stamp(&record->stamp, to) == DRAGOMAN_OK);
    }
}

static void use(const model_record *record, arena *memory) {
    char id[MODEL_ID_BYTES];
    buffer line;
    buffer_init(&line);
    demand(model_write_json(record, &line) == DRAGOMAN_OK);
    demand(memchr(line.data, '\n', line.size) == line.data + line.size - 1);
    buffer_fini(&line);
    for (uint32_t i = 0; i < record->report.observations.count && i < 50; i++) {
        demand(model_observation_id(record, i, id) < MODEL_ID_BYTES);
    }
    model_ticket ticket;
    demand(model_ticket_make(&record->report, is_episodic, NULL, memory, &ticket) == DRAGOMAN_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena memory;
    arena_init(&memory, MOST_MEMORY);
    buffer first;
    buffer second;
    buffer_init(&first);
    buffer_init(&second);
    model_record record;
    model_record again;
    error_record error = {0};
    dragoman_status status = model_decode((dragoman_bytes){data, size}, &memory, &record, &error);
    demand(status == DRAGOMAN_OK || (error.text[0] != '\0' && bytes_is_utf8(bytes_of(error.text))));
    if (status == DRAGOMAN_OK) {
        const dragoman_report *wide = NULL;
        demand(model_widen(&record.report, &memory, &wide) == DRAGOMAN_OK && wide == &record.report);
        encode(&record, &first);
        demand(model_decode(buffer_bytes(&first), &memory, &again, &error) == DRAGOMAN_OK);
        encode(&again, &second);
        demand(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
        if (model_check(&record.report, &error) == DRAGOMAN_OK) {
            demand(model_check(&again.report, &error) == DRAGOMAN_OK);
            use(&record, &memory);
        }
    }
    buffer_fini(&first);
    buffer_fini(&second);
    arena_fini(&memory);
    return 0;
}
