#include "platform/cortexm/uart_entropy.h"

#include "platform/cortexm/cpu.h"

/*
 * SP 800-90B with H = 4 bits a byte and a false alarm in 2^30: the repetition count test cuts off
 * at 1 + 30 / 4, the adaptive proportion test over 512 bytes at 71 (the critical value of the
 * binomial distribution with p = 1/16, plus one).
 */
enum { REPEAT_CUTOFF = 9, WINDOW = 512, PROPORTION_CUTOFF = 71 };

static bool is_healthy(struct uart_entropy *entropy, uint8_t byte)
{
    entropy->repeats = byte == entropy->last ? entropy->repeats + 1 : 1;
    entropy->last = byte;
    if (entropy->window == 0 || entropy->window == WINDOW) {
        entropy->window = 0;
        entropy->equals = 0;
        entropy->first = byte;
    }
    entropy->window++;
    if (byte == entropy->first)
        entropy->equals++;
    return entropy->repeats < REPEAT_CUTOFF && entropy->equals < PROPORTION_CUTOFF;
}

static bool take(struct uart_entropy *entropy, uint8_t *byte)
{
    uint64_t until_ms = clock_ms(entropy->clock) + UART_ENTROPY_WAIT_MS;

    while (!uart_get(entropy->uart, byte)) {
        if (clock_ms(entropy->clock) >= until_ms)
            return false;
        cpu_sleep();
    }
    return true;
}

static enum scrip_status entropy_read(void *context, void *data, size_t len)
{
    struct uart_entropy *entropy = context;
    uint8_t *out = data;
    uint8_t byte;

    for (size_t i = 0; i < len && !entropy->failed; i++) {
        entropy->failed = !take(entropy, &byte) || !is_healthy(entropy, byte);
        out[i] = byte;
    }
    return entropy->failed ? SCRIP_FAULT_ENTROPY : SCRIP_OK;
}

void uart_entropy_open(struct uart_entropy *entropy, struct uart *uart, struct board_clock *clock)
{
    *entropy = (struct uart_entropy){
        .hal = {.context = entropy, .read = entropy_read}, .uart = uart, .clock = clock};
}
