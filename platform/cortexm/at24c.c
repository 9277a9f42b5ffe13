#include "platform/cortexm/at24c.h"

#include <string.h>

static bool persist(const struct at24c *part, const void *out, size_t out_len, void *in,
                    size_t in_len)
{
    for (int tries = 0; tries < AT24C_TRIES; tries++) {
        if (part->bus->transfer(part->bus->context, part->address, out, out_len, in, in_len))
            return true;
    }
    return false;
}

enum scrip_status at24c_read(const struct at24c *part, uint32_t at, void *data, size_t len)
{
    const uint8_t where[] = {(uint8_t)(at >> 8), (uint8_t)at};

    if (len == 0)
        return SCRIP_OK;
    return persist(part, where, sizeof where, data, len) ? SCRIP_OK : SCRIP_FAULT_FLASH;
}

/* At most to the end of the page. Durable once the part acknowledges again. */
static enum scrip_status write_page(const struct at24c *part, uint32_t at, const uint8_t *data,
                                    size_t len)
{
    uint8_t frame[2 + AT24C_PAGE] = {(uint8_t)(at >> 8), (uint8_t)at};

    memcpy(frame + 2, data, len);
    /* The second transfer writes nothing: it asks until the part has done. */
    if (!persist(part, frame, 2 + len, NULL, 0) || !persist(part, frame, 2, NULL, 0))
        return SCRIP_FAULT_FLASH;
    return SCRIP_OK;
}

enum scrip_status at24c_write(const struct at24c *part, uint32_t at, const void *data, size_t len)
{
    const uint8_t *from = data;

    while (len > 0) {
        size_t piece = AT24C_PAGE - at % AT24C_PAGE;
        if (piece > len)
            piece = len;
        TRY(write_page(part, at, from, piece));
        at += (uint32_t)piece;
        from += piece;
        len -= piece;
    }
    return SCRIP_OK;
}

static enum scrip_status window_read(void *context, uint32_t offset, void *data, size_t len)
{
    const struct at24c_window *window = context;

    if (offset > window->hal.size || len > window->hal.size - offset)
        return SCRIP_FAULT_FLASH;
    return at24c_read(window->part, window->start + offset, data, len);
}

static enum scrip_status window_program(void *context, uint32_t offset, const void *data,
                                        size_t len)
{
    const struct at24c_window *window = context;

    if (offset > window->hal.size || len > window->hal.size - offset)
        return SCRIP_FAULT_FLASH;
    return at24c_write(window->part, window->start + offset, data, len);
}

/* Never called where needs_erase is false, as the contract says. */
static enum scrip_status no_erase_start(void *context, uint32_t offset)
{
    (void)context;
    (void)offset;
    return SCRIP_FAULT_FLASH;
}

static enum scrip_status no_erase_poll(void *context)
{
    (void)context;
    return SCRIP_FAULT_FLASH;
}

void at24c_window_open(struct at24c_window *window, const struct at24c *part, uint32_t start,
                       uint32_t size, uint32_t sector_size)
{
    *window = (struct at24c_window){.hal = {.context = window,
                                            .size = size,
                                            .sector_size = sector_size,
                                            .page_size = AT24C_PAGE,
                                            .granularity = 1,
                                            .tear_size = AT24C_PAGE,
                                            .needs_erase = false,
                                            .read = window_read,
                                            .program = window_program,
                                            .erase_start = no_erase_start,
                                            .erase_poll = no_erase_poll},
                                    .part = part,
                                    .start = start};
}
