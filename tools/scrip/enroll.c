/* scrip terminal enroll */
#include <stdio.h>
#include <string.h>

#include "base/bundle.h"
#include "base/json.h"
#include "base/text.h"
#include "tools/scrip/allow.h"
#include "tools/scrip/client.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/pki.h"

enum {
    CERT_DAYS = 397,
    DAY_S = 86400,
    ANSWER_BYTES = 16384,
    ANSWER_TIMEOUT_S = 30,
    PEM_BYTES = 2048
};

/* Everything that a bundle views. */
struct parts {
    struct bundle bundle;
    uint8_t csr[1024], leaf[LIMIT_CERT_BYTES], root[LIMIT_CERT_BYTES];
    uint32_t until_s; /* end of the certificate's life */
    uint8_t keys[LIMIT_OBJECT_BYTES + 1], policy[LIMIT_OBJECT_BYTES + 1];
    uint8_t bytes[LIMIT_BUNDLE_BYTES];
    uint8_t json[2 * LIMIT_BUNDLE_BYTES], answer[ANSWER_BYTES], arena[ANSWER_BYTES];
};

/* A terminal that refuses answers in good HTTP, with a status of its own. */
static bool says_ok(struct bytes body, struct parts *parts)
{
    const struct json *root;
    struct bytes text;
    if (json_parse(body, parts->arena, sizeof parts->arena, &root, NULL) != SCRIP_OK)
        return false;
    bool good = json_text(json_member(root, "status"), &text) &&
                bytes_equal(text, bytes_text(scrip_status_name(SCRIP_OK)));
    json_close(root);
    return good;
}

static enum scrip_status post(const char *socket_path, const char *target, const char *member,
                              struct bytes value, bool base64, struct parts *parts,
                              struct client_answer *answer)
{
    struct buffer body = buffer_of(parts->json, sizeof parts->json);
    struct buffer memory = buffer_of(parts->answer, sizeof parts->answer);
    struct json_out out;
    json_out_open(&out, json_to_buffer, &body);
    json_put_object(&out, NULL);
    if (base64)
        json_put_base64url(&out, member, value);
    else
        json_put_text(&out, member, value);
    json_end_object(&out);
    TRY(json_out_end(&out));
    TRY(client_ask(socket_path, "POST", target, buffer_bytes(&body), ANSWER_TIMEOUT_S, &memory,
                   answer));
    if (answer->code / 100 == 2 && says_ok(answer->body, parts))
        return SCRIP_OK;
    (void)refuse("scripd refuses %s: %.*s", target, (int)answer->body.len,
                 (const char *)answer->body.data);
    return SCRIP_REFUSED_HOST;
}

static enum scrip_status csr_from_socket(const char *socket_path, const struct identity *terminal,
                                         struct parts *parts, struct buffer *csr)
{
    struct client_answer answer;
    const struct json *root;
    struct bytes text;
    TRY(post(socket_path, "/enroll/request", "terminal", bytes_text(terminal->text), false, parts,
             &answer));
    enum scrip_status status = json_parse(answer.body, parts->arena, sizeof parts->arena, &root,
                                          NULL);
    if (status == SCRIP_OK) {
        status = json_text(json_member(root, "csr"), &text) ? text_base64url_decode(text, csr)
                                                            : SCRIP_REFUSED_SHAPE;
        json_close(root);
    }
    if (status != SCRIP_OK)
        (void)refuse("scripd's answer holds no certificate request");
    return status;
}

