#include "sync/tls_state.h"

#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>

#include "base/cert.h"

/* Tickets carry their age in milliseconds, and the library asks for the time without a context: the
 * session that is about to call it lends its clock. */
static const struct hal_rtc *uptime_source;

mbedtls_ms_time_t mbedtls_ms_time(void)
{
    if (uptime_source == NULL)
        return 0;
    return (mbedtls_ms_time_t)uptime_source->uptime_ms(uptime_source->context);
}

static int random_bytes(void *context, unsigned char *out, size_t len)
{
    (void)context;
    return crypto_random(out, len) == SCRIP_OK ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* The library's way to the wire ------------------------------------------------------------------
 */

static int wire_send(void *context, const unsigned char *data, size_t len)
{
    struct tls *tls = context;
    size_t sent = 0;
    enum scrip_status status = tls->net->send(tls->net->context, data, len, &sent);

    if (status == SCRIP_AGAIN)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    return status == SCRIP_OK ? (int)sent : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int wire_receive(void *context, unsigned char *data, size_t cap)
{
    struct tls *tls = context;
    size_t received = 0;
    enum scrip_status status = tls->net->receive(tls->net->context, data, cap, &received);

    if (status == SCRIP_AGAIN)
        return MBEDTLS_ERR_SSL_WANT_READ;
    return status == SCRIP_OK ? (int)received : MBEDTLS_ERR_SSL_CONN_EOF;
}

/* Whom we believe -------------------------------------------------------------------------------
 */

/* What is wrong with these dates now, as the library's flags. */
static uint32_t judge_dates(const struct tls *tls, uint32_t from_s, uint32_t until_s)
{
    struct wallclock_time now;

    wallclock_read(tls->clock, &now);
    if (now.quality == WALLCLOCK_BAD)
        /* The floor is a time that has certainly passed. */
        return now.floor_s > until_s ? MBEDTLS_X509_BADCERT_EXPIRED : 0;
    if (now.t_s > until_s || now.floor_s > until_s)
        return MBEDTLS_X509_BADCERT_EXPIRED;
    return (uint64_t)now.t_s + now.tolerance_s < from_s ? MBEDTLS_X509_BADCERT_FUTURE : 0;
}

static bool is_pinned(const struct bundle *bundle, const uint8_t spki[CRYPTO_HASH_BYTES])
{
    for (size_t i = 0; i < bundle->pin_count; i++)
        if (memcmp(bundle->pins[i], spki, CRYPTO_HASH_BYTES) == 0)
            return true;
    return bundle->pin_count == 0;
}

/* Called for each certificate of the chain, from the root down to the host's own at depth 0. The
 * library judges signatures, uses and the name; the dates and the pins are ours to judge. */
static int judge_certificate(void *context, mbedtls_x509_crt *certificate, int depth,
                             uint32_t *flags)
{
    struct tls *tls = context;
    struct cert_facts facts;

    /* A host that shows a chain has not taken the ticket, and its dates are those of this chain. */
    if (tls->resumed) {
        tls->resumed = false;
        tls->valid_from_s = 0;
        tls->valid_until_s = UINT32_MAX;
    }
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (cert_read(bytes_of(certificate->raw.p, certificate->raw.len), &facts) != SCRIP_OK) {
        *flags |= MBEDTLS_X509_BADCERT_BAD_KEY;
        return 0;
    }
    *flags |= judge_dates(tls, facts.not_before_s, facts.not_after_s);
    if (facts.not_before_s > tls->valid_from_s)
        tls->valid_from_s = facts.not_before_s;
    if (facts.not_after_s < tls->valid_until_s)
        tls->valid_until_s = facts.not_after_s;
    if (depth == 0 && !is_pinned(tls->bundle, facts.spki_sha256))
        *flags |= MBEDTLS_X509_BADCERT_OTHER;
    return 0;
}

static const char *words_of_flags(uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return "the host's certificate does not chain to our root";
    if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        return "the host's certificate is for another name";
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        return "the host's certificate has expired";
    if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        return "the host's certificate is not yet valid";
    if (flags & MBEDTLS_X509_BADCERT_OTHER)
        return "the host's key is not the one pinned at enrolment";
    return "the host's certificate is not of the form that we accept";
}

static void drop_ticket(struct tls *tls)
{
    mbedtls_ssl_session_free(&tls->library->session);
    mbedtls_ssl_session_init(&tls->library->session);
    tls->has_ticket = false;
}

/* Translates a failure of the library, and says it in words. */
static enum scrip_status fault_of(struct tls *tls, int code)
{
    switch (code) {
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
    case 0:
        tls->detail = "the host closed the connection";
        return SCRIP_FAULT_NET;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
        tls->detail = "the arena of the TLS library is exhausted";
        return SCRIP_FAULT_MEMORY;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        tls->detail = tls->phase == TLS_ESTABLISHED
                          ? "the host sent an alert: it does not accept our certificate"
                          : "the host sent an alert: it does not speak our TLS 1.3 profile";
        return SCRIP_FAULT_TLS;
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
        tls->detail = words_of_flags(mbedtls_ssl_get_verify_result(&tls->library->ssl));
        return SCRIP_FAULT_TLS;
    default:
        tls->detail = "the host broke the TLS protocol";
        return SCRIP_FAULT_TLS;
    }
}

/* Ends a session that failed. A ticket that did not lead to a session is not tried twice. */
static enum scrip_status fail(struct tls *tls, enum scrip_status status)
{
    if (tls->phase == TLS_HANDSHAKE)
        drop_ticket(tls);
    tls_disconnect(tls);
    return status;
}

/* Life ------------------------------------------------------------------------------------------
 */

static enum scrip_status parse_chain(mbedtls_x509_crt *chain, const struct bytes *certificates,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int code = mbedtls_x509_crt_parse_der(chain, certificates[i].data, certificates[i].len);
        if (code == MBEDTLS_ERR_X509_ALLOC_FAILED)
            return SCRIP_FAULT_MEMORY;
        if (code != 0)
            return SCRIP_FAULT_TLS;
    }
    return SCRIP_OK;
}

static enum scrip_status configure(struct tls *tls, const struct keys *keys)
{
    static const int suites[] = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256, 0};
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
    static const uint16_t signatures[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                          MBEDTLS_TLS1_3_SIG_NONE};
    struct crypto_key key;
    uint8_t point[CRYPTO_POINT_BYTES], kid[COSE_KID_BYTES];

    tls->detail = "our own certificates do not parse: enrol the terminal again";
    TRY(parse_chain(&tls->library->own, tls->bundle->chain, tls->bundle->chain_count));
    TRY(parse_chain(&tls->library->roots, tls->bundle->roots, tls->bundle->root_count));
    TRY(keys_signing(keys, &key, point, kid));
    if (mbedtls_pk_setup_opaque(&tls->library->key, key.id) != 0)
        return SCRIP_FAULT_CRYPTO;
    if (mbedtls_ssl_config_defaults(&tls->library->config, MBEDTLS_SSL_IS_CLIENT,
                                    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return SCRIP_FAULT_MEMORY;

    mbedtls_ssl_conf_min_tls_version(&tls->library->config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_max_tls_version(&tls->library->config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_ciphersuites(&tls->library->config, suites);
    mbedtls_ssl_conf_groups(&tls->library->config, groups);
    mbedtls_ssl_conf_sig_algs(&tls->library->config, signatures);
    mbedtls_ssl_conf_rng(&tls->library->config, random_bytes, NULL);
    mbedtls_ssl_conf_authmode(&tls->library->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&tls->library->config, &tls->library->roots, NULL);
    mbedtls_ssl_conf_verify(&tls->library->config, judge_certificate, tls);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &tls->library->config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    if (mbedtls_ssl_conf_own_cert(&tls->library->config, &tls->library->own, &tls->library->key) !=
        0)
        return SCRIP_FAULT_MEMORY;
    tls->detail = "";
    return SCRIP_OK;
}

enum scrip_status tls_open(struct tls *tls, const struct hal_net *net, const struct bundle *bundle,
                           const struct keys *keys, const struct wallclock *clock)
{
    memset(tls, 0, sizeof *tls);
    tls->net = net;
    tls->bundle = bundle;
    tls->clock = clock;
    tls->library = mbedtls_calloc(1, sizeof *tls->library);
    if (tls->library == NULL)
        return SCRIP_FAULT_MEMORY;
    mbedtls_ssl_config_init(&tls->library->config);
    mbedtls_x509_crt_init(&tls->library->own);
    mbedtls_x509_crt_init(&tls->library->roots);
    mbedtls_pk_init(&tls->library->key);
    mbedtls_ssl_init(&tls->library->ssl);
    mbedtls_ssl_session_init(&tls->library->session);

    enum scrip_status status = configure(tls, keys);
    if (status != SCRIP_OK)
        tls_close(tls);
    return status;
}

static enum scrip_status set_up(struct tls *tls)
{
    int code = mbedtls_ssl_setup(&tls->library->ssl, &tls->library->config);

    if (code == 0)
        code = mbedtls_ssl_set_hostname(&tls->library->ssl, tls->bundle->host);
    if (code != 0)
        return fault_of(tls, code);
    mbedtls_ssl_set_bio(&tls->library->ssl, tls, wire_send, wire_receive, NULL);
    if (tls->has_ticket && tls_check_time(tls) == SCRIP_OK &&
        mbedtls_ssl_set_session(&tls->library->ssl, &tls->library->session) != 0)
        drop_ticket(tls);
    tls->resumed = tls->has_ticket;
    if (!tls->resumed) {
        tls->valid_from_s = 0;
        tls->valid_until_s = UINT32_MAX;
    }
    return SCRIP_OK;
}

enum scrip_status tls_connect(struct tls *tls)
{
    tls_disconnect(tls);
    tls->detail = "";
    tls->phase = TLS_CONNECTING;
    enum scrip_status status = set_up(tls);
    if (status == SCRIP_OK) {
        status = tls->net->open(tls->net->context, tls->bundle->host, tls->bundle->port);
        if (status != SCRIP_OK)
            tls->detail = "the host's name or address cannot be reached";
    }
    return status == SCRIP_OK ? SCRIP_OK : fail(tls, status);
}

enum scrip_status tls_poll(struct tls *tls)
{
    if (tls->phase == TLS_CONNECTING) {
        enum scrip_status status = tls->net->state(tls->net->context);
        if (status == SCRIP_AGAIN)
            return SCRIP_AGAIN;
        if (status != SCRIP_OK) {
            tls->detail = "the host does not take the connection";
            return fail(tls, SCRIP_FAULT_NET);
        }
        tls->phase = TLS_HANDSHAKE;
    }
    if (tls->phase == TLS_HANDSHAKE) {
        uptime_source = tls->clock->rtc;
        int code = mbedtls_ssl_handshake_step(&tls->library->ssl);
        if (code != 0 && code != MBEDTLS_ERR_SSL_WANT_READ && code != MBEDTLS_ERR_SSL_WANT_WRITE)
            return fail(tls, fault_of(tls, code));
        if (!mbedtls_ssl_is_handshake_over(&tls->library->ssl))
            return SCRIP_AGAIN;
        tls->phase = TLS_ESTABLISHED;
    }
    return tls->phase == TLS_ESTABLISHED ? SCRIP_OK : SCRIP_FAULT_NET;
}

enum scrip_status tls_check_time(struct tls *tls)
{
    uint32_t flags = judge_dates(tls, tls->valid_from_s, tls->valid_until_s);

    if (flags == 0)
        return SCRIP_OK;
    tls->detail = words_of_flags(flags);
    drop_ticket(tls);
    return SCRIP_FAULT_TLS;
}

/* The session as a stream -----------------------------------------------------------------------
 */

/* A ticket replaces the one held. Without room for it the next session is a full handshake. */
static void keep_ticket(struct tls *tls)
{
    drop_ticket(tls);
    tls->has_ticket = mbedtls_ssl_get_session(&tls->library->ssl, &tls->library->session) == 0;
    if (!tls->has_ticket)
        drop_ticket(tls);
}

/* What a read or a write came to. A ticket may come up in either: the library reads what is
 * pending before it writes. */
static enum scrip_status moved(struct tls *tls, int code, size_t *len)
{
    if (code > 0) {
        *len = (size_t)code;
        return SCRIP_OK;
    }
    if (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        keep_ticket(tls);
        return SCRIP_AGAIN;
    }
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE)
        return SCRIP_AGAIN;
    return fail(tls, fault_of(tls, code));
}

static enum scrip_status stream_send(void *context, const void *data, size_t len, size_t *sent)
{
    struct tls *tls = context;

    if (tls->phase != TLS_ESTABLISHED)
        return SCRIP_FAULT_NET;
    uptime_source = tls->clock->rtc;
    return moved(tls, mbedtls_ssl_write(&tls->library->ssl, data, len), sent);
}

static enum scrip_status stream_receive(void *context, void *data, size_t cap, size_t *received)
{
    struct tls *tls = context;

    if (tls->phase != TLS_ESTABLISHED)
        return SCRIP_FAULT_NET;
    uptime_source = tls->clock->rtc;
    return moved(tls, mbedtls_ssl_read(&tls->library->ssl, data, cap), received);
}

struct stream tls_stream(struct tls *tls)
{
    return (struct stream){tls, stream_send, stream_receive};
}

const char *tls_detail(const struct tls *tls)
{
    return tls->detail != NULL ? tls->detail : "";
}

bool tls_resumed(const struct tls *tls)
{
    return tls->resumed;
}

void tls_disconnect(struct tls *tls)
{
    if (tls->phase == TLS_CLOSED)
        return;
    /* A courtesy: a host that is told keeps the ticket valid; if it cannot be sent, so be it. */
    if (tls->phase == TLS_ESTABLISHED)
        (void)mbedtls_ssl_close_notify(&tls->library->ssl);
    tls->net->close(tls->net->context);
    mbedtls_ssl_free(&tls->library->ssl);
    mbedtls_ssl_init(&tls->library->ssl);
    tls->phase = TLS_CLOSED;
    tls->resumed = false;
}

void tls_close(struct tls *tls)
{
    struct tls_library *library = tls->library;

    if (library == NULL)
        return;
    tls_disconnect(tls);
    mbedtls_ssl_session_free(&library->session);
    mbedtls_ssl_config_free(&library->config);
    mbedtls_pk_free(&library->key);
    mbedtls_x509_crt_free(&library->roots);
    mbedtls_x509_crt_free(&library->own);
    mbedtls_free(library);
    tls->library = NULL;
    tls->has_ticket = false;
}
