/*
 * A till's messages and its keeper's requests, against an agent that approves whatever it is asked.
 * The first byte says whether the till has logged in, what it did before and which reader is meant.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fake/agent.h"
#include "till/nexo.h"
#include "till/service.h"

enum {
    SERVICE_REQUEST = 1,
    SERVICE_INSTALL = 2,
    LOGGED_OUT = 4,
    REFUSE = 8,
    WAIT = 16,
    EARLIER = 32
};

static void answer_is_json(struct bytes text)
{
    static uint8_t arena[TILL_ARENA_BYTES];
    const struct json *root;

    FUZZ_HOLDS(json_parse(text, arena, sizeof arena, &root, NULL) == SCRIP_OK);
    FUZZ_HOLDS(json_is_object(root));
    json_close(root);
}

static enum scrip_status agent_status(uint8_t how)
{
    return how & REFUSE ? SCRIP_REFUSED_USED : how & WAIT ? SCRIP_AGAIN : SCRIP_OK;
}

/* The login message is read once, not for every input. */
static void begin(bool logged_in)
{
    static struct till after_login;

    fake_open();
    if (after_login.scrip == NULL) {
        fake_login();
        after_login = till;
        fake_open();
    }
    if (logged_in)
        till = after_login;
}

void fuzz_one(struct bytes input)
{
    static char reply[TILL_REPLY_BYTES];
    uint8_t how = fuzz_take_u8(&input);
    struct buffer text = buffer_of(reply, sizeof reply);
    struct scrip_answer printable = {.status = SCRIP_AGAIN};
    enum scrip_status status = SCRIP_OK;
    struct json_out out;

    begin((how & LOGGED_OUT) == 0);
    agent.answer = (struct scrip_answer){.status = agent_status(how),
                                         .seq = 17,
                                         .epoch = 4,
                                         .amount_minor = 500,
                                         .currency = 978,
                                         .time_s = TEST_NOW_S,
                                         .line1 = "EUR 5.00 OFF",
                                         .reference = "M1.S1.T1-4-17"};
    if (how & EARLIER)
        till.last = (struct nexo_header){
            .category = NEXO_LOYALTY, .service_id = "S0", .sale_id = "TILL-1"};
    json_out_open(&out, json_to_buffer, &text);
    if (how & SERVICE_REQUEST)
        service_request(&till, input, &out);
    else if (how & SERVICE_INSTALL)
        service_install(&till, input, &out);
    else
        status = nexo_handle(&till, 1, input, &out, &printable);
    if (status == SCRIP_AGAIN) {
        agent.answer.status = SCRIP_OK;
        (void)nexo_finish(&till, &agent.answer);
        return;
    }
    if (status == SCRIP_OK && (how & (SERVICE_REQUEST | SERVICE_INSTALL)) != 0)
        status = json_out_end(&out);
    FUZZ_HOLDS(status == SCRIP_OK);
    answer_is_json(buffer_bytes(&text));
}

static void message(uint8_t how, const char *category, const char *body, fuzz_visit *visit,
                    void *context)
{
    static char text[2048];

    (void)snprintf(text, sizeof text,
                   "{'SaleToPOIRequest':{'MessageHeader':{'ProtocolVersion':'3.1','MessageClass':"
                   "'Service','MessageCategory':'%s','MessageType':'Request','ServiceID':'S1',"
                   "'SaleID':'TILL-1','POIID':'M1.S1.T1'},'%sRequest':%s}}",
                   category, category, body);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    fuzz_visit_with(how, bytes_text(text), visit, context);
}

#define SALE_DATA                                                                                  \
    "'SaleData':{'OperatorID':'7','ShiftNumber':'2','SaleTransactionID':{'TransactionID':'T-9',"   \
    "'TimeStamp':'2026-03-01T13:00:00'}}"
#define ACCOUNT                                                                                    \
    "'LoyaltyAccountID':{'EntryMode':['Scanned'],'IdentificationType':'BarCode','LoyaltyID':'SCTB" \
    "X'}"
#define ITEM "{'ItemID':0,'ProductCode':'4006381333931','ItemAmount':25.5,'Quantity':1.5}"

#define AWARD(type, id, amount)                                                                    \
    "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Award','Currency':'EUR',"      \
    "'TotalAmount':9},'LoyaltyData':[{'LoyaltyAccountID':{'EntryMode':['Keyed'],"                  \
    "'IdentificationType':'" type "','LoyaltyID':'" id "'}" amount "}]}"

/* More values than the arena holds. */
static void many(fuzz_visit *visit, void *context)
{
    static char text[8000] = "{\"a\":[0";

    while (strlen(text) < sizeof text - 8)
        memcpy(text + strlen(text), ",0", 2);
    memcpy(text + strlen(text), "]}", 2);
    fuzz_visit_with(0, bytes_text(text), visit, context);
}

