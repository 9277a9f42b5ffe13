/*
 * The flash image file: it refuses what NOR flash would spoil, every change is synchronised before
 * OK, and the file survives a process, a half-made image and a second process.
 */
#include "platform/posix/flash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/support/temp.h"

enum { SIZE = 4 * POSIX_FLASH_SECTOR };

static struct temp temp;
static struct temp_log text;
static struct posix_flash flash;
static uint8_t page[POSIX_FLASH_PAGE], out[POSIX_FLASH_SECTOR];

/* The program's own fdatasync: counts, and can fail. */
static unsigned syncs;
static int sync_result;
int fdatasync(int fildes)
{
    (void)fildes;
    syncs++;
    return sync_result;
}

static enum scrip_status open_image(uint32_t size)
{
    return posix_flash_open(&flash, temp_file(&temp, "image"), size, &text.hal);
}

static void begin(void)
{
    temp_log_open(&text);
    CHECK(temp_open(&temp));
    CHECK_STATUS(open_image(SIZE), SCRIP_OK);
    memset(page, 0x5A, sizeof page);
    sync_result = 0;
}

static void end(void)
{
    posix_flash_close(&flash);
    temp_close(&temp);
}

static enum scrip_status program(uint32_t offset, size_t len)
{
    return flash.hal.program(flash.hal.context, offset, page, len);
}

static enum scrip_status erase(uint32_t offset)
{
    enum scrip_status status = flash.hal.erase_start(flash.hal.context, offset);
    while (status == SCRIP_OK && (status = flash.hal.erase_poll(flash.hal.context)) == SCRIP_AGAIN)
        status = SCRIP_OK;
    return status;
}

static void test_a_new_image_is_erased_and_private(void)
{
    struct stat file;

    begin();
    CHECK(stat(temp_file(&temp, "image"), &file) == 0);
    CHECK_EQ_INT(file.st_size, SIZE);
    CHECK_EQ_INT(file.st_mode & 0777, 0600);
    CHECK_STATUS(flash.hal.read(flash.hal.context, SIZE - sizeof out, out, sizeof out), SCRIP_OK);
    for (size_t i = 0; i < sizeof out; i++)
        REQUIRE(out[i] == 0xFF);
    end();
}

static void test_a_program_is_durable_and_stays(void)
{
    begin();
    syncs = 0;
    CHECK_STATUS(program(512, 512), SCRIP_OK);
    CHECK_EQ_INT(syncs, 1);
    posix_flash_close(&flash);
    CHECK_STATUS(open_image(SIZE), SCRIP_OK);
    CHECK_STATUS(flash.hal.read(flash.hal.context, 512, out, 512), SCRIP_OK);
    CHECK_EQ_BYTES(out, page, 512);
    end();
}

static void test_a_program_that_is_not_durable_is_not_ok(void)
{
    begin();
    sync_result = -1;
    CHECK_STATUS(program(0, 512), SCRIP_FAULT_FLASH);
    end();
}

static void test_a_page_is_programmed_once_between_erases(void)
{
    begin();
    CHECK_STATUS(program(0, 512), SCRIP_OK);
    CHECK_STATUS(program(0, 512), SCRIP_FAULT_FLASH);
    CHECK(strstr(text.last, "without an erase") != NULL);
    syncs = 0;
    CHECK_STATUS(erase(0), SCRIP_OK);
    CHECK_EQ_INT(syncs, 1);
    CHECK_STATUS(flash.hal.read(flash.hal.context, 0, out, 1), SCRIP_OK);
    CHECK_EQ_INT(out[0], 0xFF);
    CHECK_STATUS(program(0, 512), SCRIP_OK);
    end();
}

static void test_a_program_across_a_used_page_writes_nothing(void)
{
    static uint8_t two[1024];

    begin();
    CHECK_STATUS(program(512, 512), SCRIP_OK);
    CHECK_STATUS(flash.hal.program(flash.hal.context, 0, two, sizeof two), SCRIP_FAULT_FLASH);
    CHECK_STATUS(flash.hal.read(flash.hal.context, 0, out, 1), SCRIP_OK);
    CHECK_EQ_INT(out[0], 0xFF);
    end();
}

