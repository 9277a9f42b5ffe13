/*
 * The ledger on a file, when the machine loses power: what was written and not yet synchronised may
 * be on the disk or not, page by page and in any order.
 *
 * The program's own pwrite() and fdatasync() keep a log. The run stops at every call in turn; then
 * the file becomes what it was at the start, plus every write before the last fdatasync() that
 * returned, plus some of those after it: none, all, or any. The till and the host must find there
 * what they were told. A kill alone proves none of that, as the kernel keeps what a dead process
 * has written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/posix/flash.h"
#include "tests/power/till.h"
#include "tests/support/temp.h"

enum { IMAGE_BYTES = 40 * POSIX_FLASH_SECTOR, WRITES = 4096, STEPS = 33 };
enum remains { NOTHING_MORE, ALL_MORE, ANY_MORE, ANY_OTHER, REMAINS };

static struct temp temp;
static struct temp_log text;
static struct posix_flash file;
static uint8_t image[IMAGE_BYTES], start_image[IMAGE_BYTES];

/* What the run has done to the file, and how many calls it may make. */
static struct {
    bool on;
    uint64_t calls, stop_at; /* 0: never */
    size_t count, synced;    /* writes, and those before the last fdatasync() */
    struct {
        uint32_t offset, len;
        uint8_t data[POSIX_FLASH_SECTOR];
    } write[WRITES];
} trail;

/* Whether power is still there for this call. */
static bool goes_on(void)
{
    if (trail.on && (shop.flash.off || ++trail.calls == trail.stop_at))
        shop.flash.off = true;
    if (!shop.flash.off)
        return true;
    errno = EIO;
    return false;
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    if (trail.on && trail.count < WRITES && n <= POSIX_FLASH_SECTOR && !shop.flash.off) {
        /* Also the one that power fails at: some of it may get there. */
        trail.write[trail.count].offset = (uint32_t)offset;
        trail.write[trail.count].len = (uint32_t)n;
        memcpy(trail.write[trail.count].data, buf, n);
        trail.count++;
    }
    return goes_on() ? syscall(SYS_pwrite64, fd, buf, n, offset) : -1;
}

int fdatasync(int fildes)
{
    (void)fildes;
    if (!goes_on())
        return -1;
    trail.synced = trail.count;
    return 0;
}

static void write_image(const uint8_t *bytes)
{
    REQUIRE(syscall(SYS_pwrite64, file.fd, bytes, IMAGE_BYTES, 0) == IMAGE_BYTES);
}

static void open_file(void)
{
    CHECK_STATUS(posix_flash_open(&file, temp_file(&temp, "journal"), IMAGE_BYTES, &text.hal),
                 SCRIP_OK);
    shop.flash.hal = file.hal;
}

static void prepare(void)
{
    open_file();
    memset(&till, 0, sizeof till);
    till.next_code = till.next_sale = 1;
    till.t_s = shop.stamp.t_s = SHOP_NOW_S;
    memcpy(till.host_head, shop.keys.first_prev, RECORD_LINK_BYTES);
    CHECK_STATUS(journal_format(&shop.flash.hal, &shop.keys), SCRIP_OK);
    CHECK(till_open() && till_idle() && till_steps(20));
    till_close(NULL);
    CHECK(pread(file.fd, start_image, sizeof start_image, 0) == IMAGE_BYTES);
}

/* The file as the machine finds it when power is back. */
static void put_remains(enum remains remains, uint64_t seed)
{
    memcpy(image, start_image, sizeof image);
    for (size_t i = 0; i < trail.count; i++) {
        for (uint32_t at = 0; at < trail.write[i].len; at += POSIX_FLASH_PAGE) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bool there = i < trail.synced || remains == ALL_MORE ||
                         (remains != NOTHING_MORE && seed >> 63 != 0);
            if (there)
                memcpy(image + trail.write[i].offset + at, trail.write[i].data + at,
                       POSIX_FLASH_PAGE);
        }
    }
    write_image(image);
}

int main(void)
{
    static struct till before;
    uint64_t calls = UINT64_MAX;

    shop_equip(&shop);
    temp_log_open(&text);
    CHECK(temp_open(&temp));
    prepare();
    before = till;
    for (uint64_t k = 1; k <= calls && check_state.failures == 0; k++) {
        for (int remains = 0; remains < REMAINS; remains++) {
            power_cut_at("file, replayed", k, remains);
            till = before;
            posix_flash_close(&file);
            open_file();
            write_image(start_image);
            memset(&trail, 0, offsetof(__typeof__(trail), write));
            trail.on = true;
            trail.stop_at = k;
            if (till_open())
                (void)till_steps(STEPS);
            till_close(NULL);
            if (!shop.flash.off)
                calls = trail.calls;
            CHECK(trail.count < WRITES);
            trail.on = shop.flash.off = false;
            posix_flash_close(&file);
            open_file();
            put_remains((enum remains)remains, k * REMAINS + (uint64_t)remains);
            till_check(NULL, true);
            if (till.open && till_idle())
                (void)till_steps(4);
            till_close(NULL);
            till_check(NULL, true);
            till_close(NULL);
        }
    }
    posix_flash_close(&file);
    temp_close(&temp);
    keys_close(&shop.keys);
    return power_done(__FILE__);
}
