#include "base/cert.h"

#include <string.h>

#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include "base/cert_x509.h"

const uint8_t cert_spki_start[CERT_SPKI_START_BYTES] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
    0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

enum scrip_status cert_status_of(int code, enum scrip_status otherwise)
{
    if (code == 0)
        return SCRIP_OK;
    /* A code is the sum of a high-level one and a low-level one, which has seven bits. */
    int high = -(-code & ~0x7F);
    int low = -(-code & 0x7F);
    if (high == MBEDTLS_ERR_X509_ALLOC_FAILED || high == MBEDTLS_ERR_PK_ALLOC_FAILED ||
        low == MBEDTLS_ERR_ASN1_ALLOC_FAILED || low == MBEDTLS_ERR_MPI_ALLOC_FAILED)
        return SCRIP_FAULT_MEMORY;
    if (code == MBEDTLS_ERR_ECP_RANDOM_FAILED)
        return SCRIP_FAULT_ENTROPY;
    if (low == MBEDTLS_ERR_ASN1_BUF_TOO_SMALL || high == MBEDTLS_ERR_X509_BUFFER_TOO_SMALL)
        return SCRIP_REFUSED_TOO_LONG;
    return otherwise;
}

enum scrip_status cert_take_der(int len, struct buffer *out)
{
    if (len < 0)
        return cert_status_of(len, SCRIP_FAULT_CRYPTO);
    memmove(out->data + out->len, out->data + out->capacity - len, (size_t)len);
    out->len += (size_t)len;
    return SCRIP_OK;
}

/* Reading ---------------------------------------------------------------------------------------
 */

/* Seconds since 1970, held within what 32 bits can say. */
static uint32_t seconds_of(const mbedtls_x509_time *time)
{
    if (time->year < 1970)
        return 0;
    if (time->year > 2105)
        return UINT32_MAX;
    /* Days of a year that starts in March, so that a leap day is its last. */
    unsigned year = (unsigned)time->year - (time->mon <= 2);
    unsigned month = ((unsigned)time->mon + 9) % 12;
    unsigned days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
                    (unsigned)time->day - 1 - 719468;
    return days * 86400 + (unsigned)time->hour * 3600 + (unsigned)time->min * 60 +
           (unsigned)time->sec;
}

/* The one URI that names a terminal; none leaves the identity empty, two are an error. */
static enum scrip_status read_identity(const mbedtls_x509_sequence *names, struct identity *out)
{
    static const struct bytes urn = {(const uint8_t *)IDENTITY_URN, sizeof IDENTITY_URN - 1};
    memset(out, 0, sizeof *out);
    for (; names; names = names->next) {
        const mbedtls_x509_buf *name = &names->buf;
        if (name->tag !=
                (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER) ||
            name->len < urn.len || memcmp(name->p, urn.data, urn.len) != 0)
            continue;
        if (out->text[0] != '\0' ||
            identity_parse(bytes_of(name->p + urn.len, name->len - urn.len), out) != SCRIP_OK)
            return SCRIP_REFUSED_SHAPE;
    }
    return SCRIP_OK;
}

static enum scrip_status read_facts(const mbedtls_x509_crt *crt, struct cert_facts *facts)
{
    const mbedtls_x509_buf *spki = &crt->pk_raw;
    if (spki->len != CERT_SPKI_BYTES ||
        memcmp(spki->p, cert_spki_start, sizeof cert_spki_start) != 0 ||
        crt->MBEDTLS_PRIVATE(sig_md) != MBEDTLS_MD_SHA256 ||
        crt->MBEDTLS_PRIVATE(sig_pk) != MBEDTLS_PK_ECDSA)
        return SCRIP_REFUSED_SHAPE;
    TRY(read_identity(&crt->subject_alt_names, &facts->identity));
    facts->not_before_s = seconds_of(&crt->valid_from);
    facts->not_after_s = seconds_of(&crt->valid_to);
    memcpy(facts->point, spki->p + CERT_SPKI_START_BYTES, CRYPTO_POINT_BYTES);
    return crypto_sha256(bytes_of(spki->p, spki->len), facts->spki_sha256);
}

