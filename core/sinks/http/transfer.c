/* One item on its way. */
#include "sinks/http/http.h"

#include "base/bytes.h"
#include <stdio.h>

static size_t take(char *data, size_t size, size_t count, void *context) {
    http_slot *self = context;
    size_t bytes = size * count;
    if (self->answer.size + bytes > HTTP_ANSWER_BYTES) {
        self->is_cut = true;
    } else {
        buffer_append(&self->answer, data, bytes);
    }
    return bytes;
}

static bool fail(http_slot *slot, const char *reason) {
    snprintf(slot->reason, sizeof slot->reason, "%s", reason);
    slot->state = HTTP_FAILED;
    return false;
}

/* Our own writer begins every resource with its type and id. */
static bool read_name(dragoman_bytes line, const char *before, dragoman_bytes *ret_name, size_t *at) {
    size_t size = strlen(before);
    if (line.size < *at + size || memcmp(line.data + *at, before, size) != 0) {
        return false;
    }
    *at += size;
    const uint8_t *end = memchr(line.data + *at, '"', line.size - *at);
    if (end == NULL) {
        return false;
    }
    *ret_name = (dragoman_bytes){line.data + *at, (size_t)(end - line.data) - *at};
    *at += ret_name->size;
    return true;
}

/* Where the next resource of the item goes, and how long it is. */
static bool aim_single(const http_sink *self, http_slot *slot) {
    dragoman_bytes line = {slot->item.body.data + slot->at, slot->item.body.size - slot->at};
    const uint8_t *end = memchr(line.data, '\n', line.size);
    dragoman_bytes type;
    dragoman_bytes id;
    size_t at = 0;
    slot->size = end == NULL ? line.size : (size_t)(end - line.data) + 1;
    line.size = slot->size;
    if (!read_name(line, "{\"resourceType\":\"", &type, &at) || !read_name(line, "\",\"id\":\"", &id, &at)) {
        return fail(slot, "a resource without type and id cannot be put");
    }
    int size = snprintf(slot->url, sizeof slot->url, "%s/%.*s/%.*s", self->base, BYTES_FORMAT(type), BYTES_FORMAT(id));
    return size > 0 && (size_t)size < sizeof slot->url ? true : fail(slot, "the receiver's address is too long");
}

static bool set_headers(http_slot *slot) {
    static const char *const lines[] = {"Content-Type: application/fhir+json", "Accept: application/fhir+json",
                                        "Prefer: return=minimal", "Expect:"};
    struct curl_slist *list = slot->headers;
    for (size_t i = 0; slot->headers == NULL && i < sizeof lines / sizeof lines[0]; i++) {
        struct curl_slist *more = curl_slist_append(list, lines[i]);
        if (more == NULL) {
            curl_slist_free_all(list);
            return false;
        }
        list = more;
    }
    slot->headers = list;
    return true;
}

bool http_begin(http_sink *self, http_slot *slot, bool is_refused) {
    const char *token = NULL;
    error_record error = {0};
    if (http_token_get(self, is_refused, &token, &error) != DRAGOMAN_OK) {
        return fail(slot, error.text);
    }
    slot->easy = slot->easy == NULL ? curl_easy_init() : slot->easy;
    if (slot->easy == NULL || !set_headers(slot)) {
        return fail(slot, "no memory for a request");
    }
    curl_easy_reset(slot->easy);
    http_prepare(self, slot->easy);
    buffer_reset(&slot->answer);
    slot->is_cut = false;
    slot->trouble[0] = '\0';
    if (self->is_single) {
        if (!aim_single(self, slot)) {
            return false;
        }
        curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, "PUT");
    } else {
        slot->size = slot->item.body.size;
        snprintf(slot->url, sizeof slot->url, "%s", self->base);
    }
    curl_easy_setopt(slot->easy, CURLOPT_URL, slot->url);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, (const char *)slot->item.body.data + slot->at);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->size);
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->headers);
    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, self->timeout_ms);
    curl_easy_setopt(slot->easy, CURLOPT_CONNECTTIMEOUT_MS, self->timeout_ms < 10000 ? self->timeout_ms : 10000L);
    curl_easy_setopt(slot->easy, CURLOPT_ERRORBUFFER, slot->trouble);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(slot->easy, CURLOPT_PIPEWAIT, 1L);
    if (token[0] != '\0') {
        curl_easy_setopt(slot->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(slot->easy, CURLOPT_XOAUTH2_BEARER, token);
    }
    if (curl_multi_add_handle(self->multi, slot->easy) != CURLM_OK) {
        return fail(slot, "no memory for a request");
    }
    slot->state = HTTP_RUNNING;
    return true;
}

void http_slot_free(http_slot *slot) {
    enum { KEEP_BYTES = 1 << 18 };
    if (slot->answer.capacity > KEEP_BYTES) {
        buffer_fini(&slot->answer);
        buffer_init(&slot->answer);
    }
    slot->state = HTTP_FREE;
}
