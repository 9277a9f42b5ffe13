/* scrip token mint */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "redeem/challenge.h"
#include "redeem/token.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/picture.h"
#include "tools/scrip/pki.h"
#include "tools/scrip/token_names.h"

const char *const token_scope_names[] = {"identify", "earn", "offer", "value", NULL};
const char *const token_flag_names[] = {"offline", "online", "staff", "training", NULL};

enum { DEFAULT_LIFE_S = 120, DEFAULT_LIMIT_MINOR = 500, NONSENSE_PAYLOAD = 512 };

static bool take_times(const struct arguments *arguments, struct token_claims *claims)
{
    uint32_t life_s = DEFAULT_LIFE_S;
    claims->iat_s = time_now();
    if (!option_time(arguments, "--iat", &claims->iat_s) ||
        !option_number(arguments, "--ttl", UINT32_MAX, &life_s))
        return false;
    if (option_given(arguments, "--ttl") && option_given(arguments, "--exp")) {
        (void)misuse("--ttl and --exp say the same thing: give one");
        return false;
    }
    claims->exp_s = claims->iat_s + life_s;
    return option_time(arguments, "--exp", &claims->exp_s);
}

/* The answer to a challenge: its terminal, its numbers, its currency. Options may still say
 * otherwise, to see it refused. */
static bool take_challenge(const struct arguments *arguments, struct token_claims *claims,
                           const char **audience, char name[LIMIT_ID_TEXT + 1])
{
    const char *text = option_text(arguments, "--challenge");
    struct challenge_code code;
    if (text == NULL)
        return true;
    enum scrip_status status = challenge_read(bytes_text(text), &code);
    if (status != SCRIP_OK) {
        (void)misuse("--challenge: not a challenge's text: %s", scrip_status_text(status));
        return false;
    }
    (void)snprintf(name, LIMIT_ID_TEXT + 1, "%.*s", (int)code.audience.len,
                   (const char *)code.audience.data);
    *audience = *audience != NULL ? *audience : name;
    claims->currency = code.currency;
    memcpy(claims->nonce, code.nonce, sizeof claims->nonce);
    memcpy(claims->txh, code.txh, sizeof claims->txh);
    return true;
}

static bool take_pair(const struct arguments *arguments, const char *name, uint32_t *first,
                      uint32_t *second)
{
    const char *text = option_text(arguments, name);
    uint64_t a, b;
    if (text == NULL)
        return true;
    size_t len = strcspn(text, ",");
    if (text[len] == '\0' || text_uint(bytes_of(text, len), UINT32_MAX, &a) != SCRIP_OK ||
        text_uint(bytes_text(text + len + 1), UINT32_MAX, &b) != SCRIP_OK) {
        (void)misuse("%s %s: it must be LIST,INDEX", name, text);
        return false;
    }
    *first = (uint32_t)a;
    *second = (uint32_t)b;
    return true;
}

static bool take_scope(const struct arguments *arguments, struct token_claims *claims)
{
    claims->has_offer = option_given(arguments, "--offer");
    claims->scope = claims->has_offer ? TOKEN_REDEEM_OFFER : TOKEN_REDEEM_VALUE;
    claims->flags = TOKEN_OFFLINE;
    claims->limit_minor = DEFAULT_LIMIT_MINOR;
    if (!option_bits(arguments, "--scope", token_scope_names, &claims->scope) ||
        !option_bits(arguments, "--flags", token_flag_names, &claims->flags) ||
        !option_currency(arguments, "--currency", &claims->currency) ||
        !option_amount(arguments, "--limit", claims->currency, &claims->limit_minor))
        return false;
    claims->has_limit = (claims->scope & TOKEN_REDEEM_ANY) != 0 ||
                        option_given(arguments, "--limit");
    bool challenge = option_given(arguments, "--challenge");
    claims->has_txh = challenge || option_given(arguments, "--txh");
    claims->has_nonce = challenge || option_given(arguments, "--nonce");
    claims->has_status = option_given(arguments, "--status");
    return option_number(arguments, "--offer", UINT32_MAX, &claims->offer) &&
           option_number(arguments, "--tier", UINT32_MAX, &claims->tier) &&
           option_hex(arguments, "--txh", claims->txh, sizeof claims->txh) &&
           option_hex(arguments, "--nonce", claims->nonce, sizeof claims->nonce) &&
           take_pair(arguments, "--status", &claims->status_list, &claims->status_index);
}

static bool take_ids(const struct arguments *arguments, struct token_claims *claims)
{
    if (crypto_random(claims->cti, sizeof claims->cti) != SCRIP_OK ||
        crypto_random(claims->member, sizeof claims->member) != SCRIP_OK)
        return false;
    claims->has_member = true;
    return option_hex(arguments, "--cti", claims->cti, sizeof claims->cti) &&
           option_hex(arguments, "--member", claims->member, sizeof claims->member);
}

static int show(const struct arguments *arguments, struct bytes text)
{
    static const char *const levels[] = {"L", "M", "Q"};
    const char *level_name = option_text(arguments, "--level");
    const char *png = option_text(arguments, "--png");
    bool blocks = option_given(arguments, "--blocks");
    unsigned level = QR_LEVEL_M;
    if (level_name != NULL)
        for (level = QR_LEVEL_L; level <= QR_LEVEL_Q; level++)
            if (strcmp(levels[level], level_name) == 0)
                break;
    if (level > QR_LEVEL_Q)
        return misuse("--level %s: it must be L, M or Q", level_name);

    if (png != NULL && picture_png(text, (enum qr_level)level, png) != SCRIP_OK)
        return EXIT_REFUSED;
    if (blocks && picture_blocks(text, (enum qr_level)level) != SCRIP_OK)
        return EXIT_REFUSED;
    if ((png == NULL && !blocks) || option_given(arguments, "--text"))
        printf("%.*s\n", (int)text.len, (const char *)text.data);
    return EXIT_DONE;
}

