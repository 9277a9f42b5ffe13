/*
 * tls: mutual TLS 1.3 over a hal_net, driven step by step.
 *
 * The host must chain to our own root, carry the expected name, and match a pin where pins are
 * given. Its dates are judged by our wall clock: while that is unknown, only "not yet valid" is
 * tolerated, and tls_check_time() judges again once the time is known, before an answer is used.
 * A host that refuses our certificate shows it at the first read, not in the handshake (RFC 8446
 * section 4.4.2.4).
 *
 * Memory   struct tls is the caller's; mbedTLS takes the rest from the arena of base/crypto.
 * Threads  Owner task only. Time: a poll is at most one handshake message: one ECC operation and
 *          the verification of one chain.
 */
#ifndef SYNC_TLS_H
#define SYNC_TLS_H

#include "base/bundle.h"
#include "base/stream.h"
#include "base/wallclock.h"
#include "hal/net.h"
#include "store/keys.h"

/* sync/tls_state.h completes it; the library's names stay in there. */
struct tls;

/* Reads certificates and key; no traffic. All parts must stay until tls_close(). FAULT_TLS: our own
 * certificates or the roots do not parse; others as the key store's. Closed again unless OK. */
MUST_CHECK enum scrip_status tls_open(struct tls *tls, const struct hal_net *net,
                                      const struct bundle *bundle, const struct keys *keys,
                                      const struct wallclock *clock);

/* Starts to connect, resuming where a ticket is held. FAULT_NET, FAULT_TLS, FAULT_MEMORY: nothing
 * is open. Then poll: AGAIN, OK (established), FAULT_TLS (the host is not ours; tls_detail() says
 * why), FAULT_NET: disconnected. */
MUST_CHECK enum scrip_status tls_connect(struct tls *tls);
MUST_CHECK enum scrip_status tls_poll(struct tls *tls);

/* FAULT_TLS: by the wall clock of now, a certificate of the host's chain has expired or is not yet
 * valid; the ticket is dropped, and the caller must disconnect without using what was received. */
MUST_CHECK enum scrip_status tls_check_time(struct tls *tls);

/* The established session as a stream. FAULT_TLS from receive: an alert, such as a refused
 * certificate; FAULT_NET: closed, in whatever way: only a length tells whether all has come. */
struct stream tls_stream(struct tls *tls);

/* The last failure in words, for the log. Never NULL. */
const char *tls_detail(const struct tls *tls);
bool tls_resumed(const struct tls *tls);
void tls_disconnect(struct tls *tls); /* keeps the ticket */
void tls_close(struct tls *tls);

#endif
