#include "till/nexo.h"

#include <string.h>

enum { DEFAULT_EXPONENT = 2 }; /* before a policy has said which currency the terminal has */

#define SALE_DATA "SaleData"
#define TRANSACTION "LoyaltyTransaction"
#define ACCOUNT "LoyaltyData.LoyaltyAccountID"
#define AMOUNT "LoyaltyData.LoyaltyAmount"
#define ITEM "LoyaltyTransaction.SaleItem"

/* What is no number may be a badge's code: only the agent can tell. It is for this message alone.
 */
static enum scrip_status read_operator(struct nexo_request *request, const struct json *data,
                                       struct scrip_sale *sale)
{
    struct nexo_problem *problem = &request->problem;

    TRY(nexo_read_number(problem, data, SALE_DATA ".OperatorID", &sale->operator_number));
    TRY(nexo_read_text(problem, data, SALE_DATA ".OperatorID", NEXO_OPTIONAL, request->badge,
                       sizeof request->badge - 1));
    if (request->badge[0] != '\0' && sale->operator_number >= NEXO_NAMED)
        sale->badge = request->badge;
    return SCRIP_OK;
}

enum scrip_status nexo_read_sale_data(struct nexo_request *request, enum nexo_need need,
                                      struct scrip_sale *sale, char *transaction_id)
{
    static const char *const tokens[] = {"Transaction", NULL};
    struct nexo_problem *problem = &request->problem;
    const struct json *data = json_member(request->body, SALE_DATA);
    const struct json *transaction = json_member(data, "SaleTransactionID");
    size_t index;

    if (need == NEXO_REQUIRED && transaction == NULL)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, SALE_DATA ".SaleTransactionID",
                          "is missing");
    TRY(nexo_read_text(problem, transaction, SALE_DATA ".SaleTransactionID.TransactionID", need,
                       transaction_id, LIMIT_TRANSACTION_ID));
    TRY(nexo_read_text(problem, transaction, SALE_DATA ".SaleTransactionID.TimeStamp",
                       NEXO_OPTIONAL, request->header.time_stamp, TILL_TIME_STAMP));
    TRY(read_operator(request, data, sale));
    TRY(nexo_read_number(problem, data, SALE_DATA ".ShiftNumber", &sale->shift));
    if (json_member(data, "TokenRequestedType") != NULL) {
        TRY(nexo_read_word(problem, data, SALE_DATA ".TokenRequestedType", tokens, &index));
        request->wants_challenge = true;
    }
    sale->transaction_id = transaction_id;
    return SCRIP_OK;
}

/* The terminal's currency, unless the field names another one. */
static enum scrip_status read_currency(struct nexo_problem *problem, const struct json *object,
                                       const char *path, const struct currency *fallback,
                                       const struct currency **currency)
{
    char letters[4];

    TRY(nexo_read_text(problem, object, path, NEXO_OPTIONAL, letters, sizeof letters - 1));
    *currency = fallback;
    if (letters[0] == '\0')
        return SCRIP_OK;
    *currency = currency_of_letters(bytes_text(letters));
    if (*currency == NULL)
        return nexo_blame(problem, SCRIP_REFUSED_CURRENCY, path, "is not one that we know");
    return SCRIP_OK;
}

static enum scrip_status read_quantity(struct nexo_problem *problem, const struct json *item,
                                       uint32_t *milli)
{
    int64_t value = 1000;

    if (json_member(item, "Quantity") != NULL)
        TRY(nexo_read_amount(problem, item, ITEM ".Quantity", 3, false, &value));
    *milli = (uint32_t)value;
    return SCRIP_OK;
}

static enum scrip_status read_items(struct till *till, struct nexo_problem *problem,
                                    const struct json *items, unsigned exponent,
                                    struct scrip_sale *sale)
{
    size_t count = json_count(items);
    struct bytes code;