void fuzz_seeds(fuzz_visit *visit, void *context)
{
    static const char *const redeem[] = {
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':25.5,'SaleItem':[" ITEM "," ITEM "]},'LoyaltyData':[{" ACCOUNT
        ",'LoyaltyAmount':{'LoyaltyUnit':'Monetary','Currency':'EUR','AmountValue':5.00}}]}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':25.5,'SaleItem':" ITEM "},'LoyaltyData':{" ACCOUNT "}}",
        AWARD("AccountNumber", "M-20 17", ""),
        AWARD("AccountNumber", "a@example.com", ""),
        AWARD("BarCode", "4006381333931", ""),
        AWARD("PhoneNumber", "+493012345678", ""),
        AWARD("PhoneNumber", "+493012345678",
              ",'LoyaltyAmount':{'LoyaltyUnit':'Monetary','Currency':'EUR','AmountValue':1}"),
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':9},'LoyaltyData':{" ACCOUNT ",'LoyaltyAmount':{'LoyaltyUnit':"
        "'Monetary','Currency':'EUR','AmountValue':0}}}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Award','Currency':'USD',"
        "'TotalAmount':-1},'LoyaltyData':[]}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':25.555}}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':'1'}}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':-1}}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':1e12}}",
        "{'SaleData':{'SaleTransactionID':{'TransactionID':'','TimeStamp':7}}}",
        "{'SaleData':{'TokenRequestedType':'Transaction','SaleTransactionID':{'TransactionID':'T',"
        "'TimeStamp':'2026'}},'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption',"
        "'Currency':'EUR','TotalAmount':1}}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':9},'LoyaltyData':[{" ACCOUNT "},{" ACCOUNT "}]}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':9},'LoyaltyData':7}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':9},'LoyaltyData':{" ACCOUNT ",'LoyaltyAmount':{'LoyaltyUnit':"
        "'Monetary','Currency':'USD','AmountValue':1}}}",
        "{" SALE_DATA ",'LoyaltyTransaction':{'LoyaltyTransactionType':'Redemption','Currency':"
        "'EUR','TotalAmount':1},'LoyaltyData':[{'LoyaltyAccountID':{'EntryMode':'MagStripe',"
        "'IdentificationType':'PAN','LoyaltyID':'4111111111111111'},'LoyaltyAmount':{'LoyaltyUnit'"
        ":'Point','Value':3}}]}"};
    static const char *const others[][2] = {
        {"Login", "{'DateTime':'2026-03-01T13:00:00','OperatorID':'7','ShiftNumber':'2',"
                  "'TrainingModeFlag':true,'SaleSoftware':{'ApplicationName':'x'}}"},
        {"Login", "{'DateTime':'2026','OperatorID':'','ShiftNumber':'Anna','TrainingModeFlag':1}"},
        {"Login", "{'DateTime':'2026','OperatorID':'Bo','ShiftNumber':7}"},
        {"Logout", "{}"},
        {"Reversal", "{" SALE_DATA ",'OriginalPOITransaction':{'SaleID':'TILL-1','POIID':'M1.S1.T1'"
                     ",'POITransactionID':{'TransactionID':'M1.S1.T1-4-17','TimeStamp':"
                     "'2026-03-01T12:00:00'}},'ReversalReason':'CustCancel','ReversedAmount':5}"},
        {"Reversal", "{'OriginalPOITransaction':{'POITransactionID':{'TransactionID':"
                     "'M1.S1.T1-4-17','TimeStamp':'2026-03-01T12:00:00'}},'ReversalReason':"
                     "'MerchantCancel'}"},
        {"Reversal", "{'OriginalPOITransaction':{'POITransactionID':{'TransactionID':"
                     "'M1.S1.T1-4-17','TimeStamp':'2026-03-01T12:00:00'}},'ReversalReason':"
                     "'Malfunction','ReversedAmount':6}"},
        {"TransactionStatus", "{'MessageReference':{'MessageCategory':'Loyalty','ServiceID':'S1',"
                              "'SaleID':'TILL-1'},'ReceiptReprintFlag':true,'DocumentQualifier':"
                              "['CustomerReceipt']}"},
        {"TransactionStatus", "{}"},
        {"Abort", "{'MessageReference':{'MessageCategory':'Loyalty','ServiceID':'S1'},"
                  "'AbortReason':'x'}"},
        {"Diagnosis", "{'HostDiagnosisFlag':true}"},
        {"Diagnosis", "{'HostDiagnosisFlag':false}"},
        {"Payment", "{}"}};

    for (size_t i = 0; i < sizeof redeem / sizeof redeem[0]; i++) {
        message(0, "Loyalty", redeem[i], visit, context);
        message(REFUSE, "Loyalty", redeem[i], visit, context);
        message(WAIT, "Loyalty", redeem[i], visit, context);
        message(LOGGED_OUT, "Loyalty", redeem[i], visit, context);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        message(0, others[i][0], others[i][1], visit, context);
        message(LOGGED_OUT | REFUSE, others[i][0], others[i][1], visit, context);
        message(WAIT, others[i][0], others[i][1], visit, context);
        message(EARLIER | REFUSE, others[i][0], others[i][1], visit, context);
    }
    many(visit, context);
    fuzz_visit_with(SERVICE_REQUEST, bytes_text("{\"terminal\":\"M1.S1.T1\"}"), visit, context);
    fuzz_visit_with(SERVICE_INSTALL, bytes_text("{\"bundle\":\"qgEC\"}"), visit, context);
    fuzz_visit_with(0, bytes_text("{\"a\":[1,2.5e3,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\"]}"),
                    visit, context);
}