/* The epoch that the terminal is in, which our list may not know: an answer can be lost. */
static enum scrip_status epoch_from_socket(const char *socket_path, struct parts *parts,
                                           uint32_t *epoch)
{
    struct buffer memory = buffer_of(parts->answer, sizeof parts->answer);
    struct client_answer answer;
    const struct json *root;
    uint64_t found = 0;
    TRY(client_ask(socket_path, "GET", "/status", bytes_of(NULL, 0), ANSWER_TIMEOUT_S, &memory,
                   &answer));
    enum scrip_status status = json_parse(answer.body, parts->arena, sizeof parts->arena, &root,
                                          NULL);
    if (status == SCRIP_OK) {
        status = json_uint(json_member(root, "epoch"), UINT32_MAX - 1, &found)
                     ? SCRIP_OK
                     : SCRIP_REFUSED_SHAPE;
        json_close(root);
    }
    if (status != SCRIP_OK)
        (void)refuse("scripd's status names no epoch");
    *epoch = (uint32_t)found;
    return status;
}

static enum scrip_status read_pem_certificate(const char *dir, const char *name, struct buffer *der)
{
    char path[FILE_PATH];
    uint8_t memory[PEM_BYTES];
    struct buffer pem = buffer_of(memory, sizeof memory);
    TRY(file_path(path, dir, name));
    TRY(file_read(path, &pem));
    enum scrip_status status = pem_decode("CERTIFICATE", buffer_bytes(&pem), der);
    if (status != SCRIP_OK)
        (void)refuse("%s: no certificate in PEM", path);
    return status;
}

static enum scrip_status read_object_file(const char *dir, const char *name, struct buffer *out)
{
    char path[FILE_PATH];
    TRY(file_path(path, dir, name));
    return file_read(path, out);
}

/* What every terminal of this back office is told. */
static enum scrip_status fill_common(const char *dir, bool pin, struct parts *parts)
{
    struct bundle *bundle = &parts->bundle;
    char path[FILE_PATH];
    uint8_t host_memory[LIMIT_CERT_BYTES];
    struct buffer host = buffer_of(host_memory, sizeof host_memory);
    struct buffer root = buffer_of(parts->root, sizeof parts->root);
    struct buffer keys = buffer_of(parts->keys, sizeof parts->keys);
    struct buffer policy = buffer_of(parts->policy, sizeof parts->policy);
    struct cert_facts facts;
    struct keyfile time_key;
    TRY(read_pem_certificate(dir, "ca.crt", &root));
    TRY(read_pem_certificate(dir, "host.crt", &host));
    TRY(file_path(path, dir, "roots.bin"));
    TRY(pki_read_roots(path, &bundle->object_roots));
    TRY(read_object_file(dir, "objects/keys.cose", &keys));
    TRY(read_object_file(dir, "objects/policy.cose", &policy));
    TRY(pki_open_key(dir, "time.key", &time_key));
    memcpy(bundle->host_point, time_key.point, sizeof bundle->host_point);
    keyfile_close(&time_key);

    bundle->roots[0] = buffer_bytes(&root);
    bundle->root_count = 1;
    bundle->keyset = buffer_bytes(&keys);
    bundle->policy = buffer_bytes(&policy);
    if (pin) {
        TRY(cert_read(buffer_bytes(&host), &facts));
        memcpy(bundle->pins[0], facts.spki_sha256, sizeof facts.spki_sha256);
        bundle->pin_count = 1;
    }
    return SCRIP_OK;
}

