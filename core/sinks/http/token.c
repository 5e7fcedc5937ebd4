/* The right to write: a bearer token from a file, or one that SMART Backend Services give. */
#include "sinks/http/http.h"
#include "sinks/http/json.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SOONER_S = 30, LIFE_WHEN_UNSTATED_S = 300 };

static bool copy_setting(const sink_options *options, const char *key, const char *otherwise, char *to, size_t room) {
    int length = snprintf(to, room, "%.*s", BYTES_FORMAT(sink_setting(options, key, otherwise)));
    return length >= 0 && (size_t)length < room;
}

static bool copy_path(const sink_options *options, const char *key, char to[HTTP_PATH_BYTES]) {
    dragoman_bytes path = sink_setting(options, key, "");
    bool is_relative = path.size > 0 && path.data[0] != '/';
    int length = snprintf(to, HTTP_PATH_BYTES, "%s%s%.*s", is_relative ? options->folder : "", is_relative ? "/" : "",
                          BYTES_FORMAT(path));
    return length >= 0 && length < HTTP_PATH_BYTES;
}

dragoman_status http_token_init(http_sink *self, const sink_options *options, error_record *error) {
    http_token *token = &self->token;
    bool fits = copy_path(options, "token_file", token->file) &&
                copy_path(options, "private_key_file", token->key_file) &&
                copy_setting(options, "client_id", "", token->client_id, sizeof token->client_id) &&
                copy_setting(options, "key_id", "", token->key_id, sizeof token->key_id) &&
                copy_setting(options, "scope", "system/*.cu", token->scope, sizeof token->scope) &&
                copy_setting(options, "token_url", "", token->url, sizeof token->url);
    if (!fits) {
        return error_set(error, DRAGOMAN_INVALID, "a token setting is too long");
    }
    bool is_smart = token->key_file[0] != '\0' || token->client_id[0] != '\0';
    if (is_smart && (token->key_file[0] == '\0' || token->client_id[0] == '\0' || token->key_id[0] == '\0')) {
        return error_set(error, DRAGOMAN_INVALID,
                         "SMART Backend Services need client_id, private_key_file and key_id together");
    }
    if (is_smart && token->file[0] != '\0') {
        return error_set(error, DRAGOMAN_INVALID, "either token_file or client_id with private_key_file, not both");
    }
    if ((is_smart || token->file[0] != '\0') && !http_is_private(self->base)) {
        return error_set(error, DRAGOMAN_INVALID, "a token would go to %s in the clear: use https://", self->base);
    }
    if (token->url[0] != '\0' && !http_is_private(token->url)) {
        return error_set(error, DRAGOMAN_INVALID, "token_url has to be https://");
    }
    return DRAGOMAN_OK;
}

static dragoman_status read_file(http_token *self, bool is_refused, error_record *error) {
    struct stat status;
    if (stat(self->file, &status) != 0) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "the token file %s is not there", self->file);
    }
    int64_t changed_us = (int64_t)status.st_mtim.tv_sec * 1000000 + status.st_mtim.tv_nsec / 1000;
    if (!is_refused && self->text[0] != '\0' && changed_us == self->file_changed_us) {
        return DRAGOMAN_OK;
    }
    FILE *file = fopen(self->file, "re");
    size_t size = file == NULL ? 0 : fread(self->text, 1, sizeof self->text - 1, file);
    bool is_long = file != NULL && feof(file) == 0;
    if (file != NULL) {
        fclose(file);
    }
    while (size > 0 && isspace((unsigned char)self->text[size - 1]) != 0) {
        size--;
    }
    self->text[size] = '\0';
    self->file_changed_us = changed_us;
    /* A line end inside would begin another header. */
    if (size == 0 || is_long || strcspn(self->text, "\r\n") != size) {
        self->text[0] = '\0';
        return error_set(error, DRAGOMAN_INVALID, "the token file %s holds no single line with a token", self->file);
    }
    return DRAGOMAN_OK;
}

