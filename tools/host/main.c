/*
 * scrip-host: the redemption host. Terminals settle with it over mutual TLS.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/crypto.h"
#include "base/text.h"
#include "tools/host/award.h"
#include "tools/host/import.h"
#include "tools/host/log.h"
#include "tools/host/server.h"
#include "tools/host/vault.h"

static const char
    usage[] = "usage: scrip-host --pki DIR --db FILE --listen ADDRESS:PORT [--port-file FILE]\n"
              "                  [--vault DIR]\n"
              "       scrip-host --pki DIR --db FILE --import FILE [--vault DIR]\n"
              "  DIR as `scrip pki init` makes it; port 0 takes any free one, which the port file "
              "then names;\n  --import settles what `scrip journal export` wrote, and ends;\n"
              "  --vault opens what terminals have sealed: DIR as `scrip vault init` makes it\n";

struct options {
    const char *pki, *db, *port_file, *import, *vault;
    char address[64];
    uint16_t port;
};

static enum scrip_status read_entropy(void *context, void *data, size_t len)
{
    (void)context;
    return getrandom(data, len, 0) == (ssize_t)len ? SCRIP_OK : SCRIP_FAULT_ENTROPY;
}

static bool set_listen(struct options *options, const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;

    if (colon == NULL || (size_t)(colon - text) >= sizeof options->address ||
        text_uint(bytes_text(colon + 1), UINT16_MAX, &port) != SCRIP_OK)
        return false;
    memcpy(options->address, text, (size_t)(colon - text));
    options->address[colon - text] = '\0';
    options->port = (uint16_t)port;
    return true;
}

static bool set_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--pki") == 0)
        options->pki = value;
    else if (strcmp(name, "--db") == 0)
        options->db = value;
    else if (strcmp(name, "--port-file") == 0)
        options->port_file = value;
    else if (strcmp(name, "--import") == 0)
        options->import = value;
    else if (strcmp(name, "--vault") == 0)
        options->vault = value;
    else
        return strcmp(name, "--listen") == 0 && set_listen(options, value);
    return true;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    memset(options, 0, sizeof *options);
    for (int i = 1; i < argc; i += 2)
        if (i + 1 >= argc || !set_option(options, argv[i], argv[i + 1]))
            return false;
    return options->pki != NULL && options->db != NULL &&
           (options->import != NULL) != (options->address[0] != '\0');
}

/* Renamed into place, so that whoever waits for the file never reads half a number. */
static bool write_port(const char *path, uint16_t port)
{
    char fresh[1024];
    FILE *file;
    bool good;

    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return false;
    file = fopen(fresh, "w");
    if (file == NULL)
        return false;
    good = fprintf(file, "%u\n", port) > 0;
    good = fclose(file) == 0 && good;
    return good && rename(fresh, path) == 0;
}

static int serve(const struct options *options, struct server *server, const sigset_t *ends)
{
    int got;

    if (options->port_file != NULL && !write_port(options->port_file, server->port)) {
        log_line("%s cannot be written: %s", options->port_file, strerror(errno));
        return EXIT_FAILURE;
    }
    log_line("listening on %s:%u", options->address, server->port);
    (void)sigwait(ends, &got);
    log_line("ending");
    return EXIT_SUCCESS;
}

static int work(const struct options *options, const sigset_t *ends, struct pki *pki, struct db *db)
{
    static struct server server;
    int code = EXIT_FAILURE;

    if (pki->vault != NULL && award_open_closed(db, pki) != SCRIP_OK) {
        log_line("what is sealed could not be opened");
    } else if (options->import != NULL) {
        code = import_file(pki, db, options->import) ? EXIT_SUCCESS : EXIT_FAILURE;
    } else if (server_open(&server, pki, db, options->address, options->port) == SCRIP_OK) {
        code = serve(options, &server, ends);
        server_close(&server);
    }
    return code;
}

static int run(const struct options *options, const sigset_t *ends)
{
    static struct pki pki;
    struct vault vault;
    struct db db;
    int code = EXIT_FAILURE;

    if (pki_open(&pki, options->pki) != SCRIP_OK)
        return EXIT_FAILURE;
    if (options->vault == NULL || vault_open(&vault, options->vault) == SCRIP_OK) {
        pki.vault = options->vault != NULL ? &vault : NULL;
        if (db_open(&db, options->db) == SCRIP_OK) {
            code = work(options, ends, &pki, &db);
            db_close(&db);
        }
        if (pki.vault != NULL)
            vault_close(&vault);
    }
    pki_close(&pki);
    return code;
}

int main(int argc, char **argv)
{
    static const struct hal_entropy entropy = {.read = read_entropy};
    struct options options;
    sigset_t ends;

    if (!read_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return 2;
    }
    /* Blocked here, before the daemon's thread exists, so that only sigwait() takes them. */
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (crypto_open(&entropy) != SCRIP_OK) {
        log_line("the cryptographic library does not start");
        return EXIT_FAILURE;
    }
    return run(&options, &ends);
}