/* Opens the request, which proves that the terminal holds the key, and certifies it. */
static enum scrip_status certify(const char *dir, struct bytes csr, struct parts *parts,
                                 uint8_t spki[CRYPTO_HASH_BYTES])
{
    struct bundle *bundle = &parts->bundle;
    struct buffer leaf = buffer_of(parts->leaf, sizeof parts->leaf);
    struct identity asked;
    struct cert_facts facts;
    struct keyfile ca;
    struct pki_defaults defaults;
    uint8_t point[CRYPTO_POINT_BYTES];
    char uri[sizeof IDENTITY_URN + LIMIT_ID_TEXT], ca_name[64];
    enum scrip_status status = cert_request_read(csr, &asked, point);
    if (status == SCRIP_OK && strcmp(asked.text, bundle->identity.text) != 0)
        status = SCRIP_REFUSED_AUDIENCE;
    if (status != SCRIP_OK) {
        (void)refuse("the certificate request is not one for %s (%s)", bundle->identity.text,
                     scrip_status_name(status));
        return status;
    }
    TRY(pki_read_defaults(dir, &defaults));
    TRY(pki_open_key(dir, "ca.key", &ca));
    (void)snprintf(uri, sizeof uri, "%s%s", IDENTITY_URN, asked.text);
    (void)snprintf(ca_name, sizeof ca_name, "Scrip %s CA", defaults.merchant);
    const struct cert_order order = {.use = CERT_TERMINAL,
                                     .subject = asked.text,
                                     .issuer = ca_name,
                                     .uri = uri,
                                     .point = point,
                                     .not_before_s = time_now() - 3600,
                                     .not_after_s = parts->until_s};
    status = cert_issue(ca.key, ca.point, &order, &leaf);
    keyfile_close(&ca);
    if (status == SCRIP_OK)
        status = cert_read(buffer_bytes(&leaf), &facts);
    if (status != SCRIP_OK) {
        (void)refuse("the certificate could not be issued (%s)", scrip_status_name(status));
        return status;
    }
    memcpy(spki, facts.spki_sha256, CRYPTO_HASH_BYTES);
    bundle->chain[0] = buffer_bytes(&leaf);
    bundle->chain_count = 1;
    return SCRIP_OK;
}

static enum scrip_status deliver(const struct arguments *arguments, struct parts *parts)
{
    const char *socket_path = option_text(arguments, "--socket");
    struct buffer bytes = buffer_of(parts->bytes, sizeof parts->bytes);
    struct client_answer answer;
    bundle_write(&parts->bundle, &bytes);
    if (bytes.overflow) {
        (void)refuse("the bundle is longer than %d bytes", LIMIT_BUNDLE_BYTES);
        return SCRIP_REFUSED_TOO_LONG;
    }
    if (socket_path == NULL)
        return file_write(option_text(arguments, "--bundle"), buffer_bytes(&bytes), 0600);
    return post(socket_path, "/enroll/install", "bundle", buffer_bytes(&bytes), true, parts,
                &answer);
}

/* So that anyone can check the terminal's receipts. */
static enum scrip_status keep_certificate(const char *dir, const struct bundle *bundle)
{
    char name[LIMIT_ID_TEXT + 16], path[FILE_PATH];
    uint8_t memory[PEM_BYTES];
    struct buffer pem = buffer_of(memory, sizeof memory);
    (void)snprintf(name, sizeof name, "issued/%s.crt", bundle->identity.text);
    pem_encode("CERTIFICATE", bundle->chain[0], &pem);
    TRY(file_path(path, dir, name));
    return file_write(path, buffer_bytes(&pem), 0644);
}

/* The terminal may connect the moment it is enrolled, so that it is listed first, and what was
 * listed before comes back if it does not take the bundle. Where its answer is lost it may have
 * taken it: then the new entry stays, for records under an epoch that is not listed would never
 * settle. */
