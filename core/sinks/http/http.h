/*
 * The FHIR server sink's own view of itself: Bundles by HTTP, several under way at once, through libcurl's multi
 * interface on the publisher's thread.
 *
 * Whose fault a failure is decides what becomes of an item. The receiver's or the way's (no connection, 408, 429, 5xx,
 * our token, an answer that no FHIR server gives): again later. The item's (other 4xx with an OperationOutcome): never.
 * A clash with somebody else's write (409, 412): a few quick tries, then never. Nothing that is secret is ever put into
 * a reason or a log.
 */
#ifndef SINKS_HTTP_HTTP_H
#define SINKS_HTTP_HTTP_H

#include "sinks/sink.h"
#include <curl/curl.h>
#include <stdatomic.h>

#define HTTP_URL_BYTES 2048
#define HTTP_PATH_BYTES 4096
#define HTTP_TEXT_BYTES 512
/* A bearer token: JWTs of large houses have a few kilobytes. */
#define HTTP_TOKEN_BYTES 16384
/* What an answer may have: a transaction's answer has some 200 bytes an entry. */
#define HTTP_ANSWER_BYTES ((size_t)16 << 20)
/* Of the receiver's own words so much is kept. */
#define HTTP_WORDS_BYTES 4096
/* Questions beside items (capabilities, tokens) block the sink's thread this long at the most. */
#define HTTP_QUESTION_MS 5000
/* Tries of an item that clashes with another write, and the first pause between them, which doubles. */
#define HTTP_CLASHES 4
#define HTTP_CLASH_PAUSE_US 100000

typedef struct http_token {
    char file[HTTP_PATH_BYTES]; /* bearer token file, or empty */
    int64_t file_changed_us;    /* of the content at hand */
    char client_id[HTTP_TEXT_BYTES];
    char key_file[HTTP_PATH_BYTES]; /* SMART Backend Services, or empty */
    char key_id[HTTP_TEXT_BYTES];
    char scope[HTTP_TEXT_BYTES];
    char url[HTTP_URL_BYTES]; /* of the token endpoint; empty: to be discovered */
    bool is_discovered;
    char text[HTTP_TOKEN_BYTES]; /* what is at hand, or empty */
    int64_t until_us;            /* monotonic: not used after this */
} http_token;

typedef enum http_slot_state {
    HTTP_FREE = 0,
    HTTP_RUNNING = 1,
    HTTP_PAUSED = 2, /* clashed: goes again at again_at_us */
    HTTP_FAILED = 3, /* could not be begun: `reason` is to be told */
} http_slot_state;

/* One item under way. */
typedef struct http_slot {
    CURL *easy;
    struct curl_slist *headers;
    http_slot_state state;
    sink_item item;
    buffer answer;
    bool is_cut; /* the answer was longer than HTTP_ANSWER_BYTES */
    bool has_new_token;
    uint32_t clashes;
    int64_t again_at_us;
    size_t at;   /* single resources: where the one under way begins in the body, */
    size_t size; /* and how long it is */
    char url[HTTP_URL_BYTES];
    char trouble[CURL_ERROR_SIZE];
    char reason[HTTP_TEXT_BYTES];
} http_slot;

typedef struct http_sink {
    char base[HTTP_URL_BYTES]; /* without a slash at its end */
    char certificate_file[HTTP_PATH_BYTES], key_file[HTTP_PATH_BYTES], authority_file[HTTP_PATH_BYTES];
    char agent[64];
    bool verify_server;
    long timeout_ms;
    uint32_t items_at_once;
    char ids[16]; /* auto, put or conditional */
    fhir_bundle wanted_bundle;
    bool is_single; /* the server takes no Bundles: one resource at a time */
    http_token token;
    bool is_probing; /* then a wake ends the question */
    atomic_bool is_woken;
    CURLM *multi;
    http_slot slots[SINK_ITEMS_MAX];
    void (*log)(void *context, dragoman_log_level level, const char *text);
    void *log_context;
} http_sink;

/* The answer to a question beside items. */
typedef struct http_answer {
    long code; /* 0: none came */
    buffer body;
    char trouble[CURL_ERROR_SIZE];
} http_answer;

/* Sets what all requests have in common: TLS, time-outs, agent, no redirects. */
void http_prepare(const http_sink *self, CURL *easy);
/* Whether a secret may be sent there: https, or this very machine. */
bool http_is_private(const char *url);
/* Asks and waits, at most HTTP_QUESTION_MS. `form` NULL: GET. `bearer` NULL: without a token. The caller frees the
 * answer's body. NO_MEMORY. */
dragoman_status http_ask(const http_sink *self, const char *url, const char *accept, const char *form,
                         const char *bearer, http_answer *ret_answer);

/* Reads /metadata: what the server can take. TIMED_OUT, IO, DENIED: try later; UNSUPPORTED with the reason. */
dragoman_status http_probe(http_sink *self, sink_needs *ret_needs, error_record *error);

/* Reads the settings of tokens. INVALID with the mend. */
dragoman_status http_token_init(http_sink *self, const sink_options *options, error_record *error);
/* Makes sure that a token is at hand where one is needed; `is_refused`: the one at hand was. Borrowed; ret_token empty
 * where none is needed. IO, DENIED, INVALID with the reason. */
dragoman_status http_token_get(http_sink *self, bool is_refused, const char **ret_token, error_record *error);
/* A signed assertion for a token endpoint (RS384 or ES384 by the key). NUL-terminated into `to`. INVALID, NOT_FOUND
 * with the mend. */
dragoman_status http_assertion(const http_token *token, int64_t wall_us, buffer *to, error_record *error);

/* What an answer means for an item: DELIVERED, RETRY, REJECTED, or a clash. `words` gets a sentence and, when the item
 * is rejected, the receiver's own words; NUL-terminated. */
typedef enum http_verdict {
    HTTP_DELIVERED,
    HTTP_LATER,
    HTTP_NEVER,
    HTTP_CLASH,
    HTTP_TOKEN_REFUSED,
} http_verdict;
/* Judges an HTTP answer of the code with this body; `is_bundle`: each entry of the body is looked at. */
http_verdict http_judge(long code, dragoman_bytes body, bool is_bundle, bool is_cut, char words[HTTP_WORDS_BYTES]);

/* Begins a slot's transfer, or the next of its single resources. False: it is HTTP_FAILED, with the reason. */
bool http_begin(http_sink *self, http_slot *slot, bool is_refused);
/* Makes a slot free again. */
void http_slot_free(http_slot *slot);

#endif
