/*
 * The same claims in four forms, as text and as QR codes, and pictures of ours out of focus.
 *
 * code_bench DIRECTORY prints raw samples: `size form bytes characters version-L version-M
 * version-Q`. For each level, width of a module and blur it writes pictures
 * DIRECTORY/<cell>-<n>.pgm and the texts that they show to DIRECTORY/<cell>.txt; the cell's name is
 * level-pixels-tenths.
 */
#include <math.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/json.h"
#include "base/qr.h"
#include "base/text.h"
#include "redeem/mint.h"
#include "tests/check.h"
#include "tests/support/issuer.h"

enum {
    PICTURES = 10,
    FINE = 4,  /* points across a pixel, over which light is gathered */
    QUIET = 4, /* modules around a code */
    SIDE_MAX = (73 + 2 * QUIET) * 4 * FINE, /* version 14 at 4 pixels a module */
    TEXT_MAX = 1024
};

static struct test_issuer issuer;
static uint8_t arena[QR_ARENA_BYTES];

static struct token_claims claims_of(const char *kind)
{
    struct token_claims claims = test_claims(1);
    bool good = crypto_random(claims.cti, sizeof claims.cti) == SCRIP_OK &&
                crypto_random(claims.member, sizeof claims.member) == SCRIP_OK &&
                crypto_random(claims.txh, sizeof claims.txh) == SCRIP_OK &&
                crypto_random(claims.nonce, sizeof claims.nonce) == SCRIP_OK;
    CHECK(good);
    if (strcmp(kind, "identify") == 0) {
        claims.scope = TOKEN_IDENTIFY;
        claims.has_limit = false;
        claims.flags = 0;
    } else if (strcmp(kind, "bound") == 0) {
        claims.has_txh = claims.has_nonce = true;
    } else if (strcmp(kind, "coupon") == 0) {
        claims.exp_s = claims.iat_s + 90 * 86400;
        claims.has_status = true;
        claims.status_index = 4711;
        claims.flags = TOKEN_ONLINE_ONLY;
    }
    return claims;
}

static unsigned version_of(struct bytes text, enum qr_level level)
{
    struct qr qr;
    unsigned version = 0;
    if (qr_encode(text, level, QR_MAX_VERSION, arena, sizeof arena, &qr) == SCRIP_OK) {
        version = qr.version;
        qr_close(&qr);
    }
    return version;
}

static void put_size(const char *form, const char *kind, size_t bytes, struct bytes text)
{
    printf("size %s-%s %zu %zu %u %u %u\n", kind, form, bytes, text.len,
           version_of(text, QR_LEVEL_L), version_of(text, QR_LEVEL_M),
           version_of(text, QR_LEVEL_Q));
}

/* Raw deflate, as SMART Health Cards and the JOSE "zip" header have it. */
static size_t deflate_all(struct bytes data, uint8_t *out, size_t cap)
{
    z_stream stream = {.next_in = (uint8_t *)(uintptr_t)data.data, .avail_in = (uInt)data.len};
    stream.next_out = out;
    stream.avail_out = (uInt)cap;
    CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) ==
          Z_OK);
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(deflateEnd(&stream) == Z_OK);
    return stream.total_out;
}

/* The claims as JSON: registered names where there are some, else short ones. */
static struct bytes json_of(const struct token_claims *claims, uint8_t memory[TEXT_MAX])
{
    struct buffer text = buffer_of(memory, TEXT_MAX);
    struct json_out out;
    json_out_open(&out, json_to_buffer, &text);
    json_put_object(&out, NULL);
    json_put_text(&out, "aud", claims->audience);
    json_put_uint(&out, "exp", claims->exp_s);
    json_put_uint(&out, "iat", claims->iat_s);
    json_put_base64url(&out, "jti", bytes_of(claims->cti, TOKEN_ID_BYTES));
    json_put_base64url(&out, "mem", bytes_of(claims->member, TOKEN_ID_BYTES));
    json_put_uint(&out, "tier", claims->tier);
    json_put_uint(&out, "scp", claims->scope);
    if (claims->has_limit) {
        json_put_array(&out, "lim");
        json_put_uint(&out, NULL, claims->limit_minor);
        json_put_uint(&out, NULL, claims->currency);
        json_end_array(&out);
    }
    json_put_uint(&out, "flg", claims->flags);
    if (claims->has_txh) {
        json_put_base64url(&out, "txh", bytes_of(claims->txh, TOKEN_ID_BYTES));
        json_put_base64url(&out, "nce", bytes_of(claims->nonce, TOKEN_ID_BYTES));
    }
    if (claims->has_status) {
        json_put_array(&out, "sts");
        json_put_uint(&out, NULL, claims->status_list);
        json_put_uint(&out, NULL, claims->status_index);
        json_end_array(&out);
    }
    json_end_object(&out);
    CHECK_STATUS(json_out_end(&out), SCRIP_OK);
    return buffer_bytes(&text);
}

