/*
 * keyfile: P-256 private keys as PEM files that only their owner can read.
 *
 * Format   PKCS #8 (RFC 5208) as written here and by `openssl genpkey`, or SEC1 (RFC 5915) as by
 *          `openssl ecparam -genkey`, with the public key inside.
 */
#ifndef TOOLS_SCRIP_KEYFILE_H
#define TOOLS_SCRIP_KEYFILE_H

#include "base/cose.h"
#include "base/crypto.h"

/* A key and what names it. */
struct keyfile {
    struct crypto_key key;
    uint8_t point[CRYPTO_POINT_BYTES];
    uint8_t kid[COSE_KID_BYTES];
};

/* Makes a key and its file, 0600. Failures are said on stderr. */
MUST_CHECK enum scrip_status keyfile_make(const char *path, struct keyfile *out);

/* FAULT_KEYSTORE: others can read the file. REFUSED_KEY: not such a key. All are said on stderr. */
MUST_CHECK enum scrip_status keyfile_open(const char *path, struct keyfile *out);
/* The same key, for agreement instead of signatures: kid and point are not filled. */
MUST_CHECK enum scrip_status keyfile_open_agreement(const char *path, struct crypto_key *out);
void keyfile_close(struct keyfile *keyfile);

#endif
