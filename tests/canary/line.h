/*
 * line: what leaves the terminal, kept to be searched.
 */
#ifndef TESTS_CANARY_LINE_H
#define TESTS_CANARY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct capture {
    uint8_t data[12 << 20];
    size_t len;
    bool lost; /* more came than is kept: the search is not complete */
};

void capture_put(struct capture *capture, const void *data, size_t len);

extern struct capture wire; /* plaintext bodies for the host */

#endif
