/*
 * buttons: hal_buttons on input pins, which a periodic interrupt looks at.
 *
 * A button acts when it is let go: one that hangs acts once at most, and one that was down when the
 * board started is no press before that. What is up or down for less than BUTTONS_SAMPLES looks is
 * its contacts' bouncing.
 *
 * Memory   The caller owns struct buttons; hal points into it, so it must not move.
 * Threads  buttons_sample() in an interrupt; the rest in the owner task. Presses of one button that
 *          nobody has asked for yet are one.
 */
#ifndef PLATFORM_CORTEXM_BUTTONS_H
#define PLATFORM_CORTEXM_BUTTONS_H

#include <stdbool.h>
#include <stdint.h>

#include "hal/buttons.h"

enum { BUTTONS_SAMPLES = 3 /* 30 ms, at a look each 10 */ };

struct buttons {
    struct hal_buttons hal;
    uint8_t seen, looks; /* at the last look, and for how many it has been so */
    uint8_t down;        /* what is, behind the bouncing */
    volatile uint8_t presses;
};

void buttons_open(struct buttons *buttons);

/* down: bit n is set while enum hal_button's button n is down. */
void buttons_sample(struct buttons *buttons, uint8_t down);

bool buttons_waiting(const struct buttons *buttons);

#endif
