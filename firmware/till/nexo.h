/*
 * nexo: messages of the nexo Retailer Protocol (Sale to POI) in JSON, read and written.
 *
 * Names are the schema's. Where JSON clients differ both spellings are read: AmountValue or Value,
 * LoyaltyData as array or object, EntryMode as array or text, BarCode or QRCODE or QRCode. A
 * message that cannot even be answered by its number is answered with an EventNotification Reject.
 *
 * Private to firmware/till.
 */
#ifndef TILL_NEXO_H
#define TILL_NEXO_H

#include "base/bytes.h"
#include "base/currency.h"
#include "base/json.h"
#include "till/till.h"

/* What is wrong with a message: the field's path, and a sentence that begins with its name. */
struct nexo_problem {
    enum scrip_status status;
    char field[64]; /* empty: the message as a whole */
    char sentence[80];
};

struct nexo_request {
    struct nexo_header header;
    const struct json *body;     /* the LoginRequest, LoyaltyRequest, ... in the arena */
    bool wants_challenge;        /* SaleData.TokenRequestedType is Transaction */
    bool award;                  /* the sale is to be noted for a member */
    enum scrip_member_kind kind; /* of the LoyaltyID */
    char badge[41];              /* SaleData.OperatorID where it is no number */
    struct nexo_problem problem;
};

/* nexo.c: one message in, its answer in `out`, or pending (AGAIN). *printable: the answer of a
 * redemption whose receipt may be printed once the answer has left; its status tells. */
MUST_CHECK enum scrip_status nexo_handle(struct till *till, uint32_t peer, struct bytes text,
                                         struct json_out *out, struct scrip_answer *printable);
/* The pending requests that this answers get it; true where there was one. */
bool nexo_finish(struct till *till, const struct scrip_answer *answer);

/* nexo_event.c */
/* What the agent tells unasked, as an EventNotification to every subscriber. */
void nexo_announce(struct till *till, const struct scrip_event *event);
/* nexo's answer to what is no request that could be answered: Reject, with the reason. */
void nexo_reject(const struct till *till, const struct nexo_header *header,
                 const struct nexo_problem *problem, struct json_out *out);
void nexo_tell(const struct till *till, struct json_out *out, const struct nexo_header *header,
               const char *event, const char *details);
/* Appends "&name=value", or nothing where the value is empty. */
void nexo_put_pair(struct buffer *out, const char *name, const char *value);

/* nexo_read.c. Each reader answers the problem's status, which it has filled in. `path` is the
 * field's place for the reader of the answer, its last part the member's name. */
enum nexo_need { NEXO_OPTIONAL, NEXO_REQUIRED };
/* Parses and finds the body. On failure header and problem say as much as is known; *root is NULL
 * or must be closed, also then. */
MUST_CHECK enum scrip_status nexo_read(struct till *till, struct bytes text,
                                       const struct json **root, struct nexo_request *request);
MUST_CHECK enum scrip_status nexo_blame(struct nexo_problem *problem, enum scrip_status status,
                                        const char *path, const char *what);
/* A text of at most max bytes into out, NUL-terminated; empty where it is absent. */
MUST_CHECK enum scrip_status nexo_read_text(struct nexo_problem *problem, const struct json *object,
                                            const char *path, enum nexo_need need, char *out,
                                            size_t max);
MUST_CHECK enum scrip_status nexo_read_flag(struct nexo_problem *problem, const struct json *object,
                                            const char *path, bool *value);
/* An amount in minor units, within +-INT32_MAX; refused where it is off a whole unit by more than
 * 1e-6. */
MUST_CHECK enum scrip_status nexo_read_amount(struct nexo_problem *problem,
                                              const struct json *object, const char *path,
                                              unsigned exponent, bool may_be_negative,
                                              int64_t *minor);
/* One of a NULL-terminated list of words. */
MUST_CHECK enum scrip_status nexo_read_word(struct nexo_problem *problem, const struct json *object,
                                            const char *path, const char *const *words,
                                            size_t *index);
/* Texts that are no number below it are told apart by numbers from there up. */
enum { NEXO_NAMED = 0x8000 };
/* An operator's or a shift's text as the number that records carry; absent leaves it. */
MUST_CHECK enum scrip_status nexo_read_number(struct nexo_problem *problem,
                                              const struct json *object, const char *path,
                                              uint16_t *number);
/* The host answers: known only while the terminal is in service. */
static inline bool nexo_is_online(uint32_t state)
{
    return (state & (SCRIP_STATE_HOST_UNREACHABLE | SCRIP_STATE_OUT_OF_SERVICE)) == 0;
}
const char *nexo_category_name(enum nexo_category category);

/* nexo_sale.c: a LoyaltyRequest as the agent takes it. *code is NULL where the scanner is asked; it
 * is a raw identifier where the request says award and its kind is none of ours: a view into the
 * parsed message, which json_close() wipes. */
MUST_CHECK enum scrip_status nexo_read_sale(struct till *till, struct nexo_request *request,
                                            struct scrip_sale *sale, char *transaction_id,
                                            struct bytes *code);
/* SaleData alone: transaction, time stamp, operator, shift, and whether a challenge is wanted. */
MUST_CHECK enum scrip_status nexo_read_sale_data(struct nexo_request *request, enum nexo_need need,
                                                 struct scrip_sale *sale, char *transaction_id);

/* nexo_answer.c */
const char *nexo_condition(enum scrip_status status); /* NULL for SCRIP_OK alone */
void nexo_put_response(struct json_out *out, const struct nexo_header *header,
                       const struct scrip_answer *answer, const char *field);
void nexo_put_loyalty(struct json_out *out, const struct nexo_header *header,
                      const struct scrip_answer *answer, const char *field);
/* The same for a sale that waits for its token: text is the challenge's, or NULL where none was
 * opened. */
void nexo_put_challenge(struct json_out *out, const struct nexo_header *header,
                        const struct scrip_answer *answer, const char *text);
void nexo_put_reversal(struct json_out *out, const struct nexo_header *header, const char *original,
                       const struct scrip_answer *answer, const char *field);
/* receipt: a QR text to print again, or NULL. */
void nexo_put_transaction_status(struct json_out *out, const struct nexo_header *header,
                                 const struct nexo_header *of, const struct scrip_answer *answer,
                                 const char *receipt);
void nexo_put_login(struct json_out *out, const struct nexo_header *header,
                    const struct scrip_answer *answer, const struct scrip_status_page *page);
void nexo_put_diagnosis(struct json_out *out, const struct nexo_header *header,
                        const struct scrip_status_page *page, bool printer_there,
                        const char *sale_id);
/* details: "name=value&..", see SPEC section 14. */
void nexo_put_event(struct json_out *out, const struct nexo_header *header, const char *event,
                    uint32_t time_s, const char *details);

#endif
