/*
 * image_log: hal_log as the image's words (cpu.h): under an emulator or a debugger they are read,
 * on a part they are not.
 */
#ifndef PLATFORM_CORTEXM_IMAGE_LOG_H
#define PLATFORM_CORTEXM_IMAGE_LOG_H

#include "hal/log.h"

extern const struct hal_log image_log;

#endif
