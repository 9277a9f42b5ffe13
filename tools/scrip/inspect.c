/* scrip token inspect, scrip token sample */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "redeem/verify.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/pki.h"
#include "tools/scrip/print.h"
#include "tools/scrip/sample.h"
#include "tools/scrip/token_names.h"

enum { CODE_BYTES = 4096 };

static void print_claims(const struct token_claims *claims, uint32_t now_s)
{
    print_text("audience", claims->audience);
    print_time("issued", claims->iat_s, now_s);
    print_time("expires", claims->exp_s, now_s);
    print_hex("cti", bytes_of(claims->cti, TOKEN_ID_BYTES));
    if (claims->has_member)
        print_hex("member", bytes_of(claims->member, TOKEN_ID_BYTES));
    printf("%-10s %lu\n", "tier", (unsigned long)claims->tier);
    print_bits("scope", claims->scope, token_scope_names);
    if (claims->has_offer)
        printf("%-10s %lu\n", "offer", (unsigned long)claims->offer);
    if (claims->has_limit)
        print_amount("limit", claims->limit_minor, claims->currency);
    print_bits("flags", claims->flags, token_flag_names);
    if (claims->has_txh)
        print_hex("txh", bytes_of(claims->txh, TOKEN_ID_BYTES));
    if (claims->has_nonce)
        print_hex("nonce", bytes_of(claims->nonce, TOKEN_ID_BYTES));
    if (claims->has_status)
        printf("%-10s list %lu, entry %lu\n", "status", (unsigned long)claims->status_list,
               (unsigned long)claims->status_index);
}

static int verdict(enum scrip_status status)
{
    return print_verdict(status, "genuine, in time and meant for this terminal");
}

/* What the code is judged by. */
struct belief {
    struct keyset keys;
    struct identity terminal; /* empty: any terminal that the audience names */
    uint32_t now_s;
};

/* Whom a token is meant for, as if we were it: the audience, with its missing parts made up. */
static enum scrip_status assume_terminal(struct bytes audience, struct identity *out)
{
    uint8_t memory[LIMIT_ID_TEXT + 8];
    struct buffer text = buffer_of(memory, sizeof memory);
    buffer_put(&text, audience.data, audience.len);
    for (unsigned parts = identity_audience_parts(audience); parts > 0 && parts < 3; parts++)
        buffer_put_text(&text, ".X");
    return identity_parse(buffer_bytes(&text), out);
}

/* The whole path up to the voucher; each part is printed as soon as it can be read, believed or
 * not. */
static int inspect_code(struct bytes code, struct belief *belief)
{
    struct scan scan;
    struct token token;
    struct token_claims claims;
    struct voucher voucher;
    const struct wallclock_time now = {.t_s = belief->now_s,
                                       .tolerance_s = 30,
                                       .quality = WALLCLOCK_GOOD,
                                       .source = WALLCLOCK_HOST};
    enum scrip_status status = scan_decode(code, &scan);
    if (status != SCRIP_OK)
        return verdict(status);
    printf("%-10s %s, %u bytes in %zu characters\n", "code",
           scan.kind == TOKEN_CUSTOMER ? "customer token" : "receipt", scan.len, code.len);
    status = token_parse(&scan, &token);
    if (status != SCRIP_OK)
        return verdict(status);
    print_hex("key", token.cose.kid);
    if (token.kind != TOKEN_CUSTOMER) {
        printf("%-10s a receipt is checked by `scrip receipt verify`\n", "note");
        return verdict(SCRIP_REFUSED_FOREIGN);
    }
    bool readable = token_claims_read(token.cose.payload, &claims) == SCRIP_OK;
    if (readable)
        print_claims(&claims, belief->now_s);
    else
        print_hex("payload", token.cose.payload);
    if (belief->terminal.text[0] != '\0') {
        printf("%-10s %s\n", "terminal", belief->terminal.text);
    } else if (readable) {
        printf("%-10s any that the audience names; --terminal says which\n", "terminal");
        status = assume_terminal(claims.audience, &belief->terminal);
        if (status != SCRIP_OK)
            return verdict(status);
    }

    struct challenge challenge = {.shown_up_ms = 0};
    memcpy(challenge.nonce, claims.nonce, sizeof challenge.nonce);
    memcpy(challenge.txh, claims.txh, sizeof challenge.txh);
    const struct trust trust = {.keys = &belief->keys,
                                .identity = &belief->terminal,
                                .now = now,
                                .challenge = readable && claims.has_txh ? &challenge : NULL};
    status = verify_token(&trust, &token, &voucher);
    if (status == SCRIP_OK && voucher.bound)
        printf("%-10s bound to a challenge; only the terminal that showed it can tell which\n",
               "note");
    return verdict(status);
}

