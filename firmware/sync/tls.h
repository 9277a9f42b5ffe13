/*
 * tls: mutual TLS 1.3 over a hal_net, driven step by step.
 *
 * The host must chain to our own root, carry the expected name, and match a pin where pins are
 * given. A host that refuses our certificate shows it at the first read, not in the handshake (RFC
 * 8446 section 4.4.2.4).
 *
 * Memory   struct tls is the caller's; mbedTLS takes the rest from the arena of base/crypto.
 * Threads  Owner task only.
 */
#ifndef SYNC_TLS_H
#define SYNC_TLS_H

#include "base/stream.h"
#include "base/wallclock.h"
#include "hal/net.h"
#include "store/keys.h"
#include "base/bundle.h"

/* sync/tls_state.h completes it; the library's names stay in there. */
struct tls;

MUST_CHECK enum scrip_status tls_open(struct tls *tls, const struct hal_net *net,
                                      const struct bundle *bundle, const struct keys *keys,
                                      const struct wallclock *clock);
/* Starts a session (resumed where a ticket is held). Then poll: AGAIN, OK (established), FAULT_TLS
 * (host not ours; *detail says why), FAULT_NET. */
MUST_CHECK enum scrip_status tls_connect(struct tls *tls);
MUST_CHECK enum scrip_status tls_poll(struct tls *tls);
/* The established session as a stream. FAULT_TLS from receive: an alert, such as a refused
 * certificate. */
struct stream tls_stream(struct tls *tls);
/* The last failure in words, for the log. Never NULL. */
const char *tls_detail(const struct tls *tls);
bool tls_resumed(const struct tls *tls);
void tls_disconnect(struct tls *tls); /* keeps the ticket */
void tls_close(struct tls *tls);

#endif
