/*
 * sample: one code and the key set that verifies it, so that inspecting works before anything is
 * set up. Made once with `scrip pki init` and `scrip token mint`; the private keys are gone.
 */
#ifndef TOOLS_SCRIP_SAMPLE_H
#define TOOLS_SCRIP_SAMPLE_H

#include <stdint.h>

extern const char sample_code[];
extern const char sample_keys_hex[];  /* the signed key set */
extern const char sample_roots_hex[]; /* the two root points, one behind the other */
extern const uint32_t sample_time_s;  /* when the code was fresh */
extern const char sample_terminal[];

#endif
