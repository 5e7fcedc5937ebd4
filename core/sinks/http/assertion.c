/* SMART Backend Services: the signed assertion that a client shows to a token endpoint. */
#include "sinks/http/http.h"

#include "base/bytes.h"
#include "base/json_out.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>

enum {
    LIFE_S = 240, /* SMART allows five minutes; clocks differ */
    ES384_PART_BYTES = 48,
    ES384_BYTES = 2 * ES384_PART_BYTES,
    NONCE_BYTES = 16,
};

static void append_base64url(buffer *to, dragoman_bytes bytes) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i < 3 ? bytes.size - i : 3;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        bits |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)bytes.data[i + 2] : 0;
        for (size_t n = 0; n <= left; n++) {
            buffer_append_byte(to, (uint8_t)letters[bits >> (18 - 6 * n) & 63]);
        }
    }
}

static EVP_PKEY *read_key(const http_token *token, error_record *error) {
    FILE *file = fopen(token->key_file, "re");
    if (file == NULL) {
        error_set(error, DRAGOMAN_NOT_FOUND, "the private key %s cannot be read", token->key_file);
        return NULL;
    }
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, (void *)"");
    fclose(file);
    if (key == NULL) {
        error_set(error, DRAGOMAN_INVALID, "%s is no private key in PEM form without a password", token->key_file);
    }
    return key;
}

/* "RS384" or "ES384"; NULL: the key is of another kind. */
static const char *algorithm_of(const EVP_PKEY *key) {
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
        return "RS384";
    }
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == 384 ? "ES384" : NULL;
}

static bool append_json(buffer *to, const char *const (*members)[2], size_t count, int64_t expires_s) {
    buffer text;
    json_out out;
    buffer_init(&text);
    bool is_good = json_out_init(&out, &text, false);
    if (is_good) {
        json_out_object(&out, NULL);
        for (size_t i = 0; i < count; i++) {
            json_out_text(&out, members[i][0], bytes_of(members[i][1]));
        }
        if (expires_s != 0) {
            json_out_number(&out, "exp", expires_s);
        }
        json_out_object_end(&out);
        json_out_fini(&out);
        append_base64url(to, buffer_bytes(&text));
    }
    is_good = is_good && !text.failed;
    buffer_fini(&text);
    return is_good;
}

/* JOSE wants the two numbers of an ECDSA signature side by side, OpenSSL gives them as ASN.1. */
static bool unpack_ecdsa(const uint8_t *der, size_t size, uint8_t to[ES384_BYTES]) {
    const uint8_t *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    bool is_good = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, ES384_PART_BYTES) == ES384_PART_BYTES &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + ES384_PART_BYTES, ES384_PART_BYTES) == ES384_PART_BYTES;
    ECDSA_SIG_free(pair);
    return is_good;
}

static bool append_signature(EVP_PKEY *key, bool is_ecdsa, buffer *to) {
    uint8_t signature[1024];
    uint8_t pair[ES384_BYTES];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha384(), NULL, key) == 1 &&
                   EVP_DigestSign(context, signature, &size, to->data, to->size) == 1;
    EVP_MD_CTX_free(context);
    is_good = is_good && (!is_ecdsa || unpack_ecdsa(signature, size, pair));
    if (is_good) {
        buffer_append_byte(to, '.');
        append_base64url(to, is_ecdsa ? (dragoman_bytes){pair, sizeof pair} : (dragoman_bytes){signature, size});
    }
    return is_good;
}

static bool write_nonce(char to[2 * NONCE_BYTES + 1]) {
    uint8_t bytes[NONCE_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        snprintf(to + 2 * i, 3, "%02x", bytes[i]);
    }
    return true;
}

dragoman_status http_assertion(const http_token *token, int64_t wall_us, buffer *to, error_record *error) {
    char nonce[2 * NONCE_BYTES + 1];
    EVP_PKEY *key = read_key(token, error);
    if (key == NULL) {
        return error->status;
    }
    const char *algorithm = algorithm_of(key);
    if (algorithm == NULL) {
        EVP_PKEY_free(key);
        return error_set(error, DRAGOMAN_INVALID, "%s is neither an RSA key nor one on the curve P-384",
                         token->key_file);
    }
    const char *const header[][2] = {{"alg", algorithm}, {"kid", token->key_id}, {"typ", "JWT"}};
    const char *const claims[][2] = {
        {"iss", token->client_id}, {"sub", token->client_id}, {"aud", token->url}, {"jti", nonce}};
    bool is_good = write_nonce(nonce) && append_json(to, header, 3, 0);
    buffer_append_byte(to, '.');
    is_good = is_good && append_json(to, claims, 4, wall_us / 1000000 + LIFE_S) && !to->failed &&
              append_signature(key, algorithm[0] == 'E', to);
    buffer_append_byte(to, '\0');
    EVP_PKEY_free(key);
    return is_good && !to->failed
               ? DRAGOMAN_OK
               : error_set(error, DRAGOMAN_INTERNAL, "the token request cannot be signed with %s", token->key_file);
}
