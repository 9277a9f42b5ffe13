/*
 * An image of the first layout, from tests/vectors/journal-v1.txt, under power cuts: every entry in
 * it reads as it was written, and the log goes on. Every later version must pass this.
 */
#include <stdlib.h>

#include "platform/sim/device.h"
#include "base/text.h"
#include "store/journal.h"
#include "tests/power/harness.h"

enum { ENTRIES = 64, LINE = 2048, OURS = 3 };

static const char VECTOR[] = "tests/vectors/journal-v1.txt";

struct expected {
    enum journal_type type;
    uint32_t seq;
    size_t len;
    uint8_t payload[JOURNAL_PAYLOAD_MAX];
};

static struct expected expected[ENTRIES];
static size_t expected_count;
static uint32_t last_seq; /* of the image's DATA */
static struct sim_entropy entropy;
static struct sim_keystore keystore;
static struct sim_geometry geometry;
static struct sim_flash flash;
static struct keys keys;

/* Beside what is in the image: entries of our own, OURS a life, the last of which may be under way.
 */
static struct model {
    struct journal journal;
    bool open;
    uint32_t sure, begun;
} model;

static uint8_t payload_of(uint32_t number)
{
    return (uint8_t)(0xA0 + number);
}

static size_t hex(const char *text, uint8_t *out, size_t cap)
{
    size_t digits = strspn(text, "0123456789abcdef");
    struct buffer bytes = buffer_of(out, cap);

    if (digits > 2 * cap)
        digits = 2 * cap;
    CHECK_STATUS(text_hex_decode(bytes_of(text, digits), &bytes), SCRIP_OK);
    return bytes.len;
}

/* The number at *text, which then is past it and the blanks behind. */
static uint32_t number(const char **text, int base)
{
    char *end;
    unsigned long value = strtoul(*text, &end, base);

    CHECK(end != *text && value <= UINT32_MAX);
    *text = end + strspn(end, " ");
    return (uint32_t)value;
}

/* What follows a word that the line begins with; NULL: it begins with another. */
static const char *after(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0 ? line + strlen(word) : NULL;
}

static void read_slot(const char *text, enum hal_key_slot slot)
{
    keystore.slot[slot].len = hex(text, keystore.slot[slot].data, sizeof keystore.slot[slot].data);
}

static void read_geometry(const char *at)
{
    geometry.size = number(&at, 10);
    geometry.sector_size = number(&at, 10);
    geometry.page_size = number(&at, 10);
    geometry.granularity = (uint16_t)number(&at, 10);
    geometry.tear_size = (uint16_t)number(&at, 10);
    geometry.needs_erase = number(&at, 10) != 0;
}

static void read_entry(const char *at)
{
    struct expected *entry = &expected[expected_count++];

    entry->type = (enum journal_type)number(&at, 10);
    entry->seq = number(&at, 10);
    entry->len = *at == '-' ? 0 : hex(at, entry->payload, sizeof entry->payload);
    last_seq = entry->type == JOURNAL_DATA ? entry->seq : last_seq;
}

static void read_line(const char *line, uint8_t *image)
{
    const char *at;

    if ((at = after(line, "geometry ")) != NULL)
        read_geometry(at);
    else if ((at = after(line, "device ")) != NULL)
        read_slot(at, HAL_KEY_DEVICE);
    else if ((at = after(line, "signing ")) != NULL)
        read_slot(at, HAL_KEY_SIGNING_A);
    else if ((at = after(line, "state ")) != NULL)
        read_slot(at, HAL_KEY_STATE);
    else if ((at = after(line, "entry ")) != NULL && expected_count < ENTRIES)
        read_entry(at);
    else if (image != NULL && (at = after(line, "at ")) != NULL) {
        uint32_t offset = number(&at, 16);
        CHECK(offset <= geometry.size - 32);
        (void)hex(at, image + offset, 32);
    }
}

