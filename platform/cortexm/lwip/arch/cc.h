/*
 * cc: what lwIP asks of a compiler and a processor.
 */
#ifndef PLATFORM_CORTEXM_LWIP_ARCH_CC_H
#define PLATFORM_CORTEXM_LWIP_ARCH_CC_H

#include <stdint.h>

/* Ports and TCP's first numbers, which must not be guessed from outside (RFC 6528, RFC 6056). */
uint32_t netstack_random(void);

#define LWIP_RAND() netstack_random()
#define LWIP_PLATFORM_DIAG(x)
/* A usage fault, which says where (cpu.c): the texts would be 9 KiB. */
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H 1

#endif
