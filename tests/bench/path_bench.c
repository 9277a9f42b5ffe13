/*
 * path_bench: one redemption by the public API, from the text of a code to its answer, with the
 * journal on a flash image in a file; and beside it the least that any such redemption must do:
 * verify one signature, write one page into a file that is already there, and wait until it is on
 * the disk.
 *
 *     path_bench DIRECTORY           both by turns
 *     path_bench DIRECTORY ROUNDS    redemptions alone, for whoever counts their instructions
 *
 * Files are made in DIRECTORY, and removed. Prints raw samples of wall time, `series count
 * nanoseconds`, and judges nothing. Instructions are counted from outside: tests/bench/run has
 * callgrind collect within scrip_redeem() alone.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "platform/posix/flash.h"
#include "platform/posix/log.h"
#include "tests/check.h"
#include "tests/support/terminal.h"

enum { FLASH_BYTES = 1024 * 1024, DISK_PAGE = 512, ROUNDS = 400, ROUNDS_MAX = 1000 };

/* Redemptions at one time of day, and how far it then moves: behind every code's life. */
enum { AT_ONCE = 128, LATER_S = 600 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void sample(const char *series, uint64_t start_ns)
{
    printf("%s 1 %" PRIu64 "\n", series, now_ns() - start_ns);
}

/* One sale: its code is new, and so are its ids. */
static void redeem_once(struct test_terminal *terminal, const struct token_claims *claims,
                        uint32_t number)
{
    uint8_t memory[LIMIT_CODE_CHARS];
    struct bytes code = test_code(&terminal->issuer, claims, 'B', memory);
    struct scrip_sale sale = test_sale(number);
    struct scrip_answer answer;

    uint64_t start_ns = now_ns();
    enum scrip_status status = scrip_redeem(&terminal->scrip, (const char *)code.data, code.len,
                                            &sale, &answer);
    sample("path_wall", start_ns);
    CHECK_STATUS(status, SCRIP_OK);
    CHECK_EQ_INT(answer.seq, number);
}

/* The least: the same kind of signature, one page in place, on the disk. */
static void least_once(const struct test_issuer *issuer, const struct p256v_table *key,
                       const struct token_claims *claims, int fd, uint32_t number)
{
    static uint8_t page[DISK_PAGE];
    uint8_t memory[LIMIT_TOKEN_BYTES];
    struct cose message;

    CHECK_STATUS(cose_parse(test_mint(issuer, claims, memory), &message), SCRIP_OK);
    memset(page, (int)number, sizeof page);
    uint64_t start_ns = now_ns();
    enum scrip_status status = cose_verify_prepared(&message, token_aad(TOKEN_CUSTOMER), key);
    bool durable = pwrite(fd, page, sizeof page, (off_t)number * DISK_PAGE) == DISK_PAGE &&
                   fdatasync(fd) == 0;
    sample("least_wall", start_ns);
    CHECK_STATUS(status, SCRIP_OK);
    CHECK(durable);
}

static void run(struct test_terminal *terminal, int fd, uint32_t rounds, bool with_least)
{
    struct token_claims claims = test_claims(0);
    struct p256v_table key;

    CHECK_STATUS(p256v_prepare(terminal->issuer.keys.key[0].point, &key), SCRIP_OK);
    for (uint32_t number = 1; number <= rounds && check_state.failures == 0; number++) {
        bytes_put_u32(claims.cti, number);
        /* Who goes first alternates, so that neither always meets the busier disk. */
        if (with_least && number % 2 == 0)
            least_once(&terminal->issuer, &key, &claims, fd, number);
        redeem_once(terminal, &claims, number);
        if (with_least && number % 2 != 0)
            least_once(&terminal->issuer, &key, &claims, fd, number);
        if (number % AT_ONCE == 0) {
            sim_rtc_advance(&terminal->rtc, LATER_S * 1000);
            claims.iat_s += LATER_S;
            claims.exp_s += LATER_S;
        }
        test_terminal_settle(terminal);
    }
}

int main(int argc, char **argv)
{
    static struct test_terminal terminal;
    static struct posix_flash flash;
    static const uint8_t blank[DISK_PAGE];
    char flash_path[512], disk_path[512];
    long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : ROUNDS;

    if (argc < 2 || argc > 3 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: path_bench DIRECTORY [ROUNDS]\n");
        return 2;
    }
    snprintf(flash_path, sizeof flash_path, "%s/path.flash", argv[1]);
    snprintf(disk_path, sizeof disk_path, "%s/path.least", argv[1]);
    int fd = open(disk_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (long page = 0; page <= rounds; page++)
        CHECK(pwrite(fd, blank, sizeof blank, (off_t)page * DISK_PAGE) == DISK_PAGE);
    CHECK(fsync(fd) == 0);

    test_terminal_make(&terminal);
    CHECK_STATUS(posix_flash_open(&flash, flash_path, FLASH_BYTES, &posix_log), SCRIP_OK);
    terminal.hal.journal = &flash.hal;
    terminal.policy.max_offline_count = UINT32_MAX;
    terminal.policy.max_offline_value_minor = UINT32_MAX;
    terminal.policy.per_member_per_day_minor = UINT32_MAX;
    CHECK_STATUS(test_terminal_enroll(&terminal, 1), SCRIP_OK);
    test_terminal_settle(&terminal);
    run(&terminal, fd, (uint32_t)rounds, argc == 2);

    test_terminal_free(&terminal);
    posix_flash_close(&flash);
    (void)close(fd);
    (void)unlink(flash_path);
    (void)unlink(disk_path);
    return check_state.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
