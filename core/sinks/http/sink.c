#include "sinks/http/http.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <stdio.h>
#include <stdlib.h>

static long number_of(const sink_options *options, const char *key, const char *otherwise) {
    char digits[20];
    dragoman_bytes value = sink_setting(options, key, otherwise);
    snprintf(digits, sizeof digits, "%.*s", (int)(value.size < 12 ? value.size : 12), (const char *)value.data);
    return strtol(digits, NULL, 10);
}

static void copy_text(char *to, size_t room, const char *text) {
    snprintf(to, room, "%s", text == NULL ? "" : text);
}

static dragoman_status find_base(http_sink *self, const sink_options *options, error_record *error) {
    dragoman_bytes to = options->to;
    while (to.size > 0 && to.data[to.size - 1] == '/') {
        to.size--;
    }
    int length = snprintf(self->base, sizeof self->base, "%.*s", BYTES_FORMAT(to));
    CURLU *url = curl_url();
    char *user = NULL;
    bool is_url = url != NULL && length > 0 && (size_t)length < sizeof self->base &&
                  curl_url_set(url, CURLUPART_URL, self->base, 0) == CURLUE_OK;
    bool has_user = is_url && curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    curl_url_cleanup(url);
    if (!is_url) {
        return error_set(error, DRAGOMAN_INVALID, "\"%.*s\" is no address of a server: write https://HOST/PATH",
                         BYTES_FORMAT(options->to));
    }
    if (has_user) {
        self->base[0] = '\0';
        return error_set(error, DRAGOMAN_INVALID, "no name and password belong into an address: use token_file");
    }
    return DRAGOMAN_OK;
}

static dragoman_status check(const http_sink *self, const sink_options *options, error_record *error) {
    if (options->format != SINK_FORMAT_BUNDLES) {
        return error_set(error, DRAGOMAN_INVALID, "a FHIR server takes `format: fhir` only");
    }
    if (options->bundle != FHIR_BUNDLE_TRANSACTION && options->bundle != FHIR_BUNDLE_BATCH) {
        return error_set(error, DRAGOMAN_INVALID, "a FHIR server takes `bundle: transaction` or `batch` only");
    }
    if (!http_is_private(self->base) && options->log != NULL) {
        options->log(options->log_context, DRAGOMAN_LOG_WARNING,
                     "patient data goes to this server in the clear: use https://");
    }
    return DRAGOMAN_OK;
}

static void close_sink(void *sink) {
    http_sink *self = sink;
    if (self == NULL) {
        return;
    }
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        http_slot *slot = &self->slots[i];
        if (slot->state == HTTP_RUNNING) {
            curl_multi_remove_handle(self->multi, slot->easy);
        }
        curl_easy_cleanup(slot->easy);
        curl_slist_free_all(slot->headers);
        buffer_fini(&slot->answer);
    }
    curl_multi_cleanup(self->multi);
    /* The token does not stay in freed memory. */
    explicit_bzero(&self->token, sizeof self->token);
    free(self);
}

static dragoman_status open_sink(const sink_options *options, void **ret_sink, error_record *error) {
    http_sink *self = calloc(1, sizeof *self);
    if (self == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(self);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a sink");
    }
    self->multi = curl_multi_init();
    copy_text(self->certificate_file, sizeof self->certificate_file, options->certificate_file);
    copy_text(self->key_file, sizeof self->key_file, options->key_file);
    copy_text(self->authority_file, sizeof self->authority_file, options->authority_file);
    copy_text(self->agent, sizeof self->agent, options->agent);
    snprintf(self->ids, sizeof self->ids, "%.*s", BYTES_FORMAT(sink_setting(options, "ids", "auto")));
    self->verify_server = options->verify_server;
    self->wanted_bundle = options->bundle;
    self->timeout_ms = number_of(options, "timeout", "30000");
    self->items_at_once = (uint32_t)number_of(options, "connections", "4");
    self->log = options->log;
    self->log_context = options->log_context;
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        buffer_init(&self->slots[i].answer);
    }
    dragoman_status status = self->multi == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a sink")
                                                 : find_base(self, options, error);
    if (status == DRAGOMAN_OK) {
        status = check(self, options, error);
    }
    if (status == DRAGOMAN_OK) {
        status = http_token_init(self, options, error);
    }
    if (status != DRAGOMAN_OK) {
        close_sink(self);
        return status;
    }
    *ret_sink = self;
    return DRAGOMAN_OK;
}

