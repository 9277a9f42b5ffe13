/*
 * signer: ECDSA as RFC 6979 makes it, in the place of crypto_sign() for programs that are linked
 * with --wrap=crypto_sign: the same signature for the same key and message, so that golden vectors
 * can hold whole tokens. For tests only: it is slow, and its time depends on the key.
 */
#ifndef TESTS_SUPPORT_SIGNER_H
#define TESTS_SUPPORT_SIGNER_H

#include "base/crypto.h"

/* The scalar of every key that signs from now on. */
void signer_use(const uint8_t scalar[CRYPTO_SCALAR_BYTES]);

/* REFUSED_KEY and FAULT_* as the library's, for k times the generator is its public key. */
MUST_CHECK enum scrip_status signer_sign(const uint8_t hash[CRYPTO_HASH_BYTES],
                                         uint8_t signature[CRYPTO_SIGNATURE_BYTES]);

#endif