    if (items == NULL)
        return SCRIP_OK;
    if (!json_is_array(items))
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, ITEM, "is not an array");
    if (count > LIMIT_ITEMS)
        return nexo_blame(problem, SCRIP_REFUSED_TOO_LONG, ITEM, "has more than 64 lines");
    for (size_t i = 0; i < count; i++) {
        const struct json *item = json_element(items, i);
        struct scrip_item *out = &till->items[i];
        if (!json_text(json_member(item, "ProductCode"), &code) || code.len == 0)
            return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, ITEM ".ProductCode",
                              "is missing or not a text");
        out->product_code = (const char *)code.data;
        TRY(nexo_read_amount(problem, item, ITEM ".ItemAmount", exponent, true,
                             &out->amount_minor));
        TRY(read_quantity(problem, item, &out->quantity_milli));
    }
    sale->items = till->items;
    sale->item_count = count;
    return SCRIP_OK;
}

static enum scrip_status read_transaction(struct till *till, struct nexo_request *request,
                                          const struct currency *own,
                                          const struct currency **currency, struct scrip_sale *sale)
{
    static const char *const offered[] = {"Redemption", "Award", NULL};
    struct nexo_problem *problem = &request->problem;
    const struct json *transaction = json_member(request->body, TRANSACTION);
    bool online_only = false;
    unsigned exponent;
    int64_t minor;
    size_t index;

    if (transaction == NULL)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, TRANSACTION, "is missing");
    TRY(nexo_read_word(problem, transaction, TRANSACTION ".LoyaltyTransactionType", offered,
                       &index));
    request->award = index == 1;
    TRY(read_currency(problem, transaction, TRANSACTION ".Currency", own, currency));
    exponent = *currency != NULL ? (*currency)->exponent : DEFAULT_EXPONENT;
    sale->currency = *currency != NULL ? (*currency)->number : 0;
    TRY(nexo_read_amount(problem, transaction, TRANSACTION ".TotalAmount", exponent, false,
                         &minor));
    sale->total_minor = (uint32_t)minor;
    TRY(nexo_read_flag(problem, json_member(transaction, "TransactionConditions"),
                       TRANSACTION ".TransactionConditions.ForceOnlineFlag", &online_only));
    sale->mode = online_only ? SCRIP_MODE_ONLINE_ONLY : SCRIP_MODE_ANY;
    return read_items(till, problem, json_member(transaction, "SaleItem"), exponent, sale);
}

/* EntryMode is a text, or an array with one: how the code came in decides nothing here. */
static enum scrip_status read_entry_mode(struct nexo_problem *problem, const struct json *account)
{
    static const char *const modes[] = {"Scanned", "Mobile", "Keyed", "Manual", "File", NULL};
    const struct json *mode = json_member(account, "EntryMode");
    struct bytes text;

    if (json_is_array(mode))
        mode = json_element(mode, 0);
    if (!json_text(mode, &text))
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, ACCOUNT ".EntryMode", "is missing");
    for (size_t i = 0; modes[i] != NULL; i++) {
        if (bytes_equal(text, bytes_text(modes[i])))
            return SCRIP_OK;
    }
    return nexo_blame(problem, SCRIP_REFUSED_UNSUPPORTED, ACCOUNT ".EntryMode",
                      "is a device that this terminal has not");
}

/* What a LoyaltyID is, by its looks: an e-mail has an at sign, and 13 digits, scanned or typed, are
 * a card's GTIN. */
static enum scrip_member_kind kind_of(struct bytes text, enum scrip_member_kind otherwise)
{
    size_t digits = 0;

    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    if (digits == text.len && digits == 13)
        return SCRIP_MEMBER_GTIN;
    return otherwise == SCRIP_MEMBER_NUMBER && memchr(text.data, '@', text.len) != NULL
               ? SCRIP_MEMBER_EMAIL
               : otherwise;
}

/* A raw identifier earns, and redeems nothing. */
static enum scrip_status read_account(struct nexo_request *request, const struct json *account,
                                      struct bytes *code)
{
    static const char *const words[] = {"PhoneNumber", "AccountNumber", "BarCode",
                                        "QRCODE",      "QRCode",        NULL};
    static const enum scrip_member_kind kinds[] = {SCRIP_MEMBER_PHONE, SCRIP_MEMBER_NUMBER,
                                                   SCRIP_MEMBER_CODE, SCRIP_MEMBER_CODE,
                                                   SCRIP_MEMBER_CODE};
    const size_t raw = request->award ? 0 : 2;
    struct nexo_problem *problem = &request->problem;
    size_t index;

