/* scrip receipt verify */
#include <stdio.h>
#include <string.h>

#include "base/cert.h"
#include "redeem/receipt.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/file.h"
#include "tools/scrip/print.h"

enum { FILE_BYTES = 4096 };

/* DER of a P-256 SubjectPublicKeyInfo up to its point (RFC 5480). */
static const uint8_t SPKI_HEAD[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                    0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/* A certificate or public key, PEM or DER, or the bare point of 65 bytes. */
static enum scrip_status read_point(const char *path, uint8_t point[CRYPTO_POINT_BYTES])
{
    uint8_t memory[FILE_BYTES], der_memory[FILE_BYTES];
    struct buffer file = buffer_of(memory, sizeof memory);
    struct buffer der = buffer_of(der_memory, sizeof der_memory);
    struct cert_facts facts;
    TRY(file_read(path, &file));
    if (pem_decode("CERTIFICATE", buffer_bytes(&file), &der) != SCRIP_OK) {
        der.len = 0;
        if (pem_decode("PUBLIC KEY", buffer_bytes(&file), &der) != SCRIP_OK)
            der = file;
    }
    if (der.len == CRYPTO_POINT_BYTES) {
        memcpy(point, der.data, CRYPTO_POINT_BYTES);
    } else if (der.len == sizeof SPKI_HEAD + CRYPTO_POINT_BYTES &&
               memcmp(der.data, SPKI_HEAD, sizeof SPKI_HEAD) == 0) {
        memcpy(point, der.data + sizeof SPKI_HEAD, CRYPTO_POINT_BYTES);
    } else if (cert_read(buffer_bytes(&der), &facts) == SCRIP_OK) {
        memcpy(point, facts.point, CRYPTO_POINT_BYTES);
    } else {
        (void)refuse("%s: neither a P-256 certificate nor a public key", path);
        return SCRIP_REFUSED_KEY;
    }
    return SCRIP_OK;
}

static void print_receipt(const struct receipt *receipt, uint32_t now_s)
{
    print_text("program", receipt->audience);
    printf("%-10s %lu in epoch %lu\n", "number", (unsigned long)receipt->seq,
           (unsigned long)receipt->epoch);
    print_time("issued", receipt->iat_s, now_s);
    print_time("expires", receipt->exp_s, now_s);
    print_amount("total", receipt->total_minor, receipt->currency);
    print_amount("redeemed", receipt->amount_minor, receipt->currency);
    print_hex("token", bytes_of(receipt->token_cti, sizeof receipt->token_cti));
    print_hex("hash", bytes_of(receipt->hash, sizeof receipt->hash));
}

static enum scrip_status key_path(const struct arguments *arguments, char path[FILE_PATH])
{
    const char *dir = option_text(arguments, "--pki"), *key = option_text(arguments, "--key");
    char name[FILE_PATH];
    if (dir == NULL) {
        (void)snprintf(path, FILE_PATH, "%s", key);
        return SCRIP_OK;
    }
    (void)snprintf(name, sizeof name, "issued/%s.crt", option_text(arguments, "--terminal"));
    return file_path(path, dir, name);
}

static int verify(const struct arguments *arguments)
{
    char path[FILE_PATH];
    uint8_t point[CRYPTO_POINT_BYTES];
    struct scan scan;
    struct receipt receipt;
    uint32_t now_s = time_now();
    bool by_pki = option_given(arguments, "--pki") && option_given(arguments, "--terminal");
    if (by_pki == option_given(arguments, "--key"))
        return misuse("whose receipt: --key FILE, or --pki DIR with --terminal M.S.T");
    if (!option_time(arguments, "--at", &now_s))
        return EXIT_MISUSE;
    if (key_path(arguments, path) != SCRIP_OK || read_point(path, point) != SCRIP_OK)
        return EXIT_REFUSED;

    enum scrip_status status = receipt_verify(bytes_text(arguments->argument[0]), point, &scan,
                                              &receipt);
    if (status == SCRIP_OK) {
        print_receipt(&receipt, now_s);
        if (now_s >= receipt.exp_s)
            status = SCRIP_REFUSED_EXPIRED;
    }
    return print_verdict(status, "genuine: signed by this terminal");
}

static const struct option options[] = {
    {"--key", "FILE", "the terminal's certificate or public key"},
    {"--pki", "DIR", "or the back office that enrolled it"},
    {"--terminal", "M.S.T", "and its name there"},
    {"--at", "TIME", "judge at this time (now)"},
    {NULL, NULL, NULL},
};

const struct command command_receipt_verify = {
    "receipt verify",
    "TEXT (--key FILE | --pki DIR --terminal M.S.T)",
    "Checks the text of a receipt's QR code, offline, by the terminal's public key alone.",
    1,
    options,
    verify,
};
