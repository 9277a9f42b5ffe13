/*
 * What a code costs on a Cortex-M3, counted by the emulator: under -icount shift=0 an instruction
 * is a nanosecond, and the SysTick of the mps2-an385 counts 25 MHz, so 40 instructions a tick.
 *
 * TOKEN_TEXT and TOKEN_POINT, the first code of tests/vectors/tokens.json and its key, come from
 * the compiler's command line (-include). Prints raw samples, `series count ticks`: a loop of known
 * length, by which the report checks the counter; text to claims; one signature.
 */
#include <stdio.h>

#include "base/cose.h"
#include "redeem/token.h"

enum { ROUNDS = 256, LOOPS = 500000, TICKS = 0xFFFFFF };

static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;

static void start(void)
{
    systick[0] = 0;
    systick[1] = TICKS;
    systick[2] = 0;
    systick[0] = 5;
}

static unsigned long ticks(void)
{
    return TICKS - systick[2];
}

/* Two instructions a round. */
static void loop(uint32_t rounds)
{
    __asm__ volatile("1: subs %0, #1\n bne 1b" : "+r"(rounds) : : "cc");
}

/* The same bytes each time: nothing here is secret. */
static enum scrip_status read_entropy(void *context, void *data, size_t len)
{
    uint8_t *at = data;
    (void)context;
    while (len > 0)
        at[--len] = (uint8_t)(0x5A + len);
    return SCRIP_OK;
}

static enum scrip_status decode(struct scan *scan, struct token *token, struct token_claims *claims)
{
    TRY(scan_decode(bytes_of(TOKEN_TEXT, sizeof TOKEN_TEXT - 1), scan));
    TRY(token_parse(scan, token));
    return token_claims_read(token->cose.payload, claims);
}

int main(void)
{
    static const uint8_t point[CRYPTO_POINT_BYTES] = TOKEN_POINT;
    static const struct hal_entropy entropy = {.read = read_entropy};
    static struct scan scan;
    struct token token;
    struct token_claims claims;

    start();
    loop(LOOPS);
    printf("loop_insn %lu %lu\n", 2ul * LOOPS, ticks());

    enum scrip_status status = crypto_open(&entropy);
    start();
    for (int i = 0; i < ROUNDS && status == SCRIP_OK; i++)
        status = decode(&scan, &token, &claims);
    unsigned long decoding = ticks();
    if (status == SCRIP_OK)
        printf("decode_insn %d %lu\n", ROUNDS, decoding);

    start();
    if (status == SCRIP_OK)
        status = cose_verify(&token.cose, token_aad(token.kind), point);
    unsigned long verifying = ticks();
    if (status == SCRIP_OK)
        printf("verify_insn 1 %lu\n", verifying);
    return status == SCRIP_OK ? 0 : 1;
}
