/*
 * What each message does. Every one ends in an answer in `out`, or in a place among the pending.
 */
#include "till/nexo.h"

#include <string.h>

/* The address that a phone's camera opens, where an answer has room for it. */
enum { REPRINT_FORM = TILL_REPLY_BYTES >= 2560 ? 'U' : 'B' };

/* A refusal of our own, as complete as the agent's. */
static void answer_here(const struct till *till, enum scrip_status status, const char *sentence,
                        struct scrip_answer *answer)
{
    struct scrip_status_page page;
    struct buffer detail = buffer_of(answer->detail, sizeof answer->detail - 1);

    scrip_read_state(till->scrip, &page);
    memset(answer, 0, sizeof *answer);
    answer->status = status;
    answer->online = nexo_is_online(page.state);
    answer->state = page.state;
    answer->depth = page.depth;
    buffer_put_text(&detail, sentence);
    answer->detail[detail.len] = '\0';
}

static void refuse(const struct till *till, const struct nexo_request *request,
                   struct json_out *out)
{
    struct scrip_answer answer;

    answer_here(till, request->problem.status, request->problem.sentence, &answer);
    if (request->header.category == NEXO_LOYALTY)
        nexo_put_loyalty(out, &request->header, &answer, request->problem.field);
    else
        nexo_put_response(out, &request->header, &answer, request->problem.field);
}

static bool is_logged_in(const struct till *till, const struct nexo_header *header)
{
    return till->login.active && strcmp(till->login.sale_id, header->sale_id) == 0;
}

static enum scrip_status require_login(const struct till *till, struct nexo_request *request)
{
    if (is_logged_in(till, &request->header))
        return SCRIP_OK;
    return nexo_blame(&request->problem, SCRIP_REFUSED_LOGGED_OUT, "",
                      "This SaleID has not logged in: send a Login first");
}

static enum scrip_status login(struct till *till, struct nexo_request *request,
                               struct json_out *out)
{
    struct nexo_problem *problem = &request->problem;
    struct scrip_status_page page;
    struct scrip_answer answer;
    uint16_t operator_number = 0, shift = 0;
    bool training = false;

    TRY(nexo_read_flag(problem, request->body, "TrainingModeFlag", &training));
    TRY(nexo_read_number(problem, request->body, "OperatorID", &operator_number));
    TRY(nexo_read_number(problem, request->body, "ShiftNumber", &shift));
    till->login.active = true;
    till->login.training = training;
    till->login.operator_number = operator_number;
    till->login.shift = shift;
    memcpy(till->login.sale_id, request->header.sale_id, sizeof till->login.sale_id);
    scrip_read_state(till->scrip, &page);
    answer_here(till, SCRIP_OK, "", &answer);
    nexo_put_login(out, &request->header, &answer, &page);
    return SCRIP_OK;
}

/* The queue survives: only the operator goes. */
static enum scrip_status logout(struct till *till, struct nexo_request *request,
                                struct json_out *out)
{
    struct scrip_answer answer;

    TRY(require_login(till, request));
    memset(&till->login, 0, sizeof till->login);
    answer_here(till, SCRIP_OK, "", &answer);
    nexo_put_response(out, &request->header, &answer, NULL);
    return SCRIP_OK;
}

static bool keep_pending(struct till *till, uint32_t peer, const struct nexo_header *header)
{
    for (size_t i = 0; i < TILL_PENDING; i++) {
        if (till->pending[i].used)
            continue;
        till->pending[i].used = true;
        till->pending[i].peer = peer;
        till->pending[i].header = *header;
        return true;
    }
    return false;
}

/* SaleData.TokenRequestedType "Transaction", and no code yet: the sale gets a challenge, which is
 * shown. OK: the terminal's scanner waits for the answer. AGAIN: the till's own does, and its next
 * request brings the code. */
static enum scrip_status challenge(struct till *till, const struct scrip_sale *sale,
                                   struct scrip_answer *answer)
{
    TRY(scrip_challenge(till->scrip, sale, till->challenge, sizeof till->challenge, answer));
    return till->hal->scanner != NULL ? SCRIP_OK : SCRIP_AGAIN;
}

static enum scrip_status loyalty(struct till *till, uint32_t peer, struct nexo_request *request,
                                 struct json_out *out, struct scrip_answer *answer)
{
    struct scrip_sale sale;
    struct bytes code;
    char transaction_id[LIMIT_TRANSACTION_ID + 1];

