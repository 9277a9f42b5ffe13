/*
 * print: facts on stdout, one a line: a label of ten columns, and what there is to say.
 */
#ifndef TOOLS_SCRIP_PRINT_H
#define TOOLS_SCRIP_PRINT_H

#include "base/bytes.h"

void print_text(const char *label, struct bytes text);
void print_hex(const char *label, struct bytes data);
void print_time(const char *label, uint32_t t_s, uint32_t now_s); /* and how far from now */
void print_amount(const char *label, uint32_t minor, uint16_t currency);

/* Names of the bits that are set; names is ended by NULL. */
void print_bits(const char *label, uint32_t bits, const char *const *names);

/* OK and what that means, or the refusal and its sentence. The value is the exit code. */
int print_verdict(enum scrip_status status, const char *meaning);

#endif
