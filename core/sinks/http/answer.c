/* What an answer means. */
#include "sinks/http/http.h"
#include "sinks/http/json.h"

#include <stdio.h>
#include <stdlib.h>

static const char *phrase_of(long code) {
    static const struct {
        long code;
        const char *phrase;
    } phrases[] = {{400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {410, "Gone"},
                   {412, "Precondition Failed"},
                   {413, "Content Too Large"},
                   {415, "Unsupported Media Type"},
                   {422, "Unprocessable Content"},
                   {429, "Too Many Requests"},
                   {500, "Internal Server Error"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"}};
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (phrases[i].code == code) {
            return phrases[i].phrase;
        }
    }
    return "";
}

static void append(char words[HTTP_WORDS_BYTES], const char *separator, const char *text) {
    size_t used = strlen(words);
    if (text != NULL && text[0] != '\0') {
        snprintf(words + used, HTTP_WORDS_BYTES - used, "%s%s", separator, text);
    }
}

/* The words of an OperationOutcome. False when it is none. */
static bool read_outcome(yajl_val outcome, char words[HTTP_WORDS_BYTES]) {
    if (strcmp(json_text(outcome, "resourceType"), "OperationOutcome") != 0) {
        return false;
    }
    yajl_val issues = json_member(outcome, "issue");
    for (size_t i = 0; i < json_count(issues); i++) {
        yajl_val issue = json_at(issues, i);
        yajl_val places = json_member(issue, "expression");
        const char *diagnostics = json_text(issue, "diagnostics");
        const char *details = json_text(json_member(issue, "details"), "text");
        append(words, "; ", json_text(issue, "severity"));
        append(words, " ", json_text(issue, "code"));
        append(words, ": ", diagnostics[0] != '\0' ? diagnostics : details);
        if (json_count(places) > 0 && YAJL_IS_STRING(json_at(places, 0))) {
            append(words, " at ", YAJL_GET_STRING(json_at(places, 0)));
        }
    }
    return true;
}

static http_verdict of_code(long code, bool has_outcome) {
    if (code >= 200 && code < 300) {
        return HTTP_DELIVERED;
    }
    switch (code) {
    case 401:
        return HTTP_TOKEN_REFUSED;
    case 409:
    case 412:
        return HTTP_CLASH;
    case 408:
    case 425:
    case 429:
        return HTTP_LATER;
    case 400:
    case 413:
    case 422:
        return HTTP_NEVER;
    default:
        /* Without an OperationOutcome it is a proxy or the wrong address that speaks, not a judge of this item. */
        return code >= 400 && code < 500 && has_outcome ? HTTP_NEVER : HTTP_LATER;
    }
}

static void worse(http_verdict *verdict, http_verdict other) {
    /* Later counts more than never: what can go through is not lost by a try too many. */
    static const int weight[] = {
        [HTTP_DELIVERED] = 0, [HTTP_NEVER] = 1, [HTTP_CLASH] = 2, [HTTP_LATER] = 3, [HTTP_TOKEN_REFUSED] = 4};
    *verdict = weight[other] > weight[*verdict] ? other : *verdict;
}

/* In a batch each entry has a fate of its own; in a transaction they all have the answer's. */
static http_verdict judge_entries(yajl_val bundle, char words[HTTP_WORDS_BYTES]) {
    http_verdict verdict = HTTP_DELIVERED;
    yajl_val entries = json_member(bundle, "entry");
    for (size_t i = 0; i < json_count(entries); i++) {
        yajl_val response = json_member(json_at(entries, i), "response");
        const char *status = json_text(response, "status");
        long code = strtol(status, NULL, 10);
        if (response == NULL || code == 0 || (code >= 200 && code < 300)) {
            continue;
        }
        char head[96];
        snprintf(head, sizeof head, "entry %zu: %.64s", i, status);
        append(words, words[0] == '\0' ? "" : "; ", head);
        bool has_outcome = read_outcome(json_member(response, "outcome"), words);
        worse(&verdict, of_code(code, has_outcome));
    }
    return verdict;
}

http_verdict http_judge(long code, dragoman_bytes body, bool is_bundle, bool is_cut, char words[HTTP_WORDS_BYTES]) {
    words[0] = '\0';
    bool is_good = code >= 200 && code < 300;
    if (is_good && !is_bundle) {
        return HTTP_DELIVERED;
    }
    if (is_good && is_cut) {
        snprintf(words, HTTP_WORDS_BYTES, "the answer is longer than %zu bytes", HTTP_ANSWER_BYTES);
        return HTTP_LATER;
    }
    yajl_val tree = json_parse(body);
    http_verdict verdict = HTTP_DELIVERED;
    if (is_good) {
        verdict = judge_entries(tree, words);
        if (verdict == HTTP_LATER || verdict == HTTP_TOKEN_REFUSED) {
            snprintf(words, HTTP_WORDS_BYTES, "not now to an entry");
        }
    } else {
        snprintf(words, HTTP_WORDS_BYTES, "%ld %s", code, phrase_of(code));
        char own[HTTP_WORDS_BYTES] = "";
        bool has_outcome = read_outcome(tree, own);
        verdict = of_code(code, has_outcome);
        /* The receiver's words may speak of a patient: only a dead letter has them. */
        if (verdict == HTTP_NEVER || verdict == HTTP_CLASH) {
            append(words, "", own);
        }
    }
    yajl_tree_free(tree);
    return verdict;
}