    TRY(require_login(till, request));
    TRY(nexo_read_sale(till, request, &sale, transaction_id, &code));
    till->last = request->header;
    if (request->wants_challenge && code.data == NULL && !request->award) {
        enum scrip_status opened = challenge(till, &sale, answer);
        if (opened != SCRIP_OK) {
            nexo_put_challenge(out, &request->header, answer,
                               opened == SCRIP_AGAIN ? till->challenge : NULL);
            return SCRIP_OK;
        }
    }
    enum scrip_status status = request->award
                                   ? scrip_award(till->scrip, request->kind,
                                                 (const char *)code.data, code.len, &sale, answer)
                                   : scrip_redeem(till->scrip, (const char *)code.data, code.len,
                                                  &sale, answer);
    if (status == SCRIP_AGAIN && keep_pending(till, peer, &request->header))
        return SCRIP_AGAIN;
    nexo_put_loyalty(out, &request->header, answer, NULL);
    return SCRIP_OK;
}

/* A reversal is of the whole: another amount is a mistake, found before anything is undone. */
static enum scrip_status check_amount(struct nexo_request *request,
                                      const struct scrip_answer *original)
{
    const struct currency *currency = currency_of_number(original->currency);
    int64_t minor;

    if (json_member(request->body, "ReversedAmount") == NULL)
        return SCRIP_OK;
    TRY(nexo_read_amount(&request->problem, request->body, "ReversedAmount",
                         currency != NULL ? currency->exponent : 2, false, &minor));
    if (minor != original->amount_minor)
        return nexo_blame(&request->problem, SCRIP_REFUSED_AMOUNT, "ReversedAmount",
                          "is not what was redeemed: a reversal undoes the whole");
    return SCRIP_OK;
}

static enum scrip_status reversal(struct till *till, struct nexo_request *request,
                                  struct json_out *out)
{
    static const char *const reasons[] = {"CustCancel", "MerchantCancel", "Malfunction",
                                          "Unable2Compl", NULL};
    struct nexo_problem *problem = &request->problem;
    const struct json *original = json_member(json_member(request->body, "OriginalPOITransaction"),
                                              "POITransactionID");
    struct scrip_sale sale = {.sale_id = request->header.sale_id,
                              .service_id = request->header.service_id,
                              .operator_number = till->login.operator_number,
                              .shift = till->login.shift,
                              .training = till->login.training};
    char reference[SCRIP_REFERENCE_CHARS];
    char transaction_id[LIMIT_TRANSACTION_ID + 1];
    struct scrip_ref ref = {.reference = reference};
    struct scrip_answer answer;
    size_t reason;

    TRY(require_login(till, request));
    TRY(nexo_read_word(problem, request->body, "ReversalReason", reasons, &reason));
    TRY(nexo_read_text(problem, original, "OriginalPOITransaction.POITransactionID.TransactionID",
                       NEXO_REQUIRED, reference, sizeof reference - 1));
    TRY(nexo_read_sale_data(request, NEXO_OPTIONAL, &sale, transaction_id));
    if (scrip_result(till->scrip, &ref, &answer) == SCRIP_OK) {
        TRY(check_amount(request, &answer));
        if (transaction_id[0] == '\0')
            memcpy(transaction_id, answer.transaction_id, sizeof transaction_id);
        /* The answer's own status tells the till. */
        enum scrip_status status = scrip_reverse(till->scrip, &ref, &sale, &answer);
        (void)status;
    }
    nexo_put_reversal(out, &request->header, reference, &answer, NULL);
    return SCRIP_OK;
}

/* Which request is meant: MessageReference, or else the last one. */
static enum scrip_status read_reference(struct till *till, struct nexo_request *request,
                                        struct nexo_header *of)
{
    static const char *const known[] = {"Loyalty", NULL};
    struct nexo_problem *problem = &request->problem;
    const struct json *reference = json_member(request->body, "MessageReference");
    size_t index;

    if (reference == NULL) {
        if (till->last.sale_id[0] == '\0')
            return nexo_blame(problem, SCRIP_REFUSED_NOT_FOUND, "",
                              "No transaction since this terminal started: name one");
        *of = till->last;
        return SCRIP_OK;
    }
    *of = request->header;
    of->category = NEXO_LOYALTY;
    if (json_member(reference, "MessageCategory") != NULL)
        TRY(nexo_read_word(problem, reference, "MessageReference.MessageCategory", known, &index));
    TRY(nexo_read_text(problem, reference, "MessageReference.ServiceID", NEXO_REQUIRED,
                       of->service_id, LIMIT_SERVICE_ID));
    if (json_member(reference, "SaleID") != NULL)
        TRY(nexo_read_text(problem, reference, "MessageReference.SaleID", NEXO_REQUIRED,
                           of->sale_id, LIMIT_SALE_ID));
    return SCRIP_OK;
}

static enum scrip_status transaction_status(struct till *till, struct nexo_request *request,
                                            struct json_out *out)
{
    struct nexo_header of;
    struct scrip_answer answer;
    char receipt[SCRIP_RECEIPT_CHARS];
    bool reprint = false;

