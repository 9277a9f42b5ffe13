/* What a scanner delivers: text to bytes, and back to the same text. */
#include <string.h>

#include "base/text.h"
#include "tests/fuzz/fuzz.h"

enum { ROOM = 1024 };

typedef enum scrip_status decoder(struct bytes text, struct buffer *out);
typedef void encoder(struct bytes data, struct buffer *out);

/* One text for one value. */
static void transport(decoder *decode, encoder *encode, struct bytes input)
{
    static uint8_t decoded[ROOM], encoded[4 * ROOM];
    struct buffer data = buffer_of(decoded, sizeof decoded);
    struct buffer text = buffer_of(encoded, sizeof encoded);

    encode(input, &text);
    FUZZ_HOLDS(!text.overflow || input.len > ROOM);
    if (!text.overflow && input.len <= ROOM) {
        FUZZ_HOLDS(decode(buffer_bytes(&text), &data) == SCRIP_OK);
        FUZZ_HOLDS(bytes_equal(buffer_bytes(&data), input));
    }
    data = buffer_of(decoded, sizeof decoded);
    if (decode(input, &data) != SCRIP_OK) {
        FUZZ_HOLDS(data.len == 0);
        return;
    }
    text = buffer_of(encoded, sizeof encoded);
    encode(buffer_bytes(&data), &text);
    FUZZ_HOLDS(bytes_equal(buffer_bytes(&text), input));
}

static void code(struct bytes input)
{
    struct scan scan;
    uint8_t memory[LIMIT_CODE_CHARS];
    struct buffer text = buffer_of(memory, sizeof memory);
    size_t at = 0;

    if (scan_decode(input, &scan) != SCRIP_OK) {
        FUZZ_HOLDS(scan.seal == 0);
        return;
    }
    FUZZ_HOLDS(scan.len > 0 && scan.len <= sizeof scan.data);
    if (input.data[0] == ']')
        at = 3;
    if (input.data[at] == 'H') {
        while (memcmp(input.data + at, "/R/SCRD", 7) != 0)
            at++;
        at += 3;
    }
    scan_encode(scan.kind, (char)input.data[at + 3], bytes_of(scan.data, scan.len), &text);
    FUZZ_HOLDS(!text.overflow && text.len <= input.len - at);
    FUZZ_HOLDS(memcmp(text.data, input.data + at, text.len) == 0);
}

void fuzz_one(struct bytes input)
{
    uint64_t value;

    code(input);
    transport(text_base45_decode, text_base45_encode, input);
    transport(text_decimal_decode, text_decimal_encode, input);
    transport(text_base64url_decode, text_base64url_encode, input);
    transport(text_hex_decode, text_hex_encode, input);
    (void)text_is_utf8(input);
    if (text_uint(input, 1000000, &value) == SCRIP_OK) {
        uint8_t memory[8];
        struct buffer text = buffer_of(memory, sizeof memory);
        buffer_put_decimal(&text, value);
        FUZZ_HOLDS(bytes_equal(buffer_bytes(&text), input));
    }
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const char *const texts[] = {"HTTPS://EXAMPLE.COM/R/SCRD",
                                        "HTTPS:///R/SCRD",
                                        "SCTB",
                                        "]Q1SCTBxyz\r\n",
                                        "WIFI:S:x;;",
                                        "0",
                                        "1000000",
                                        "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"};
    const struct test_issuer *issuer = &fuzz_world()->issuer;
    uint8_t memory[LIMIT_CODE_CHARS + 32];

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        visit(context, bytes_text(texts[i]));
    for (uint8_t i = 0; i < 4; i++) {
        struct token_claims claims = test_claims(i);
        uint8_t token[LIMIT_TOKEN_BYTES];
        struct buffer text = buffer_of(memory, sizeof memory);

        buffer_put_text(&text, i == 0 ? "]Q3" : i == 1 ? "HTTPS://SCRIP.EXAMPLE/R/" : "");
        scan_encode(i == 1 ? TOKEN_RECEIPT : TOKEN_CUSTOMER, i % 2 == 1 ? 'D' : 'B',
                    test_mint(issuer, &claims, token), &text);
        buffer_put_text(&text, i == 2 ? "\r\n" : "");
        visit(context, buffer_bytes(&text));
        text.data[text.len / 2] = 'a';
        visit(context, buffer_bytes(&text));
    }
}