static dragoman_status probe(void *sink, sink_needs *ret_needs, error_record *error) {
    http_sink *self = sink;
    atomic_store_explicit(&self->is_woken, false, memory_order_release);
    self->is_probing = true;
    dragoman_status status = http_probe(self, ret_needs, error);
    self->is_probing = false;
    return status;
}

static dragoman_status submit(void *sink, const sink_item *item) {
    http_sink *self = sink;
    for (uint32_t i = 0; i < self->items_at_once; i++) {
        http_slot *slot = &self->slots[i];
        if (slot->state == HTTP_FREE) {
            slot->item = *item;
            slot->at = 0;
            slot->clashes = 0;
            slot->has_new_token = false;
            /* What fails already here is told by the next wait. */
            (void)http_begin(self, slot, false);
            return DRAGOMAN_OK;
        }
    }
    return DRAGOMAN_FULL;
}

typedef struct telling {
    http_sink *self;
    void (*told)(void *context, const sink_result *result);
    void *context;
    bool is_any;
} telling;

static void tell(telling *to, http_slot *slot, sink_outcome outcome, int64_t retry_after_us, const char *reason) {
    sink_result result = {
        .number = slot->item.number, .outcome = outcome, .retry_after_us = retry_after_us, .reason = bytes_of(reason)};
    http_slot_free(slot);
    to->is_any = true;
    to->told(to->context, &result);
}

static int64_t asked_pause_us(const http_slot *slot) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_RETRY_AFTER, &seconds);
    return seconds > 0 ? (int64_t)seconds * 1000000 : 0;
}

/* The item, or this resource of it, went through. */
static void go_on(telling *to, http_slot *slot) {
    slot->at += slot->size;
    slot->clashes = 0;
    if (slot->at >= slot->item.body.size) {
        tell(to, slot, SINK_DELIVERED, 0, "");
    } else {
        (void)http_begin(to->self, slot, false);
    }
}

static void finish(telling *to, http_slot *slot, CURLcode code) {
    char words[HTTP_WORDS_BYTES];
    char reason[HTTP_URL_BYTES + HTTP_WORDS_BYTES + 32];
    long status = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        snprintf(reason, sizeof reason, "%s is not reached (%s)", to->self->base,
                 slot->trouble[0] != '\0' ? slot->trouble : curl_easy_strerror(code));
        tell(to, slot, SINK_RETRY, 0, reason);
        return;
    }
    http_verdict verdict = http_judge(status, buffer_bytes(&slot->answer), !to->self->is_single, slot->is_cut, words);
    snprintf(reason, sizeof reason, "%s answers %s", to->self->base, words);
    switch (verdict) {
    case HTTP_DELIVERED:
        go_on(to, slot);
        return;
    case HTTP_TOKEN_REFUSED:
        if (!slot->has_new_token) {
            slot->has_new_token = true;
            (void)http_begin(to->self, slot, true);
            return;
        }
        break;
    case HTTP_CLASH:
        if (++slot->clashes < HTTP_CLASHES) {
            slot->state = HTTP_PAUSED;
            slot->again_at_us = clock_now().monotonic_us + ((int64_t)HTTP_CLASH_PAUSE_US << slot->clashes);
            return;
        }
        tell(to, slot, SINK_REJECTED, 0, reason);
        return;
    case HTTP_NEVER:
        tell(to, slot, SINK_REJECTED, 0, reason);
        return;
    case HTTP_LATER:
        break;
    }
    tell(to, slot, SINK_RETRY, asked_pause_us(slot), reason);
}