/* Appends to a chain; views into der. */
static enum scrip_status parse(mbedtls_x509_crt *chain, struct bytes der)
{
    /* The library takes a second certificate for trailing bytes and ignores it. */
    size_t len;
    unsigned char *at = (unsigned char *)(uintptr_t)der.data;
    const unsigned char *end = der.data + der.len;
    if (der.len == 0 ||
        mbedtls_asn1_get_tag(&at, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) !=
            0 ||
        at + len != end)
        return SCRIP_REFUSED_SHAPE;
    return cert_status_of(mbedtls_x509_crt_parse_der_nocopy(chain, der.data, der.len),
                          SCRIP_REFUSED_SHAPE);
}

enum scrip_status cert_read(struct bytes der, struct cert_facts *facts)
{
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    memset(facts, 0, sizeof *facts);
    enum scrip_status status = parse(&crt, der);
    if (status == SCRIP_OK)
        status = read_facts(&crt, facts);
    mbedtls_x509_crt_free(&crt);
    if (status != SCRIP_OK)
        memset(facts, 0, sizeof *facts);
    return status;
}

/* Verifying -------------------------------------------------------------------------------------
 */

struct judge {
    uint32_t now_s, floor_s;
};

static const uint32_t TIME_FLAGS = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;

/* The library's clock is not ours: what it says of time is replaced. */
static int judge_time(void *context, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    const struct judge *judge = context;
    uint32_t latest_s = judge->now_s > judge->floor_s ? judge->now_s : judge->floor_s;
    uint32_t not_before_s = seconds_of(&crt->valid_from);
    (void)depth;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (seconds_of(&crt->valid_to) < latest_s)
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (judge->now_s != 0 && not_before_s > judge->now_s &&
        not_before_s - judge->now_s > CERT_CLOCKS_DIFFER_S)
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    return 0;
}

static bool same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

static enum scrip_status find_flags(mbedtls_x509_crt *chain, mbedtls_x509_crt *roots,
                                    struct judge *judge, uint32_t *flags)
{
    static const mbedtls_x509_crt_profile profile = {
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256),
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY),
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1), 0};
    int code = mbedtls_x509_crt_verify_with_profile(chain, roots, NULL, &profile, NULL, flags,
                                                    judge_time, judge);
    return code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ? SCRIP_OK
                                                       : cert_status_of(code, SCRIP_FAULT_CRYPTO);
}

/* The library takes a signature that it could not check, for want of memory or by an accident, for
 * a wrong one. This tries the links between equal names by themselves, where a lasting accident
 * shows, and then all once more: a verdict that changes was an accident, too. */
static enum scrip_status why_untrusted(mbedtls_x509_crt *chain, mbedtls_x509_crt *roots,
                                       struct judge *judge)
{
    uint32_t flags = 0;
    for (const mbedtls_x509_crt *child = chain; child; child = child->next) {
        mbedtls_x509_crt *parent = child->next ? child->next : roots;
        uint8_t hash[CRYPTO_HASH_BYTES];
        TRY(crypto_sha256(bytes_of(child->tbs.p, child->tbs.len), hash));
        for (; parent; parent = parent->next) {
            if (!same(&child->issuer_raw, &parent->subject_raw))
                continue;
            int code = mbedtls_pk_verify(&parent->pk, MBEDTLS_MD_SHA256, hash, sizeof hash,
                                         child->MBEDTLS_PRIVATE(sig).p,
                                         child->MBEDTLS_PRIVATE(sig).len);
            enum scrip_status status = cert_status_of(code, SCRIP_REFUSED_KEY);
            if (scrip_is_fault(status))
                return status;
        }
    }
    TRY(find_flags(chain, roots, judge, &flags));
    return (flags & ~TIME_FLAGS) != 0 ? SCRIP_REFUSED_KEY : SCRIP_FAULT_CRYPTO;
}