static enum scrip_status enroll_terminal(const struct arguments *arguments, struct parts *parts)
{
    const char *dir = option_text(arguments, "--pki");
    const char *socket_path = option_text(arguments, "--socket");
    struct bundle *bundle = &parts->bundle;
    struct buffer csr = buffer_of(parts->csr, sizeof parts->csr);
    struct allow allow = {.terminal = bundle->identity};
    uint8_t spki[CRYPTO_HASH_BYTES];
    uint32_t own_epoch = 0;
    if (socket_path != NULL) {
        TRY(csr_from_socket(socket_path, &bundle->identity, parts, &csr));
        TRY(epoch_from_socket(socket_path, parts, &own_epoch));
    } else {
        TRY(file_read(option_text(arguments, "--request"), &csr));
    }
    TRY(fill_common(dir, option_given(arguments, "--pin"), parts));
    TRY(certify(dir, buffer_bytes(&csr), parts, spki));
    TRY(allow_last_epoch(dir, &bundle->identity, &allow.epoch));
    allow.epoch = (allow.epoch > own_epoch ? allow.epoch : own_epoch) + 1;
    TRY(crypto_random(allow.first_prev, sizeof allow.first_prev));
    bundle->epoch = allow.epoch;
    memcpy(bundle->first_prev, allow.first_prev, sizeof bundle->first_prev);
    TRY(allow_write(dir, spki, &allow));
    enum scrip_status status = deliver(arguments, parts);
    if (status != SCRIP_OK && socket_path != NULL && status != SCRIP_REFUSED_HOST) {
        (void)refuse(
            "the terminal's answer was lost: it stays listed with epoch %lu; if scrip status "
            "shows another epoch, enrol it again",
            (unsigned long)bundle->epoch);
        return status;
    }
    if (status != SCRIP_OK) {
        TRY(allow_undo(&allow));
        return status;
    }
    printf("%s: enrolled, epoch %lu, host %s:%u\n", bundle->identity.text,
           (unsigned long)bundle->epoch, bundle->host, bundle->port);
    return keep_certificate(dir, bundle);
}

static int enroll(const struct arguments *arguments)
{
    static struct parts parts;
    const char *dir = option_text(arguments, "--pki"), *host = option_text(arguments, "--host");
    const char *terminal = option_text(arguments, "--terminal");
    bool by_socket = option_given(arguments, "--socket");
    bool by_file = option_given(arguments, "--request") && option_given(arguments, "--bundle");
    struct pki_defaults defaults;
    uint32_t port = 8443;
    if (dir == NULL || terminal == NULL)
        return misuse("an enrolment needs --pki DIR and --terminal MERCHANT.STORE.TERMINAL");
    if (by_socket == by_file)
        return misuse("give --socket of a running scripd, or --request and --bundle");
    if (identity_parse(bytes_text(terminal), &parts.bundle.identity) != SCRIP_OK)
        return misuse("--terminal %s: it must be MERCHANT.STORE.TERMINAL, each of A-Z 0-9 -",
                      terminal);
    parts.until_s = time_now() + CERT_DAYS * DAY_S;
    if (!option_number(arguments, "--port", UINT16_MAX, &port) ||
        !option_time(arguments, "--until", &parts.until_s))
        return EXIT_MISUSE;
    if (pki_read_defaults(dir, &defaults) != SCRIP_OK)
        return EXIT_REFUSED;
    host = host != NULL ? host : defaults.host;
    if (port == 0 || strlen(host) > LIMIT_HOST_NAME)
        return misuse("--host at most %d characters, --port 1 to 65535", LIMIT_HOST_NAME);
    (void)snprintf(parts.bundle.host, sizeof parts.bundle.host, "%s", host);
    parts.bundle.port = (uint16_t)port;
    return enroll_terminal(arguments, &parts) == SCRIP_OK ? EXIT_DONE : EXIT_REFUSED;
}

static const struct option options[] = {
    {"--pki", "DIR", "the back office"},
    {"--terminal", "M.S.T", "who the terminal shall be"},
    {"--socket", "FILE", "socket of the running scripd"},
    {"--request", "FILE", "or its certificate request (DER), brought here by hand"},
    {"--bundle", "FILE", "and where to write the bundle to carry back"},
    {"--host", "NAME", "where the terminal reaches the host (as in pki init)"},
    {"--port", "N", "(8443)"},
    {"--until", "TIME", "end of the certificate: seconds since 1970, or +N from now (397 days)"},
    {"--pin", NULL, "pin the host's present key: a new one then needs a new enrolment"},
    {NULL, NULL, NULL},
};

const struct command command_terminal_enroll = {
    "terminal enroll",
    "--pki DIR --terminal M.S.T (--socket FILE | --request FILE --bundle FILE) [..]",
    "Certifies a terminal's own key, lists it at the host and installs what it must know.",
    0,
    options,
    enroll,
};
