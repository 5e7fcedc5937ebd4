/*
 * Certificates for tests of TLS, made on the spot: an authority, a server and a client that it signed, and a stranger
 * whom it did not sign.
 */
#ifndef KIT_CERTIFICATES_H
#define KIT_CERTIFICATES_H

#include <stdbool.h>

#define CERTIFICATES_PATH_BYTES 128

/* Paths of PEM files; all but authority_file hold the key too. */
typedef struct certificates {
    char folder[64];
    char authority_file[CERTIFICATES_PATH_BYTES];
    char server_file[CERTIFICATES_PATH_BYTES];    /* for localhost and 127.0.0.1 */
    char elsewhere_file[CERTIFICATES_PATH_BYTES]; /* a server's for elsewhere.example */
    char client_file[CERTIFICATES_PATH_BYTES];    /* CN=monitor,O=Ward */
    char stranger_file[CERTIFICATES_PATH_BYTES];  /* the same name, signed by itself */
} certificates;

/* Makes them in a folder of their own. False when OpenSSL or the disk refuses. */
bool certificates_make(certificates *ret_made);
/* Removes the files and the folder. */
void certificates_remove(const certificates *made);

#endif
