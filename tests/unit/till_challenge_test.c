/* A sale that wants a challenge, against a fake agent: who shows it, and what the till reads. */
#include "tests/check.h"
#include "tests/fake/agent.h"

#define TOTAL                                                                                      \
    "'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':'EUR','TotalAmount':"  \
    "25.5}"
#define CODE                                                                                       \
    "'LoyaltyData':[{'LoyaltyAccountID':{'EntryMode':['Scanned'],'IdentificationType':'BarCode',"  \
    "'LoyaltyID':'SECRET-CODE'}}]"
#define SALE(type)                                                                                 \
    "'SaleData':{'TokenRequestedType':'" type "','SaleTransactionID':{'TransactionID':'T-9'}}"

static void test_it_is_shown_and_given_to_the_till(void)
{
    fake_open();
    fake_login();
    fake_nexo("Loyalty", "S1", "{" SALE("Transaction") "," TOTAL "}");
    CHECK_EQ_INT(agent.challenges, 1);
    CHECK_EQ_INT(agent.redeems, 0);
    CHECK_EQ_INT(agent.sale.total_minor, 2550);
    CHECK_EQ_STRING(agent.transaction_id, "T-9");
    CHECK(strstr(link.reply, "\"ErrorCondition\":\"InProgress\"") != NULL);
    CHECK(strstr(link.reply, "\"BarcodeType\":\"QRCODE\",\"BarcodeValue\":\"SCCB-T-9\"") != NULL);
    CHECK_EQ_STRING(printer.paper, "QR SCCB-T-9\nCUT\n");
    CHECK(printer.reply_was_out);
    CHECK_EQ_INT(till.challenge[0], 0);
    /* Shown once. */
    fake_nexo("Diagnosis", "D1", "{}");
    CHECK_EQ_STRING(printer.paper, "QR SCCB-T-9\nCUT\n");
}

static void test_with_a_code_it_is_a_redemption(void)
{
    fake_open();
    fake_login();
    fake_nexo("Loyalty", "S2", "{" SALE("Transaction") "," TOTAL "," CODE "}");
    CHECK_EQ_INT(agent.challenges, 0);
    CHECK_EQ_INT(agent.redeems, 1);
    CHECK_EQ_STRING(agent.code, "SECRET-CODE");
}

static void test_one_that_cannot_be_opened_is_told(void)
{
    fake_open();
    fake_login();
    agent.challenge = SCRIP_REFUSED_BUSY;
    fake_nexo("Loyalty", "S3", "{" SALE("Transaction") "," TOTAL "}");
    CHECK(strstr(link.reply, "\"ErrorCondition\":\"Busy\"") != NULL);
    CHECK(strstr(link.reply, "Barcode\"") == NULL);
    CHECK_EQ_STRING(printer.paper, "");
    fake_nexo("Loyalty", "S4", "{" SALE("Customer") "," TOTAL "}");
    CHECK(strstr(link.reply, "&field=SaleData.TokenRequestedType&message=") != NULL);
    CHECK_EQ_INT(agent.challenges, 1);
}

/* A printer that is out of paper changes nothing: the till has the text. */
static void test_a_dead_printer_changes_no_answer(void)
{
    fake_open();
    fake_login();
    printer.status = printer.qr_status = SCRIP_FAULT_DEVICE;
    fake_nexo("Loyalty", "S5", "{" SALE("Transaction") "," TOTAL "}");
    CHECK(strstr(link.reply, "\"BarcodeValue\":\"SCCB-T-9\"") != NULL);
    CHECK_EQ_INT(till.challenge[0], 0);
}

static enum scrip_status read_nothing(void *context, void *data, size_t cap, size_t *len)
{
    (void)context;
    (void)data;
    (void)cap;
    *len = 0;
    return SCRIP_AGAIN;
}

/* With a scanner of its own the terminal waits for the answer itself. */
static void test_a_terminal_with_a_scanner_waits(void)
{
    static const struct hal_scanner scanner = {NULL, read_nothing};

    fake_open();
    fake_login();
    fake_hal.scanner = &scanner;
    agent.answer.status = SCRIP_AGAIN;
    fake_nexo("Loyalty", "S8", "{" SALE("Transaction") "," TOTAL "}");
    CHECK_EQ_INT(agent.challenges, 1);
    CHECK_EQ_INT(agent.redeems, 1);
    CHECK(!agent.has_code);
    CHECK_EQ_STRING(link.reply, "");
    CHECK_EQ_STRING(printer.paper, "QR SCCB-T-9\nCUT\n");
}

int main(void)
{
    CHECK_RUN(test_it_is_shown_and_given_to_the_till);
    CHECK_RUN(test_with_a_code_it_is_a_redemption);
    CHECK_RUN(test_one_that_cannot_be_opened_is_told);
    CHECK_RUN(test_a_dead_printer_changes_no_answer);
    CHECK_RUN(test_a_terminal_with_a_scanner_waits);
    return check_done();
}