static void test_the_geometry_is_enforced(void)
{
    begin();
    CHECK_STATUS(program(256, 512), SCRIP_FAULT_FLASH);
    CHECK_STATUS(program(0, 100), SCRIP_FAULT_FLASH);
    CHECK_STATUS(program(SIZE, 512), SCRIP_FAULT_FLASH);
    CHECK_STATUS(program(UINT32_MAX - 511, 512), SCRIP_FAULT_FLASH);
    CHECK_STATUS(flash.hal.read(flash.hal.context, SIZE - 1, out, 2), SCRIP_FAULT_FLASH);
    CHECK_STATUS(erase(512), SCRIP_FAULT_FLASH);
    CHECK_STATUS(erase(SIZE), SCRIP_FAULT_FLASH);
    end();
}

static void test_one_erase_at_a_time(void)
{
    begin();
    CHECK_STATUS(flash.hal.erase_start(flash.hal.context, 0), SCRIP_OK);
    CHECK_STATUS(flash.hal.erase_start(flash.hal.context, POSIX_FLASH_SECTOR), SCRIP_FAULT_FLASH);
    CHECK_STATUS(program(512, 512), SCRIP_FAULT_FLASH);
    CHECK_STATUS(flash.hal.erase_poll(flash.hal.context), SCRIP_OK);
    CHECK_STATUS(program(512, 512), SCRIP_OK);
    end();
}

static void test_another_size_is_refused_and_changes_nothing(void)
{
    begin();
    CHECK_STATUS(program(0, 512), SCRIP_OK);
    posix_flash_close(&flash);
    CHECK_STATUS(open_image(2 * SIZE), SCRIP_FAULT_FLASH);
    CHECK(strstr(text.last, "should have") != NULL);
    CHECK_STATUS(open_image(SIZE / 2), SCRIP_FAULT_FLASH);
    CHECK_STATUS(open_image(SIZE - 1), SCRIP_FAULT_FLASH);
    CHECK_STATUS(open_image(SIZE), SCRIP_OK);
    CHECK_STATUS(flash.hal.read(flash.hal.context, 0, out, 512), SCRIP_OK);
    CHECK_EQ_BYTES(out, page, 512);
    end();
}

static void test_an_image_whose_making_was_cut_is_finished(void)
{
    begin();
    posix_flash_close(&flash);
    CHECK(truncate(temp_file(&temp, "image"), 5000) == 0);
    CHECK_STATUS(open_image(SIZE), SCRIP_OK);
    CHECK_STATUS(flash.hal.read(flash.hal.context, SIZE - 1, out, 1), SCRIP_OK);
    CHECK_EQ_INT(out[0], 0xFF);
    end();
}

static void test_a_second_process_is_kept_out(void)
{
    int status = 0;

    begin();
    pid_t child = fork();
    if (child == 0) {
        static struct posix_flash second;
        _exit(posix_flash_open(&second, temp_file(&temp, "image"), SIZE, &text.hal) ==
                      SCRIP_FAULT_FLASH
                  ? 0
                  : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    end();
}

static void test_an_image_that_others_may_write_is_refused(void)
{
    begin();
    posix_flash_close(&flash);
    CHECK(chmod(temp_file(&temp, "image"), 0620) == 0);
    CHECK_STATUS(open_image(SIZE), SCRIP_FAULT_FLASH);
    CHECK(strstr(text.last, "others may write") != NULL);
    end();
}

int main(void)
{
    CHECK_RUN(test_a_new_image_is_erased_and_private);
    CHECK_RUN(test_a_program_is_durable_and_stays);
    CHECK_RUN(test_a_program_that_is_not_durable_is_not_ok);
    CHECK_RUN(test_a_page_is_programmed_once_between_erases);
    CHECK_RUN(test_a_program_across_a_used_page_writes_nothing);
    CHECK_RUN(test_the_geometry_is_enforced);
    CHECK_RUN(test_one_erase_at_a_time);
    CHECK_RUN(test_another_size_is_refused_and_changes_nothing);
    CHECK_RUN(test_an_image_whose_making_was_cut_is_finished);
    CHECK_RUN(test_a_second_process_is_kept_out);
    CHECK_RUN(test_an_image_that_others_may_write_is_refused);
    return check_done();
}