/* header.payload.signature, well signed. */
static struct bytes jws_of(bool deflated, struct bytes payload, uint8_t memory[TEXT_MAX])
{
    struct buffer text = buffer_of(memory, TEXT_MAX);
    uint8_t header_memory[128], hash[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    struct buffer header = buffer_of(header_memory, sizeof header_memory);
    struct json_out out;
    json_out_open(&out, json_to_buffer, &header);
    json_put_object(&out, NULL);
    json_put_string(&out, "alg", "ES256");
    if (deflated)
        json_put_string(&out, "zip", "DEF");
    json_put_base64url(&out, "kid", bytes_of(issuer.kid, sizeof issuer.kid));
    json_end_object(&out);
    CHECK_STATUS(json_out_end(&out), SCRIP_OK);
    text_base64url_encode(buffer_bytes(&header), &text);
    buffer_put_byte(&text, '.');
    text_base64url_encode(payload, &text);
    CHECK_STATUS(crypto_sha256(buffer_bytes(&text), hash), SCRIP_OK);
    CHECK_STATUS(crypto_sign(issuer.key, hash, signature), SCRIP_OK);
    buffer_put_byte(&text, '.');
    text_base64url_encode(bytes_of(signature, sizeof signature), &text);
    CHECK(!text.overflow);
    return buffer_bytes(&text);
}

/* SMART Health Cards: each character of the JWS as two digits, its code less 45. */
static struct bytes health_card_of(struct bytes jws, uint8_t memory[2 * TEXT_MAX])
{
    struct buffer text = buffer_of(memory, 2 * TEXT_MAX);
    buffer_put_text(&text, "shc:/");
    for (size_t i = 0; i < jws.len; i++) {
        buffer_put_byte(&text, (uint8_t)('0' + (jws.data[i] - 45) / 10));
        buffer_put_byte(&text, (uint8_t)('0' + (jws.data[i] - 45) % 10));
    }
    CHECK(!text.overflow && text.len <= QR_TEXT_MAX);
    return buffer_bytes(&text);
}

static struct bytes base45_of(struct bytes token, uint8_t memory[TEXT_MAX])
{
    struct buffer text = buffer_of(memory, TEXT_MAX);
    scan_encode(TOKEN_CUSTOMER, 'B', token, &text);
    CHECK(!text.overflow);
    return buffer_bytes(&text);
}

static void put_sizes(const char *kind)
{
    static uint8_t token[LIMIT_TOKEN_BYTES], zipped[LIMIT_TOKEN_BYTES],
        payload[LIMIT_TOKEN_PAYLOAD];
    static uint8_t json_memory[TEXT_MAX], packed[TEXT_MAX], jws_memory[TEXT_MAX];
    static uint8_t text_memory[2 * TEXT_MAX];
    struct token_claims claims = claims_of(kind);
    struct bytes ours = test_mint(&issuer, &claims, token);
    put_size("scrip", kind, ours.len, base45_of(ours, text_memory));

    struct buffer plain = buffer_of(payload, sizeof payload);
    token_claims_write(&claims, &plain);
    size_t len = deflate_all(buffer_bytes(&plain), packed, sizeof packed);
    ours = test_sign(&issuer, bytes_of(packed, len), zipped);
    put_size("zlib", kind, ours.len, base45_of(ours, text_memory));

    struct bytes json = json_of(&claims, json_memory);
    struct bytes jws = jws_of(false, json, jws_memory);
    put_size("jwt", kind, jws.len, jws);
    len = deflate_all(json, packed, sizeof packed);
    jws = jws_of(true, bytes_of(packed, len), jws_memory);
    put_size("shc", kind, jws.len, health_card_of(jws, text_memory));
}

/* Pictures ----------------------------------------------------------------------------------------
 */

static float fine[SIDE_MAX][SIDE_MAX], smooth[SIDE_MAX][SIDE_MAX];

/* Light on the fine grid: 1 but where a module is dark. */
static int draw(const struct qr *qr, int step, int shift)
{
    int side = (qr->side + 2 * QUIET) * step;
    if (side > SIDE_MAX)
        abort();
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            int row = (y + shift) / step - QUIET, column = (x + shift) / step - QUIET;
            bool inside = row >= 0 && column >= 0 && row < qr->side && column < qr->side;
            fine[y][x] = inside && (qr->modules[row * qr->side + column] & 1) != 0 ? 0 : 1;
        }
    }
    return side;
}

