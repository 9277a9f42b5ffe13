/* stored: bytes that lie somewhere and are read by pieces, by a store that counts and can fail. */
#ifndef TESTS_SUPPORT_STORED_H
#define TESTS_SUPPORT_STORED_H

#include "base/span.h"

struct test_store {
    struct bytes bytes;
    unsigned reads, fails_at; /* the read that fails, counted from 1; 0: none */
    size_t longest;           /* of all reads */
};
extern struct test_store test_store;

/* A span over the bytes in the one test_store, whose counts begin anew. Reads outside of it fail
 * the test. */
struct span test_stored(struct bytes bytes);

#endif
