/* scrip redeem, reverse, status, sync now */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/currency.h"
#include "base/json.h"
#include "base/limits.h"
#include "tools/scrip/client.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/till.h"

enum { CURRENCY_EUR = 978, STATUS_BYTES = 16384 };

static void put_now(struct json_out *out, const char *name)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm parts;
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    json_put_string(out, name, stamp);
}

static void put_transaction_id(struct json_out *out, const char *name, const char *id)
{
    json_put_object(out, name);
    json_put_string(out, "TransactionID", id);
    put_now(out, "TimeStamp");
    json_end_object(out);
}

static void put_sale_data(struct json_out *out, const struct arguments *arguments,
                          const struct till *till)
{
    const char *transaction = option_text(arguments, "--transaction");
    json_put_object(out, "SaleData");
    json_put_string(out, "OperatorID", till->operator_id);
    if (arguments->command == &command_challenge)
        json_put_string(out, "TokenRequestedType", "Transaction");
    put_transaction_id(out, "SaleTransactionID",
                       transaction != NULL ? transaction : till->service_id);
    json_end_object(out);
}

/* What the options say of the sale; judged before anything is sent. */
struct money {
    const struct currency *currency;
    uint32_t total_minor, wanted_minor;
};

static bool take_money(const struct arguments *arguments, struct money *out)
{
    uint16_t number = CURRENCY_EUR;
    memset(out, 0, sizeof *out);
    if (!option_currency(arguments, "--currency", &number) ||
        !option_amount(arguments, "--total", number, &out->total_minor) ||
        !option_amount(arguments, "--amount", number, &out->wanted_minor))
        return false;
    out->currency = currency_of_number(number);
    return true;
}

static void put_redemption(struct json_out *out, const struct arguments *arguments,
                           const struct till *till)
{
    struct money money;
    if (!take_money(arguments, &money))
        return;
    unsigned exponent = money.currency->exponent;
    json_put_object(out, "LoyaltyRequest");
    put_sale_data(out, arguments, till);
    json_put_object(out, "LoyaltyTransaction");
    json_put_string(out, "LoyaltyTransactionType", "Redemption");
    json_put_string(out, "Currency", money.currency->letters);
    json_put_amount(out, "TotalAmount", money.total_minor, exponent);
    if (option_given(arguments, "--online-only")) {
        json_put_object(out, "TransactionConditions");
        json_put_bool(out, "ForceOnlineFlag", true);
        json_end_object(out);
    }
    json_end_object(out);

    json_put_array(out, "LoyaltyData");
    json_put_object(out, NULL);
    if (arguments->count > 0) {
        json_put_object(out, "LoyaltyAccountID");
        json_put_string(out, "EntryMode", "Scanned");
        json_put_string(out, "IdentificationType", "BarCode");
        json_put_string(out, "LoyaltyID", arguments->argument[0]);
        json_end_object(out);
    }
    if (money.wanted_minor != 0) {
        json_put_object(out, "LoyaltyAmount");
        json_put_string(out, "LoyaltyUnit", "Monetary");
        json_put_string(out, "Currency", money.currency->letters);
        json_put_amount(out, "AmountValue", money.wanted_minor, exponent);
        json_end_object(out);
    }
    json_end_object(out);
    json_end_array(out);
    json_end_object(out);
}

static int redeem(const struct arguments *arguments)
{
    struct till till;
    struct money money;
    if (!option_given(arguments, "--total"))
        return misuse("what does the customer owe: --total AMOUNT");
    if (!take_money(arguments, &money) || !till_take(arguments, &till))
        return EXIT_MISUSE;
    return till_send(arguments, &till, "Loyalty", put_redemption);
}

static const struct option redeem_options[] = {
    {"--total", "AMOUNT", "what the customer owes"},
    {"--amount", "AMOUNT", "redeem exactly so much (what the code is worth)"},
    {"--currency", "EUR", "of the sale (EUR)"},
    {"--transaction", "TEXT", "the sale's id at the till (the request's name)"},
    {"--online-only", NULL, "the host must decide"},
    TILL_OPTIONS,
    {NULL, NULL, NULL},
};

