/*
 * uart: a serial line, whose received bytes an interrupt puts into a ring.
 *
 * When the ring is full the receive interrupt is masked until a byte was taken, so that what the
 * line's own flow control can hold back is not lost; what it cannot is lost in the device.
 *
 * Memory   The caller owns struct uart and the ring.
 * Threads  uart_interrupt() in the line's interrupt; the rest in the owner task.
 * Time     uart_put() waits for the line: 87 us a byte at 115,200 baud.
 */
#ifndef PLATFORM_CORTEXM_UART_H
#define PLATFORM_CORTEXM_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart;

/* The registers of a kind of UART. */
struct uart_device {
    bool (*received)(uintptr_t base, uint8_t *byte); /* false: none waits; clears the interrupt */
    void (*listen)(uintptr_t base, bool on);         /* the receive interrupt */
    void (*send)(uintptr_t base, uint8_t byte);      /* waits for room */
    void (*drain)(uintptr_t base);                   /* waits until the last byte has left */
};

struct uart {
    const struct uart_device *device;
    uintptr_t base;
    uint8_t *ring;
    uint32_t size; /* of the ring, a power of two */
    volatile uint32_t in, out;
    volatile bool held; /* the interrupt is masked, as the ring is full */
};

/* The device is configured already (cmsdk_uart.h, pl011.h); starts to listen. */
void uart_open(struct uart *uart, const struct uart_device *device, uintptr_t base, void *ring,
               uint32_t size);
void uart_interrupt(struct uart *uart);

bool uart_waiting(const struct uart *uart);
bool uart_get(struct uart *uart, uint8_t *byte);
void uart_put(struct uart *uart, const void *data, size_t len);
void uart_drain(struct uart *uart);

#endif