static void read_vector(uint8_t *image)
{
    char line[LINE];
    FILE *file = fopen(VECTOR, "r");

    expected_count = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        read_line(line, image);
    if (file == NULL || fclose(file) != 0 || geometry.size == 0 || expected_count == 0) {
        fprintf(stderr, "%s does not read\n", VECTOR);
        exit(1);
    }
}

static void prepare(void *context)
{
    (void)context;
    memset(&model, 0, sizeof model);
    read_vector(flash.cells);
    for (uint32_t i = 0; i < geometry.size; i++)
        flash.spent[i] = flash.cells[i] != 0xFF;
}

static bool open_journal(void)
{
    enum scrip_status status = journal_mount(&model.journal, &flash.hal, &keys, NULL, NULL);

    if (status != SCRIP_OK && !flash.off)
        power_fail(POWER_UNMOUNTABLE, "mount: %s", scrip_status_name(status));
    return model.open = status == SCRIP_OK;
}

static void use(void *context)
{
    (void)context;
    if (!model.open)
        return;
    for (int i = 0; i < OURS; i++) {
        uint8_t payload = payload_of(model.sure);
        model.begun = model.sure + 1;
        if (journal_append(&model.journal, JOURNAL_DATA, JOURNAL_NORMAL, bytes_of(&payload, 1)) !=
            SCRIP_OK)
            return;
        model.sure++;
    }
    while (journal_idle(&model.journal) == SCRIP_AGAIN)
        ;
}

static void work(void *context)
{
    if (open_journal())
        use(context);
}

static bool same(const struct journal_entry *entry, uint32_t number)
{
    if (number < expected_count)
        return entry->type == expected[number].type && entry->seq == expected[number].seq &&
               bytes_equal(entry->payload,
                           bytes_of(expected[number].payload, expected[number].len));
    number -= (uint32_t)expected_count;
    return entry->type == JOURNAL_DATA && entry->seq == last_seq + 1 + number &&
           entry->payload.len == 1 && entry->payload.data[0] == payload_of(number);
}

static void check(void *context, bool thorough)
{
    uint8_t room[JOURNAL_BUFFER_BYTES];
    struct journal_entry entry;
    struct journal_cursor at = {{0, 0}, 0};
    enum scrip_status status;
    uint32_t number = 0;

    (void)context, (void)thorough;
    if (!open_journal())
        return;
    if (journal_acked(&model.journal) != 5)
        power_fail(POWER_LOST, "acked is %u, not 5", journal_acked(&model.journal));
    while ((status = journal_next(&model.journal, &at, room, &entry)) != SCRIP_AGAIN) {
        if (status != SCRIP_OK || !same(&entry, number)) {
            power_fail(POWER_CORRUPT, "entry %u is %s", number, scrip_status_name(status));
            return;
        }
        number++;
    }
    if (number < expected_count) {
        power_fail(POWER_LOST, "%u of the image's %zu entries are there", number, expected_count);
        return;
    }
    number -= (uint32_t)expected_count;
    if (number != model.sure && number != model.begun)
        power_fail(POWER_LOST, "%u entries of ours are there, not %u or %u", number, model.sure,
                   model.begun);
    model.sure = model.begun = number;
}

static void close_journal(void *context)
{
    (void)context;
    crypto_key_close(&model.journal.aead);
    model.open = false;
}

int main(void)
{
    sim_entropy_open(&entropy, 1);
    sim_keystore_open(&keystore, false);
    read_vector(NULL);
    if (crypto_open(&entropy.hal) != SCRIP_OK || keys_open(&keys, &keystore.hal) != SCRIP_OK)
        return 1;
    const struct power_workload workload = {.name = "first layout",
                                            .geometry = geometry,
                                            .flash = &flash,
                                            .watch = power_watch_keys,
                                            .context = &model,
                                            .context_bytes = sizeof model,
                                            .prepare = prepare,
                                            .work = work,
                                            .check = check,
                                            .use = use,
                                            .close = close_journal};
    power_run(&workload);
    keys_close(&keys);
    return power_done(__FILE__);
}
