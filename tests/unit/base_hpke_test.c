/* HPKE: the RFC's figures, and that nothing but the right key, info and aad opens. */
#include "base/hpke.h"

#include "base/text.h"
#include "tests/check.h"
#include "tests/support/entropy.h"
#include "tests/vectors/rfc.h"

static struct test_entropy entropy;
static uint8_t point[CRYPTO_POINT_BYTES];
static struct crypto_key recipient;

static struct bytes unhex(const char *hex, uint8_t *out, size_t capacity)
{
    struct buffer buffer = buffer_of(out, capacity);
    CHECK_STATUS(text_hex_decode(bytes_text(hex), &buffer), SCRIP_OK);
    return buffer_bytes(&buffer);
}

static void test_figures_of_the_rfc(void)
{
    uint8_t info[64], text[64], aad[16], ephemeral[32], scalar[32], sealed[256], want[256];
    struct crypto_key ours, theirs;
    struct buffer out = buffer_of(sealed, sizeof sealed), plain = buffer_of(want, sizeof want);

    (void)unhex(RFC9180_EPHEMERAL, ephemeral, sizeof ephemeral);
    (void)unhex(RFC9180_RECIPIENT, scalar, sizeof scalar);
    (void)unhex(RFC9180_RECIPIENT_POINT, point, sizeof point);
    CHECK_STATUS(crypto_agreement_import(ephemeral, &ours), SCRIP_OK);
    CHECK_STATUS(crypto_agreement_import(scalar, &theirs), SCRIP_OK);
    struct bytes info_bytes = unhex(RFC9180_INFO, info, sizeof info);
    struct bytes aad_bytes = unhex(RFC9180_AAD, aad, sizeof aad);
    struct bytes text_bytes = unhex(RFC9180_TEXT, text, sizeof text);
    CHECK_STATUS(hpke_seal_with(ours, point, info_bytes, aad_bytes, text_bytes, &out), SCRIP_OK);
    struct bytes expected = unhex(RFC9180_ENC RFC9180_SEALED, want, sizeof want);
    CHECK(bytes_equal(buffer_bytes(&out), expected));
    CHECK_STATUS(hpke_open(theirs, info_bytes, aad_bytes, buffer_bytes(&out), &plain), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&plain), text_bytes));
    crypto_key_close(&ours);
    crypto_key_close(&theirs);
}

static enum scrip_status open_it(struct bytes info, struct bytes aad, struct bytes sealed)
{
    uint8_t memory[64];
    struct buffer out = buffer_of(memory, sizeof memory);
    enum scrip_status status = hpke_open(recipient, info, aad, sealed, &out);
    CHECK(status == SCRIP_OK || out.len == 0);
    return status;
}

static void test_only_the_right_parts_open(void)
{
    uint8_t sealed[160];
    struct buffer out = buffer_of(sealed, sizeof sealed);
    struct bytes info = bytes_text("info"), aad = bytes_text("aad");

    CHECK_STATUS(crypto_agreement_generate(&recipient), SCRIP_OK);
    CHECK_STATUS(crypto_signing_public(recipient, point), SCRIP_OK);
    CHECK_STATUS(hpke_seal(point, info, aad, bytes_text("hello"), &out), SCRIP_OK);
    struct bytes whole = buffer_bytes(&out);
    CHECK_EQ_INT(whole.len, 5 + HPKE_OVERHEAD);
    CHECK_STATUS(open_it(info, aad, whole), SCRIP_OK);
    CHECK_STATUS(open_it(bytes_text("Info"), aad, whole), SCRIP_FAULT_CORRUPT);
    CHECK_STATUS(open_it(info, bytes_text("aaD"), whole), SCRIP_FAULT_CORRUPT);
    for (size_t i = 0; i < whole.len; i++) {
        sealed[i] ^= 1;
        CHECK(open_it(info, aad, whole) != SCRIP_OK);
        sealed[i] ^= 1;
        CHECK(open_it(info, aad, bytes_of(sealed, i)) != SCRIP_OK);
    }
    /* Another time, another key: nothing of the two is the same. */
    uint8_t again[160];
    struct buffer second = buffer_of(again, sizeof again);
    CHECK_STATUS(hpke_seal(point, info, aad, bytes_text("hello"), &second), SCRIP_OK);
    CHECK(memcmp(sealed, again, whole.len) != 0);
    struct crypto_key other = recipient;
    CHECK_STATUS(crypto_agreement_generate(&recipient), SCRIP_OK);
    CHECK_STATUS(open_it(info, aad, whole), SCRIP_FAULT_CORRUPT);
    crypto_key_close(&recipient);
    crypto_key_close(&other);
}

static void test_what_cannot_be_sealed(void)
{
    uint8_t sealed[5 + HPKE_OVERHEAD], off[CRYPTO_POINT_BYTES];
    struct buffer out = buffer_of(sealed, sizeof sealed - 1);

    (void)unhex(RFC9180_RECIPIENT_POINT, point, sizeof point);
    CHECK_STATUS(hpke_seal(point, bytes_text(""), bytes_text(""), bytes_text("hello"), &out),
                 SCRIP_REFUSED_TOO_LONG);
    memcpy(off, point, sizeof off);
    off[64] ^= 1;
    out = buffer_of(sealed, sizeof sealed);
    CHECK_STATUS(hpke_seal(off, bytes_text(""), bytes_text(""), bytes_text("hello"), &out),
                 SCRIP_REFUSED_KEY);
    CHECK_EQ_INT(out.len, 0);
    /* A key that signs agrees to nothing. */
    struct crypto_key signing;
    uint8_t scalar[CRYPTO_SCALAR_BYTES], secret[CRYPTO_SCALAR_BYTES];
    CHECK_STATUS(crypto_signing_generate(&signing, scalar), SCRIP_OK);
    CHECK(scrip_is_fault(crypto_agree(signing, point, secret)));
    crypto_key_close(&signing);
}

int main(void)
{
    test_entropy_open(&entropy, 5);
    CHECK_STATUS(crypto_open(&entropy.hal), SCRIP_OK);
    CHECK_RUN(test_figures_of_the_rfc);
    CHECK_RUN(test_only_the_right_parts_open);
    CHECK_RUN(test_what_cannot_be_sealed);
    return check_done();
}
