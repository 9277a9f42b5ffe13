#include "tests/canary/ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum { HEAD = 8, BUCKETS = 65536 };
static const uint64_t MASK = 0xA5A55A5AC3C33C3Cu;

struct head {
    uint64_t masked;
    uint16_t number;
};
static struct head heads[IDS]; /* ascending */
static uint8_t seen[BUCKETS];  /* by the first two bytes, masked */

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void make_gtin(uint64_t random, char *text)
{
    unsigned sum = 0;
    (void)snprintf(text, ID_CHARS, "%012llu", (unsigned long long)(random % 1000000000000u));
    for (int i = 0; i < 12; i++)
        sum += (unsigned)(text[i] - '0') * (i % 2 == 0 ? 1u : 3u);
    text[12] = (char)('0' + (10 - sum % 10) % 10);
    text[13] = '\0';
}

enum scrip_member_kind id_make(unsigned number, char text[ID_CHARS])
{
    static const enum scrip_member_kind kinds[] = {SCRIP_MEMBER_GTIN, SCRIP_MEMBER_PHONE,
                                                   SCRIP_MEMBER_EMAIL, SCRIP_MEMBER_NUMBER};
    uint64_t random = mix(0x9E3779B97F4A7C15u * (number + 1));
    unsigned long long part = random % 100000000000u;

    switch (number % 4) {
    case 0:
        make_gtin(random, text);
        break;
    case 1:
        (void)snprintf(text, ID_CHARS, "+4%011llu", part);
        break;
    case 2:
        (void)snprintf(text, ID_CHARS, "q%010llx.ann@mail.example", part);
        break;
    default:
        (void)snprintf(text, ID_CHARS, "M%012llX", (unsigned long long)(random >> 20));
        break;
    }
    return kinds[number % 4];
}

void id_forget(char text[ID_CHARS])
{
    bytes_wipe(text, ID_CHARS);
}

static uint64_t head_of(const void *text)
{
    uint64_t value;
    memcpy(&value, text, HEAD);
    return value ^ MASK;
}

static int order(const void *a, const void *b)
{
    uint64_t x = ((const struct head *)a)->masked, y = ((const struct head *)b)->masked;
    return (x > y) - (x < y);
}

void ids_open(void)
{
    char text[ID_CHARS];
    for (unsigned i = 0; i < IDS; i++) {
        (void)id_make(i, text);
        heads[i] = (struct head){head_of(text), (uint16_t)i};
        seen[heads[i].masked % BUCKETS] = 1;
        id_forget(text);
    }
    qsort(heads, IDS, sizeof heads[0], order);
}

/* Whole, where the first bytes are those of one or of several. */
static unsigned compare(const uint8_t *at, size_t left, uint64_t masked)
{
    size_t low = 0, high = IDS;
    unsigned found = 0;
    char text[ID_CHARS];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (heads[middle].masked < masked)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < IDS && heads[low].masked == masked; low++) {
        (void)id_make(heads[low].number, text);
        size_t len = strlen(text);
        found += len <= left && memcmp(at, text, len) == 0;
        id_forget(text);
    }
    return found;
}

unsigned ids_search(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    unsigned found = 0;
    for (size_t i = 0; i + HEAD <= len; i++) {
        uint64_t masked = head_of(bytes + i);
        if (seen[masked % BUCKETS] != 0)
            found += compare(bytes + i, len - i, masked);
    }
    return found;
}
