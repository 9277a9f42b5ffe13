#include "tests/vectors/shared.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/p256v.h"
#include "base/text.h"
#include "tests/check.h"

#define VECTORS "../shared/vectors/"

enum { FILES_MOST = 128, NAME_MOST = 96 };

struct known {
    char name[NAME_MOST];
    bool opened, told;
};

static _Alignas(8) uint8_t arena[256 * 1024];
static char text[64 * 1024];
static const struct json *root;
static struct known known[FILES_MOST];
static size_t known_count, seen, unread;

static struct known *find(const char *name)
{
    size_t i = 0;
    while (i < known_count && strcmp(known[i].name, name) != 0)
        i++;
    if (i == known_count) {
        if (known_count == FILES_MOST)
            abort();
        (void)snprintf(known[known_count++].name, NAME_MOST, "%s", name);
    }
    return &known[i];
}

bool shared_is_here(void)
{
    FILE *in = fopen(VECTORS "INDEX.md", "rb");
    if (in != NULL)
        (void)fclose(in);
    return in != NULL;
}

const char *shared_text(const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, VECTORS "%s", name);
    FILE *in = fopen(path, "rb");
    text[0] = '\0';
    CHECK(in != NULL);
    if (in == NULL)
        return text;
    size_t len = fread(text, 1, sizeof text - 1, in);
    CHECK(len > 0 && len < sizeof text - 1);
    text[len] = '\0';
    (void)fclose(in);
    find(name)->opened = true;
    return text;
}

const struct json *shared_open(const char *name)
{
    if (root != NULL)
        json_close(root);
    root = NULL;
    CHECK_STATUS(json_parse(bytes_text(shared_text(name)), arena, sizeof arena, &root, NULL),
                 SCRIP_OK);
    return root;
}

void shared_say(const char *name, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    printf("> %s: ", name);
    (void)vprintf(format, list);
    (void)putchar('\n');
    va_end(list);
    find(name)->told = true;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    const char *name = path + strlen(VECTORS);
    (void)status, (void)place;
    if (kind != FTW_F || strcmp(name, "INDEX.md") == 0)
        return 0;
    const struct known *file = find(name);
    seen++;
    if (!file->opened || !file->told) {
        unread++;
        printf("%s: no test %s\n", name, file->opened ? "says what it was for" : "reads it");
    }
    return 0;
}

size_t shared_count(size_t *unread_count)
{
    seen = unread = 0;
    CHECK_EQ_INT(nftw(VECTORS, visit, 8, 0), 0);
    *unread_count = unread;
    return seen;
}

struct bytes shared_field(const struct json *object, const char *name)
{
    struct bytes value;
    (void)json_text(json_member(object, name), &value);
    return value;
}

struct bytes shared_unhex(struct bytes hex, uint8_t *out, size_t capacity)
{
    static uint8_t lower[8192];
    struct buffer buffer = buffer_of(out, capacity);
    CHECK(hex.len <= sizeof lower);
    for (size_t i = 0; i < hex.len && i < sizeof lower; i++)
        lower[i] = (uint8_t)(hex.data[i] >= 'A' && hex.data[i] <= 'F' ? hex.data[i] | 0x20
                                                                      : hex.data[i]);
    CHECK_STATUS(text_hex_decode(bytes_of(lower, hex.len), &buffer), SCRIP_OK);
    return buffer_bytes(&buffer);
}

static void read_coordinate(const struct json *key, const char *name, uint8_t out[32])
{
    char hex_name[8];
    struct buffer buffer = buffer_of(out, 32);
    (void)snprintf(hex_name, sizeof hex_name, "%s_hex", name);
    if (json_member(key, hex_name) != NULL)
        (void)shared_unhex(shared_field(key, hex_name), out, 32);
    else
        CHECK_STATUS(text_base64url_decode(shared_field(key, name), &buffer), SCRIP_OK);
}

void shared_point(const struct json *key, uint8_t point[CRYPTO_POINT_BYTES])
{
    point[0] = 4;
    read_coordinate(key, "x", point + 1);
    read_coordinate(key, "y", point + 33);
}

static void put_case(const char *name, const uint8_t point[CRYPTO_POINT_BYTES],
                     const uint8_t hash[CRYPTO_HASH_BYTES], const uint8_t *signature, bool good)
{
    FILE *out = fopen(name, "ab");
    REQUIRE(out != NULL);
    bool written = fwrite(point, CRYPTO_POINT_BYTES, 1, out) == 1 &&
                   fwrite(hash, CRYPTO_HASH_BYTES, 1, out) == 1 &&
                   fwrite(signature, CRYPTO_SIGNATURE_BYTES, 1, out) == 1 &&
                   fputc(good ? 1 : 0, out) != EOF;
    CHECK(fclose(out) == 0 && written);
}

enum scrip_status shared_verify(const uint8_t point[CRYPTO_POINT_BYTES], struct bytes message,
                                const uint8_t *signature)
{
    uint8_t hash[CRYPTO_HASH_BYTES];
    struct p256v_table table;
    TRY(crypto_sha256(message, hash));
    TRY(p256v_prepare(point, &table));
    enum scrip_status status = crypto_verify(point, hash, signature);
    CHECK_STATUS(p256v_verify(&table, hash, signature), status);
    if (getenv("P256V_CASES") != NULL)
        put_case(getenv("P256V_CASES"), point, hash, signature, status == SCRIP_OK);
    return status;
}
