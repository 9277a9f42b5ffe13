/*
 * service: what a terminal's keeper asks, beside nexo: the status page, settling, enrolment.
 *
 * Each answer is a JSON object with "status" (a name of hal/status.h), and with "message" where it
 * is not OK. Private to firmware/till.
 * Format   SPEC section 14.
 */
#ifndef TILL_SERVICE_H
#define TILL_SERVICE_H

#include "base/json.h"
#include "till/till.h"

void service_status(struct till *till, struct json_out *out);
void service_sync(struct till *till, struct json_out *out);
/* {"terminal": "MERCHANT.STORE.TERMINAL"} -> {"status", "csr": DER in base64url} */
void service_request(struct till *till, struct bytes text, struct json_out *out);
/* {"bundle": base64url} -> {"status"} */
void service_install(struct till *till, struct bytes text, struct json_out *out);

#endif
