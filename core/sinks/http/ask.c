/* Requests: what they have in common, and those that are waited for. */
#include "sinks/http/http.h"

static size_t take(char *data, size_t size, size_t count, void *context) {
    http_answer *self = context;
    size_t bytes = size * count;
    if (self->body.size + bytes > HTTP_ANSWER_BYTES) {
        return 0;
    }
    buffer_append(&self->body, data, bytes);
    return self->body.failed ? 0 : bytes;
}

static int is_over(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up) {
    const http_sink *self = context;
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return self->is_probing && atomic_load_explicit(&self->is_woken, memory_order_acquire);
}

static void set_file(CURL *easy, CURLoption option, const char *path) {
    if (path[0] != '\0') {
        curl_easy_setopt(easy, option, path);
    }
}

void http_prepare(const http_sink *self, CURL *easy) {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    /* A server that sends us elsewhere would get the token there too. */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, self->agent);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, self->verify_server ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, self->verify_server ? 2L : 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    set_file(easy, CURLOPT_CAINFO, self->authority_file);
    set_file(easy, CURLOPT_SSLCERT, self->certificate_file);
    set_file(easy, CURLOPT_SSLKEY, self->key_file);
}

bool http_is_private(const char *url) {
    static const char *const own[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t size = strlen(own[i]);
        if (strncasecmp(url, own[i], size) == 0 && (url[size] == '\0' || url[size] == ':' || url[size] == '/')) {
            return true;
        }
    }
    return strncasecmp(url, "https://", 8) == 0;
}

dragoman_status http_ask(const http_sink *self, const char *url, const char *accept, const char *form,
                         const char *bearer, http_answer *ret_answer) {
    *ret_answer = (http_answer){.code = 0};
    buffer_init(&ret_answer->body);
    CURL *easy = curl_easy_init();
    char header[128];
    snprintf(header, sizeof header, "Accept: %s", accept);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    if (easy == NULL || headers == NULL) {
        curl_slist_free_all(headers);
        curl_easy_cleanup(easy);
        return DRAGOMAN_NO_MEMORY;
    }
    http_prepare(self, easy);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)HTTP_QUESTION_MS);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_over);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, self);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, ret_answer->trouble);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, ret_answer);
    if (form != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form);
    }
    if (bearer != NULL && bearer[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, bearer);
    }
    CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_OK) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret_answer->code);
    } else if (ret_answer->trouble[0] == '\0') {
        snprintf(ret_answer->trouble, sizeof ret_answer->trouble, "%s", curl_easy_strerror(code));
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return DRAGOMAN_OK;
}
