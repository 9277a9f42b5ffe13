#include "till/paper.h"

#include <string.h>

#include "base/qr.h"

enum { RECEIPT_CHARS = 512, COLUMNS_MAX = 64, QR_VERSION_MAX = 20 };

/* A text that is longer than a line goes on in the next one. */
static enum scrip_status print_text(const struct hal_printer *printer, const char *text)
{
    char line[COLUMNS_MAX + 1];
    size_t columns = printer->columns < COLUMNS_MAX ? printer->columns : COLUMNS_MAX;
    size_t left = strlen(text);

    while (left > 0 && columns > 0) {
        size_t len = left < columns ? left : columns;
        memcpy(line, text, len);
        line[len] = '\0';
        TRY(printer->line(printer->context, line));
        text += len;
        left -= len;
    }
    return SCRIP_OK;
}

static enum scrip_status print_qr(struct till *till, const struct hal_printer *printer,
                                  const char *text)
{
    struct qr qr;

    if (printer->qr != NULL)
        return printer->qr(printer->context, text);
    if (printer->raster == NULL)
        return SCRIP_REFUSED_UNSUPPORTED;
    TRY(qr_encode(bytes_text(text), QR_LEVEL_M, QR_VERSION_MAX, till->arena, till->arena_len, &qr));
    enum scrip_status status = printer->raster(printer->context, qr.modules, qr.side);
    qr_close(&qr);
    return status;
}

static enum scrip_status print_body(struct till *till, const struct scrip_answer *answer,
                                    const char *receipt)
{
    const struct hal_printer *printer = till->hal->printer;

    if (answer->epoch == till->opened_epoch && answer->seq <= till->opened_seq)
        TRY(print_text(printer, "COPY"));
    TRY(print_text(printer, answer->line1));
    TRY(print_text(printer, answer->reference));
    return print_qr(till, printer, receipt);
}

/* Cut also behind a failure: the next receipt must not begin with the rest of this one. */
static enum scrip_status print(struct till *till, const struct scrip_answer *answer)
{
    const struct hal_printer *printer = till->hal->printer;
    char receipt[RECEIPT_CHARS];
    enum scrip_status status, cut;

    TRY(scrip_receipt(till->scrip, answer->seq, 'B', receipt, sizeof receipt));
    status = print_body(till, answer, receipt);
    cut = printer->cut(printer->context);
    return status != SCRIP_OK ? status : cut;
}

/* On the display where it can draw, else on paper. */
static enum scrip_status show_qr(struct till *till, const char *text)
{
    const struct hal_display *display = till->hal->display;
    const struct hal_printer *printer = till->hal->printer;
    struct qr qr;

    if (display == NULL || display->qr == NULL) {
        if (printer == NULL)
            return SCRIP_REFUSED_UNSUPPORTED;
        enum scrip_status status = print_qr(till, printer, text), cut;
        cut = printer->cut(printer->context);
        return status != SCRIP_OK ? status : cut;
    }
    TRY(qr_encode(bytes_text(text), QR_LEVEL_M, QR_VERSION_MAX, till->arena, till->arena_len, &qr));
    enum scrip_status status = display->qr(display->context, qr.modules, qr.side);
    qr_close(&qr);
    return status;
}

void paper_challenge(struct till *till)
{
    if (till->challenge[0] == '\0')
        return;
    if (show_qr(till, till->challenge) != SCRIP_OK)
        till->hal->log->write(till->hal->log->context, HAL_LOG_WARNING,
                              "till: a challenge was not shown; the till has its text");
    till->challenge[0] = '\0';
}

void paper_print(struct till *till, const struct scrip_answer *answer)
{
    if (till->hal->printer == NULL || answer->status != SCRIP_OK || answer->seq == 0 ||
        answer->reversed)
        return;
    /* A request that is sent again is not printed again; after a restart it may be. */
    if (answer->epoch == till->printed_epoch && answer->seq <= till->printed_seq)
        return;
    till->printed_epoch = answer->epoch;
    till->printed_seq = answer->seq;
    if (print(till, answer) != SCRIP_OK)
        till->hal->log->write(till->hal->log->context, HAL_LOG_WARNING,
                              "till: a receipt was not printed; the till can ask for it again");
}
