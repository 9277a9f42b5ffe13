/* Awards in nexo: who a LoyaltyID is, and an answer that does not say it. */
#include "tests/check.h"
#include "tests/fake/agent.h"

#define SALE                                                                                       \
    "'SaleData':{'SaleTransactionID':{'TransactionID':'T-9','TimeStamp':'2026-03-01T13:00'}}"
#define BASKET(type)                                                                               \
    "'LoyaltyTransaction':{'LoyaltyTransactionType':'" type "','Currency':'EUR','TotalAmount':25}"
#define ACCOUNT(type, id)                                                                          \
    "'LoyaltyAccountID':{'EntryMode':['Keyed'],'IdentificationType':'" type "','LoyaltyID':'" id   \
    "'}"
#define AWARD(type, id) "{" SALE "," BASKET("Award") ",'LoyaltyData':[{" ACCOUNT(type, id) "}]}"

static void begin(bool sealed)
{
    fake_open();
    fake_login();
    agent.answer = (struct scrip_answer){.status = SCRIP_OK,
                                         .award = true,
                                         .sealed = sealed,
                                         .seq = 17,
                                         .epoch = 4,
                                         .currency = 978,
                                         .line1 = "Points will follow"};
    (void)snprintf(agent.answer.reference, sizeof agent.answer.reference, "M1.S1.T1-4-17");
}

static void test_who_a_loyalty_id_is(void)
{
    static const struct {
        const char *body, *text;
        enum scrip_member_kind kind;
    } asked[] = {
        {AWARD("BarCode", "SCTB123"), "SCTB123", SCRIP_MEMBER_CODE},
        {AWARD("QRCODE", "SCTB123"), "SCTB123", SCRIP_MEMBER_CODE},
        {AWARD("QRCode", "SCTB123"), "SCTB123", SCRIP_MEMBER_CODE},
        {AWARD("BarCode", "4006381333931"), "4006381333931", SCRIP_MEMBER_GTIN},
        {AWARD("AccountNumber", "4006381333931"), "4006381333931", SCRIP_MEMBER_GTIN},
        {AWARD("AccountNumber", "400638133393"), "400638133393", SCRIP_MEMBER_NUMBER},
        {AWARD("AccountNumber", "AB-12"), "AB-12", SCRIP_MEMBER_NUMBER},
        {AWARD("AccountNumber", "ann@mail.example"), "ann@mail.example", SCRIP_MEMBER_EMAIL},
        {AWARD("PhoneNumber", "+493012345678"), "+493012345678", SCRIP_MEMBER_PHONE},
        {AWARD("PhoneNumber", "0030123456789"), "0030123456789", SCRIP_MEMBER_PHONE},
    };

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        begin(asked[i].kind != SCRIP_MEMBER_CODE);
        fake_nexo("Loyalty", "S1", asked[i].body);
        CHECK_EQ_INT(agent.awards, 1);
        CHECK_EQ_INT(agent.redeems, 0);
        CHECK_EQ_INT(agent.kind, asked[i].kind);
        CHECK_EQ_STRING(agent.code, asked[i].text);
        CHECK_EQ_INT(agent.sale.total_minor, 2500);
        CHECK(strstr(link.reply, asked[i].text) == NULL);
        CHECK(strstr(link.reply, "\"LoyaltyID\":\"****\"") != NULL);
        CHECK(strstr(link.reply, "\"Result\":\"Success\"") != NULL);
        CHECK(strstr(link.reply, "M1.S1.T1-4-17") != NULL);
        CHECK(strstr(link.reply, "LoyaltyAmount") == NULL);
        CHECK_EQ_INT(strstr(link.reply, "AccountNumber") != NULL,
                     asked[i].kind != SCRIP_MEMBER_CODE);
        CHECK_EQ_STRING(printer.paper, "");
    }
}

/* A raw identifier is worth nothing: a redemption knows none. */
static void test_nothing_is_redeemed_on_a_raw_identifier(void)
{
    static const char *const bodies[] = {
        "{" SALE
        "," BASKET("Redemption") ",'LoyaltyData':[{" ACCOUNT("PhoneNumber", "+493012345678") "}]}",
        "{" SALE
        "," BASKET("Redemption") ",'LoyaltyData':[{" ACCOUNT("AccountNumber", "AB12") "}]}",
        "{" SALE "," BASKET("Award") ",'LoyaltyData':[{" ACCOUNT("PAN", "4111111111111111") "}]}",
        "{" SALE "," BASKET("Award") ",'LoyaltyData':[{" ACCOUNT(
            "PhoneNumber", "+493012345678") ",'LoyaltyAmount':{'LoyaltyUnit':'Monetary',"
                                            "'AmountValue':1}}]}",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        begin(true);
        fake_nexo("Loyalty", "S1", bodies[i]);
        CHECK(strstr(link.reply, "\"ErrorCondition\":\"UnavailableService\"") != NULL);
        CHECK(strstr(link.reply, "&field=LoyaltyData.LoyaltyA") != NULL);
        CHECK(strstr(link.reply, "4930123") == NULL && strstr(link.reply, "4111") == NULL);
        CHECK_EQ_INT(agent.awards + agent.redeems, 0);
    }
}

static void test_without_an_account_the_scanner_is_asked(void)
{
    begin(false);
    agent.answer.status = SCRIP_AGAIN;
    fake_nexo("Loyalty", "S1", "{" SALE "," BASKET("Award") "}");
    CHECK_EQ_INT(agent.awards, 1);
    CHECK(!agent.has_code);
    CHECK_EQ_INT(agent.kind, SCRIP_MEMBER_CODE);
}

static void test_a_reversal_names_no_amount(void)
{
    begin(true);
    fake_nexo("Reversal", "S2",
              "{'OriginalPOITransaction':{'POITransactionID':{'TransactionID':'M1.S1.T1-4-17',"
              "'TimeStamp':'2026-03-01T13:00'}},'ReversalReason':'MerchantCancel'}");
    CHECK_EQ_INT(agent.reverses, 1);
    CHECK(strstr(link.reply, "\"Result\":\"Success\"") != NULL);
    CHECK(strstr(link.reply, "ReversedAmount") == NULL);
}

int main(void)
{
    CHECK_RUN(test_who_a_loyalty_id_is);
    CHECK_RUN(test_nothing_is_redeemed_on_a_raw_identifier);
    CHECK_RUN(test_without_an_account_the_scanner_is_asked);
    CHECK_RUN(test_a_reversal_names_no_amount);
    return check_done();
}
