/*
 * fuzz: what the targets share. A target is one reader of hostile bytes, its seeds and what must
 * hold for any input.
 *
 * A file tests/fuzz/<name>_fuzz.c defines fuzz_one() and fuzz_seeds(). Linked with libFuzzer
 * (`make fuzz`) it searches; linked with replay.c (`make test`) it runs every seed, each of its
 * prefixes and each of its bytes changed. Seeds come from the project's own writers, so that no
 * binary file has to be kept.
 *
 * Most programs are linked with seam.c, in which a signature verifies unless it begins with
 * FFFFFFFF: so the search gets behind the signature, as fast as if there were none. A program whose
 * name ends in -real is the same target with real cryptography.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "redeem/verify.h"
#include "tests/support/issuer.h"

/* One input, in memory of its own length so that a read beyond its end is seen. */
void fuzz_one(struct bytes input);

typedef void fuzz_visit(void *context, struct bytes seed);
void fuzz_seeds(fuzz_visit *visit, void *context);

/* An invariant: what must hold for every input. Ends the process, which is a finding. */
#define FUZZ_HOLDS(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The same back office in every run. */
struct fuzz_world {
    struct test_issuer issuer;
    struct crypto_key root;
    struct object_roots roots;
    struct identity terminal;
    struct challenge challenge;
};
struct fuzz_world *fuzz_world(void);

/* What a terminal at TEST_NOW_S believes; with the open challenge or without. */
struct trust fuzz_trust(const struct fuzz_world *world, bool challenged);

/* Takes a number off the front of an input; zero behind its end. */
uint8_t fuzz_take_u8(struct bytes *input);
uint16_t fuzz_take_u16(struct bytes *input);
uint32_t fuzz_take_u32(struct bytes *input);
/* Up to len bytes off the front. */
struct bytes fuzz_take(struct bytes *input, size_t len);

/* Hands a seed to visit with a byte before it: targets with several readers choose by it. */
void fuzz_visit_with(uint8_t first, struct bytes seed, fuzz_visit *visit, void *context);

#endif
