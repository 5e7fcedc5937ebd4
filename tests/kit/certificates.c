#include "kit/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY_SECONDS 86400

/* Who is certified, for what, and by whom. */
typedef struct request {
    const char *common_name;
    const char *organisation;      /* or NULL */
    const char *alternative_names; /* of a server, or NULL */
    bool is_authority;
    X509 *signer; /* NULL: itself */
    EVP_PKEY *signer_key;
} request;

static bool add_extension(X509 *certificate, int kind, const char *text) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, text);
    bool is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool add_name(X509_NAME *name, const char *kind, const char *text) {
    return text == NULL || X509_NAME_add_entry_by_txt(name, kind, MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0);
}

static bool fill(X509 *certificate, EVP_PKEY *key, const request *asked) {
    static long serial = 1;
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_SECONDS) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), DAY_SECONDS) != NULL &&
           add_name(name, "O", asked->organisation) && add_name(name, "CN", asked->common_name) &&
           X509_set_issuer_name(certificate, asked->signer == NULL ? name : X509_get_subject_name(asked->signer)) ==
               1 &&
           X509_set_pubkey(certificate, key) == 1 &&
           (!asked->is_authority || add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE")) &&
           (asked->alternative_names == NULL ||
            add_extension(certificate, NID_subject_alt_name, asked->alternative_names)) &&
           X509_sign(certificate, asked->signer_key == NULL ? key : asked->signer_key, EVP_sha256()) > 0;
}

/* Writes certificate and key into `path`; hands both to the caller, who frees them, when asked to. */
static bool issue(const request *asked, const char *path, X509 **ret_certificate, EVP_PKEY **ret_key) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    FILE *file = fopen(path, "we");
    bool is_made = key != NULL && certificate != NULL && file != NULL && fill(certificate, key, asked) &&
                   PEM_write_X509(file, certificate) == 1 &&
                   (asked->is_authority || PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    is_made = (file == NULL || fclose(file) == 0) && is_made;
    if (is_made && ret_certificate != NULL) {
        *ret_certificate = certificate;
        *ret_key = key;
        return true;
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_made;
}

bool certificates_make(certificates *ret_made) {
    *ret_made = (certificates){.folder = "/tmp/certificates-XXXXXX"};
    if (mkdtemp(ret_made->folder) == NULL) {
        return false;
    }
    snprintf(ret_made->authority_file, CERTIFICATES_PATH_BYTES, "%s/authority.pem", ret_made->folder);
    snprintf(ret_made->server_file, CERTIFICATES_PATH_BYTES, "%s/server.pem", ret_made->folder);
    snprintf(ret_made->elsewhere_file, CERTIFICATES_PATH_BYTES, "%s/elsewhere.pem", ret_made->folder);
    snprintf(ret_made->client_file, CERTIFICATES_PATH_BYTES, "%s/client.pem", ret_made->folder);
    snprintf(ret_made->stranger_file, CERTIFICATES_PATH_BYTES, "%s/stranger.pem", ret_made->folder);
    request authority = {.common_name = "Authority", .is_authority = true};
    X509 *signer = NULL;
    EVP_PKEY *key = NULL;
    if (!issue(&authority, ret_made->authority_file, &signer, &key)) {
        return false;
    }
    request server = {.common_name = "server",
                      .alternative_names = "DNS:localhost,IP:127.0.0.1",
                      .signer = signer,
                      .signer_key = key};
    request elsewhere = {
        .common_name = "elsewhere", .alternative_names = "DNS:elsewhere.example", .signer = signer, .signer_key = key};
    request client = {.common_name = "monitor", .organisation = "Ward", .signer = signer, .signer_key = key};
    request stranger = {.common_name = "monitor", .organisation = "Ward"};
    bool is_made =
        issue(&server, ret_made->server_file, NULL, NULL) && issue(&elsewhere, ret_made->elsewhere_file, NULL, NULL) &&
        issue(&client, ret_made->client_file, NULL, NULL) && issue(&stranger, ret_made->stranger_file, NULL, NULL);
    X509_free(signer);
    EVP_PKEY_free(key);
    return is_made;
}

void certificates_remove(const certificates *made) {
    const char *files[] = {made->authority_file, made->server_file, made->elsewhere_file, made->client_file,
                           made->stranger_file};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        unlink(files[i]);
    }
    rmdir(made->folder);
}
