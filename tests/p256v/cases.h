/*
 * cases: signatures to verify, with the answer of the other library. The same ones go through the
 * code on this machine and, by a file, through the images under emulation.
 */
#ifndef TESTS_P256V_CASES_H
#define TESTS_P256V_CASES_H

#include "tests/p256v/openssl.h"

enum { CASES_KEYS = 70, CASES_PER_KEY = 300 };

/* Each function hands its cases to the callback, those of one key one after another. */
typedef void cases_take(void *context, const struct p256v_case *one);

/* Random keys and hashes; signatures that are good, mutated, out of range or of another key. */
void cases_random(cases_take *take, void *context);

/* Keys solved for so that the sum meets a table's point, or its negative, at one chosen addition.
 * The other library's answer is checked to be the expected one. */
enum { CASES_COLLISION_SCALARS = 6 };
void cases_collision(cases_take *take, void *context);

/* x in [n, p), where r is x - n; r + n >= p, which must not be mistaken for one; and r + n or s + n
 * in the place of r or s. */
void cases_wrapped(cases_take *take, void *context);

#endif
