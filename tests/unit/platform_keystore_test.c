/*
 * Key files: private or refused, replaced whole and durably, never half read.
 */
#include "platform/posix/keystore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/support/temp.h"

static struct temp temp;
static struct temp_log text;
static struct posix_keystore keystore;
static const uint8_t key[32] = {1, 2, 3, 4, 5};
static uint8_t out[64];
static size_t out_len;

/* The program's own fsync: counts, and fails at a chosen call. */
static unsigned syncs, fail_at;
int fsync(int fd)
{
    (void)fd;
    return ++syncs == fail_at ? -1 : 0;
}

static enum scrip_status open_store(void)
{
    return posix_keystore_open(&keystore, temp_file(&temp, "keys"), &text.hal);
}

static void begin(void)
{
    temp_log_open(&text);
    fail_at = 0;
    CHECK(temp_open(&temp));
    CHECK_STATUS(open_store(), SCRIP_OK);
}

static void end(void)
{
    posix_keystore_close(&keystore);
    temp_close(&temp);
}

static enum scrip_status put(enum hal_key_slot slot, const void *data, size_t len)
{
    return keystore.hal.write(keystore.hal.context, slot, data, len);
}

static enum scrip_status get(enum hal_key_slot slot, size_t cap)
{
    return keystore.hal.read(keystore.hal.context, slot, out, cap, &out_len);
}

static void test_a_key_comes_back_and_its_file_is_private(void)
{
    struct stat file;

    begin();
    CHECK_STATUS(get(HAL_KEY_DEVICE, sizeof out), SCRIP_REFUSED_NOT_FOUND);
    syncs = 0;
    CHECK_STATUS(put(HAL_KEY_DEVICE, key, sizeof key), SCRIP_OK);
    CHECK_EQ_INT(syncs, 2); /* the file, and then the directory that names it */
    CHECK_STATUS(get(HAL_KEY_DEVICE, sizeof out), SCRIP_OK);
    CHECK_EQ_INT(out_len, sizeof key);
    CHECK_EQ_BYTES(out, key, sizeof key);
    CHECK(stat(temp_file(&temp, "keys/device.key"), &file) == 0);
    CHECK_EQ_INT(file.st_mode & 0777, 0600);
    CHECK(stat(temp_file(&temp, "keys"), &file) == 0);
    CHECK_EQ_INT(file.st_mode & 0777, 0700);
    end();
}

static void test_a_write_that_fails_leaves_the_old_value(void)
{
    static const uint8_t other[32] = {9};

    begin();
    CHECK_STATUS(put(HAL_KEY_STATE, key, sizeof key), SCRIP_OK);
    syncs = 0;
    fail_at = 1;
    CHECK_STATUS(put(HAL_KEY_STATE, other, sizeof other), SCRIP_FAULT_KEYSTORE);
    CHECK_STATUS(get(HAL_KEY_STATE, sizeof out), SCRIP_OK);
    CHECK_EQ_BYTES(out, key, sizeof key);
    /* Without the directory's fsync the name may still be lost. */
    syncs = 0;
    fail_at = 2;
    CHECK_STATUS(put(HAL_KEY_STATE, other, sizeof other), SCRIP_FAULT_KEYSTORE);
    end();
}

static void test_what_a_cut_left_of_a_write_is_no_obstacle(void)
{
    begin();
    int fd = open(temp_file(&temp, "keys/new.key"), O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && write(fd, key, 7) == 7 && close(fd) == 0);
    CHECK_STATUS(put(HAL_KEY_SIGNING_A, key, sizeof key), SCRIP_OK);
    CHECK_STATUS(get(HAL_KEY_SIGNING_A, sizeof out), SCRIP_OK);
    CHECK_EQ_INT(out_len, sizeof key);
    end();
}

static void test_a_file_that_others_may_read_is_refused(void)
{
    static const mode_t wide[] = {0640, 0604, 0620, 0601};

    begin();
    CHECK_STATUS(put(HAL_KEY_DEVICE, key, sizeof key), SCRIP_OK);
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        CHECK(chmod(temp_file(&temp, "keys/device.key"), wide[i]) == 0);
        text.last[0] = '\0';
        CHECK_STATUS(get(HAL_KEY_DEVICE, sizeof out), SCRIP_FAULT_KEYSTORE);
        CHECK(strstr(text.last, "device.key: others may read") != NULL);
    }
    CHECK(chmod(temp_file(&temp, "keys/device.key"), 0600) == 0);
    CHECK_STATUS(get(HAL_KEY_DEVICE, sizeof out), SCRIP_OK);
    end();
}

static void test_a_directory_that_others_may_enter_is_refused(void)
{
    begin();
    posix_keystore_close(&keystore);
    CHECK(chmod(temp_file(&temp, "keys"), 0750) == 0);
    CHECK_STATUS(open_store(), SCRIP_FAULT_KEYSTORE);
    CHECK(strstr(text.last, "chmod go-rwx") != NULL);
    end();
}

static void test_links_are_not_followed(void)
{
    begin();
    CHECK_STATUS(put(HAL_KEY_DEVICE, key, sizeof key), SCRIP_OK);
    CHECK(symlink("device.key", temp_file(&temp, "keys/signing-a.key")) == 0);
    CHECK_STATUS(get(HAL_KEY_SIGNING_A, sizeof out), SCRIP_FAULT_KEYSTORE);
    posix_keystore_close(&keystore);
    CHECK(symlink(temp_file(&temp, "keys"), temp_file(&temp, "link")) == 0);
    CHECK_STATUS(posix_keystore_open(&keystore, temp_file(&temp, "link"), &text.hal),
                 SCRIP_FAULT_KEYSTORE);
    end();
}

static void test_a_damaged_key_is_a_fault(void)
{
    begin();
    CHECK_STATUS(put(HAL_KEY_DEVICE, key, sizeof key), SCRIP_OK);
    CHECK_STATUS(get(HAL_KEY_DEVICE, sizeof key - 1), SCRIP_FAULT_KEYSTORE);
    CHECK(truncate(temp_file(&temp, "keys/device.key"), 0) == 0);
    CHECK_STATUS(get(HAL_KEY_DEVICE, sizeof out), SCRIP_FAULT_KEYSTORE);
    CHECK(strstr(text.last, "damaged") != NULL);
    end();
}

int main(void)
{
    CHECK_RUN(test_a_key_comes_back_and_its_file_is_private);
    CHECK_RUN(test_a_write_that_fails_leaves_the_old_value);
    CHECK_RUN(test_what_a_cut_left_of_a_write_is_no_obstacle);
    CHECK_RUN(test_a_file_that_others_may_read_is_refused);
    CHECK_RUN(test_a_directory_that_others_may_enter_is_refused);
    CHECK_RUN(test_links_are_not_followed);
    CHECK_RUN(test_a_damaged_key_is_a_fault);
    return check_done();
}
