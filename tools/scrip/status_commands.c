/* scrip pki revoke */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/pki.h"

enum { LIST_LIFE_S = 7 * 86400 };

/* The number that the next list signed here must have: it rises over all of them, so that a
 * terminal never takes an older one for a newer, whichever it holds. */
static enum scrip_status next_number(const char *dir, const struct keyset *keys, uint32_t *next)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    char path[FILE_PATH], name[300];
    TRY(file_path(path, dir, "objects"));
    DIR *files = opendir(path);
    *next = 1;
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;) {
        struct buffer bytes = buffer_of(memory, sizeof memory);
        struct status_list held;
        (void)snprintf(name, sizeof name, "objects/%s", file->d_name);
        if (strncmp(file->d_name, "list-", 5) == 0 && file_path(path, dir, name) == SCRIP_OK &&
            file_read(path, &bytes) == SCRIP_OK &&
            status_list_read(span_of(buffer_bytes(&bytes)), keys, &held) == SCRIP_OK &&
            held.seq >= *next)
            *next = held.seq + 1;
    }
    if (files != NULL)
        (void)closedir(files);
    return SCRIP_OK;
}

/* The list as it stands, or one in which every coupon stands. */
static enum scrip_status read_list(const char *dir, const struct keyset *keys,
                                   struct status_list *list, uint8_t bits[STATUS_LIST_MAX_BYTES])
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct buffer bytes = buffer_of(memory, sizeof memory);
    char path[FILE_PATH], name[40];
    struct status_list held;
    (void)snprintf(name, sizeof name, "objects/list-%lu.cose", (unsigned long)list->list);
    TRY(file_path(path, dir, name));
    memset(bits, 0, STATUS_LIST_MAX_BYTES);
    if (!file_exists(path))
        return SCRIP_OK;
    TRY(file_read(path, &bytes));
    enum scrip_status status = status_list_read(span_of(buffer_bytes(&bytes)), keys, &held);
    if (status == SCRIP_OK && held.list != list->list)
        status = SCRIP_REFUSED_CLAIMS;
    if (status != SCRIP_OK) {
        (void)refuse("%s: not a status list by an issuer of the key set (%s)", path,
                     scrip_status_name(status));
        return status;
    }
    TRY(span_read(&held.bits, 0, bits, held.bits.len));
    list->bits.len = held.bits.len;
    return SCRIP_OK;
}

static int revoke(const struct arguments *arguments)
{
    const char *dir = arguments->argument[0];
    static uint8_t bits[STATUS_LIST_MAX_BYTES];
    struct status_list list = {.list = 1};
    struct keyset keys;
    uint32_t index = 0, now_s = time_now(), entries = STATUS_LIST_MAX_BYTES * 8;
    if (!option_number(arguments, "--list", UINT32_MAX, &list.list) ||
        !option_number(arguments, "--entries", STATUS_LIST_MAX_BYTES * 8, &entries) ||
        !option_number(arguments, "--index", STATUS_LIST_MAX_BYTES * 8 - 1, &index))
        return EXIT_MISUSE;
    if (entries == 0 || entries % 8 != 0)
        return misuse("--entries must be a multiple of 8");
    list.bits = span_of(bytes_of(bits, entries / 8));
    if (pki_read_office(dir, &keys) != SCRIP_OK || next_number(dir, &keys, &list.seq) != SCRIP_OK ||
        read_list(dir, &keys, &list, bits) != SCRIP_OK)
        return EXIT_REFUSED;
    if (option_given(arguments, "--index")) {
        if (index / 8 >= list.bits.len)
            return refuse("list %lu has %lu entries only", (unsigned long)list.list,
                          (unsigned long)list.bits.len * 8);
        bits[index / 8] = (uint8_t)(bits[index / 8] | 1u << index % 8);
    }
    if (pki_write_list(dir, &keys, &list, now_s, now_s + LIST_LIFE_S) != SCRIP_OK)
        return EXIT_REFUSED;
    printf("status list %lu, number %lu\n", (unsigned long)list.list, (unsigned long)list.seq);
    return EXIT_DONE;
}

static const struct option options[] = {
    {"--list", "N", "which list (1)"},
    {"--entries", "N", "of a new list (65536): as many as a terminal's slot has room for"},
    {"--index", "I", "the coupon's place in it; left out, nothing is revoked"},
    {NULL, NULL, NULL},
};

const struct command command_pki_revoke = {
    "pki revoke",
    "DIR [--list N] [--index I] [--entries N]",
    "Revokes a coupon in a status list, which is made where there is none: the host refuses it, "
    "and "
    "so do the terminals that hold the list, the one of the highest N.",
    1,
    options,
    revoke,
};