static enum scrip_status from_hex(const char *hex, struct buffer *out)
{
    return text_hex_decode(bytes_text(hex), out);
}

static enum scrip_status believe_sample(struct belief *out)
{
    uint8_t memory[LIMIT_OBJECT_BYTES];
    struct object_roots roots = {.count = 2};
    struct buffer points = buffer_of(roots.point, sizeof roots.point);
    struct buffer bytes = buffer_of(memory, sizeof memory);
    struct object object;
    TRY(from_hex(sample_roots_hex, &points));
    TRY(from_hex(sample_keys_hex, &bytes));
    TRY(object_verify(span_of(buffer_bytes(&bytes)), OBJECT_KEYS, &roots, &object));
    TRY(keyset_read(&object, &out->keys));
    out->now_s = sample_time_s;
    return identity_parse(bytes_text(sample_terminal), &out->terminal);
}

static enum scrip_status believe_files(const struct arguments *arguments, struct belief *out)
{
    char keys_path[FILE_PATH], roots_path[FILE_PATH];
    const char *dir = option_text(arguments, "--pki");
    const char *keys = option_text(arguments, "--keys"), *roots = option_text(arguments, "--root");
    struct object_roots points;
    if (dir != NULL) {
        TRY(file_path(keys_path, dir, "objects/keys.cose"));
        TRY(file_path(roots_path, dir, "roots.bin"));
        keys = keys != NULL ? keys : keys_path;
        roots = roots != NULL ? roots : roots_path;
    }
    TRY(pki_read_roots(roots, &points));
    out->now_s = time_now();
    return pki_read_keys(keys, &points, &out->keys);
}

static enum scrip_status read_code(const char *argument, struct buffer *out)
{
    if (strcmp(argument, "-") != 0) {
        buffer_put_text(out, argument);
    } else {
        ssize_t got;
        while ((got = read(STDIN_FILENO, out->data + out->len, out->capacity - out->len)) > 0)
            out->len += (size_t)got;
        out->overflow = got < 0 || out->len == out->capacity;
    }
    if (!out->overflow)
        return SCRIP_OK;
    (void)refuse("the code cannot be read, or is longer than %d characters", CODE_BYTES);
    return SCRIP_REFUSED_TOO_LONG;
}

static int inspect(const struct arguments *arguments)
{
    static uint8_t memory[CODE_BYTES];
    struct buffer code = buffer_of(memory, sizeof memory);
    struct belief belief = {.now_s = 0};
    const char *terminal = option_text(arguments, "--terminal");
    bool sample = option_given(arguments, "--sample");
    bool files = option_given(arguments, "--pki") ||
                 (option_given(arguments, "--keys") && option_given(arguments, "--root"));
    if (sample == files)
        return misuse("whom to believe: --pki DIR, --keys FILE with --root FILE, or --sample");
    if (!sample && arguments->count == 0)
        return misuse("which code: its text, or - for standard input");

    enum scrip_status status = sample ? believe_sample(&belief) : believe_files(arguments, &belief);
    if (status == SCRIP_OK)
        status = read_code(arguments->count > 0 ? arguments->argument[0] : sample_code, &code);
    if (status != SCRIP_OK)
        return EXIT_REFUSED;
    if (!option_time(arguments, "--at", &belief.now_s))
        return EXIT_MISUSE;
    if (terminal != NULL && identity_parse(bytes_text(terminal), &belief.terminal) != SCRIP_OK)
        return misuse("--terminal %s: it must be MERCHANT.STORE.TERMINAL, each of A-Z 0-9 -",
                      terminal);
    return inspect_code(buffer_bytes(&code), &belief);
}

static const struct option inspect_options[] = {
    {"--pki", "DIR", "believe the key set and roots of DIR"},
    {"--keys", "FILE", "believe this signed key set"},
    {"--root", "FILE", "if one of these roots signed it: one or two points of 65 bytes"},
    {"--sample", NULL, "believe the bundled sample's key set, at the sample's time"},
    {"--terminal", "M.S.T", "judge as this terminal (any that the audience names)"},
    {"--at", "TIME", "judge at this time (now)"},
    {NULL, NULL, NULL},
};

const struct command command_token_inspect = {
    "token inspect",
    "[CODE | -]",
    "Explains any code, claim by claim, and verifies it, or says exactly why it is refused.\n"
    "Exit status 0: a terminal would accept it. Try it at once: scrip token inspect --sample",
    0,
    inspect_options,
    inspect,
};

static int print_sample(const struct arguments *arguments)
{
    (void)arguments;
    printf("%s\n", sample_code);
    return EXIT_DONE;
}

static const struct option no_options[] = {{NULL, NULL, NULL}};

const struct command command_token_sample = {
    "token sample",
    "",
    "Prints the text of the bundled sample code; `scrip token inspect --sample` explains it.",
    0,
    no_options,
    print_sample,
};