const struct command command_redeem = {
    "redeem",
    "[CODE] --total AMOUNT [..]",
    "Redeems a code at a terminal, as a till would.\n"
    "Without CODE the terminal asks its own scanner.",
    0,
    redeem_options,
    redeem,
};

static int challenge(const struct arguments *arguments)
{
    if (!option_given(arguments, "--transaction"))
        return misuse("which sale will the code be for: --transaction TEXT");
    return redeem(arguments);
}

const struct command command_challenge = {
    "challenge",
    "--total AMOUNT --transaction TEXT [..]",
    "Asks a terminal for a challenge: a code that the customer's app answers with a token for "
    "this\n"
    "sale. `token mint --challenge` plays the app; redeem the token with the same sale.",
    0,
    redeem_options,
    challenge,
};

static void put_reversal(struct json_out *out, const struct arguments *arguments,
                         const struct till *till)
{
    json_put_object(out, "ReversalRequest");
    put_sale_data(out, arguments, till);
    json_put_object(out, "OriginalPOITransaction");
    put_transaction_id(out, "POITransactionID", arguments->argument[0]);
    json_end_object(out);
    json_put_string(out, "ReversalReason", "MerchantCancel");
    json_end_object(out);
}

static int reverse(const struct arguments *arguments)
{
    struct till till;
    if (!till_take(arguments, &till))
        return EXIT_MISUSE;
    return till_send(arguments, &till, "Reversal", put_reversal);
}

static const struct option reverse_options[] = {
    {"--transaction", "TEXT", "the sale's id at the till (the request's name)"},
    TILL_OPTIONS,
    {NULL, NULL, NULL},
};

const struct command command_reverse = {
    "reverse", "REFERENCE",     "Undoes a redemption, named by the reference that redeem printed.",
    1,         reverse_options, reverse,
};

/* HTTP 200 carries refusals too: what became of a request stands in its status. */
static bool says_ok(struct bytes body)
{
    static uint64_t arena[2 * STATUS_BYTES / sizeof(uint64_t)];
    const struct json *root;
    struct bytes word = {NULL, 0};
    if (json_parse(body, arena, sizeof arena, &root, NULL) != SCRIP_OK)
        return false;
    bool ok = json_text(json_member(root, "status"), &word) && bytes_equal(word, bytes_text("OK"));
    json_close(root);
    return ok;
}

/* A request to scripd itself; the answer is printed as it comes. */
static int ask_scripd(const struct arguments *arguments, const char *method, const char *target)
{
    static uint8_t memory[STATUS_BYTES];
    const char *path = option_text(arguments, "--socket");
    struct buffer received = buffer_of(memory, sizeof memory);
    struct client_answer answer;
    uint32_t timeout_s = 30;
    if (!option_number(arguments, "--timeout-s", 3600, &timeout_s))
        return EXIT_MISUSE;
    if (client_ask(path != NULL ? path : "scripd.sock", method, target, bytes_of(NULL, 0),
                   timeout_s, &received, &answer) != SCRIP_OK)
        return EXIT_REFUSED;
    printf("%.*s\n", (int)answer.body.len, (const char *)answer.body.data);
    if (answer.code / 100 == 2)
        return says_ok(answer.body) ? EXIT_DONE : EXIT_REFUSED;
    return refuse("scripd answers HTTP %u", answer.code);
}

static int status(const struct arguments *arguments)
{
    return ask_scripd(arguments, "GET", "/status");
}

static int sync_now(const struct arguments *arguments)
{
    return ask_scripd(arguments, "POST", "/sync");
}

static const struct option scripd_options[] = {
    {"--socket", "FILE", "socket of the running scripd (scripd.sock)"},
    {"--timeout-s", "SECONDS", "how long to wait for the answer (30)"},
    {NULL, NULL, NULL},
};

const struct command command_status = {
    "status",
    "",
    "Prints a terminal's state: identity, clock, what is unsent, how the host answers.",
    0,
    scripd_options,
    status,
};

const struct command command_sync_now = {
    "sync now",
    "",
    "Makes a terminal settle with the host at once, whatever it waits for.",
    0,
    scripd_options,
    sync_now,
};
