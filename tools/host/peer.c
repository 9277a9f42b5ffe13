#include "tools/host/peer.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

#include "tools/host/allow.h"

enum { URI_BYTES = 128 };

/* The one URI of the certificate. */
static bool read_identity(gnutls_x509_crt_t certificate, struct identity *out)
{
    static const char urn[] = IDENTITY_URN;
    size_t urn_len = sizeof urn - 1;
    unsigned uris = 0;
    bool good = false;

    for (unsigned i = 0;; i++) {
        char name[URI_BYTES];
        size_t len = sizeof name;
        int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &len, NULL);

        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (type < 0)
            return false; /* also a name longer than any of ours */
        if (type != GNUTLS_SAN_URI)
            continue;
        uris++;
        good = len > urn_len && memcmp(name, urn, urn_len) == 0 &&
               identity_parse(bytes_of(name + urn_len, len - urn_len), out) == SCRIP_OK;
    }
    return uris == 1 && good;
}

static bool put_coordinate(const gnutls_datum_t *value, uint8_t out[32])
{
    if (value->size > 32)
        return false;
    memset(out, 0, 32);
    memcpy(out + 32 - value->size, value->data, value->size);
    return true;
}

static bool read_point(gnutls_x509_crt_t certificate, uint8_t point[CRYPTO_POINT_BYTES])
{
    gnutls_datum_t x = {NULL, 0};
    gnutls_datum_t y = {NULL, 0};
    gnutls_ecc_curve_t curve;
    gnutls_pubkey_t key;
    bool good;

    if (gnutls_pubkey_init(&key) != 0)
        return false;
    point[0] = 4;
    good = gnutls_pubkey_import_x509(key, certificate, 0) == 0 &&
           gnutls_pubkey_export_ecc_raw2(key, &curve, &x, &y, GNUTLS_EXPORT_FLAG_NO_LZ) == 0 &&
           curve == GNUTLS_ECC_CURVE_SECP256R1 && put_coordinate(&x, point + 1) &&
           put_coordinate(&y, point + 33);
    gnutls_free(x.data);
    gnutls_free(y.data);
    gnutls_pubkey_deinit(key);
    return good;
}

static bool read_certificate(const gnutls_datum_t *der, struct peer *out)
{
    gnutls_x509_crt_t certificate;
    size_t len = sizeof out->spki_sha256;
    bool good;

    if (gnutls_x509_crt_init(&certificate) != 0)
        return false;
    good = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0 &&
           gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, out->spki_sha256,
                                      &len) == 0 &&
           len == sizeof out->spki_sha256 && read_identity(certificate, &out->identity) &&
           read_point(certificate, out->point);
    gnutls_x509_crt_deinit(certificate);
    return good;
}

/* The chain up to our authority, for the purpose of a client. Expiry alone is not decided here. */
static bool verify_chain(gnutls_session_t session, bool *expired)
{
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID,
        .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
    };
    unsigned status = 0;

    if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) != 0)
        return false;
    *expired = status != 0;
    return status == 0 || status == (GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
}

enum scrip_status peer_read(gnutls_session_t session, struct peer *out)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

    memset(out, 0, sizeof *out);
    out->verified = chain != NULL && count > 0 && verify_chain(session, &out->expired) &&
                    read_certificate(&chain[0], out);
    if (out->verified)
        return SCRIP_OK;
    memset(out, 0, sizeof *out);
    return SCRIP_REFUSED_KEY;
}

/* Without an alert of our own the terminal would only see the connection end. */
static int verify_function(gnutls_session_t session)
{
    const struct pki *pki = gnutls_session_get_ptr(session);
    unsigned count = 0;
    struct allow allow;
    struct peer peer;

    if (gnutls_certificate_get_peers(session, &count) == NULL || count == 0) {
        (void)gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_CERTIFICATE_REQUIRED);
        return -1;
    }
    if (peer_read(session, &peer) != SCRIP_OK) {
        (void)gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
        return -1;
    }
    /* An expired certificate may only speak for a terminal that is on the list. */
    if (peer.expired && allow_read(pki->dir, peer.spki_sha256, &allow) != SCRIP_OK) {
        (void)gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_CERTIFICATE_EXPIRED);
        return -1;
    }
    return 0;
}

void peer_prepare(gnutls_session_t session, struct pki *pki, const gnutls_datum_t *ticket_key)
{
    gnutls_session_set_ptr(session, pki);
    /* Requested only: if GnuTLS itself required it, a terminal without one would get no alert. */
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    gnutls_session_set_verify_function(session, verify_function);
    /* Failure leaves a session without tickets: slower, not less safe. */
    (void)gnutls_session_ticket_enable_server(session, ticket_key);
}
