/* The figures of the standards that the tree keeps itself, which run everywhere. */
#include "base/cbor.h"
#include "base/cose.h"
#include "base/hpke.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/vectors/rfc.h"
#include "tests/vectors/shared.h"

static struct bytes unhex(const char *hex, uint8_t *out, size_t capacity)
{
    struct buffer buffer = buffer_of(out, capacity);
    CHECK_STATUS(text_hex_decode(bytes_text(hex), &buffer), SCRIP_OK);
    return buffer_bytes(&buffer);
}

void shared_test_rfc9285(void)
{
    static const char *const pairs[][2] = RFC9285_EXAMPLES;
    size_t count = sizeof pairs / sizeof *pairs;
    for (size_t i = 0; i < count; i++) {
        uint8_t memory[32];
        struct buffer out = buffer_of(memory, sizeof memory);
        text_base45_encode(bytes_text(pairs[i][0]), &out);
        CHECK(bytes_equal(buffer_bytes(&out), bytes_text(pairs[i][1])));
        out = buffer_of(memory, sizeof memory);
        CHECK_STATUS(text_base45_decode(bytes_text(pairs[i][1]), &out), SCRIP_OK);
        CHECK(bytes_equal(buffer_bytes(&out), bytes_text(pairs[i][0])));
    }
    printf("> RFC 9285 section 4: %zu texts written and read\n", count);
}

/* A CWT by ES256 whose header has no kid, so that the profile refuses it: its claims are read by
 * the reader of CBOR, its signature is put to the verifier. */
void shared_test_rfc8392(void)
{
    static const uint32_t labels[] = {1, 2, 3, 4, 5, 6, 7};
    uint8_t data[256], point[CRYPTO_POINT_BYTES];
    struct bytes encoded = unhex(RFC8392_A3_HEAD RFC8392_A3_CLAIMS RFC8392_A3_TAIL, data,
                                 sizeof data);
    struct cose message;
    size_t head = strlen(RFC8392_A3_HEAD) / 2, claims = strlen(RFC8392_A3_CLAIMS) / 2, items;
    CHECK_STATUS(cose_parse(encoded, &message), SCRIP_REFUSED_SHAPE);
    (void)unhex(RFC8392_A23_POINT, point, sizeof point);
    message = (struct cose){.protected_header = bytes_of(data + 3, 3),
                            .payload = bytes_of(data + head, claims),
                            .signature = bytes_of(data + head + claims + 2, 64)};
    CHECK_STATUS(cose_verify(&message, "", point), SCRIP_OK);
    CHECK_STATUS(cose_verify(&message, "x", point), SCRIP_REFUSED_SIGNATURE);
    data[head + claims - 1] ^= 1;
    CHECK_STATUS(cose_verify(&message, "", point), SCRIP_REFUSED_SIGNATURE);

    struct cbor_reader in = cbor_read(message.payload);
    uint64_t label;
    size_t read = 0;
    CHECK(cbor_get_map(&in, 7, &items) && items == 7);
    for (size_t i = 0; i < items; i++)
        read += cbor_get_uint(&in, 7, &label) && label == labels[i] && cbor_skip(&in, 1, NULL);
    CHECK(cbor_done(&in));
    CHECK_EQ_INT(read, 7);
    printf("> RFC 8392 appendix A.3: 1 signature holds, %zu claims read; no token of ours: no "
           "kid\n",
           read);
}

void shared_test_rfc9180(void)
{
    uint8_t info[64], text[64], aad[16], scalar[32], point[CRYPTO_POINT_BYTES];
    uint8_t sealed[256], want[256], opened[64];
    struct crypto_key ours, theirs;
    struct buffer out = buffer_of(sealed, sizeof sealed), plain = buffer_of(opened, sizeof opened);

    (void)unhex(RFC9180_EPHEMERAL, scalar, sizeof scalar);
    CHECK_STATUS(crypto_agreement_import(scalar, &ours), SCRIP_OK);
    (void)unhex(RFC9180_RECIPIENT, scalar, sizeof scalar);
    CHECK_STATUS(crypto_agreement_import(scalar, &theirs), SCRIP_OK);
    (void)unhex(RFC9180_RECIPIENT_POINT, point, sizeof point);
    struct bytes info_bytes = unhex(RFC9180_INFO, info, sizeof info);
    struct bytes aad_bytes = unhex(RFC9180_AAD, aad, sizeof aad);
    struct bytes text_bytes = unhex(RFC9180_TEXT, text, sizeof text);
    CHECK_STATUS(hpke_seal_with(ours, point, info_bytes, aad_bytes, text_bytes, &out), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&out), unhex(RFC9180_ENC RFC9180_SEALED, want, sizeof want)));
    CHECK_STATUS(hpke_open(theirs, info_bytes, aad_bytes, buffer_bytes(&out), &plain), SCRIP_OK);
    CHECK(bytes_equal(buffer_bytes(&plain), text_bytes));
    crypto_key_close(&ours);
    crypto_key_close(&theirs);
    printf("> RFC 9180 appendix A.3.1 (P-256): 1 message sealed and opened\n");
}
