/* scrip journal: what it says of a whole journal, of a damaged one and of what is none. */
#include <fcntl.h>
#include <unistd.h>

#include "platform/posix/entropy.h"
#include "platform/posix/flash.h"
#include "platform/posix/keystore.h"
#include "redeem/policy.h"
#include "redeem/record.h"
#include "store/journal.h"
#include "tests/check.h"
#include "tests/support/temp.h"
#include "tools/scrip/commands.h"

enum { IMAGE_BYTES = 64 * POSIX_FLASH_SECTOR, EPOCH = 3 };

static struct temp temp;
static struct temp_log temp_log;
static char image_path[128], keystore_path[128];
static struct posix_flash flash;
static struct posix_keystore keystore;
static struct keys keys;
static struct journal journal;
static uint8_t link_of_last[RECORD_LINK_BYTES];
static uint32_t next_seq;

static enum scrip_status keep(void *context, uint32_t sector)
{
    (void)context, (void)sector;
    return SCRIP_OK;
}

static void open_terminal(void)
{
    CHECK_STATUS(posix_flash_open(&flash, image_path, IMAGE_BYTES, &temp_log.hal), SCRIP_OK);
    CHECK_STATUS(posix_keystore_open(&keystore, keystore_path, &temp_log.hal), SCRIP_OK);
    CHECK_STATUS(keys_open(&keys, &keystore.hal), SCRIP_OK);
}

static void close_terminal(void)
{
    keys_close(&keys);
    posix_keystore_close(&keystore);
    posix_flash_close(&flash);
}

/* A fresh terminal with an empty journal. */
static void begin(void)
{
    static const uint8_t first_prev[16] = {1, 2, 3};
    CHECK(temp_open(&temp));
    temp_log_open(&temp_log);
    (void)snprintf(image_path, sizeof image_path, "%s/journal", temp.path);
    (void)snprintf(keystore_path, sizeof keystore_path, "%s/keys", temp.path);
    open_terminal();
    CHECK_STATUS(keys_set_epoch(&keys, EPOCH, first_prev, true), SCRIP_OK);
    CHECK_STATUS(journal_format(&flash.hal, &keys), SCRIP_OK);
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, keep, NULL), SCRIP_OK);
    memcpy(link_of_last, first_prev, sizeof link_of_last);
    next_seq = 1;
}

static void end(void)
{
    close_terminal();
    temp_close(&temp);
}

static void append(void)
{
    uint8_t memory[LIMIT_RECORD_BYTES];
    static const uint8_t token[100] = {1}, lines[32] = {2};
    struct buffer bytes = buffer_of(memory, sizeof memory);

    struct record record = {.type = RECORD_REDEEM,
                            .epoch = EPOCH,
                            .seq = next_seq,
                            .stamp = {.t_s = 1795305600, .boot = 1},
                            .token = bytes_of(token, sizeof token),
                            .mode = PERMIT_OFFLINE,
                            .amount_minor = 500,
                            .currency = 978,
                            .sale_id = bytes_text("POS1"),
                            .service_id = bytes_text("1"),
                            .transaction_id = bytes_text("T1"),
                            .lines = bytes_of(lines, sizeof lines),
                            .total_minor = 2000,
                            .issuer = 1};
    memcpy(record.prev, link_of_last, sizeof record.prev);
    CHECK_STATUS(record_write(&record, &bytes), SCRIP_OK);
    CHECK_STATUS(record_link(buffer_bytes(&bytes), link_of_last), SCRIP_OK);
    CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, buffer_bytes(&bytes)),
                 SCRIP_OK);
    CHECK_EQ_INT(journal_next_seq(&journal), next_seq + 1);
    next_seq++;
}

static int run(const struct command *command, const char *image, const char *keys_path)
{
    char *argv[] = {(char *)(uintptr_t)image, (char *)(uintptr_t) "--keystore",
                    (char *)(uintptr_t)keys_path};
    struct arguments arguments;
    if (!command_parse(command, keys_path != NULL ? 3 : 1, argv, &arguments))
        return EXIT_MISUSE;
    return command->run(&arguments);
}

static int verify(void)
{
    return run(&command_journal_verify, image_path, keystore_path);
}

static void read_image(uint8_t *image)
{
    int file = open(image_path, O_RDONLY);
    CHECK(pread(file, image, IMAGE_BYTES, 0) == IMAGE_BYTES);
    (void)close(file);
}

