/*
 * pki: the back office's directory: whom everybody trusts, and what is signed with.
 *
 *   ca.key ca.crt            authority of the TLS certificates
 *   host.key host.crt        the redemption host's
 *   root-a.key root-b.key    sign the objects; roots.bin holds their two points
 *   issuer.key               signs customer tokens
 *   time.key                 signs the time in the host's answers
 *   objects/keys.cose objects/policy.cose
 *   objects/operators.cose   where there is one
 *   objects/list-N.cose      status lists of coupons
 *   terminals/               allow-list: one file a terminal, named by its SPKI's SHA-256 in hex,
 *                            with lines terminal=, epoch=, first_prev=; deleting it revokes
 *   issued/                  certificates of enrolled terminals, one M.S.T.crt each
 *   defaults                 lines merchant=, currency=, host=: what options default to
 *
 * Failures are said on stderr.
 */
#ifndef TOOLS_SCRIP_PKI_H
#define TOOLS_SCRIP_PKI_H

#include "base/object.h"
#include "redeem/keyset.h"
#include "redeem/operators.h"
#include "redeem/policy.h"
#include "redeem/status_list.h"
#include "tools/scrip/file.h"
#include "tools/scrip/keyfile.h"

struct pki_defaults {
    char merchant[LIMIT_ID_PART + 1];
    char host[LIMIT_HOST_NAME + 1];
    uint16_t currency;
};

MUST_CHECK enum scrip_status pki_read_defaults(const char *dir, struct pki_defaults *out);
MUST_CHECK enum scrip_status pki_write_defaults(const char *dir, const struct pki_defaults *in);

/* Points from a file of one or two, 65 bytes each. */
MUST_CHECK enum scrip_status pki_read_roots(const char *path, struct object_roots *out);

/* A signed object's bytes and, verified, what they say. */
MUST_CHECK enum scrip_status pki_read_keys(const char *path, const struct object_roots *roots,
                                           struct keyset *out);
MUST_CHECK enum scrip_status pki_read_policy(const char *path, const struct object_roots *roots,
                                             struct policy *out);

/* The key set, by the roots of the directory. */
MUST_CHECK enum scrip_status pki_read_office(const char *dir, struct keyset *out);

struct pki_operators {
    uint32_t seq;
    uint8_t salt[OPERATORS_SALT_BYTES];
    size_t count;
    struct operators_entry entry[OPERATORS_MAX];
};
/* Where there is none yet: nobody, number 0, with a salt of its own. */
MUST_CHECK enum scrip_status pki_read_operators(const char *dir, struct pki_operators *out);
MUST_CHECK enum scrip_status pki_write_operators(const char *dir, const struct keyset *keys,
                                                 const struct pki_operators *operators,
                                                 uint32_t iat_s, uint32_t exp_s);

/* Signs with root-a and replaces the object's file; iat, exp and seq come from keys or policy. */
MUST_CHECK enum scrip_status pki_write_keys(const char *dir, const struct keyset *keys);
MUST_CHECK enum scrip_status pki_write_policy(const char *dir, const struct keyset *keys,
                                              const struct policy *policy);
/* By the issuer's key, where the key set says that it may. */
MUST_CHECK enum scrip_status pki_write_list(const char *dir, const struct keyset *keys,
                                            const struct status_list *list, uint32_t iat_s,
                                            uint32_t exp_s);

MUST_CHECK enum scrip_status pki_open_key(const char *dir, const char *name, struct keyfile *out);

#endif