static int sign_and_show(const struct arguments *arguments, const struct token_claims *claims,
                         const struct keyfile *key, char transport)
{
    uint8_t payload_memory[NONSENSE_PAYLOAD], token_memory[NONSENSE_PAYLOAD + COSE_OVERHEAD];
    uint8_t text_memory[3 * sizeof token_memory];
    struct buffer payload = buffer_of(payload_memory, sizeof payload_memory);
    struct buffer token = buffer_of(token_memory, sizeof token_memory);
    struct buffer text = buffer_of(text_memory, sizeof text_memory);
    token_claims_write(claims, &payload);
    if (payload.overflow)
        return refuse("these claims are too long for any code");
    enum scrip_status status = cose_sign(key->key, key->kid, token_aad(TOKEN_CUSTOMER),
                                         buffer_bytes(&payload), &token);
    if (status != SCRIP_OK)
        return refuse("the token could not be signed: %s", scrip_status_text(status));
    scan_encode(TOKEN_CUSTOMER, transport, buffer_bytes(&token), &text);
    return show(arguments, buffer_bytes(&text));
}

static int mint(const struct arguments *arguments)
{
    const char *dir = option_text(arguments, "--pki"), *path = option_text(arguments, "--key");
    const char *audience = option_text(arguments, "--aud");
    const char *transport = option_given(arguments, "--transport")
                                ? option_text(arguments, "--transport")
                                : "B";
    char default_audience[LIMIT_ID_TEXT + 1];
    struct token_claims claims = {.currency = 978};
    struct keyfile key;
    if ((dir == NULL) == (path == NULL))
        return misuse("a token needs a key: give --pki DIR or --key FILE");
    if (dir == NULL && audience == NULL && !option_given(arguments, "--challenge"))
        return misuse("with --key the audience must be said: --aud MERCHANT.STORE");
    if (strcmp(transport, "B") != 0 && strcmp(transport, "D") != 0)
        return misuse("--transport %s: it must be B or D", transport);
    if (dir != NULL) {
        struct pki_defaults defaults;
        if (pki_read_defaults(dir, &defaults) != SCRIP_OK)
            return EXIT_REFUSED;
        claims.currency = defaults.currency;
        (void)snprintf(default_audience, sizeof default_audience, "%s.S1", defaults.merchant);
    }
    if (!take_challenge(arguments, &claims, &audience, default_audience))
        return EXIT_MISUSE;
    audience = audience != NULL ? audience : default_audience;
    claims.audience = bytes_text(audience);
    if (!take_times(arguments, &claims) || !take_scope(arguments, &claims) ||
        !take_ids(arguments, &claims))
        return EXIT_MISUSE;

    enum scrip_status status = dir != NULL ? pki_open_key(dir, "issuer.key", &key)
                                           : keyfile_open(path, &key);
    if (status != SCRIP_OK)
        return EXIT_REFUSED;
    int code = sign_and_show(arguments, &claims, &key, *transport);
    keyfile_close(&key);
    return code;
}

static const struct option options[] = {
    {"--pki", "DIR", "sign with DIR/issuer.key, and take audience and currency from there"},
    {"--key", "FILE", "sign with this P-256 key (PEM)"},
    {"--aud", "M.S[.T]", "merchant, store, terminal that may take it (MERCHANT.S1)"},
    {"--iat", "TIME", "issued at: seconds since 1970, +N or -N from now (now)"},
    {"--ttl", "SECONDS", "lives so long (120)"},
    {"--exp", "TIME", "or expires at"},
    {"--cti", "HEX", "the code's own number, 32 hex digits (random)"},
    {"--member", "HEX", "the member's pseudonym, 32 hex digits (random)"},
    {"--tier", "N", "tier or segment (0)"},
    {"--scope", "BITS", "some of identify,earn,offer,value (value, or offer with --offer)"},
    {"--offer", "N", "the offer's number"},
    {"--limit", "AMOUNT", "the most it can be worth (5.00)"},
    {"--currency", "EUR", "of the limit"},
    {"--flags", "BITS", "some of offline,online,staff,training (offline); '' for none"},
    {"--challenge", "TEXT", "answer this challenge: its terminal, hash, number and currency"},
    {"--txh", "HEX", "bound to this transaction hash, 32 hex digits"},
    {"--nonce", "HEX", "and to this challenge"},
    {"--status", "LIST,INDEX", "status entry of a coupon"},
    {"--transport", "B|D", "base45 or decimal (B)"},
    {"--level", "L|M|Q", "error correction of the QR code (M)"},
    {"--png", "FILE", "write the QR code as PNG"},
    {"--blocks", NULL, "draw the QR code on the terminal"},
    {"--text", NULL, "print the text even so"},
    {NULL, NULL, NULL},
};

const struct command command_token_mint = {
    "token mint",
    "(--pki DIR | --key FILE) [..]",
    "Signs a customer token and prints the text of its code.\n"
    "Claims are taken as given: a token that no terminal would accept can be made, to see it\n"
    "refused.",
    0,
    options,
    mint,
};