static enum scrip_status verify(mbedtls_x509_crt *chain, mbedtls_x509_crt *roots,
                                struct judge *judge)
{
    uint32_t flags = 0;
    TRY(find_flags(chain, roots, judge, &flags));
    if (flags & ~TIME_FLAGS)
        return why_untrusted(chain, roots, judge);
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        return SCRIP_REFUSED_EXPIRED;
    return flags == 0 ? SCRIP_OK : SCRIP_REFUSED_NOT_YET;
}

enum scrip_status cert_verify(const struct bytes *chain, size_t count, const struct bytes *roots,
                              size_t root_count, uint32_t now_s, uint32_t floor_s)
{
    mbedtls_x509_crt own, trusted;
    struct judge judge = {now_s, floor_s};
    mbedtls_x509_crt_init(&own);
    mbedtls_x509_crt_init(&trusted);
    enum scrip_status status = count > 0 && root_count > 0 ? SCRIP_OK : SCRIP_REFUSED_KEY;
    for (size_t i = 0; i < count && status == SCRIP_OK; i++)
        status = parse(&own, chain[i]);
    for (size_t i = 0; i < root_count && status == SCRIP_OK; i++)
        status = parse(&trusted, roots[i]);
    if (status == SCRIP_OK)
        status = verify(&own, &trusted, &judge);
    mbedtls_x509_crt_free(&own);
    mbedtls_x509_crt_free(&trusted);
    return status;
}

/* Requests --------------------------------------------------------------------------------------
 */

static enum scrip_status read_request(mbedtls_x509_csr *csr, struct bytes der,
                                      struct identity *identity, uint8_t point[CRYPTO_POINT_BYTES])
{
    TRY(cert_status_of(mbedtls_x509_csr_parse_der(csr, der.data, der.len), SCRIP_REFUSED_SHAPE));
    uint8_t spki[CERT_SPKI_BYTES], hash[CRYPTO_HASH_BYTES];
    if (csr->raw.len != der.len || csr->MBEDTLS_PRIVATE(sig_md) != MBEDTLS_MD_SHA256 ||
        csr->MBEDTLS_PRIVATE(sig_pk) != MBEDTLS_PK_ECDSA ||
        mbedtls_pk_write_pubkey_der(&csr->pk, spki, sizeof spki) != sizeof spki ||
        memcmp(spki, cert_spki_start, sizeof cert_spki_start) != 0)
        return SCRIP_REFUSED_SHAPE;
    TRY(crypto_sha256(bytes_of(csr->cri.p, csr->cri.len), hash));
    TRY(cert_status_of(mbedtls_pk_verify(&csr->pk, MBEDTLS_MD_SHA256, hash, sizeof hash,
                                         csr->MBEDTLS_PRIVATE(sig).p,
                                         csr->MBEDTLS_PRIVATE(sig).len),
                       SCRIP_REFUSED_SIGNATURE));
    TRY(read_identity(&csr->subject_alt_names, identity));
    memcpy(point, spki + CERT_SPKI_START_BYTES, CRYPTO_POINT_BYTES);
    return identity->text[0] != '\0' ? SCRIP_OK : SCRIP_REFUSED_SHAPE;
}

enum scrip_status cert_request_read(struct bytes der, struct identity *identity,
                                    uint8_t point[CRYPTO_POINT_BYTES])
{
    mbedtls_x509_csr csr;
    mbedtls_x509_csr_init(&csr);
    enum scrip_status status = read_request(&csr, der, identity, point);
    mbedtls_x509_csr_free(&csr);
    if (status != SCRIP_OK)
        memset(identity, 0, sizeof *identity);
    return status;
}
