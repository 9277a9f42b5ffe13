#include "tools/host/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cert_x509.h"
#include "tools/host/log.h"

enum { LINE_MOST = 256 * 1024 };

/* Who has signed the statement of this body, as a verified certificate would tell. */
static enum scrip_status find_peer(struct handler *handler, struct bytes body, struct peer *peer,
                                   struct problem *problem)
{
    const struct request_arena arena = {handler->arena, HANDLER_ARENA};
    struct cose message;

    memset(peer, 0, sizeof *peer);
    TRY(request_read_sync(body, arena, &handler->sync, problem));
    if (cose_parse(bytes_of(handler->sync.chain, handler->sync.chain_len), &message) != SCRIP_OK)
        return problem_set(problem, PROBLEM_STATEMENT, "chain is not a signed statement");
    enum scrip_status status = db_key_find(handler->db, message.kid.data, peer->point,
                                           &peer->identity);
    if (status == SCRIP_REFUSED_NOT_FOUND)
        return problem_set(problem, PROBLEM_STATEMENT,
                           "no terminal has ever synced here under this key: let it sync once");
    TRY(status);
    const struct bytes spki[] = {bytes_of(cert_spki_start, CERT_SPKI_START_BYTES),
                                 bytes_of(peer->point, sizeof peer->point)};
    TRY(crypto_sha256_parts(spki, 2, peer->spki_sha256));
    peer->verified = true;
    return SCRIP_OK;
}

/* False: said. */
static bool import_line(struct handler *handler, struct bytes body, unsigned line)
{
    static uint8_t answer[LIMIT_SYNC_BODY];
    struct peer peer;
    struct exchange exchange = {.peer = &peer,
                                .body = body,
                                .now_s = (uint32_t)time(NULL),
                                .out = buffer_of(answer, sizeof answer)};
    enum scrip_status status = find_peer(handler, body, &peer, &exchange.problem);

    if (status == SCRIP_OK)
        status = allow_read(handler->pki->dir, peer.spki_sha256, &exchange.allow);
    if (status == SCRIP_OK && exchange.allow.suspended)
        status = SCRIP_REFUSED_NOT_FOUND;
    if (status == SCRIP_REFUSED_NOT_FOUND)
        status = problem_set(&exchange.problem, PROBLEM_STATEMENT,
                             "%s is not on the list of terminals", peer.identity.text);
    if (status == SCRIP_OK)
        status = handler_sync(handler, &exchange);
    if (exchange.problem.kind != PROBLEM_NONE)
        log_line("line %u: %s", line, exchange.problem.detail);
    else if (status != SCRIP_OK)
        log_line("line %u: %s", line, scrip_status_text(status));
    else
        log_line("line %u: %zu records of %s", line, handler->sync.count, peer.identity.text);
    return status == SCRIP_OK && exchange.problem.kind == PROBLEM_NONE;
}

static bool import_lines(struct handler *handler, FILE *file, char *text)
{
    bool good = true;

    for (unsigned line = 1; good && fgets(text, LINE_MOST, file) != NULL; line++) {
        size_t len = strlen(text);
        if (len == 0 || text[len - 1] != '\n') {
            log_line("line %u: it has no end: the file is cut short, or none of ours", line);
            return false;
        }
        good = import_line(handler, bytes_of(text, len - 1), line);
    }
    return good && !ferror(file);
}

bool import_file(struct pki *pki, struct db *db, const char *path)
{
    struct handler *handler = calloc(1, sizeof *handler);
    char *text = malloc(LINE_MOST);
    FILE *file = fopen(path, "r");
    bool good = false;

    if (file == NULL) {
        log_line("%s cannot be read: %s", path, strerror(errno));
    } else if (handler != NULL && text != NULL) {
        handler->pki = pki;
        handler->db = db;
        handler->arena = malloc(HANDLER_ARENA);
        good = handler->arena != NULL && import_lines(handler, file, text);
        free(handler->arena);
    }
    if (file != NULL)
        (void)fclose(file);
    free(text);
    free(handler);
    return good;
}
