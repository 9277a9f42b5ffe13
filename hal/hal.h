/*
 * hal: everything that the agent needs from a board, in one constant struct.
 *
 * A board makes it in board_open() (boards/board.h). A device that a board lacks is NULL where the
 * comment says so. hal/PORTING.md explains the order in which to bring them up.
 */
#ifndef HAL_HAL_H
#define HAL_HAL_H

#include "hal/buttons.h"
#include "hal/display.h"
#include "hal/entropy.h"
#include "hal/flash.h"
#include "hal/keystore.h"
#include "hal/log.h"
#include "hal/net.h"
#include "hal/printer.h"
#include "hal/rtc.h"
#include "hal/scanner.h"
#include "hal/till.h"

struct hal {
    const struct hal_flash *journal;
    const struct hal_flash *blobs;
    const struct hal_keystore *keystore;
    const struct hal_entropy *entropy;
    const struct hal_rtc *rtc;
    const struct hal_log *log;
    const struct hal_net *net;         /* NULL: a terminal that never goes online */
    const struct hal_scanner *scanner; /* NULL: codes come from the till */
    const struct hal_display *display; /* NULL: none */
    const struct hal_printer *printer; /* NULL: none */
    const struct hal_buttons *buttons; /* NULL: none */
    const struct hal_till *till;       /* NULL: the integrator calls scrip.h itself */
};

#endif