static void collect(telling *to) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(to->self->multi, &left)) != NULL;) {
        http_slot *slot = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        curl_multi_remove_handle(to->self->multi, slot->easy);
        finish(to, slot, code);
    }
}

/* Slots that failed before they began, and those whose pause is over. Returns when the next one is. */
static int64_t look_after_slots(telling *to, int64_t now_us) {
    int64_t next_us = INT64_MAX;
    for (uint32_t i = 0; i < to->self->items_at_once; i++) {
        http_slot *slot = &to->self->slots[i];
        if (slot->state == HTTP_PAUSED && slot->again_at_us <= now_us) {
            (void)http_begin(to->self, slot, false);
        }
        if (slot->state == HTTP_FAILED) {
            tell(to, slot, SINK_RETRY, 0, slot->reason);
        } else if (slot->state == HTTP_PAUSED) {
            next_us = slot->again_at_us < next_us ? slot->again_at_us : next_us;
        }
    }
    return next_us;
}

static void wait_for(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context) {
    http_sink *self = sink;
    telling to = {self, told, context, false};
    int running = 0;
    int64_t now_us = clock_now().monotonic_us;
    int64_t next_us = look_after_slots(&to, now_us);
    curl_multi_perform(self->multi, &running);
    collect(&to);
    if (to.is_any || wait_ms <= 0) {
        return;
    }
    int64_t pause_ms = next_us == INT64_MAX ? wait_ms : (next_us - now_us) / 1000 + 1;
    curl_multi_poll(self->multi, NULL, 0, pause_ms < wait_ms ? (int)pause_ms : wait_ms, NULL);
    curl_multi_perform(self->multi, &running);
    collect(&to);
}

static void wake(void *sink) {
    http_sink *self = sink;
    atomic_store_explicit(&self->is_woken, true, memory_order_release);
    curl_multi_wakeup(self->multi);
}

static const dragoman_setting_rule rules[] = {
    {.key = "token_file",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "A file with a bearer token; read again when it changes and when the server refuses the token."},
    {.key = "client_id",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "SMART Backend Services: what the server knows us as."},
    {.key = "private_key_file",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "SMART Backend Services: PEM file of our key, RSA (RS384) or P-384 (ES384)."},
    {.key = "key_id",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "SMART Backend Services: the `kid` under which the server has our public key."},
    {.key = "token_url",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "SMART Backend Services: the token endpoint; without it the server's smart-configuration tells."},
    {.key = "scope",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "SMART Backend Services: what we ask to be allowed.",
     .default_value = "system/*.cu"},
    {.key = "ids",
     .type = DRAGOMAN_SETTING_CHOICE,
     .summary = "PUT under our ids, or conditional create by identifier; auto: as the server's /metadata says.",
     .default_value = "auto",
     .choices = "auto put conditional"},
    {.key = "connections",
     .type = DRAGOMAN_SETTING_INTEGER,
     .summary = "Devices whose reports are under way at once.",
     .default_value = "4",
     .minimum = 1,
     .maximum = SINK_ITEMS_MAX},
    {.key = "timeout",
     .type = DRAGOMAN_SETTING_DURATION,
     .summary = "How long an answer may take before it is tried again.",
     .default_value = "30s",
     .minimum = 100,
     .maximum = 3600000},
};

const sink_descriptor dragoman_sink = {.magic = SINK_MAGIC,
                                       .major = SINK_MAJOR,
                                       .name = "http",
                                       .schemes = "http: https:",
                                       .settings = rules,
                                       .setting_count = sizeof rules / sizeof rules[0],
                                       .open = open_sink,
                                       .close = close_sink,
                                       .probe = probe,
                                       .submit = submit,
                                       .wait = wait_for,
                                       .wake = wake};