    TRY(nexo_read_flag(&request->problem, request->body, "ReceiptReprintFlag", &reprint));
    TRY(read_reference(till, request, &of));
    of.time_stamp[0] = '\0';
    const struct scrip_ref ref = {.sale_id = of.sale_id, .service_id = of.service_id};
    bool printable = scrip_result(till->scrip, &ref, &answer) == SCRIP_OK && reprint &&
                     answer.seq != 0 &&
                     scrip_receipt(till->scrip, answer.seq, REPRINT_FORM, receipt,
                                   sizeof receipt) == SCRIP_OK;
    nexo_put_transaction_status(out, &request->header, &of, &answer, printable ? receipt : NULL);
    return SCRIP_OK;
}

/* An AbortRequest has no response of its own; whoever is aborted gets his, with Aborted. */
static enum scrip_status abort_request(struct till *till, struct nexo_request *request,
                                       struct json_out *out)
{
    struct nexo_header of;
    enum scrip_status status;

    TRY(read_reference(till, request, &of));
    status = scrip_abort(till->scrip, of.sale_id, of.service_id);
    if (status == SCRIP_OK || status == SCRIP_REFUSED_STATE) {
        /* Abort: undone. Completed: too late, it is durable, reverse it. */
        nexo_tell(till, out, &request->header, status == SCRIP_OK ? "Abort" : "Completed", "");
        return SCRIP_OK;
    }
    return nexo_blame(&request->problem, status, "", scrip_status_text(status));
}

static enum scrip_status diagnosis(struct till *till, struct nexo_request *request,
                                   struct json_out *out)
{
    struct scrip_status_page page;
    bool ask_host = false;

    TRY(nexo_read_flag(&request->problem, request->body, "HostDiagnosisFlag", &ask_host));
    /* The answer tells how the last attempt went; the next question hears of this one. */
    if (ask_host && scrip_sync_now(till->scrip) != SCRIP_OK)
        ask_host = false;
    scrip_read_state(till->scrip, &page);
    nexo_put_diagnosis(out, &request->header, &page, till->hal->printer != NULL,
                       till->login.active ? till->login.sale_id : "");
    return SCRIP_OK;
}

static enum scrip_status dispatch(struct till *till, uint32_t peer, struct nexo_request *request,
                                  struct json_out *out, struct scrip_answer *printable)
{
    switch (request->header.category) {
    case NEXO_LOGIN:
        return login(till, request, out);
    case NEXO_LOGOUT:
        return logout(till, request, out);
    case NEXO_LOYALTY:
        return loyalty(till, peer, request, out, printable);
    case NEXO_REVERSAL:
        return reversal(till, request, out);
    case NEXO_TRANSACTION_STATUS:
        return transaction_status(till, request, out);
    case NEXO_ABORT:
        return abort_request(till, request, out);
    case NEXO_DIAGNOSIS:
        return diagnosis(till, request, out);
    case NEXO_CATEGORIES:
        break;
    }
    return SCRIP_REFUSED_UNSUPPORTED;
}

enum scrip_status nexo_handle(struct till *till, uint32_t peer, struct bytes text,
                              struct json_out *out, struct scrip_answer *printable)
{
    struct nexo_request request;
    const struct json *root;
    enum scrip_status status = nexo_read(till, text, &root, &request);

    memset(printable, 0, sizeof *printable);
    printable->status = SCRIP_AGAIN;
    if (status == SCRIP_OK)
        status = dispatch(till, peer, &request, out, printable);
    if (root != NULL)
        json_close(root);
    bytes_wipe(request.badge, sizeof request.badge);
    if (status == SCRIP_OK)
        return json_out_end(out);
    if (status == SCRIP_AGAIN && request.problem.status == SCRIP_OK)
        return SCRIP_AGAIN;
    if (request.header.category == NEXO_CATEGORIES || request.header.category == NEXO_ABORT)
        nexo_reject(till, &request.header, &request.problem, out);
    else
        refuse(till, &request, out);
    return json_out_end(out);
}

bool nexo_finish(struct till *till, const struct scrip_answer *answer)
{
    bool found = false;

    for (size_t i = 0; i < TILL_PENDING; i++) {
        const struct nexo_header *header = &till->pending[i].header;
        struct buffer reply = buffer_of(till->reply, sizeof till->reply);
        struct json_out out;
        if (!till->pending[i].used || strcmp(header->sale_id, answer->sale_id) != 0 ||
            strcmp(header->service_id, answer->service_id) != 0)
            continue;
        till->pending[i].used = false;
        found = true;
        json_out_open(&out, json_to_buffer, &reply);
        nexo_put_loyalty(&out, header, answer, NULL);
        /* A till that has gone asks again by TransactionStatus. */
        if (json_out_end(&out) == SCRIP_OK) {
            enum scrip_status status = till->hal->till->reply(
                till->hal->till->context, till->pending[i].peer, till->reply, reply.len);
            (void)status;
        }
    }
    return found;
}