static void test_a_whole_journal_and_nothing_is_written(void)
{
    static uint8_t before[IMAGE_BYTES], after[IMAGE_BYTES];
    begin();
    CHECK_EQ_INT(verify(), EXIT_DONE);
    for (int i = 0; i < 20; i++)
        append();
    CHECK_STATUS(journal_ack(&journal, 7), SCRIP_OK);
    read_image(before);
    CHECK_EQ_INT(verify(), EXIT_DONE); /* while the terminal runs */
    CHECK_EQ_INT(run(&command_journal_dump, image_path, keystore_path), EXIT_DONE);
    CHECK_EQ_INT(run(&command_journal_stat, image_path, keystore_path), EXIT_DONE);
    read_image(after);
    CHECK_EQ_BYTES(after, before, IMAGE_BYTES);

    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, keep, NULL), SCRIP_OK);
    append();
    CHECK_EQ_INT(verify(), EXIT_DONE);
    end();
}

/* Any one of the pages that hold records, changed by one bit. */
static void test_a_changed_record_is_missing(void)
{
    begin();
    for (int i = 0; i < 5; i++)
        append();
    CHECK_STATUS(journal_mount(&journal, &flash.hal, &keys, keep, NULL), SCRIP_OK);
    close_terminal();
    static uint8_t image[IMAGE_BYTES];
    read_image(image);
    unsigned noticed = 0;
    for (uint32_t page = 0; page < POSIX_FLASH_SECTOR; page += POSIX_FLASH_PAGE) {
        uint32_t at = page + 64;
        uint8_t changed = image[at] ^ 1;
        if (image[page + 1] != JOURNAL_DATA)
            continue; /* no record begins here */
        int file = open(image_path, O_WRONLY);
        CHECK(pwrite(file, &changed, 1, at) == 1);
        noticed += verify() == EXIT_REFUSED;
        CHECK(pwrite(file, &image[at], 1, at) == 1);
        (void)close(file);
    }
    CHECK(noticed >= 4); /* the last record has a copy in the fence behind it */
    CHECK_EQ_INT(verify(), EXIT_DONE);
    open_terminal();
    end();
}

static void test_a_record_that_does_not_follow(void)
{
    begin();
    append();
    append();
    link_of_last[0] ^= 1;
    append();
    CHECK_EQ_INT(verify(), EXIT_REFUSED);
    end();

    begin();
    link_of_last[0] ^= 1; /* not the enrolment's */
    append();
    CHECK_EQ_INT(verify(), EXIT_REFUSED);
    end();
}

static void test_a_payload_that_is_no_record(void)
{
    begin();
    append();
    CHECK_STATUS(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_text("nonsense")),
                 SCRIP_OK);
    CHECK_EQ_INT(verify(), EXIT_REFUSED);
    end();
}

static void test_what_is_no_journal_of_these_keys(void)
{
    char other[160];
    begin();
    append();
    (void)snprintf(other, sizeof other, "%s/other", temp.path);
    CHECK_EQ_INT(run(&command_journal_verify, image_path, other), EXIT_REFUSED);
    CHECK(access(other, F_OK) != 0);
    CHECK_EQ_INT(run(&command_journal_verify, "/dev/null", keystore_path), EXIT_REFUSED);
    CHECK_EQ_INT(run(&command_journal_verify, other, keystore_path), EXIT_REFUSED);
    CHECK_EQ_INT(run(&command_journal_verify, image_path, NULL), EXIT_MISUSE);

    /* An empty keystore is left empty: its keys are the terminal's to make. */
    struct posix_keystore empty;
    struct keys none;
    CHECK_STATUS(posix_keystore_open(&empty, other, &temp_log.hal), SCRIP_OK);
    CHECK_EQ_INT(run(&command_journal_verify, image_path, other), EXIT_REFUSED);
    uint8_t slot[64];
    size_t len;
    CHECK_STATUS(empty.hal.read(empty.hal.context, HAL_KEY_DEVICE, slot, sizeof slot, &len),
                 SCRIP_REFUSED_NOT_FOUND);

    CHECK_STATUS(keys_open(&none, &empty.hal), SCRIP_OK); /* another terminal's keys */
    keys_close(&none);
    CHECK_EQ_INT(run(&command_journal_verify, image_path, other), EXIT_REFUSED);
    posix_keystore_close(&empty);
    end();
}

int main(void)
{
    CHECK_STATUS(crypto_open(&posix_entropy), SCRIP_OK);
    CHECK_RUN(test_a_whole_journal_and_nothing_is_written);
    CHECK_RUN(test_a_changed_record_is_missing);
    CHECK_RUN(test_a_record_that_does_not_follow);
    CHECK_RUN(test_a_payload_that_is_no_record);
    CHECK_RUN(test_what_is_no_journal_of_these_keys);
    return check_done();
}
