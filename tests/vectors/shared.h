/*
 * shared: the public test vectors of ../shared/vectors, where that folder exists.
 *
 * A test opens a file, judges its cases, and says what it has judged: one line in the suite's
 * output. At the end every file of the folder must have been opened and spoken of.
 *
 * Memory   One file at a time: opening the next forgets the last.
 */
#ifndef TESTS_VECTORS_SHARED_H
#define TESTS_VECTORS_SHARED_H

#include "base/crypto.h"
#include "base/json.h"

bool shared_is_here(void);

/* The text of a file, ended by NUL; an empty one fails the case. */
const char *shared_text(const char *name);
/* Its document, closed by the next open; NULL fails the case. */
const struct json *shared_open(const char *name);

/* "> name: text" on stdout. */
void shared_say(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many files are in the folder, and how many of them nobody has read or spoken of, each named.
 */
size_t shared_count(size_t *unread);

struct bytes shared_field(const struct json *object, const char *name); /* a text; empty: none */

/* Hex in either case. */
struct bytes shared_unhex(struct bytes hex, uint8_t *out, size_t capacity);

/* The point of a key whose coordinates are base64url, or hex under x_hex and y_hex. */
void shared_point(const struct json *key, uint8_t point[CRYPTO_POINT_BYTES]);

/* What both of our verifiers, the library's and p256v, say of a signature: they must agree. What
 * was asked goes to the file that P256V_CASES names, if it does: tests/emulated/p256v asks it
 * again. */
MUST_CHECK enum scrip_status shared_verify(const uint8_t point[CRYPTO_POINT_BYTES],
                                           struct bytes message, const uint8_t *signature);

/* The figures of standards that the tree keeps itself, which run everywhere: tests/vectors/rfc.c.
 */
void shared_test_rfc9285(void);
void shared_test_rfc8392(void);
void shared_test_rfc9180(void);

/* Those of the COSE working group and of gluecose: tests/vectors/shared_cose.c. */
void shared_test_cose_wg(void);
void shared_test_cwt(void);
void shared_test_key_set(void);
void shared_test_gluecose(void);

#endif
