/*
 * A stranger's program: it has the installed headers and nothing else of the tree. Its board is a
 * few arrays; it opens an agent, which is not enrolled yet, and asks for a certificate.
 */
#include <scrip.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/random.h>

enum { SECTOR = 4096, PAGE = 512, JOURNAL_BYTES = 512 * 1024, BLOB_BYTES = 160 * 1024 };

/* An EEPROM of RAM: it overwrites, and forgets. */
struct memory {
    uint8_t *bytes;
    uint32_t size;
};

static uint8_t journal_bytes[JOURNAL_BYTES], blob_bytes[BLOB_BYTES];
static struct memory journal_memory = {journal_bytes, JOURNAL_BYTES};
static struct memory blob_memory = {blob_bytes, BLOB_BYTES};

static enum scrip_status memory_read(void *context, uint32_t offset, void *data, size_t len)
{
    const struct memory *memory = context;

    if (offset > memory->size || len > memory->size - offset)
        return SCRIP_FAULT_FLASH;
    memcpy(data, memory->bytes + offset, len);
    return SCRIP_OK;
}

static enum scrip_status memory_program(void *context, uint32_t offset, const void *data,
                                        size_t len)
{
    struct memory *memory = context;

    if (offset > memory->size || len > memory->size - offset)
        return SCRIP_FAULT_FLASH;
    memcpy(memory->bytes + offset, data, len);
    return SCRIP_OK;
}

#define MEMORY_FLASH(memory, bytes)                                                                \
    {                                                                                              \
        .context = &(memory), .size = (bytes), .sector_size = SECTOR, .page_size = PAGE,           \
        .granularity = 1, .tear_size = PAGE, .read = memory_read, .program = memory_program        \
    }
static const struct hal_flash journal = MEMORY_FLASH(journal_memory, JOURNAL_BYTES);
static const struct hal_flash blobs = MEMORY_FLASH(blob_memory, BLOB_BYTES);

static uint8_t slots[HAL_KEY_SLOTS][64];
static size_t slot_len[HAL_KEY_SLOTS];

static enum scrip_status slot_read(void *context, enum hal_key_slot slot, void *data, size_t cap,
                                   size_t *len)
{
    (void)context;
    if (slot_len[slot] == 0)
        return SCRIP_REFUSED_NOT_FOUND;
    if (slot_len[slot] > cap)
        return SCRIP_FAULT_KEYSTORE;
    *len = slot_len[slot];
    memcpy(data, slots[slot], *len);
    return SCRIP_OK;
}

static enum scrip_status slot_write(void *context, enum hal_key_slot slot, const void *data,
                                    size_t len)
{
    (void)context;
    if (len > sizeof slots[slot])
        return SCRIP_FAULT_KEYSTORE;
    memcpy(slots[slot], data, len);
    slot_len[slot] = len;
    return SCRIP_OK;
}

static const struct hal_keystore keystore = {.read = slot_read, .write = slot_write};

static enum scrip_status random_read(void *context, void *data, size_t len)
{
    (void)context;
    return getrandom(data, len, 0) == (ssize_t)len ? SCRIP_OK : SCRIP_FAULT_ENTROPY;
}

static const struct hal_entropy entropy = {.read = random_read};

static uint64_t uptime(void *context)
{
    struct timespec now;

    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static enum scrip_status no_clock(void *context, uint32_t *unix_s)
{
    (void)context;
    *unix_s = 0;
    return SCRIP_FAULT_DEVICE;
}

static enum scrip_status set_no_clock(void *context, uint32_t unix_s)
{
    (void)context;
    (void)unix_s;
    return SCRIP_FAULT_DEVICE;
}

static const struct hal_rtc rtc = {
    .kind = HAL_RTC_NONE, .uptime_ms = uptime, .read = no_clock, .set = set_no_clock};

static void log_line(void *context, enum hal_log_level level, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "%d %s\n", (int)level, text);
}

static const struct hal_log text_log = {.write = log_line};

int main(void)
{
    static struct scrip agent;
    static uint64_t arena[8192];
    const struct hal hal = {.journal = &journal,
                            .blobs = &blobs,
                            .keystore = &keystore,
                            .entropy = &entropy,
                            .rtc = &rtc,
                            .log = &text_log};
    const struct scrip_config config = {.arena = arena, .arena_len = sizeof arena};
    uint8_t request[512];
    size_t len = 0;
    enum scrip_status status = scrip_open(&agent, &hal, &config);

    printf("scrip %s: open %s", SCRIP_VERSION, scrip_status_name(status));
    if (status != SCRIP_REFUSED_NOT_ENROLLED)
        return 1;
    status = scrip_enroll_request(&agent, "DEMO.S1.T1", request, sizeof request, &len);
    printf(", request %s of %s bytes\n", scrip_status_name(status), len > 200 ? "some 300" : "few");
    scrip_close(&agent);
    return status == SCRIP_OK ? 0 : 1;
}
