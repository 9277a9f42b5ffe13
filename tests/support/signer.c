#include "tests/support/signer.h"

#include <string.h>

enum { BYTES = 32, BITS = 256 };

/* The order of P-256, big-endian as everything here. */
static const uint8_t order[BYTES] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};

static uint8_t scalar_in_use[BYTES];

void signer_use(const uint8_t scalar[CRYPTO_SCALAR_BYTES])
{
    memcpy(scalar_in_use, scalar, BYTES);
}

static unsigned subtract(uint8_t a[BYTES], const uint8_t b[BYTES])
{
    unsigned borrow = 0;
    for (size_t i = BYTES; i-- > 0;) {
        unsigned value = 256u + a[i] - b[i] - borrow;
        a[i] = (uint8_t)value;
        borrow = value < 256;
    }
    return borrow;
}

/* a = a + b mod n, both below n. */
static void add(uint8_t a[BYTES], const uint8_t b[BYTES])
{
    unsigned carry = 0;
    for (size_t i = BYTES; i-- > 0;) {
        carry += (unsigned)a[i] + b[i];
        a[i] = (uint8_t)carry;
        carry >>= 8;
    }
    if (carry != 0 || memcmp(a, order, BYTES) >= 0)
        (void)subtract(a, order);
}

static bool bit(const uint8_t a[BYTES], unsigned i)
{
    return (a[i / 8] >> (7 - i % 8) & 1) != 0;
}

/* a = a * b mod n, by doubling and adding. */
static void multiply(uint8_t a[BYTES], const uint8_t b[BYTES])
{
    uint8_t sum[BYTES] = {0};
    for (unsigned i = 0; i < BITS; i++) {
        add(sum, sum);
        if (bit(b, i))
            add(sum, a);
    }
    memcpy(a, sum, BYTES);
}

/* a = a to the power of n - 2: its inverse, as n is prime. */
static void invert(uint8_t a[BYTES])
{
    uint8_t power[BYTES], product[BYTES] = {[BYTES - 1] = 1};
    memcpy(power, order, BYTES);
    power[BYTES - 1] -= 2;
    for (unsigned i = 0; i < BITS; i++) {
        uint8_t square[BYTES];
        memcpy(square, product, BYTES);
        multiply(product, square);
        if (bit(power, i))
            multiply(product, a);
    }
    memcpy(a, product, BYTES);
}

static void reduce(uint8_t a[BYTES])
{
    if (memcmp(a, order, BYTES) >= 0)
        (void)subtract(a, order);
}

static enum scrip_status mac(const uint8_t key[BYTES], const uint8_t value[BYTES], int marker,
                             const uint8_t hash[BYTES], uint8_t out[BYTES])
{
    uint8_t byte = (uint8_t)marker;
    const struct bytes parts[] = {
        {value, BYTES}, {&byte, 1}, {scalar_in_use, BYTES}, {hash, BYTES}};
    return crypto_hmac(bytes_of(key, BYTES), parts, marker < 0 ? 1 : 4, out);
}

/* RFC 6979 section 3.2, for a hash as long as the order. The first candidate is below the order but
 * once in 2^32: that one message would be answered FAULT_CRYPTO. */
static enum scrip_status nonce_of(const uint8_t hash[BYTES], uint8_t k[BYTES])
{
    uint8_t key[BYTES] = {0}, value[BYTES];
    memset(value, 1, BYTES);
    for (int marker = 0; marker < 2; marker++) {
        uint8_t next[BYTES];
        TRY(mac(key, value, marker, hash, next));
        memcpy(key, next, BYTES);
        TRY(mac(key, value, -1, hash, next));
        memcpy(value, next, BYTES);
    }
    TRY(mac(key, value, -1, hash, k));
    return memcmp(k, order, BYTES) < 0 ? SCRIP_OK : SCRIP_FAULT_CRYPTO;
}

enum scrip_status signer_sign(const uint8_t hash[CRYPTO_HASH_BYTES],
                              uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    uint8_t z[BYTES], k[BYTES], point[CRYPTO_POINT_BYTES];
    uint8_t *r = signature, *s = signature + BYTES;
    struct crypto_key key;
    memcpy(z, hash, BYTES);
    reduce(z);
    TRY(nonce_of(z, k));
    TRY(crypto_signing_import(k, &key));
    enum scrip_status status = crypto_signing_public(key, point);
    crypto_key_close(&key);
    TRY(status);
    memcpy(r, point + 1, BYTES);
    reduce(r);
    memcpy(s, r, BYTES);
    multiply(s, scalar_in_use);
    add(s, z);
    invert(k);
    multiply(s, k);
    return SCRIP_OK;
}

/* The linker's name for what takes crypto_sign()'s place. */
enum scrip_status
wrapped_sign(struct crypto_key key, const uint8_t hash[CRYPTO_HASH_BYTES],
             uint8_t signature[CRYPTO_SIGNATURE_BYTES]) __asm__("__wrap_crypto_sign");

enum scrip_status wrapped_sign(struct crypto_key key, const uint8_t hash[CRYPTO_HASH_BYTES],
                               uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    (void)key;
    return signer_sign(hash, signature);
}
