#include "platform/cortexm/uart.h"

#include "platform/cortexm/cpu.h"

void uart_open(struct uart *uart, const struct uart_device *device, uintptr_t base, void *ring,
               uint32_t size)
{
    *uart = (struct uart){.device = device, .base = base, .ring = ring, .size = size};
    device->listen(base, true);
}

/* Only the interrupt moves `in`, only the task moves `out`. */
void uart_interrupt(struct uart *uart)
{
    uint8_t byte;

    while (uart->in - uart->out < uart->size) {
        if (!uart->device->received(uart->base, &byte))
            return;
        uart->ring[uart->in % uart->size] = byte;
        uart->in++;
    }
    uart->held = true;
    uart->device->listen(uart->base, false);
}

bool uart_waiting(const struct uart *uart)
{
    return uart->in != uart->out;
}

bool uart_get(struct uart *uart, uint8_t *byte)
{
    if (uart->in == uart->out)
        return false;
    *byte = uart->ring[uart->out % uart->size];
    uart->out++;
    if (uart->held) {
        uart->held = false;
        uart->device->listen(uart->base, true);
        /* The byte that came meanwhile may raise no interrupt any more. */
        bool enabled = cpu_irq_pause();
        uart_interrupt(uart);
        cpu_irq_resume(enabled);
    }
    return true;
}

void uart_put(struct uart *uart, const void *data, size_t len)
{
    const uint8_t *at = data;

    for (size_t i = 0; i < len; i++)
        uart->device->send(uart->base, at[i]);
}

void uart_drain(struct uart *uart)
{
    uart->device->drain(uart->base);
}