static dragoman_status discover(http_sink *self, error_record *error) {
    char url[HTTP_URL_BYTES + 64];
    http_answer answer;
    if (self->token.url[0] != '\0') {
        return DRAGOMAN_OK;
    }
    snprintf(url, sizeof url, "%s/.well-known/smart-configuration", self->base);
    if (http_ask(self, url, "application/json", NULL, NULL, &answer) != DRAGOMAN_OK) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory to ask %s", self->base);
    }
    yajl_val found = answer.code == 200 ? json_parse(buffer_bytes(&answer.body)) : NULL;
    const char *endpoint = json_text(found, "token_endpoint");
    dragoman_status status = DRAGOMAN_OK;
    if (endpoint[0] == '\0' || strlen(endpoint) >= sizeof self->token.url || !http_is_private(endpoint)) {
        status = error_set(error, DRAGOMAN_IO, "%s names no https token endpoint (%ld %s): set token_url", url,
                           answer.code, answer.trouble);
    } else {
        snprintf(self->token.url, sizeof self->token.url, "%s", endpoint);
    }
    yajl_tree_free(found);
    buffer_fini(&answer.body);
    return status;
}

static bool append_field(buffer *form, const char *name, const char *value) {
    char *escaped = curl_easy_escape(NULL, value, 0);
    if (escaped != NULL) {
        buffer_append_format(form, "%s%s=%s", form->size == 0 ? "" : "&", name, escaped);
    }
    curl_free(escaped);
    return escaped != NULL && !form->failed;
}

static dragoman_status write_form(const http_token *token, buffer *form, error_record *error) {
    buffer assertion;
    buffer_init(&assertion);
    dragoman_status status = http_assertion(token, clock_now().wall_us, &assertion, error);
    if (status == DRAGOMAN_OK) {
        bool is_good =
            append_field(form, "grant_type", "client_credentials") && append_field(form, "scope", token->scope) &&
            append_field(form, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") &&
            append_field(form, "client_assertion", (const char *)assertion.data);
        buffer_append_byte(form, '\0');
        status = is_good ? DRAGOMAN_OK : error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a token request");
    }
    buffer_fini(&assertion);
    return status;
}

static dragoman_status take_token(http_token *self, const http_answer *answer, error_record *error) {
    if (answer->code == 0) {
        return error_set(error, DRAGOMAN_IO, "the token endpoint %s is not reached (%s)", self->url, answer->trouble);
    }
    yajl_val tree = json_parse(buffer_bytes(&answer->body));
    const char *text = json_text(tree, "access_token");
    yajl_val life = json_member(tree, "expires_in");
    dragoman_status status = DRAGOMAN_OK;
    if (answer->code != 200 || text[0] == '\0' || strlen(text) >= sizeof self->text ||
        strcspn(text, "\r\n") != strlen(text)) {
        status = error_set(error, DRAGOMAN_DENIED, "the token endpoint %s gives no token (%ld %.60s %.200s)", self->url,
                           answer->code, json_text(tree, "error"), json_text(tree, "error_description"));
    } else {
        long long life_s = YAJL_IS_INTEGER(life) ? YAJL_GET_INTEGER(life) : LIFE_WHEN_UNSTATED_S;
        life_s = life_s < 0 ? 0 : life_s > 86400 ? 86400 : life_s;
        long long sooner_s = life_s / 4 < SOONER_S ? life_s / 4 : SOONER_S;
        snprintf(self->text, sizeof self->text, "%s", text);
        self->until_us = clock_now().monotonic_us + (life_s - sooner_s) * 1000000;
    }
    yajl_tree_free(tree);
    return status;
}

static dragoman_status ask_token(http_sink *self, error_record *error) {
    buffer form;
    http_answer answer;
    self->token.text[0] = '\0';
    dragoman_status status = discover(self, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    buffer_init(&form);
    status = write_form(&self->token, &form, error);
    if (status == DRAGOMAN_OK) {
        status = http_ask(self, self->token.url, "application/json", (const char *)form.data, NULL, &answer);
        status = status == DRAGOMAN_OK ? take_token(&self->token, &answer, error)
                                       : error_set(error, status, "no memory to ask for a token");
        buffer_fini(&answer.body);
    }
    buffer_fini(&form);
    return status;
}

dragoman_status http_token_get(http_sink *self, bool is_refused, const char **ret_token, error_record *error) {
    http_token *token = &self->token;
    dragoman_status status = DRAGOMAN_OK;
    if (token->file[0] != '\0') {
        status = read_file(token, is_refused, error);
    } else if (token->key_file[0] != '\0' &&
               (is_refused || token->text[0] == '\0' || clock_now().monotonic_us >= token->until_us)) {
        status = ask_token(self, error);
    }
    *ret_token = token->text;
    return status;
}