    TRY(read_entry_mode(problem, account));
    TRY(nexo_read_word(problem, account, ACCOUNT ".IdentificationType", words + raw, &index));
    if (!json_text(json_member(account, "LoyaltyID"), code) || code->len == 0)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, ACCOUNT ".LoyaltyID",
                          "is missing or not a text");
    request->kind = kinds[raw + index];
    if (request->award && request->kind != SCRIP_MEMBER_PHONE)
        request->kind = kind_of(*code, request->kind);
    return SCRIP_OK;
}

/* LoyaltyUnit's default is Point by the schema, so it has to be said. */
static enum scrip_status read_wanted(struct nexo_problem *problem, const struct json *amount,
                                     const struct currency *sale_currency, struct scrip_sale *sale)
{
    static const char *const units[] = {"Monetary", NULL};
    const struct currency *currency;
    int64_t minor;
    size_t index;

    TRY(nexo_read_word(problem, amount, AMOUNT ".LoyaltyUnit", units, &index));
    TRY(read_currency(problem, amount, AMOUNT ".Currency", sale_currency, &currency));
    if (currency != sale_currency)
        return nexo_blame(problem, SCRIP_REFUSED_CURRENCY, AMOUNT ".Currency", "is not the sale's");
    TRY(nexo_read_amount(problem, amount,
                         json_member(amount, "Value") != NULL ? AMOUNT ".Value"
                                                              : AMOUNT ".AmountValue",
                         currency != NULL ? currency->exponent : DEFAULT_EXPONENT, false, &minor));
    if (minor == 0)
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, AMOUNT, "is zero: leave it out");
    sale->wanted_minor = (uint32_t)minor;
    return SCRIP_OK;
}

static enum scrip_status read_loyalty_data(struct nexo_request *request, const struct json *data,
                                           const struct currency *currency, struct scrip_sale *sale,
                                           struct bytes *code)
{
    struct nexo_problem *problem = &request->problem;

    if (json_is_array(data)) {
        if (json_count(data) > 1)
            return nexo_blame(problem, SCRIP_REFUSED_UNSUPPORTED, "LoyaltyData",
                              "has two codes: send a request for each");
        data = json_element(data, 0);
    }
    if (data == NULL)
        return SCRIP_OK;
    if (!json_is_object(data))
        return nexo_blame(problem, SCRIP_REFUSED_ARGUMENT, "LoyaltyData", "is not an object");
    const struct json *account = json_member(data, "LoyaltyAccountID");
    const struct json *amount = json_member(data, "LoyaltyAmount");
    if (account != NULL)
        TRY(read_account(request, account, code));
    if (amount != NULL && request->award)
        return nexo_blame(problem, SCRIP_REFUSED_UNSUPPORTED, AMOUNT,
                          "of an award is the host's to say: leave it out");
    if (amount != NULL)
        TRY(read_wanted(problem, amount, currency, sale));
    return SCRIP_OK;
}

enum scrip_status nexo_read_sale(struct till *till, struct nexo_request *request,
                                 struct scrip_sale *sale, char *transaction_id, struct bytes *code)
{
    struct scrip_status_page page;
    const struct currency *currency = NULL;

    scrip_read_state(till->scrip, &page);
    *code = bytes_of(NULL, 0);
    memset(sale, 0, sizeof *sale);
    sale->sale_id = request->header.sale_id;
    sale->service_id = request->header.service_id;
    sale->operator_number = till->login.operator_number;
    sale->shift = till->login.shift;
    sale->training = till->login.training;
    TRY(nexo_read_sale_data(request, NEXO_REQUIRED, sale, transaction_id));
    TRY(read_transaction(till, request, currency_of_number(page.currency), &currency, sale));
    return read_loyalty_data(request, json_member(request->body, "LoyaltyData"), currency, sale,
                             code);
}
