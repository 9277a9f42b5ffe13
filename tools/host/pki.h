/*
 * pki: the directory that `scrip pki init` makes: whom the host trusts and what it signs with.
 *
 *   ca.crt                 the authority of terminals' and hosts' certificates, PEM
 *   host.crt host.key      this host's, PEM
 *   time.key               signs the time in every answer, PEM
 *   roots.bin              one or two root points, 65 bytes each: they sign the objects
 *   objects/keys.cose objects/policy.cose
 *   objects/list-N.cose    the status lists of coupons, signed by an issuer; a coupon is looked up
 *                          in its own, terminals hold the one of the highest N
 *   terminals/             the allow-list, read by allow.c
 *
 * Objects may be replaced while the host runs; a damaged one is logged and the last good one stays.
 *
 * Threads  The handler's thread only.
 */
#ifndef TOOLS_HOST_PKI_H
#define TOOLS_HOST_PKI_H

#include <sys/stat.h>

#include "base/limits.h"
#include "base/object.h"
#include "redeem/keyset.h"

enum { PKI_DIR = 512, PKI_PEM = 16384, PKI_ETAG = 36 };

struct pki_object {
    uint8_t data[LIMIT_OBJECT_BYTES];
    size_t len;
    uint32_t seq;        /* 0: none */
    char etag[PKI_ETAG]; /* strong, with its quotes */
    struct stat seen;    /* the file as it was last read, good or bad */
    uint32_t list;       /* of a status list, its N */
};

struct vault;

struct pki {
    char dir[PKI_DIR];
    char ca[PKI_PEM], certificate[PKI_PEM], key[PKI_PEM]; /* NUL-terminated */
    struct object_roots roots, believed; /* those that the key set has left in office */
    struct crypto_key time_key;
    uint8_t time_kid[COSE_KID_BYTES];
    struct pki_object object[OBJECT_KINDS]; /* what is not there has seq 0 */
    struct keyset keys;
    struct keyset_tables tables; /* of keys */
    struct vault *vault;         /* the owner's, set after opening; NULL: seals stay closed */
};

/* Reads everything, or logs which file is wrong and what to do. The cryptographic library must be
 * open. */
MUST_CHECK enum scrip_status pki_open(struct pki *pki, const char *dir);

/* What the status list says of a coupon, as its file stands now. REFUSED_NOT_FOUND: there is no
 * such list, or it is not one of ours (logged). FAULT_*. */
MUST_CHECK enum scrip_status pki_coupon_status(const struct pki *pki, uint32_t list, uint32_t index,
                                               bool *revoked);

/* Looks at the objects' files again; cheap when nothing has changed. */
void pki_refresh(struct pki *pki);

void pki_close(struct pki *pki);

/* The scalar of a P-256 private key in PEM. */
bool pki_read_scalar(const char *pem, uint8_t scalar[CRYPTO_SCALAR_BYTES]);

#endif
