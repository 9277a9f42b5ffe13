#include "till/paper.h"

#include <string.h>

#include "base/qr.h"

enum { COLUMNS_MAX = 64, QR_VERSION_MAX = 20 };

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
    TRY(qr_encode(bytes_text(text), QR_LEVEL_M, QR_VERSION_MAX, till->arena, till->code_len, &qr));
    enum scrip_status status = printer->raster(printer->context, qr.modules, qr.side);
    qr_close(&qr);
    return status;
}

static bool draws(const struct hal_display *display)
{
    return display != NULL && display->qr != NULL;
}

/* The largest version of which a display shows a module as a pixel, with a margin of four. */
static unsigned fitting_version(const struct hal_display *display)
{
    unsigned side = display->width_px < display->height_px ? display->width_px : display->height_px;
    unsigned version = side < 8 + 17 ? 0 : (side - 8 - 17) / 4;

    return version < QR_VERSION_MAX ? version : QR_VERSION_MAX;
}

/* Nothing soils a display: the lowest level, and so the largest modules. */
static enum scrip_status draw_qr(struct till *till, const char *text)
{
    const struct hal_display *display = till->hal->display;
    struct qr qr;

    if (!draws(display))
        return SCRIP_REFUSED_UNSUPPORTED;
    TRY(qr_encode(bytes_text(text), QR_LEVEL_L, fitting_version(display), till->arena,
                  till->code_len, &qr));
    enum scrip_status status = display->qr(display->context, qr.modules, qr.side);
    qr_close(&qr);
    return status;
}

static enum scrip_status print_receipt(struct till *till, const struct scrip_answer *answer,
                                       const char *receipt)
{
    const struct hal_printer *printer = till->hal->printer;

    if (answer->epoch == till->opened_epoch && answer->seq <= till->opened_seq)
        TRY(print_text(printer, "COPY"));
    TRY(print_text(printer, answer->line1));
    TRY(print_text(printer, answer->reference));
    return print_qr(till, printer, receipt);
}

/* Cut also behind a failure: the next paper must not begin with the rest of this one. */
static enum scrip_status cut(struct till *till, enum scrip_status printed)
{
    const struct hal_printer *printer = till->hal->printer;
    enum scrip_status status = printer->cut(printer->context);

    return printed != SCRIP_OK ? printed : status;
}

/* Where it can be drawn no paper is wasted: in the shortest form, for the app that stands before
 * it. What does not fit there is printed, in the form that a phone's own camera opens, for paper
 * goes home. */
static enum scrip_status give_receipt(struct till *till, const struct scrip_answer *answer,
                                      bool on_paper)
{
    char receipt[SCRIP_RECEIPT_CHARS];
    enum scrip_status status = SCRIP_REFUSED_UNSUPPORTED;

    till->drawn = false;
    if (!on_paper && draws(till->hal->display)) {
        TRY(scrip_receipt(till->scrip, answer->seq, 'B', receipt, sizeof receipt));
        status = draw_qr(till, receipt);
    }
    till->drawn = status == SCRIP_OK;
    if (status != SCRIP_OK && till->hal->printer != NULL) {
        TRY(scrip_receipt(till->scrip, answer->seq, 'U', receipt, sizeof receipt));
        status = cut(till, print_receipt(till, answer, receipt));
    }
    return status;
}

/* What the display says of the sale before is no caption for this one. */
static enum scrip_status give_challenge(struct till *till)
{
    const struct hal_display *display = till->hal->display;
    enum scrip_status status;

    till->drawn = false;
    if (draws(display))
        TRY(display->show(display->context, "Scan this", "with the app", HAL_TONE_NONE));
    status = draw_qr(till, till->challenge);
    if (status != SCRIP_OK && till->hal->printer != NULL)
        status = cut(till, print_qr(till, till->hal->printer, till->challenge));
    return status;
}

void paper_challenge(struct till *till)
{
    if (till->challenge[0] == '\0')
        return;
    if (give_challenge(till) != SCRIP_OK)
        till->hal->log->write(till->hal->log->context, HAL_LOG_WARNING,
                              "till: a challenge was not shown; the till has its text");
    till->challenge[0] = '\0';
}

void paper_clear(struct till *till, const char *line)
{
    const struct hal_display *display = till->hal->display;

    till->drawn = false;
    if (!draws(display))
        return;
    /* A display that is dead shows no code. */
    enum scrip_status status = line != NULL
                                   ? display->show(display->context, line, "", HAL_TONE_NONE)
                                   : display->qr(display->context, NULL, 0);
    (void)status;
}

static void give(struct till *till, const struct scrip_answer *answer, bool on_paper)
{
    if (give_receipt(till, answer, on_paper) != SCRIP_OK)
        till->hal->log->write(till->hal->log->context, HAL_LOG_WARNING,
                              "till: a receipt was not given; the till can ask for it again");
}

void paper_print(struct till *till, const struct scrip_answer *answer)
{
    if ((till->hal->printer == NULL && !draws(till->hal->display)) || answer->status != SCRIP_OK ||
        answer->seq == 0 || answer->reversed || answer->award)
        return;
    /* A request that is sent again is not printed again; after a restart it may be. */
    if (answer->epoch == till->printed_epoch && answer->seq <= till->printed_seq)
        return;
    till->printed_epoch = answer->epoch;
    till->printed_seq = answer->seq;
    give(till, answer, false);
}

void paper_instead(struct till *till)
{
    const struct scrip_ref ref = {.sale_id = till->last.sale_id,
                                  .service_id = till->last.service_id};
    struct scrip_answer answer;

    if (till->drawn && till->hal->printer != NULL &&
        scrip_result(till->scrip, &ref, &answer) == SCRIP_OK && answer.seq == till->printed_seq)
        give(till, &answer, true);
}
