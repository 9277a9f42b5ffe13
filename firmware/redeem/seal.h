/*
 * seal: proof that a value comes from the step before, and that it is used once.
 *
 * The maker of a type on the path zeroes its output first and sets the seal last; the consumer
 * takes the seal, which clears it. A step left out, a value left over from the last code and a
 * value used twice are FAULT_SEAL, in release builds too.
 */
#ifndef REDEEM_SEAL_H
#define REDEEM_SEAL_H

#include <stdint.h>

#include "hal/status.h"

/* Far apart in every bit, so that neither zero nor one type's bytes pass for another's. */
enum seal {
    SEAL_SCAN = 0x1B5AC36D,
    SEAL_TOKEN = 0x2CE1954B,
    SEAL_VOUCHER = 0x372D6AB1,
    SEAL_PERMIT = 0x4D93B62C,
    SEAL_REDEMPTION = 0x5A6E4DD3
};

MUST_CHECK static inline enum scrip_status seal_take(uint32_t *seal, enum seal want)
{
    uint32_t found = *seal;
    *seal = 0;
    return found == (uint32_t)want ? SCRIP_OK : SCRIP_FAULT_SEAL;
}

#endif
