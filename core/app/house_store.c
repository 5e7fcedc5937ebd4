#include "app/house_inside.h"

#include "base/bytes.h"
#include <stdio.h>
#include <stdlib.h>

/* The number behind a word; false when the request is another one. */
static bool is_request(dragoman_bytes request, const char *word, uint64_t *ret_number) {
    size_t size = strlen(word);
    if (!bytes_starts_with(request, word) || request.size - size > 19) {
        return false;
    }
    char digits[20] = {0};
    memcpy(digits, request.data + size, request.size - size);
    *ret_number = strtoull(digits, NULL, 10);
    return *ret_number > 0;
}

bool house_answer_store(house *self, dragoman_bytes request, buffer *to) {
    uint64_t number = 0;
    dragoman_status status;
    if (is_request(request, "retry ", &number)) {
        status = self->kept == NULL ? self->store_trouble.status : store_dead_retry(self->kept, number);
        if (status == DRAGOMAN_OK) {
            publish_look_again(self->publisher);
        }
    } else if (is_request(request, "remove ", &number)) {
        status = self->kept == NULL ? self->store_trouble.status : store_dead_remove(self->kept, number);
    } else {
        return false;
    }
    buffer_append_format(to, "%s: dead letter %llu\n", error_status_name(status), (unsigned long long)number);
    return true;
}