static void blur_rows(float from[SIDE_MAX][SIDE_MAX], float to[SIDE_MAX][SIDE_MAX], int side,
                      double sigma)
{
    int reach = (int)ceil(3 * sigma);
    double weight[3 * 4 * FINE] = {0}, sum = 0;
    for (int i = -reach; i <= reach; i++)
        sum += weight[i + reach] = sigma > 0 ? exp(-i * i / (2 * sigma * sigma)) : 1;
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            double light = 0;
            for (int i = -reach; i <= reach; i++) {
                int at = x + i < 0 ? 0 : x + i >= side ? side - 1 : x + i;
                light += weight[i + reach] * (double)from[y][at];
            }
            to[x][y] = (float)(light / sum); /* turned, so that columns are next */
        }
    }
}

static bool write_picture(const char *path, int side)
{
    FILE *out = fopen(path, "wb");
    if (out == NULL)
        return false;
    (void)fprintf(out, "P5 %d %d 255\n", side / FINE, side / FINE);
    for (int y = 0; y + FINE <= side; y += FINE) {
        for (int x = 0; x + FINE <= side; x += FINE) {
            double light = 0;
            for (int i = 0; i < FINE * FINE; i++)
                light += (double)fine[y + i / FINE][x + i % FINE];
            (void)fputc((int)(light * 255 / (FINE * FINE) + 0.5), out);
        }
    }
    return fclose(out) == 0;
}

static void put_cell(const char *directory, enum qr_level level, int pixels, int tenths)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%c-%d-%d.txt", directory, "LMQ"[level], pixels, tenths);
    FILE *texts = fopen(path, "w");
    CHECK(texts != NULL);
    for (int i = 0; i < PICTURES && texts != NULL; i++) {
        uint8_t memory[LIMIT_CODE_CHARS];
        struct token_claims claims = claims_of("redeem");
        struct bytes text = test_code(&issuer, &claims, 'B', memory);
        struct qr qr;
        CHECK_STATUS(qr_encode(text, level, QR_MAX_VERSION, arena, sizeof arena, &qr), SCRIP_OK);
        int side = draw(&qr, pixels * FINE, i % FINE);
        qr_close(&qr);
        double sigma = tenths / 10.0 * pixels * FINE;
        blur_rows(fine, smooth, side, sigma);
        blur_rows(smooth, fine, side, sigma);
        (void)fprintf(texts, "%.*s\n", (int)text.len, (const char *)text.data);
        (void)snprintf(path, sizeof path, "%s/%c-%d-%d-%d.pgm", directory, "LMQ"[level], pixels,
                       tenths, i);
        CHECK(write_picture(path, side));
    }
    if (texts != NULL)
        (void)fclose(texts);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"redeem", "identify", "bound", "coupon"};
    if (argc != 2)
        return 2;
    test_issuer_open(&issuer);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        put_sizes(kinds[i]);
    for (enum qr_level level = QR_LEVEL_L; level <= QR_LEVEL_Q; level++)
        for (int pixels = 2; pixels <= 4; pixels++)
            for (int tenths = 0; tenths <= 4; tenths++)
                put_cell(argv[1], level, pixels, tenths);
    return check_state.failures == 0 ? 0 : 1;
}
