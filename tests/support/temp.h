/*
 * temp: a directory of one test's own, removed with all it holds.
 */
#ifndef TESTS_SUPPORT_TEMP_H
#define TESTS_SUPPORT_TEMP_H

#include <stdbool.h>

#include "hal/log.h"

enum { TEMP_LEVELS = 3 }; /* as deep as tests go */

struct temp {
    char path[64];
};

bool temp_open(struct temp *temp);
void temp_close(struct temp *temp);

/* "<directory>/<name>", valid until the fourth call after. */
const char *temp_file(const struct temp *temp, const char *name);

/* A log that keeps its last warning or error. */
struct temp_log {
    struct hal_log hal;
    char last[256];
};
void temp_log_open(struct temp_log *log);

#endif
