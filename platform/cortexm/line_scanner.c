#include "platform/cortexm/line_scanner.h"

#include <string.h>

/* Whether a code may be taken now, by the bucket of allowed ones. */
static bool is_allowed(struct line_scanner *scanner)
{
    const uint32_t full_ms = LINE_SCANNER_BURST * LINE_SCANNER_REFILL_MS;
    uint64_t now_ms = clock_ms(scanner->clock);
    uint64_t allowance_ms = scanner->allowance_ms + (now_ms - scanner->last_ms);

    scanner->last_ms = now_ms;
    scanner->allowance_ms = (uint32_t)(allowance_ms < full_ms ? allowance_ms : full_ms);
    if (scanner->allowance_ms < LINE_SCANNER_REFILL_MS)
        return false;
    scanner->allowance_ms -= LINE_SCANNER_REFILL_MS;
    return true;
}

/* A line is complete: hands its code out, if there is one. */
static enum scrip_status finish(struct line_scanner *scanner, void *data, size_t cap, size_t *len)
{
    size_t held = scanner->len;

    scanner->len = 0;
    enum scrip_status status = SCRIP_OK;
    if (held == 0 || !is_allowed(scanner))
        status = SCRIP_AGAIN;
    else if (held == LINE_SCANNER_CODE || held > cap)
        status = SCRIP_REFUSED_TOO_LONG;
    if (status == SCRIP_OK) {
        memcpy(data, scanner->code, held);
        *len = held;
    }
    memset(scanner->code, 0, sizeof scanner->code); /* nothing of a code stays behind */
    return status;
}

static enum scrip_status scanner_read(void *context, void *data, size_t cap, size_t *len)
{
    struct line_scanner *scanner = context;
    uint8_t byte;

    while (uart_get(scanner->uart, &byte)) {
        if (byte == '\r' || byte == '\n') {
            enum scrip_status status = finish(scanner, data, cap, len);
            if (status != SCRIP_AGAIN)
                return status;
        } else if (scanner->len < LINE_SCANNER_CODE) {
            scanner->code[scanner->len++] = byte;
        }
    }
    return SCRIP_AGAIN;
}

void line_scanner_open(struct line_scanner *scanner, struct uart *uart, struct board_clock *clock)
{
    *scanner = (struct line_scanner){.hal = {.context = scanner, .read = scanner_read},
                                     .uart = uart,
                                     .clock = clock,
                                     .allowance_ms = LINE_SCANNER_BURST * LINE_SCANNER_REFILL_MS};
}
