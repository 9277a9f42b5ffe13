/*
 * hal_till: the cash register, as messages. A Linux terminal carries them over HTTP on a Unix
 * socket, a microcontroller as one line each over a UART; the agent does not know.
 */
#ifndef HAL_TILL_H
#define HAL_TILL_H

#include <stddef.h>
#include <stdint.h>

#include "hal/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hal_till_kind {
    HAL_TILL_NEXO,    /* a nexo message, JSON */
    HAL_TILL_STATUS,  /* asks for the status page; no body */
    HAL_TILL_SYNC,    /* asks to settle now; no body */
    HAL_TILL_REQUEST, /* {"terminal": "MERCHANT.STORE.TERMINAL"}: asks for a certificate request */
    HAL_TILL_INSTALL  /* {"bundle": base64url}: brings the enrolment bundle */
};

struct hal_till_message {
    uint32_t peer; /* whom to answer; stays valid until replied */
    enum hal_till_kind kind;
    const char *text; /* len bytes and a NUL, owned by the platform until reply() */
    size_t len;
};

struct hal_till {
    void *context;

    /* OK: one whole message. AGAIN: none. Messages beyond the platform's limit never get here: the
     * platform answers them itself, and names the limit. */
    enum scrip_status (*receive)(void *context, struct hal_till_message *message);

    /* Answers peer with len bytes of JSON. FAULT_DEVICE: the peer has gone; the answer can be asked
     * for again (TransactionStatus). Either way the message is released. */
    enum scrip_status (*reply)(void *context, uint32_t peer, const char *text, size_t len);

    /* Sends a message of ours to every subscriber. AGAIN: there is none. */
    enum scrip_status (*event)(void *context, const char *text, size_t len);
};

#ifdef __cplusplus
}
#endif

#endif
