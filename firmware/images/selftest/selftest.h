/*
 * selftest: whether a board keeps the contracts of hal/, one line of the log for each.
 *
 *     selftest: flash.program ok
 *     selftest: flash.erase FAILED: blobs: byte 4096 reads 0x00 after an erase
 *     selftest: display.show absent: the board has none
 *     selftest: mps2-an385 contracts=24 failed=0
 *
 * hal/PORTING.md explains every line. What the board had in its flash regions is gone afterwards,
 * and its keystore holds no keys but marks: a board that has keys is refused.
 *
 * Memory   The caller owns struct selftest (SELFTEST_ROOM and some).
 * Time     Seconds; wait() is called at least every 100 ms of it but for one erase.
 */
#ifndef IMAGES_SELFTEST_SELFTEST_H
#define IMAGES_SELFTEST_SELFTEST_H

#include <stdbool.h>

#include "hal/hal.h"

enum { SELFTEST_ROOM = 4096 };

struct selftest {
    const struct hal *hal;
    /* As board_wait(); false: the image was asked to end. */
    int (*wait)(uint32_t timeout_ms);
    char peer_host[64]; /* of tools/peer; empty: there is none */
    uint16_t peer_port;
    unsigned contracts, failed;
    bool marked;    /* the keystore holds the mark of an earlier selftest */
    bool armed;     /* the power may have been cut while tear_provoke() was writing */
    bool connected; /* the peer answers */
    char why[128];
    uint8_t room[SELFTEST_ROOM];
};

enum selftest_verdict { SELFTEST_KEPT, SELFTEST_BROKEN, SELFTEST_ABSENT };

/* Runs every contract; peer is "host:port" of tools/peer, or NULL. REFUSED_STATE: the board has
 * keys, or a keystore that cannot be read, and nothing was touched; the log says so.
 * REFUSED_ABORTED: it was asked to end. */
MUST_CHECK enum scrip_status selftest_run(struct selftest *test, const struct hal *hal,
                                          int (*wait)(uint32_t timeout_ms), const char *peer);

/* Writes to both flash regions and the keystore for window_ms, so that the power can be cut in the
 * middle: the contracts flash.tear and keystore.tear of the next run look at what is left. */
void selftest_provoke_tears(struct selftest *test, uint32_t window_ms);

/* The closing line. */
void selftest_close(const struct selftest *test, const char *board);

/* For the contracts ------------------------------------------------------------------------------
 */

#if defined(__GNUC__)
#define SELFTEST_FORMAT __attribute__((format(printf, 2, 3)))
#else
#define SELFTEST_FORMAT
#endif

/* Say why, and return what their names say. */
SELFTEST_FORMAT enum selftest_verdict selftest_broken(struct selftest *test, const char *why, ...);
SELFTEST_FORMAT enum selftest_verdict selftest_absent(struct selftest *test, const char *why, ...);
SELFTEST_FORMAT void selftest_say(const struct selftest *test, const char *text, ...);

/* Hands every verdict but KEPT to the caller. */
#define KEEP(call)                                                                                 \
    do {                                                                                           \
        enum selftest_verdict keep_verdict_ = (call);                                              \
        if (keep_verdict_ != SELFTEST_KEPT)                                                        \
            return keep_verdict_;                                                                  \
    } while (0)

uint64_t selftest_ms(const struct selftest *test);

/* A byte that another place or another generation is unlikely to have. */
uint8_t selftest_byte(uint32_t generation, uint32_t place);
void selftest_fill(uint8_t *data, size_t len, uint32_t generation, uint32_t place);

/* The contracts, in the order in which they run. */
enum selftest_verdict keys_absent(struct selftest *test);
enum selftest_verdict keys_write(struct selftest *test);
enum selftest_verdict keys_replace(struct selftest *test);
enum selftest_verdict keys_read(struct selftest *test);
enum selftest_verdict keys_counter(struct selftest *test);
enum selftest_verdict keys_apart(struct selftest *test);
enum selftest_verdict tear_flash(struct selftest *test);
enum selftest_verdict tear_keystore(struct selftest *test);
enum selftest_verdict flash_geometry(struct selftest *test);
enum selftest_verdict flash_erase(struct selftest *test);
enum selftest_verdict flash_erase_poll(struct selftest *test);
enum selftest_verdict flash_program(struct selftest *test);
enum selftest_verdict flash_read(struct selftest *test);
enum selftest_verdict flash_granularity(struct selftest *test);
enum selftest_verdict flash_pages(struct selftest *test);
enum selftest_verdict flash_overwrite(struct selftest *test);
enum selftest_verdict flash_bounds(struct selftest *test);
enum selftest_verdict flash_whole(struct selftest *test);
enum selftest_verdict time_monotonic(struct selftest *test);
enum selftest_verdict time_wait(struct selftest *test);
enum selftest_verdict time_wall(struct selftest *test);
enum selftest_verdict time_rate(struct selftest *test);
enum selftest_verdict entropy_read(struct selftest *test);
enum selftest_verdict entropy_health(struct selftest *test);
enum selftest_verdict net_connect(struct selftest *test);
enum selftest_verdict net_echo(struct selftest *test);
enum selftest_verdict net_idle(struct selftest *test);
enum selftest_verdict net_end(struct selftest *test);
enum selftest_verdict net_reopen(struct selftest *test);
enum selftest_verdict log_write(struct selftest *test);
enum selftest_verdict display_show(struct selftest *test);
enum selftest_verdict display_banner(struct selftest *test);
enum selftest_verdict display_qr(struct selftest *test);
enum selftest_verdict printer_print(struct selftest *test);
enum selftest_verdict scanner_idle(struct selftest *test);
enum selftest_verdict buttons_idle(struct selftest *test);
enum selftest_verdict till_idle(struct selftest *test);

/* REFUSED_STATE: the keystore may hold keys, and the log says so. Reads whether it is marked. */
MUST_CHECK enum scrip_status keys_guard(struct selftest *test);

/* The keystore's mark: written before anything else, so that an agent never takes the marks of a
 * selftest for keys. armed: tear_flash() and tear_keystore() are to look at the next boot. */
MUST_CHECK enum scrip_status keys_mark(const struct selftest *test, bool armed);

/* Makes the sector at offset writable, and waits for that: an erase where one is needed. */
MUST_CHECK enum scrip_status flash_clear(struct selftest *test, const struct hal_flash *flash,
                                         uint32_t offset);

/* One exchange with the peer: sends text, and takes what comes back until it is len bytes or
 * within_ms are over. */
MUST_CHECK enum scrip_status net_exchange(struct selftest *test, const void *text, size_t len,
                                          void *back, uint32_t within_ms);

#endif
